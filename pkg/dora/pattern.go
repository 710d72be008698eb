package dora

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Pattern is a regular expression in Go's syntax (RE2: linear time whatever the input). The zero Pattern matches nothing.
type Pattern struct {
	re     *regexp.Regexp
	folded *regexp.Regexp // that does not tell upper and lower case apart; nil where the expression says so itself
}

// patternLimit bounds what settings and queries may carry, in bytes.
const patternLimit = 1000

// NewPattern compiles an expression; the error says what is wrong with it.
func NewPattern(expression string) (Pattern, error) {
	var p Pattern
	err := p.UnmarshalText([]byte(expression))
	return p, err
}

// MustPattern is NewPattern for expressions written in code.
func MustPattern(expression string) Pattern { return patternOf(regexp.MustCompile(expression)) }

func patternOf(re *regexp.Regexp) Pattern {
	const anyCase = "(?i)"
	p := Pattern{re: re}
	if !strings.HasPrefix(re.String(), anyCase) {
		p.folded, _ = regexp.Compile(anyCase + re.String()) // what compiles without it compiles with it
	}
	return p
}

// Match says whether the text contains a match.
func (p Pattern) Match(text string) bool { return p.re != nil && p.re.MatchString(text) }

// MatchFold is Match for names that nobody tells apart by upper and lower case, such as environments.
func (p Pattern) MatchFold(text string) bool {
	return p.Match(text) || p.folded != nil && p.folded.MatchString(text)
}

// Capture is the first group of the first match, or the whole match where the pattern has no group.
func (p Pattern) Capture(text string) (string, bool) {
	if p.re == nil {
		return "", false
	}
	found := p.re.FindStringSubmatch(text)
	if found == nil {
		return "", false
	}
	return found[min(1, len(found)-1)], true
}

// IsZero says that no expression was given.
func (p Pattern) IsZero() bool { return p.re == nil }

// String is the expression.
func (p Pattern) String() string {
	if p.re == nil {
		return ""
	}
	return p.re.String()
}

// MarshalText writes the expression.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads an expression; an empty one is the zero Pattern.
func (p *Pattern) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*p = Pattern{}
		return nil
	}
	if len(text) > patternLimit {
		return fmt.Errorf("the regular expression has %d bytes, at most %d are allowed", len(text), patternLimit)
	}
	if parsed, err := syntax.Parse(string(text), syntax.Perl); err == nil && stepsOf(parsed) > patternSteps {
		return fmt.Errorf("the regular expression repeats so much that it has more than %d steps: write it with fewer or smaller repetitions", patternSteps)
	}
	re, err := regexp.Compile(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a regular expression: %w", text, err)
	}
	*p = patternOf(re)
	return nil
}

// patternSteps bounds how much an expression may become: what is repeated is written out, and each character of a text may
// meet each step.
const patternSteps = 5000

// stepsOf is about how many steps an expression becomes.
func stepsOf(re *syntax.Regexp) int {
	steps := 1
	if re.Op == syntax.OpLiteral {
		steps = len(re.Rune)
	}
	for _, each := range re.Sub {
		steps = min(steps+stepsOf(each), 2*patternSteps)
	}
	if re.Op == syntax.OpRepeat {
		steps *= max(re.Max, re.Min, 1)
	}
	return min(steps, 2*patternSteps)
}

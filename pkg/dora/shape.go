package dora

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Shape is what rules of services match names with: * stands for any text within one part of a name, ? for one letter, ** for
// any parts, and {word} for one part, or a piece of it, which is remembered by that word. Upper and lower case are alike.
type Shape struct {
	text  string
	re    *regexp.Regexp
	words []string // in the order in which they are written
	head  string   // what it begins with, in lower case; all of it where nothing is wild
}

var wordPattern = regexp.MustCompile(`\{([a-zA-Z][a-zA-Z0-9]*)\}`)

// MustShape is a Shape written in code.
func MustShape(text string) Shape {
	var s Shape
	if err := s.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return s
}

// UnmarshalText reads a shape such as acme/{team}-{service}.
func (s *Shape) UnmarshalText(text []byte) error {
	*s = Shape{}
	switch {
	case len(text) == 0:
		return nil
	case len(text) > patternLimit:
		return fmt.Errorf("the pattern has %d bytes, at most %d are allowed", len(text), patternLimit)
	}
	written := string(text)
	var e strings.Builder
	var words []string
	e.WriteString("^")
	for rest := strings.ToLower(written); rest != ""; {
		at := len(written) - len(rest)
		word := wordPattern.FindStringSubmatchIndex(rest)
		expression, behind, wild := cutWildcard(rest)
		switch {
		case len(strings.ToLower(written)) != len(written):
			return fmt.Errorf("%q is not allowed; allowed: letters that are as long in lower case", text)
		case word != nil && word[0] == 0:
			e.WriteString("([^/]+?)")
			words = append(words, written[at+word[2]:at+word[3]])
			rest = rest[word[1]:]
		case wild:
			e.WriteString(expression)
			rest = behind
		case rest[0] == '{' || rest[0] == '}' || rest[0] == '^' || rest[0] == '$' || rest[0] == '\\' || rest[0] == '(' && strings.HasPrefix(rest, "(?"):
			return fmt.Errorf("%q is not allowed: it is no regular expression; allowed: *, ** and ? for any text, and {word} for what is remembered, such as acme/{service}", text)
		default:
			end := 1 + strings.IndexAny(rest[1:]+"*", "*?{}^$\\(")
			e.WriteString(regexp.QuoteMeta(rest[:end]))
			rest = rest[end:]
		}
	}
	e.WriteString("$")
	re, err := regexp.Compile(e.String())
	if err != nil {
		return fmt.Errorf("%q is not allowed; allowed: text in UTF-8, such as acme/{service}", text)
	}
	*s = Shape{text: written, re: re, words: words, head: strings.ToLower(written)}
	if wild := strings.IndexAny(written, "*?{"); wild >= 0 {
		s.head = s.head[:wild]
	}
	return nil
}

// MarshalText writes the shape.
func (s Shape) MarshalText() ([]byte, error) { return []byte(s.text), nil }

// String is the shape as settings write it.
func (s Shape) String() string { return s.text }

// IsZero says that no shape was given.
func (s Shape) IsZero() bool { return s.re == nil }

// Words are what the shape remembers, in the order in which they are written.
func (s Shape) Words() []string { return s.words }

// Fits says whether a name has the shape.
func (s Shape) Fits(name string) bool {
	switch {
	case s.re == nil || len(name) < len(s.head):
		return false
	case len(s.head) == len(s.text):
		return strings.EqualFold(s.text, name)
	}
	return strings.EqualFold(s.head, name[:len(s.head)]) && s.re.MatchString(strings.ToLower(name))
}

// Capture adds what is remembered of a name to what is remembered already, and says whether it fits: that the name has the
// shape, and a word that is there already means the same.
func (s Shape) Capture(name string, known Captures) (Captures, bool) {
	if s.re == nil {
		return known, true
	}
	if len(s.words) == 0 {
		return known, s.Fits(name)
	}
	lower := strings.ToLower(name)
	if !strings.HasPrefix(lower, s.head) {
		return known, false
	}
	found := s.re.FindStringSubmatchIndex(lower)
	if found == nil {
		return known, false
	}
	if len(lower) != len(name) { // letters that are longer in one of the cases
		name = lower
	}
	for i, word := range s.words {
		text := name[found[2*i+2]:found[2*i+3]]
		before, is := known.Of(word)
		switch {
		case !is:
			known = append(slices.Clip(known), Capture{word, text})
		case !strings.EqualFold(before, text):
			return known, false
		}
	}
	return known, true
}

// Filled is the shape with what is remembered in place of its words.
func (s Shape) Filled(by Captures) Shape {
	if len(s.words) == 0 {
		return s
	}
	filled, err := Shape{}, error(nil)
	if err = filled.UnmarshalText([]byte(by.Fill(s.text, func(text string) string { return text }))); err != nil {
		return s
	}
	return filled
}

// Pattern is the regular expression that matches what fits.
func (s Shape) Pattern() Pattern {
	if s.re == nil {
		return Pattern{}
	}
	p, _ := NewPattern("(?i)" + s.re.String()) // it compiled before
	return p
}

// Wild says whether any text may stand for something in it.
func (s Shape) Wild() bool { return strings.ContainsAny(s.text, "*?{") }

// Capture is what one word of a shape stood for.
type Capture struct{ Word, Text string }

// Captures are what the words of a rule stood for.
type Captures []Capture

// Of is what a word stood for.
func (c Captures) Of(word string) (text string, known bool) {
	for _, each := range c {
		if each.Word == word {
			return each.Text, true
		}
	}
	return "", false
}

// Key tells captures apart, whatever their case.
func (c Captures) Key() string {
	var key strings.Builder
	for _, each := range c {
		key.WriteString(each.Word)
		key.WriteByte('=')
		key.WriteString(strings.ToLower(each.Text))
		key.WriteByte('\n')
	}
	return key.String()
}

// Fill writes what words stood for in place of {word} in a text, each as quote writes it. What is not known stays.
func (c Captures) Fill(text string, quote func(string) string) string {
	if !strings.Contains(text, "{") {
		return text
	}
	return wordPattern.ReplaceAllStringFunc(text, func(word string) string {
		if known, is := c.Of(word[1 : len(word)-1]); is {
			return quote(known)
		}
		return word
	})
}

// WordsIn are the words that a text asks for.
func WordsIn(text string) (words []string) {
	for _, found := range wordPattern.FindAllStringSubmatch(text, -1) {
		words = append(words, found[1])
	}
	return words
}

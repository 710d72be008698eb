package dora

import (
	"regexp"
	"strings"
)

// wildcards are what stands in a pattern of paths for text that is not told, with the regular expression of each: any parts
// and the / behind them, any parts, any text within one, and one letter. What another begins with stands behind it.
var wildcards = []struct{ sign, expression string }{{"**/", "(?:.*/)?"}, {"**", ".*"}, {"*", "[^/]*"}, {"?", "[^/]"}}

// cutWildcard is the expression of the wildcard that a pattern begins with, if it begins with one, and what is behind it.
func cutWildcard(pattern string) (expression, rest string, is bool) {
	for _, w := range wildcards {
		if rest, is = strings.CutPrefix(pattern, w.sign); is {
			return w.expression, rest, true
		}
	}
	return "", pattern, false
}

// PathExpression is the regular expression, without its ends, of what a pattern of paths matches.
func PathExpression(pattern string) string {
	var e strings.Builder
	for pattern != "" {
		expression, rest, wild := cutWildcard(pattern)
		if !wild {
			end := strings.IndexAny(pattern, "*?")
			if end < 0 {
				end = len(pattern)
			}
			expression, rest = regexp.QuoteMeta(pattern[:end]), pattern[end:]
		}
		e.WriteString(expression)
		pattern = rest
	}
	return e.String()
}

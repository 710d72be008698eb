package jenkins

import (
	"regexp"
	"strings"
)

// glob is a text in which * stands for any letters of one part, ? for one of them, and ** for any parts of a path. Letters are
// matched whatever their case.
type glob struct {
	text string
	form *regexp.Regexp
}

func newGlob(text string) glob {
	var form strings.Builder
	form.WriteString("(?is)^")
	for rest := text; rest != ""; {
		switch {
		case strings.HasPrefix(rest, "**"):
			form.WriteString("(.*)")
			rest = rest[2:]
		case rest[0] == '*':
			form.WriteString("([^/]*)")
			rest = rest[1:]
		case rest[0] == '?':
			form.WriteString("[^/]")
			rest = rest[1:]
		default:
			end := strings.IndexAny(rest, "*?")
			if end < 0 {
				end = len(rest)
			}
			form.WriteString(regexp.QuoteMeta(rest[:end]))
			rest = rest[end:]
		}
	}
	form.WriteString("$")
	return glob{text, regexp.MustCompile(form.String())}
}

// anyText is newGlob of a text that is no path, in which * stands for any letters.
func anyText(text string) glob {
	g := newGlob(strings.ReplaceAll(strings.ReplaceAll(text, "**", "*"), "*", "**"))
	g.text = text
	return g
}

// match says whether a text is of this form, and what its last star stands for; all of the text where it has none.
func (g glob) match(text string) (star string, matches bool) {
	found := g.form.FindStringSubmatch(text)
	if found == nil {
		return "", false
	}
	if len(found) == 1 {
		return text, true
	}
	return found[len(found)-1], true
}

// plain is the part of a path of jobs that leads to all that the glob may match: whole folders in front of the first star.
func (g glob) plain() string {
	parts := strings.Split(g.text, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "*?") {
			return strings.Join(parts[:i], "/")
		}
	}
	return strings.Join(parts[:len(parts)-1], "/")
}

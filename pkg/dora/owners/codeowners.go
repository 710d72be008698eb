package owners

import (
	"regexp"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// line is a line of a file CODEOWNERS: whose a path is.
type line struct {
	matches *regexp.Regexp
	owners  []string // none: nobody owns what it matches
}

// readCodeOwners reads a file CODEOWNERS. A line that is no pattern is left out, as forges do.
func readCodeOwners(text string) []line {
	var lines []line
	for row := range strings.SplitSeq(text, "\n") {
		fields := strings.Fields(uncommented(row))
		if len(fields) == 0 || strings.HasPrefix(fields[0], "!") || strings.HasPrefix(fields[0], "[") || strings.HasPrefix(fields[0], "^[") {
			continue
		}
		matches, err := regexp.Compile(expressionOf(fields[0]))
		if err != nil {
			continue
		}
		lines = append(lines, line{matches, fields[1:]})
	}
	return lines
}

// uncommented is a row without what stands behind a #.
func uncommented(row string) string {
	for i := range len(row) {
		if row[i] == '#' && (i == 0 || row[i-1] == ' ' || row[i-1] == '\t') {
			return row[:i]
		}
	}
	return row
}

// expressionOf turns a pattern into a regular expression. It holds from the root if a / stands in it before its end, else in any
// folder; what matches a folder matches all that is in it, but for a pattern that ends in /*.
func expressionOf(pattern string) string {
	folder := strings.HasSuffix(pattern, "/")
	rest := strings.TrimSuffix(pattern, "/")
	var e strings.Builder
	e.WriteString("^")
	if strings.Contains(rest, "/") {
		rest = strings.TrimPrefix(rest, "/")
	} else {
		e.WriteString("(?:.*/)?")
	}
	flat := strings.HasSuffix(rest, "/*")
	e.WriteString(dora.PathExpression(strings.ReplaceAll(rest, `\`, "")))
	switch {
	case flat:
	case folder:
		e.WriteString("/.*")
	default:
		e.WriteString("(?:/.*)?")
	}
	e.WriteString("$")
	return e.String()
}

// anyFile stands for a file that no line is about in particular: whose owner is the repository's.
const anyFile = "any/folder/of/all"

// file is a path that a glob matches and that no line is about in particular.
func file(g dora.Glob) string {
	return strings.NewReplacer("**", "any/file", "*", "any", "?", "a").Replace(g.String())
}

// owner is the last line that matches a path; nil: none does.
func owner(lines []line, path string) *line {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].matches.MatchString(path) {
			return &lines[i]
		}
	}
	return nil
}

// short is what an owner in CODEOWNERS is called without its organisation: @acme/payments is payments, a person's @name stays.
func short(name string) string {
	if at := strings.LastIndexByte(name, '/'); at >= 0 && strings.HasPrefix(name, "@") {
		return name[at+1:]
	}
	return name
}

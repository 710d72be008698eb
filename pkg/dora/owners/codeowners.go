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
	without bool     // what it matches is none of its section's, whatever comes after

	number int // of the line in the file, from 1
	text   string
}

// section is a part of a file in which the last line that matches decides. GitHub knows one.
type section struct {
	name   string
	lines  []line
	owners []string // of lines without any
}

// readCodeOwners reads a file CODEOWNERS. A line that is no pattern is left out, as forges do.
func readCodeOwners(text string) []line {
	var lines []line
	number := 0
	for row := range strings.SplitSeq(text, "\n") {
		number++
		fields := strings.Fields(uncommented(row))
		if len(fields) == 0 || strings.HasPrefix(fields[0], "!") || strings.HasPrefix(fields[0], "[") || strings.HasPrefix(fields[0], "^[") {
			continue
		}
		matches, err := regexp.Compile(expressionOf(fields[0]))
		if err != nil {
			continue
		}
		lines = append(lines, line{matches: matches, owners: fields[1:], number: number, text: strings.TrimSpace(row)})
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

// ownersOf are those of a path: of each section by the last line that matches.
func ownersOf(sections []section, path string) (names []string) {
	for i := range sections {
		if l := owner(sections[i].lines, path); l != nil {
			for _, name := range l.owners {
				names = add(names, name)
			}
		}
	}
	return names
}

// owner is the last line that matches a path; nil: none does, or one says that it is nobody's.
func owner(lines []line, path string) (found *line) {
	for i := range lines {
		if !lines[i].matches.MatchString(path) {
			continue
		}
		if lines[i].without {
			return nil
		}
		found = &lines[i]
	}
	return found
}

// short is what an owner in CODEOWNERS is called without its organisation: @acme/payments is payments, a person's @name stays.
func short(name string) string {
	if at := strings.LastIndexByte(name, '/'); at >= 0 && strings.HasPrefix(name, "@") {
		return name[at+1:]
	}
	return name
}

package owners

import (
	"regexp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// GitLab reads a file CODEOWNERS by rules of its own: a path belongs to those whom the last line names that matches it in each
// section, a line without owners has its section's, and one that begins with ! takes out what it matches. A path without a / in
// front is one in any folder, and what names a folder ends in /.

// heading begins a section: ^ where its approval is optional, a name, how many have to approve, and the owners of its lines that
// have none.
var heading = regexp.MustCompile(`^\^?\[([^\]]+)\](?:\[\d+\])?(.*)$`)

// readSections reads a file of GitLab's. Sections of one name are one.
func readSections(text string) []section {
	sections := []section{{}}
	at, number := 0, 0
	for row := range strings.SplitSeq(text, "\n") {
		row = strings.TrimSpace(row)
		number++
		if row == "" || strings.HasPrefix(row, "#") {
			continue
		}
		if parts := heading.FindStringSubmatch(row); parts != nil {
			name := strings.TrimSpace(parts[1])
			at = slices.IndexFunc(sections, func(s section) bool { return s.name != "" && strings.EqualFold(s.name, name) })
			if at < 0 {
				at = len(sections)
				sections = append(sections, section{name: name})
			}
			sections[at].owners = referencesIn(strings.Fields(parts[2]))
			continue
		}
		pattern, rest := cutPattern(row)
		pattern, without := strings.CutPrefix(pattern, "!")
		matches, err := regexp.Compile(expressionOfPath(pattern))
		if err != nil {
			continue
		}
		l := line{matches: matches, owners: referencesIn(strings.Fields(rest)), without: without, number: number, text: row}
		if len(l.owners) == 0 {
			l.owners = sections[at].owners
		}
		sections[at].lines = append(sections[at].lines, l)
	}
	return sections
}

// cutPattern cuts a line at the first space without a \ in front, of which there may be some in a path.
func cutPattern(row string) (pattern, rest string) {
	for i := 1; i < len(row); i++ {
		if (row[i] == ' ' || row[i] == '\t') && row[i-1] != '\\' {
			return row[:i], row[i:]
		}
	}
	return row, ""
}

// referencesIn are the owners among some words: groups and people, by names or addresses of mail. A role, such as @@maintainer, is
// nobody in particular.
func referencesIn(words []string) (names []string) {
	for _, word := range words {
		if strings.Contains(word, "@") && !strings.HasPrefix(word, "@@") {
			names = append(names, word)
		}
	}
	return names
}

// expressionOfPath turns a path of GitLab's into a regular expression.
func expressionOfPath(pattern string) string {
	pattern = strings.ReplaceAll(pattern, `\`, "")
	if pattern == "*" {
		return "^.*$"
	}
	if rest, fromRoot := strings.CutPrefix(pattern, "/"); fromRoot {
		pattern = rest
	} else {
		pattern = "**/" + pattern
	}
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	return "^" + dora.PathExpression(pattern) + "$"
}

package history

import (
	"strings"
	"unicode"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// What an incident's own fields name needs no word before it, as a name in a text does: the field says what it is.

// keyLimit bounds what a record is called, in bytes.
const keyLimit = 100

// isKey says whether a text that has what a record is called names the record: such as INC0012345, OPS-12 or owner/name#12,
// and nothing that a sentence or a version may have by chance.
func isKey(key string) bool {
	const shortest, bare = 4, 7 // characters; of a key without a hyphen, unless it ends in many digits
	if len(key) < shortest || len(key) > keyLimit || !strings.ContainsFunc(key, unicode.IsLetter) || !strings.ContainsFunc(key, unicode.IsDigit) {
		return false
	}
	digits := len(key) - len(strings.TrimRightFunc(key, unicode.IsDigit))
	return strings.ContainsAny(key, "-#") || len(key) >= bare || digits >= shortest
}

// Full ids have a form of their own, so that they are no version.

func fullName(id string) string   { return "=" + id }
func idOf(name string) string     { return name[len("="):] }
func isFullName(name string) bool { return strings.HasPrefix(name, "=") }

// IsFullID says that a name is a full id, which another deployment may have had before its repository was renamed.
func IsFullID(name string) bool { return isFullName(name) }

// Identifies says whether a name that a deployment has is its own: an id, an address or a key, and no commit or version, which
// others may have as well.
func Identifies(name string, d *dora.Deployment) bool {
	switch {
	case isFullName(name), strings.HasPrefix(name, "#"):
		return true
	case strings.HasPrefix(name, "@"):
		return d.Key != "" && name == versionName(d.Key)
	}
	_, isSHA := compact.ParseSHA(name)
	return !isSHA && !strings.EqualFold(name, d.SHA)
}

func idsIn(name string) (n int) {
	if isFullName(name) {
		n = 1
	}
	return n
}

// idWithin is a full id without the repository's name, which changes.
func idWithin(name string) string {
	source, rest, _ := strings.Cut(name, ":")
	if repository, within, found := strings.Cut(rest, ":"); found && strings.Contains(repository, "/") {
		rest = ":" + within
	}
	return source + ":" + rest
}

// deploymentFields lists the names of deployments that fields have, in the form in which texts name them.
func deploymentFields(fields []string) []string {
	m := mentioning{seen: map[string]bool{}}
	for _, field := range fields[:min(len(fields), dora.NamesLimit)] {
		field = strings.TrimPrefix(strings.TrimSpace(field), "#")
		_, isSHA := compact.ParseSHA(field)
		switch {
		case field == "" || len(field) > dora.AddressLimit:
		case isSHA:
			m.note(strings.ToLower(field))
		case dora.IsAddress(field):
			for _, name := range mentions(field) {
				m.note(name)
			}
		case strings.Contains(field, ":"): // no version has one
			m.note(fullName(field))
		default:
			if digitsOnly(field) {
				m.note(idName(field))
			}
			m.version(field, func() bool { return true })
		}
	}
	return m.found
}

// incidentFields lists the names of other systems' incidents that fields have, likewise.
func incidentFields(fields []string) []string {
	m := mentioning{seen: map[string]bool{}}
	for _, field := range fields[:min(len(fields), dora.NamesLimit)] {
		switch field = strings.TrimSpace(field); {
		case len(field) > dora.AddressLimit:
		case dora.IsAddress(field):
			m.note(addressName(field))
		case isKey(field):
			m.note(versionName(field))
		}
	}
	return m.found
}

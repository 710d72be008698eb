package history

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// A text names a deployment by a full sha, by its address, by its id or by a version. An id or a version that may as well
// be any number needs a word before it that says what it is.

// mentionLimit bounds how much of an incident's text is searched for names of deployments, in bytes.
const mentionLimit = 64 << 10

// Each kind of name has a form of its own: an id 500 is no version 500.

func idName(number string) string   { return "#" + number }
func versionName(ref string) string { return "@" + strings.ToLower(ref) }
func addressName(url string) string { return strings.ToLower(strings.TrimRight(url, "/")) }

// deploymentNames are what texts may call a deployment.
func deploymentNames(d *dora.Deployment) []string {
	if d.Unseen > 0 {
		return nil // it stands for runs, and is none
	}
	id := strconv.FormatInt(d.Number, 10)
	names := []string{idName(id), strings.ToLower(d.SHA)}
	if d.RefKind == dora.RefTag && strings.ContainsFunc(d.Ref, unicode.IsDigit) {
		names = append(names, versionName(d.Ref)) // a tag without a digit, such as live, moves
	}
	if d.URL != "" && !strings.HasSuffix(d.URL, "/deployments/"+id) { // such an address tells the id
		names = append(names, addressName(d.URL))
	}
	if isKey(d.Key) && !strings.EqualFold(d.Key, d.Ref) {
		names = append(names, versionName(d.Key))
	}
	if len(within(d.ID, d.Repository)) == len(d.ID) { // else it is found in its repository
		names = append(names, fullName(d.FullID()))
	}
	return names
}

// The words that stand directly before an id or a version, and the parts of an address that do.
var (
	idWords      = map[string]bool{"deployment": true, "deploy": true, "deployment_id": true, "deployment-id": true, "deploymentid": true}
	idPairs      = map[[2]string]bool{{"deployed", "as"}: true, {"deployment", "id"}: true, {"deploy", "id"}: true}
	idParts      = map[string]bool{"deployment": true, "deployments": true}
	versionWords = map[string]bool{"version": true, "release": true, "tag": true, "v": true}
	versionParts = map[string]bool{"version": true, "versions": true, "release": true, "releases": true, "tag": true, "tags": true, "v": true}
	tagParts     = map[string]bool{"tag": true, "tags": true}
)

const (
	idDigits     = 7   // from so many digits on a number is an id, whatever stands before it
	versionLimit = 255 // bytes; no ref is longer
)

// mentions lists the names of deployments that a text has as whole tokens.
func mentions(text string) []string {
	if len(text) > mentionLimit {
		text = text[:mentionLimit]
	}
	m := mentioning{text: text, seen: map[string]bool{}}
	for at := 0; at < len(text); {
		end := tokenEnd(text, at)
		if end == at {
			_, size := utf8.DecodeRuneInString(text[at:])
			at += size
			continue
		}
		m.token(at, end)
		at = end
	}
	return m.found
}

// mentioning is a text under way.
type mentioning struct {
	text  string
	found []string
	seen  map[string]bool
	// last is the word that was read last, and before the one before it.
	last, before word
}

// word is a token without the punctuation around it.
type word struct {
	text     string // in lower case; empty where punctuation makes one thing of it and what is before
	from, to int
}

func (m *mentioning) note(name string) {
	if !m.seen[name] {
		m.seen[name] = true
		m.found = append(m.found, name)
	}
}

// tokenMarks are the marks that numbers, versions and paths have in them.
const tokenMarks = "._+/-~"

// tokenEnd is where a token ends that begins at a place; the place itself where none does.
func tokenEnd(text string, at int) int {
	for at < len(text) {
		c, size := rune(text[at]), 1
		if c >= utf8.RuneSelf {
			c, size = utf8.DecodeRuneInString(text[at:])
		}
		if !unicode.In(c, unicode.Letter, unicode.Mark, unicode.Number) && !strings.ContainsRune(tokenMarks, c) {
			break
		}
		at += size
	}
	return at
}

// token reads a token of the text.
func (m *mentioning) token(from, to int) {
	raw := m.text[from:to]
	left := strings.TrimLeft(raw, tokenMarks)
	marks := raw[:len(raw)-len(left)]
	text := strings.TrimRight(left, tokenMarks)
	if text == "" {
		return // it stands between what is before and after it
	}
	w := word{strings.ToLower(text), from + len(marks), from + len(marks) + len(text)}
	m.name(text, w)
	if strings.Contains(text, "/") {
		m.path(text, w.from)
	}
	if strings.Trim(marks, "_") != "" {
		w.text = "" // such as ~/deploy
	}
	m.before, m.last = m.last, w
}

// name notes what a token names as a whole.
func (m *mentioning) name(text string, w word) {
	if _, ok := compact.ParseSHA(text); ok {
		m.note(w.text)
		return
	}
	if digitsOnly(text) && (len(text) >= idDigits || m.after(w, idWords, idPairs)) {
		m.note(idName(text))
	}
	if m.last.to+len("#") == w.from && m.text[m.last.to] == '#' && strings.Contains(m.last.text, "/") && digitsOnly(text) {
		m.note(versionName(m.last.text + "#" + text)) // such as owner/name#12
	}
	m.version(text, func() bool { return m.after(w, versionWords, nil) })
}

// version notes a version: one that may as well be any number where a word for it stands before it.
func (m *mentioning) version(text string, told func() bool) {
	if len(text) > versionLimit || !strings.ContainsFunc(text, unicode.IsDigit) {
		return
	}
	if anyNumber(text) {
		if told() {
			m.note(versionName(text))
		}
		return
	}
	m.note(versionName(text))
	if number := text[1:]; (text[0] == 'v' || text[0] == 'V') && anyNumber(number) {
		m.note(versionName(number))
	}
}

// anyNumber says whether a text is a number, a decimal or a date: it has digits and marks alone, and at most one point.
func anyNumber(text string) bool {
	for _, c := range text {
		if !unicode.IsDigit(c) && !strings.ContainsRune(tokenMarks, c) {
			return false
		}
	}
	return strings.Count(text, ".") < 2
}

// path notes what the parts of an address name, such as …/deployments/12, …/commit/SHA and …/releases/tag/v1.2, and the
// address itself. Of a path that is no address only ids, shas and tags are told by the part before.
func (m *mentioning) path(text string, from int) {
	scheme := strings.TrimRight(m.text[:from], "/") // the marks at its begin were trimmed
	isAddress := len(m.text[:from])-len(scheme) == len("//") && strings.HasSuffix(scheme, ":")
	if isAddress {
		m.address(len(scheme) - 1)
	}
	parent := "" // none before the first, which of an address is the host
	for rest := text; rest != ""; {
		part, after, _ := strings.Cut(rest, "/")
		_, isSHA := compact.ParseSHA(part)
		switch {
		case isSHA:
			m.note(strings.ToLower(part))
		case digitsOnly(part) && (len(part) >= idDigits || idParts[parent]):
			m.note(idName(part))
		}
		if (isAddress && len(rest) < len(text)) || tagParts[parent] {
			m.version(rest, func() bool { return versionParts[parent] })
		}
		parent, rest = strings.ToLower(part), after
	}
}

// address notes the address whose scheme ends at a colon, with and without what follows its path.
func (m *mentioning) address(colon int) {
	begin := colon
	for begin > 0 && m.text[begin-1]|0x20 >= 'a' && m.text[begin-1]|0x20 <= 'z' {
		begin--
	}
	address := m.text[begin:]
	if end := strings.IndexAny(address, " \t\r\n<>()[]{}|\\^\"'`"); end >= 0 {
		address = address[:end]
	}
	address = strings.TrimRight(address, ".,;:!?*_~")
	m.note(addressName(address))
	if end := strings.IndexAny(address, "?#"); end >= 0 {
		m.note(addressName(address[:end]))
	}
}

// after says whether one of some words, or of pairs of them, stands directly before a number, and nothing behind it makes
// it another kind of number.
func (m *mentioning) after(w word, words map[string]bool, pairs map[[2]string]bool) bool {
	told := words[m.last.text] || (pairs[[2]string{m.before.text, m.last.text}] && strings.TrimSpace(m.text[m.before.to:m.last.from]) == "")
	return told && m.directly(m.last.to, w.from) && m.closed(w)
}

// quotes are the marks that may be around a number, and their ends.
var quotes = map[rune]rune{'"': '"', '\'': '\'', '`': '`', '*': '*', '_': '_', '[': ']', '“': '”', '‘': '’', '„': '“', '«': '»'}

// directly says whether nothing of weight stands between two places of a line.
func (m *mentioning) directly(from, to int) bool {
	for _, c := range m.text[from:to] {
		switch {
		case c == '\n' || c == '\r':
			return false
		case !unicode.IsSpace(c) && !strings.ContainsRune("#:=”’", c) && quotes[c] == 0:
			return false
		}
	}
	return true
}

// closed says whether a number ends where it seems to: neither "502 Bad Gateway" in quotes nor 50%, 5,000 or 12:30 is a
// deployment's or a version's.
func (m *mentioning) closed(w word) bool {
	before, _ := utf8.DecodeLastRuneInString(m.text[:w.from])
	behind, size := utf8.DecodeRuneInString(m.text[w.to:])
	if end := quotes[before]; end != 0 {
		return behind == end
	}
	switch behind {
	case '%', '+', '-', '/', '~', '_':
		return false
	case ':', ',':
		next := w.to + size
		return next == len(m.text) || m.text[next] < '0' || m.text[next] > '9'
	}
	return true
}

func digitsOnly(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return text != ""
}

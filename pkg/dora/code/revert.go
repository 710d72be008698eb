package code

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
)

// Revert is what a title and body say of the change that they take back. One of number and commit is set where the
// target is named.
type Revert struct {
	Repository string // owner/name where the text names one
	Number     int
	Commit     string // hex, 7 to 40 digits, lower case
	// Again says that what is taken back is, by its own title, a revert that took effect: the text brings something back.
	Again bool
}

var (
	// GitHub's owner/name#12, or GitLab's !12 and group/subgroup/name!12.
	revertsNumber = regexp.MustCompile(`(?i)\breverts\s+(?:([\w.-]+/[\w.-]+)#|(?:merge\s+request\s+)?([\w.-]+(?:/[\w.-]+)+)?!)(\d{1,9})\b`)
	revertsCommit = regexp.MustCompile(`(?i)\bthis reverts commit ([0-9a-f]{7,40})\b`)
	revertsTitle  = regexp.MustCompile(`^Revert "(.*)"`)
	numberInTitle = regexp.MustCompile(`(?:#|\B!)(\d{1,9})\b`)
)

// parseRevert reads what a change takes back: the body names a pull request or a commit, else the title quotes the
// other's title. It is nil where nothing is taken back.
func parseRevert(of, about []byte) *Revert {
	if !mayRevert(of) && !mayRevert(about) {
		return nil
	}
	title, body := string(of), string(about)
	quoted := revertsTitle.FindStringSubmatch(title)
	r := &Revert{}
	if quoted != nil {
		r.Again = takesBackByTitle(quoted[1])
	}
	if named := revertsNumber.FindStringSubmatch(body); named != nil {
		r.Repository = named[1] + named[2]
		r.Number, _ = strconv.Atoi(named[3])
		return r
	}
	if named := revertsCommit.FindStringSubmatch(body); named != nil {
		r.Commit = strings.ToLower(named[1])
		return r
	}
	if quoted == nil {
		return nil
	}
	// The last number inside the quotes is the other's; one after them would be the revert's own.
	if numbers := numberInTitle.FindAllStringSubmatch(quoted[1], -1); numbers != nil {
		r.Number, _ = strconv.Atoi(numbers[len(numbers)-1][1])
	}
	return r
}

// mayRevert says whether a text has the word revert in it, as nearly none has: it spares the others the patterns. It looks
// for the letter of it that is the rarest.
func mayRevert(text []byte) bool {
	const word, rare = "revert", "vV"
	for i := range len(rare) {
		for rest := text; ; {
			at := bytes.IndexByte(rest, rare[i])
			if at < 0 {
				break
			}
			const before, after = 2, 4
			if at >= before && len(rest) >= at+after && strings.EqualFold(string(rest[at-before:at+after]), word) {
				return true
			}
			rest = rest[at+1:]
		}
	}
	return false
}

// takesBackByTitle says whether a title is a revert's that takes something away: a revert, a revert of a revert's
// revert, and so on.
func takesBackByTitle(title string) bool {
	takes := false
	for quoted := revertsTitle.FindStringSubmatch(title); quoted != nil; quoted = revertsTitle.FindStringSubmatch(quoted[1]) {
		takes = !takes
	}
	return takes
}

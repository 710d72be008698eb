package azuredevops

import (
	"errors"
	"html"
	"regexp"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

var (
	errLostCommit = errors.New("a commit that was listed is not there")
	errNoDate     = errors.New("committer.date is missing")
)

const botSuffix = "[bot]"

// machine says that an identity is no person: a service's own account, or one of a build.
func (i *identity) machine() bool {
	kind, _, _ := strings.Cut(i.Descriptor, ".")
	return kind == "svc" || kind == "s2s" || strings.Contains(i.Descriptor, "ServiceIdentity") || strings.HasPrefix(i.UniqueName, `Build\`) || strings.HasSuffix(i.DisplayName, botSuffix)
}

// who names an identity; a machine has the suffix [bot] exactly once.
func (i *identity) who() string {
	switch {
	case i == nil:
		return ""
	case i.machine():
		return strings.TrimSuffix(i.DisplayName, botSuffix) + botSuffix
	}
	return i.DisplayName
}

var commitForm = regexp.MustCompile(`^[0-9a-f]{40}$`)

func isCommit(sha string) bool { return commitForm.MatchString(sha) }

func (s *Source) commit(repository string, c *commitRecord) *dora.Commit {
	authored := c.Author.Date.Time
	if authored.IsZero() {
		authored = c.Committer.Date.Time
	}
	parents := c.Parents
	if parents == nil {
		parents = []string{}
	}
	return &dora.Commit{
		Header:     dora.Header{Source: s.config.ID, ID: repository + "@" + c.ID, Updated: c.Committer.Date.Time},
		Repository: repository, SHA: c.ID, Parents: parents, Authored: authored, Committed: c.Committer.Date.Time,
		Author: c.Author.Name, Message: dora.Shorten(c.Comment, dora.MessageLimit),
	}
}

// refOf takes a ref apart.
func refOf(name string) (string, dora.RefKind) {
	if tag, is := strings.CutPrefix(name, "refs/tags/"); is {
		return tag, dora.RefTag
	}
	return strings.TrimPrefix(name, "refs/heads/"), dora.RefBranch
}

var (
	lineEnds = regexp.MustCompile(`(?i)<br\s*/?>|</(div|p|li|tr|h\d)>`)
	elements = regexp.MustCompile(`<[^>]*>`)
)

// plain is the text of what people wrote with an editor that makes HTML.
func plain(text string) string {
	return strings.TrimSpace(html.UnescapeString(elements.ReplaceAllString(lineEnds.ReplaceAllString(text, "\n"), "")))
}

func number(id int64) string { return strconv.FormatInt(id, 10) }

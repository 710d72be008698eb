package github

import (
	"errors"

	"github.com/livedora/dora-datasource/pkg/source"
)

// Bounds of a list that is followed from page to page, far beyond what any real one has: five million entries, and pages
// without an entry between two that have some.
const (
	pagesAtMost = 50_000
	emptyAtMost = 100
)

// errNoEnd says that a list does not come to its end.
var errNoEnd = errors.New("the list does not end")

// trail is the way along a list's pages.
type trail struct {
	been         map[string]bool // where pages began
	pages, empty int
	met          int // entries so far, where a list grows
}

// follow takes note of a page, of which it is told how many entries are news and where the next one begins. It fails
// where the list leads back, or does not end.
func (t *trail) follow(news int, next pageInfo) error {
	if !next.HasNextPage {
		return nil
	}
	t.pages++
	t.empty++
	if news > 0 {
		t.empty = 0
	}
	if next.EndCursor == "" || t.been[next.EndCursor] || t.pages > pagesAtMost || t.empty > emptyAtMost {
		return errNoEnd
	}
	if t.been == nil {
		t.been = map[string]bool{}
	}
	t.been[next.EndCursor] = true
	return nil
}

// endless is what a person is told of a list without an end.
func (s *Source) endless(part string) *source.Error {
	return s.failure(source.CauseAnswer, part, "GitHub goes on sending pages of a list that has no end, and it is followed no further: look for a proxy that alters answers; it is tried again at the next run", errNoEnd)
}

package pages

import "errors"

// Bounds of a list that is followed from page to page, far beyond what any real one has: five million entries, and pages
// without an entry between two that have some.
const (
	pagesAtMost = 50_000
	emptyAtMost = 100
)

// ErrNoEnd says that a list does not come to its end.
var ErrNoEnd = errors.New("the list does not end")

// ErrHole says that a list came with a null in place of an entry: the server could not fill the page.
var ErrHole = errors.New("a page has null in place of an entry")

// Trail is the way along a list's pages. The zero value is its beginning.
type Trail struct {
	been         map[string]bool // where pages began
	pages, empty int
	met          int // entries so far, where a list grows
}

// Follow takes note of a page, of which it is told how many entries are news and where the next one begins: by a cursor, a
// link, a token or a number. It fails where the list leads back, or does not end.
func (t *Trail) Follow(news int, next Info) error {
	if !next.HasNextPage {
		return nil
	}
	t.pages++
	t.empty++
	if news > 0 {
		t.empty = 0
	}
	if next.EndCursor == "" || t.been[next.EndCursor] || t.pages > pagesAtMost || t.empty > emptyAtMost {
		return ErrNoEnd
	}
	if t.been == nil {
		t.been = map[string]bool{}
	}
	t.been[next.EndCursor] = true
	return nil
}

// FollowGrowing is Follow for a list of which it is told how many entries there are so far.
func (t *Trail) FollowGrowing(entries int, next Info) error {
	news := entries - t.met
	t.met = entries
	return t.Follow(news, next)
}

package cursor

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// Overlap is how far a pass reads behind the mark: what was written late, or moved while it was read, is met again.
const Overlap = 10 * time.Minute

// Stream is a list that is read from its newest entry backwards. Mark may only move when a pass has reached the previous
// mark: an interrupted pass goes on after the page it had handed over.
type Stream struct {
	Done bool      `json:"done,omitempty"` // a first pass has come to its end
	Mark time.Time `json:"mark,omitzero"`  // everything up to here is handed over
	Top  time.Time `json:"top,omitzero"`   // the newest entry of the pass under way
	Page string    `json:"page,omitempty"` // where the pass under way goes on
}

// until is where a pass ends: the history limit at first, the overlap behind the mark from then on.
func (s *Stream) until(since time.Time) time.Time {
	if s.Done && !s.Mark.IsZero() {
		return s.Mark.Add(-Overlap)
	}
	return since
}

// Fresh counts the entries of a page that are not behind the end of the pass, given the times they are sorted by.
func Fresh[T any](nodes []T, at func(T) time.Time, until time.Time) int {
	for i, node := range nodes {
		if at(node).Before(until) {
			return i
		}
	}
	return len(nodes)
}

// Pass is one reading of a stream, from its newest entry to its end.
type Pass struct {
	Stream *Stream
	// Until is the time behind which nothing is news. Done says that the pass is through.
	Until time.Time
	Done  bool
}

// NewPass begins a pass, or goes on with the one under way. Since limits the first.
func NewPass(stream *Stream, since time.Time) *Pass {
	return &Pass{Stream: stream, Until: stream.until(since)}
}

// Advance moves the position past a page, of which the newest entry and how many of how many counted are told. When the pass
// is through, the mark moves to where it began.
func (p *Pass) Advance(newest time.Time, counted, total int, next pages.Info) {
	if newest.After(p.Stream.Top) {
		p.Stream.Top = newest
	}
	if next.HasNextPage && counted == total {
		p.Stream.Page = next.EndCursor
		return
	}
	mark := p.Stream.Top
	if mark.Before(p.Until) {
		mark = p.Until
	}
	if mark.Before(p.Stream.Mark) {
		mark = p.Stream.Mark
	}
	*p.Stream = Stream{Done: true, Mark: mark}
	p.Done = true
}

package github

import "time"

// overlap is how far a pass reads behind the mark: what was written late, or moved while it was read, is met again.
const overlap = 10 * time.Minute

// until is where a pass ends: the history limit at first, the overlap behind the mark from then on.
func (s *stream) until(since time.Time) time.Time {
	if s.Done && !s.Mark.IsZero() {
		return s.Mark.Add(-overlap)
	}
	return since
}

// fresh counts the entries of a page that are not behind the end of the pass, given the times they are sorted by.
func fresh[T any](nodes []T, at func(T) time.Time, until time.Time) int {
	for i, node := range nodes {
		if at(node).Before(until) {
			return i
		}
	}
	return len(nodes)
}

// pass is one reading of a stream, from its newest entry to its end.
type pass struct {
	state *stream
	until time.Time
	done  bool
}

func newPass(state *stream, since time.Time) *pass {
	return &pass{state: state, until: state.until(since)}
}

// advance moves the position past a page, of which the newest entry and how many counted are told. When the pass is
// through, the mark moves to where it began.
func (p *pass) advance(newest time.Time, counted, total int, info pageInfo) {
	if newest.After(p.state.Top) {
		p.state.Top = newest
	}
	if info.HasNextPage && counted == total {
		p.state.Page = info.EndCursor
		return
	}
	mark := p.state.Top
	if mark.Before(p.until) {
		mark = p.until
	}
	if mark.Before(p.state.Mark) {
		mark = p.state.Mark
	}
	*p.state = stream{Done: true, Mark: mark}
	p.done = true
}

package github

// A page's width is how many deployments or commits a query asks for; the other lists follow from it. It starts as
// wide as GitHub allows, is halved when an answer is too much for the server, and grows back slowly.
const (
	widest     = 100
	narrowest  = 2
	widenAfter = 6 // good answers in a row
)

type width struct {
	now  int
	good int
}

func (w *width) shrink() {
	w.now = max(narrowest, w.now/2)
	w.good = 0
}

func (w *width) succeeded() {
	w.good++
	if w.good >= widenAfter {
		w.now, w.good = min(widest, w.now+w.now/2), 0
	}
}

package wire

// Bounds of a page's width, in entries. Every system that we know gives a hundred at most.
const (
	Widest     = 100
	narrowest  = 2
	widenAfter = 6 // good answers in a row
)

// Width is how many entries a page is asked to have. It starts as wide as systems allow, is halved when an answer is too
// much for the server, and grows back slowly.
type Width struct {
	Now  int
	good int
}

// Shrink halves it.
func (w *Width) Shrink() {
	w.Now = max(narrowest, w.Now/2)
	w.good = 0
}

// Succeeded takes note of a good answer.
func (w *Width) Succeeded() {
	w.good++
	if w.good >= widenAfter {
		w.Now, w.good = min(Widest, w.Now+w.Now/2), 0
	}
}

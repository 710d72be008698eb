package feed

import (
	"maps"
	"runtime"
	"slices"
	"sync"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
)

// Rows are what a statement gives, whose bodies are not read yet. Each statement may use the room of the one before.
type Rows struct {
	all    []row
	bodies []byte // one after another
}

type row struct {
	sequence   store.Sequence
	kind       dora.Kind
	begin, end int // of its body
}

// roomLimit is after how many bytes of bodies no more rows are taken at once: they are seldom a hundredth of it.
const roomLimit = 32 << 20

// Clear makes room for a page.
func (r *Rows) Clear() { r.all, r.bodies = r.all[:0], r.bodies[:0] }

// Full says that no more rows are to be added.
func (r *Rows) Full() bool { return len(r.bodies) >= roomLimit }

// Add takes a row, of which it keeps copies.
func (r *Rows) Add(sequence store.Sequence, kind, body []byte) {
	begin := len(r.bodies)
	r.bodies = append(r.bodies, body...)
	r.all = append(r.all, row{sequence, kindOf(kind), begin, len(r.bodies)})
}

// Last is the sequence of the last row; none is given where there are no rows.
func (r *Rows) Last(none store.Sequence) store.Sequence {
	if len(r.all) == 0 {
		return none
	}
	return r.all[len(r.all)-1].sequence
}

// kindOf is a kind by its name.
func kindOf(name []byte) dora.Kind {
	for _, known := range dora.Kinds {
		if string(name) == string(known) {
			return known
		}
	}
	return dora.Kind(name)
}

// decodeTogether is how many bodies are worth a goroutine.
const decodeTogether = 200

// Decode reads the bodies, as many at a time as there are processors, and leaves out those that cannot be read, with why.
func (r *Rows) Decode(unreadable map[store.Sequence]string, read store.Reader) []store.Change {
	changes := make([]store.Change, len(r.all))
	parts := max(1, min(runtime.GOMAXPROCS(0), len(r.all)/decodeTogether))
	problems := make([]map[store.Sequence]string, parts)
	var work sync.WaitGroup
	for part := range parts {
		work.Go(func() {
			for i := part * len(r.all) / parts; i < (part+1)*len(r.all)/parts; i++ {
				one := r.all[i]
				body, why := r.bodies[one.begin:one.end], ""
				e := read(one.kind, body)
				if e == nil {
					e, why = Decode(one.kind, body)
				}
				if why != "" {
					if problems[part] == nil {
						problems[part] = map[store.Sequence]string{}
					}
					problems[part][one.sequence] = why
					continue
				}
				changes[i] = store.Change{Sequence: one.sequence, Event: e}
			}
		})
	}
	work.Wait()
	met := false
	for _, each := range problems {
		met = met || each != nil
		maps.Copy(unreadable, each)
	}
	if met {
		changes = slices.DeleteFunc(changes, func(c store.Change) bool { return c.Event == nil })
	}
	return changes
}

// Decode reads a body, or says why it cannot be read. What an event says that cannot have been is refused here too: a store
// may be older than the check where events come in.
func Decode(kind dora.Kind, body []byte) (e dora.Event, why string) {
	if len(body) == 0 {
		return nil, "a column is damaged, or larger than any event"
	}
	e, err := dora.Decode(kind, body)
	if err == nil {
		err = dora.Admit(e)
	}
	if err != nil {
		return nil, err.Error()
	}
	if head := e.Head(); head.Source == "" || head.ID == "" {
		return nil, "it has no source or no id"
	}
	return e, ""
}

package history

import (
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
)

// Restorer reads a history that was saved, and what else was saved of it. After a failure it reads nothing but zeros.
type Restorer struct {
	compact.Reader
	compact.Texts
	Shelf       io.ReaderAt
	Offset      int64 // where the next section lies
	History     *History
	deployments []*dora.Deployment
	incidents   []*Incident
	Shared      map[string]string // texts that are there many times
	room        []byte
}

// Restore reads what savedHistory wrote. It is not done before named says so.
func (r *Restorer) Restore() (named func()) {
	h := r.History
	version := r.Number()
	r.deployments = r.deploymentsOf(r.repositories())
	var work sync.WaitGroup
	work.Go(r.nameDeployments)
	r.readIncidents()
	h.judge()
	for range r.Length() {
		if c, ok := r.event(dora.KindCorrection).(*dora.Correction); ok {
			h.applyCorrection(c)
		}
	}
	for range r.Length() {
		if d, ok := r.event(dora.KindDeployment).(*dora.Deployment); ok && d.Withdrawn {
			h.applyDeployment(d)
		}
	}
	h.version = uint64(version) //nolint:gosec // counted up from 0
	return work.Wait
}

// Section reads a section with its check sum, into the room of the one before.
func (r *Restorer) Section(offset, size int64) []byte {
	if size < 0 {
		r.Fail()
		return nil
	}
	r.room = slices.Grow(r.room[:0], int(size))
	text := r.room[:size]
	if _, err := r.Shelf.ReadAt(text, offset); err != nil {
		r.Rest, r.Failure = nil, err
		return nil
	}
	written, whole := compact.Summed(text)
	if !whole {
		r.Fail()
	}
	return written
}

// Each reads so many sections, at the same time where there are processors.
func (r *Restorer) Each(count int, read func(part *Restorer, i int)) {
	var failed atomic.Pointer[error]
	effort.InParts(count, func(from, to int) {
		part := &Restorer{Shelf: r.Shelf, History: r.History, deployments: r.deployments, incidents: r.incidents, Shared: map[string]string{}}
		for i := from; i < to && part.Failure == nil; i++ {
			read(part, i)
		}
		if part.Failure != nil {
			failed.Store(&part.Failure)
		}
	})
	if failure := failed.Load(); failure != nil {
		r.Rest, r.Failure = nil, *failure
	}
}

// repositories reads the repositories, and finds their deployments.
func (r *Restorer) repositories() (all []savedDeployments) {
	for range r.Length() {
		key := Key{r.Text(), r.Text()}
		at := r.History.repository(key.Source, key.Name)
		at.Name = r.Text()
		if r.Truths()[0] {
			at.Event, _ = r.event(dora.KindRepository).(*dora.Repository)
		}
		at.Size = code.Size{Commits: r.Number(), Changes: r.Number()}
		at.Packed, r.Offset = code.ReadPacked(&r.Reader, r.Shelf, r.Offset)
		all = append(all, savedDeployments{of: at, count: r.Number(), size: int64(r.Number())})
	}
	return all
}

func (r *Restorer) readIncidents() {
	bodies := make([][]byte, r.Length())
	read := make([]Incident, len(bodies))
	for i := range bodies {
		bodies[i] = r.Bytes()
		read[i] = Incident{Mentions: r.List(), Fields: r.List(), Same: r.List()}
	}
	for i, e := range decodeAll[*dora.Incident](r, dora.KindIncident, bodies) {
		one := &read[i]
		one.Event = e
		r.History.enterIncident(one)
		r.incidents = append(r.incidents, one)
	}
}

// decodeAll reads events of one kind, in the order in which they were written; none where one is damaged.
func decodeAll[E interface {
	comparable
	dora.Event
}](r *Restorer, kind dora.Kind, bodies [][]byte) []E {
	events := make([]E, len(bodies))
	effort.InParts(len(bodies), func(from, to int) {
		for i := from; i < to; i++ {
			if e, err := dora.Decode(kind, bodies[i]); err == nil {
				events[i], _ = e.(E)
			}
		}
	})
	if slices.Contains(events, *new(E)) {
		r.Fail()
		return nil
	}
	return events
}

// nameDeployments enters the deployments by what a text may call them.
func (r *Restorer) nameDeployments() {
	r.History.names.grow(len(r.deployments))
	for _, d := range r.deployments {
		r.History.names.add(d)
	}
}

// Deployment is a deployment by its number; nil after a failure.
func (r *Restorer) Deployment() *dora.Deployment {
	if n := r.Number(); n >= 0 && n < len(r.deployments) {
		return r.deployments[n]
	}
	r.Fail()
	return nil
}

// Incident is an incident by its number; nil after a failure.
func (r *Restorer) Incident() *dora.Incident {
	if n := r.Number(); n >= 0 && n < len(r.incidents) {
		return r.incidents[n].Event
	}
	r.Fail()
	return nil
}

// Correction is a word by its full id, nil where there is none.
func (r *Restorer) Correction() *dora.Correction {
	if id := r.Text(); id != "" {
		return r.History.corrections[id]
	}
	return nil
}

func (r *Restorer) event(kind dora.Kind) dora.Event {
	e, err := dora.Decode(kind, r.Bytes())
	if err != nil {
		r.Fail()
		return nil
	}
	return e
}

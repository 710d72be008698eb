package history

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// Saved is a history as it was at one time, ready to be written down. What the history takes in since is not in it.
// It is written in sections: the blocks of what is packed, the deployments of each repository, and an index of these with
// all the rest.
type Saved struct {
	version      uint64
	repositories []savedRepository
	incidents    []*Incident
	corrections  []*dora.Correction
	withdrawn    []*dora.Deployment
	places       []int64 // of the blocks, in the order of the repositories, once they are written

	deployments    map[*dora.Deployment]int // numbered as they were written
	incidentNumber map[string]int           // by full id, likewise
}

type savedRepository struct {
	PackedRepository
	size code.Size
	took int // bytes, by its deployments, once they are written
}

// Save makes ready to save the history.
func (h *History) Save() *Saved {
	s := &Saved{version: h.version, corrections: h.Corrections()}
	for _, key := range slices.SortedFunc(maps.Keys(h.repositories), Key.compare) {
		r := h.repositories[key]
		s.repositories = append(s.repositories, savedRepository{PackedRepository: r.AsPacked(), size: r.Size})
		s.withdrawn = slices.AppendSeq(s.withdrawn, maps.Values(r.withdrawn))
	}
	for _, id := range slices.Sorted(maps.Keys(h.incidents)) {
		s.incidents = append(s.incidents, h.incidents[id])
	}
	return s
}

// blocks yields what of the history is compressed.
func (s *Saved) blocks(yield func(*code.Block) bool) {
	for i := range s.repositories {
		for _, b := range s.repositories[i].packed.Blocks {
			if !yield(b) {
				return
			}
		}
	}
}

// WriteBlocks puts the blocks, from byte 0 on. The error is a Lost where the history itself cannot be read.
func (s *Saved) WriteBlocks(put func([]byte)) error {
	s.places = nil
	at := int64(0)
	for b := range s.blocks {
		data, err := b.Read()
		if err != nil {
			return &code.Lost{Cause: err}
		}
		s.places = append(s.places, at)
		at += int64(len(data))
		put(data)
	}
	return nil
}

// Shelve has the blocks read from what was written, and no longer kept in memory.
func (s *Saved) Shelve(in io.ReaderAt) {
	i := 0
	for b := range s.blocks {
		b.Shelve(in, s.places[i])
		i++
	}
}

// WriteDeployments puts the deployments of each repository, each in a section of its own.
func (s *Saved) WriteDeployments(put func(write func(*compact.Writer)) (size int)) {
	s.deployments = map[*dora.Deployment]int{}
	for i := range s.repositories {
		r := &s.repositories[i]
		r.took = put(func(w *compact.Writer) { s.writeDeploymentsOf(w, r) })
	}
}

// WriteIndex writes what is in no section of its own.
func (s *Saved) WriteIndex(w *compact.Writer) {
	s.incidentNumber = map[string]int{}
	w.Number(int(s.version)) //nolint:gosec // counted up from 0
	w.Number(len(s.repositories))
	for i := range s.repositories {
		s.repositories[i].write(w)
	}
	w.Number(len(s.incidents))
	for _, i := range s.incidents {
		s.incidentNumber[i.Event.FullID()] = len(s.incidentNumber)
		writeEvent(w, i.Event)
		w.Texts(i.Mentions)
		w.Texts(i.Fields)
		w.Texts(i.Same)
	}
	w.Number(len(s.corrections))
	for _, c := range s.corrections {
		writeEvent(w, c)
	}
	w.Number(len(s.withdrawn))
	for _, d := range s.withdrawn {
		writeEvent(w, d)
	}
}

// NumberOf is the number under which a deployment was written.
func (s *Saved) NumberOf(d *dora.Deployment) int { return s.deployments[d] }

// NumberOfIncident is the number under which an incident was written.
func (s *Saved) NumberOfIncident(i *dora.Incident) int { return s.incidentNumber[i.FullID()] }

func writeEvent(w *compact.Writer, e dora.Event) {
	body, err := dora.Encode(e)
	if err != nil {
		w.Fail(fmt.Errorf("%s %s: %w", e.Kind(), e.Head().FullID(), err))
	}
	w.Bytes(body)
}

func (r *savedRepository) write(w *compact.Writer) {
	w.Text(r.key.Source)
	w.Text(r.key.Name)
	w.Text(r.name)
	w.Truths(r.event != nil)
	if r.event != nil {
		writeEvent(w, r.event)
	}
	w.Number(r.size.Commits)
	w.Number(r.size.Changes)
	r.packed.Write(w)
	w.Number(len(r.deployments))
	w.Number(r.took)
}

package facts

import (
	"cmp"
	"encoding/binary"
	"io"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// A history can be saved and restored, with what was derived of it under one definition, so that a process that starts
// again can answer before it has read its store. What is saved is worth nothing to another version of the program.

// savedForm is the version of what Saving writes. Raise it whenever that changes, or what facts mean.
const savedForm = 11

// Saving is a history, and the facts of its services, as they were at one time, ready to be written down. What the history
// takes in since is not in it.
type Saving struct {
	history  *history.Saved
	services []*Service
}

// Saving makes ready to save the history, and what a definition makes of it; that is derived first where it is out of
// date.
func (d *Deriver) Saving(def dora.Definition) *Saving {
	d.Derive(def)
	s := &Saving{history: d.Save()}
	services := d.views[def.Key()].services
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s.services = append(s.services, services[name])
	}
	return s
}

// WriteTo writes it down, from byte 0 on of what it is written to: the blocks of what is packed, the deployments of each
// repository, the facts of each service, and an index of these with all the rest. It can do so while the history is in
// use. The error is a Lost where the history itself cannot be read.
func (s *Saving) WriteTo(to io.Writer) (written int64, err error) {
	put := func(part []byte) {
		if err == nil {
			var n int
			n, err = to.Write(part)
			written += int64(n)
		}
	}
	if lost := s.history.WriteBlocks(put); lost != nil {
		return written, lost
	}
	var one compact.Writer
	putOne := func(write func(*compact.Writer)) (size int) {
		one.Written = one.Written[:0]
		write(&one)
		one.Sum()
		put(one.Written)
		return len(one.Written)
	}
	s.history.WriteDeployments(putOne)
	index := &compact.Writer{}
	index.Number(savedForm)
	s.history.WriteIndex(index)
	index.Number(len(s.services))
	for _, f := range s.services {
		index.Text(f.Service.Name)
		index.Number(putOne(func(w *compact.Writer) { f.write(w, s.history) }))
	}
	index.Sum()
	put(index.Written)
	put(binary.LittleEndian.AppendUint64(nil, uint64(len(index.Written))))
	return written, cmp.Or(index.Failure, one.Failure, err)
}

// Shelve has the blocks of history read from what was written, and no longer kept in memory. Nothing may be altered there
// while the history, or what was derived of it, is in use.
func (s *Saving) Shelve(in io.ReaderAt) { s.history.Shelve(in) }

// write writes the facts of a service, of a history that was saved.
func (f *Service) write(w *compact.Writer, s *history.Saved) {
	w.Number(len(f.lanes))
	for _, l := range f.lanes {
		w.Text(l.environment.Text)
		w.Time(l.environment.Written)
		w.Text(l.repository)
	}
	w.Number(len(f.legs))
	for of, legs := range f.legs {
		w.Number(s.NumberOf(of))
		w.Number(len(legs))
		for _, leg := range legs {
			w.Number(s.NumberOf(leg))
		}
	}
	w.Truths(f.hasRead)
	w.Time(f.first)
	w.Time(f.last)
	w.Number(len(f.Deployments))
	for _, d := range f.Deployments {
		d.write(w, s)
	}
	w.Number(len(f.FailedRuns))
	for _, run := range f.FailedRuns {
		w.Number(s.NumberOf(run.Event))
	}
	w.Number(len(f.Undecided))
	for _, run := range f.Undecided {
		w.Number(s.NumberOf(run.Event))
	}
	w.Number(len(f.Incidents))
	for _, i := range f.Incidents {
		w.Number(s.NumberOfIncident(i.Event))
		w.Number(placeOf(i.Linked))
		w.Text(string(i.By))
		w.Number(placeOf(i.Remedy))
		w.Truths(i.Names)
		writeSaid(w, i.Said)
	}
	w.Number(len(f.Parts))
	for _, p := range f.Parts {
		w.Number(s.NumberOfIncident(p.Event))
		w.Text(p.Of)
	}
	w.Number(len(f.Changes))
	for _, i := range f.Changes {
		w.Number(s.NumberOfIncident(i))
	}
	w.Number(len(f.Unseen))
	for _, u := range f.Unseen {
		w.Number(s.NumberOf(u.Event))
	}
	w.Number(len(f.Waiting))
	for _, c := range f.Waiting {
		w.Texts([]string{c.Repository, c.SHA, c.Title, c.URL, c.Author})
		w.Number(c.Number)
		w.Time(c.Merged)
	}
	w.Number(len(f.left))
	for key, times := range f.left {
		w.Text(string(key.reason))
		w.Number(key.lane)
		w.Number(len(times))
		for _, at := range times {
			w.Number(int(at))
		}
	}
	for i := range dora.Metrics {
		f.columns[dora.Metrics[i].Key].Write(w, samples.Column{})
	}
	for _, c := range f.stages {
		c.Write(w, f.columns[dora.LeadTime])
	}
}

// placeOf is where a deployment stands among its service's; -1: there is none.
func placeOf(d *Deployment) int {
	if d == nil {
		return -1
	}
	return int(d.place)
}

func writeSaid(w *compact.Writer, c *dora.Correction) {
	if c == nil {
		w.Text("")
		return
	}
	w.Text(c.FullID())
}

func (d *Deployment) write(w *compact.Writer, s *history.Saved) {
	w.Number(s.NumberOf(d.Event))
	for _, n := range []int{d.Shipped, d.Measured, d.Commits, d.lane, d.blamed} {
		w.Number(n)
	}
	w.Truths(d.First, d.Redeploy, d.Rollback, d.BotsOnly, d.incident, d.negative, d.unknown, d.Recovered != nil)
	if d.Event.Landing {
		w.Time(d.Finished)
	}
	w.Number(len(d.Evidence))
	for _, e := range d.Evidence {
		w.Text(string(e.Kind))
		w.Text(e.By)
		w.Number(e.Change)
		w.Time(e.At)
	}
	writeSaid(w, d.Said)
	if d.Recovered != nil {
		w.Time(d.Recovered.At)
		w.Text(d.Recovered.By)
	}
	w.Text(string(d.Rework))
}

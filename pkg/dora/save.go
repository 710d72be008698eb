package dora

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"math"
	"slices"
	"time"
)

// A history can be saved and restored, with what was derived of it under one definition, so that a process that starts
// again can answer before it has read its store. What is saved is worth nothing to another version of the program.

// savedForm is the version of what Save writes. Raise it whenever that changes, or what facts mean.
const savedForm = 7

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Saving is a history as it was at one time, ready to be written down. What the history takes in since is not in it.
type Saving struct {
	version      uint64
	repositories []savedRepository
	incidents    []*incident
	corrections  []*Correction
	withdrawn    []*Deployment
	services     []*Facts
	places       []int64 // of the blocks, in the order of the repositories, once they are written
}

type savedRepository struct {
	resting
	size codeSize
	took int // bytes, by its deployments, once they are written
}

// Saving makes ready to save the history, and what a definition makes of it; that is derived first where it is out of
// date.
func (h *History) Saving(def Definition) *Saving {
	h.Derive(def)
	s := &Saving{version: h.version, corrections: h.Corrections()}
	for _, key := range slices.SortedFunc(maps.Keys(h.repositories), repositoryKey.compare) {
		r := h.repositories[key]
		s.repositories = append(s.repositories, savedRepository{resting: r.resting(), size: r.size})
		s.withdrawn = slices.AppendSeq(s.withdrawn, maps.Values(r.withdrawn))
	}
	for _, id := range slices.Sorted(maps.Keys(h.incidents)) {
		s.incidents = append(s.incidents, h.incidents[id])
	}
	services := h.views[def.key()].services
	for _, name := range slices.Sorted(maps.Keys(services)) {
		s.services = append(s.services, services[name])
	}
	return s
}

// blocks yields what of the history is compressed.
func (s *Saving) blocks(yield func(*block) bool) {
	for i := range s.repositories {
		for _, b := range s.repositories[i].rest.blocks {
			if !yield(b) {
				return
			}
		}
	}
}

// WriteTo writes it down, from byte 0 on of what it is written to: the blocks of what is at rest, the deployments of each
// repository, the facts of each service, and an index of these with all the rest. It can do so while the history is in use. The error is a Lost where
// the history itself cannot be read.
func (s *Saving) WriteTo(to io.Writer) (written int64, err error) {
	put := func(part []byte) {
		if err == nil {
			var n int
			n, err = to.Write(part)
			written += int64(n)
		}
	}
	s.places = nil
	for b := range s.blocks {
		data, failure := b.read()
		if failure != nil {
			return written, &Lost{failure}
		}
		s.places = append(s.places, written)
		put(data)
	}
	index := &saver{deployments: map[*Deployment]int{}, incidents: map[string]int{}}
	one := saver{deployments: index.deployments, incidents: index.incidents}
	putOne := func(write func()) (size int) {
		one.written = one.written[:0]
		write()
		one.sum()
		put(one.written)
		return len(one.written)
	}
	for i := range s.repositories {
		r := &s.repositories[i]
		r.took = putOne(func() { one.deploymentsOf(r) })
	}
	index.history(s)
	index.number(len(s.services))
	for _, f := range s.services {
		index.text(f.Service.Name)
		index.number(putOne(func() { one.facts(f) }))
	}
	index.sum()
	put(index.written)
	put(binary.LittleEndian.AppendUint64(nil, uint64(len(index.written))))
	return written, cmp.Or(index.failure, err)
}

// Shelve has the blocks of history read from what was written, and no longer kept in memory. Nothing may be altered there
// while the history, or what was derived of it, is in use.
func (s *Saving) Shelve(in io.ReaderAt) {
	i := 0
	for b := range s.blocks {
		b.lies.Store(&lies{shelf: in, offset: s.places[i], size: b.lies.Load().size})
		i++
	}
}

// saver writes down what is not in blocks.
type saver struct {
	written     []byte
	deployments map[*Deployment]int // numbered as they were written
	incidents   map[string]int      // by full id, likewise
	failure     error
}

// sum puts the check sum behind what is written.
func (w *saver) sum() {
	w.written = binary.LittleEndian.AppendUint32(w.written, crc32.Checksum(w.written, castagnoli))
}

// history writes what facts are made from.
func (w *saver) history(s *Saving) {
	w.number(savedForm)
	w.number(int(s.version)) //nolint:gosec // counted up from 0
	w.number(len(s.repositories))
	for i := range s.repositories {
		w.repository(&s.repositories[i])
	}
	w.number(len(s.incidents))
	for _, i := range s.incidents {
		w.incidents[i.event.FullID()] = len(w.incidents)
		w.event(i.event)
		w.texts(i.mentions)
	}
	w.number(len(s.corrections))
	for _, c := range s.corrections {
		w.event(c)
	}
	w.number(len(s.withdrawn))
	for _, d := range s.withdrawn {
		w.event(d)
	}
}

func (w *saver) number(n int) { w.written = binary.AppendVarint(w.written, int64(n)) }

func (w *saver) text(text string) { w.written = appendText(w.written, text) }

func (w *saver) texts(texts []string) {
	w.number(len(texts))
	for _, text := range texts {
		w.text(text)
	}
}

func (w *saver) time(at time.Time) {
	w.written = binary.AppendVarint(w.written, at.Unix())
	w.number(at.Nanosecond())
}

func (w *saver) truths(all ...bool) {
	bits := 0
	for i, is := range all {
		if is {
			bits |= 1 << i
		}
	}
	w.number(bits)
}

func (w *saver) event(e Event) {
	body, err := Encode(e)
	if err != nil && w.failure == nil {
		w.failure = fmt.Errorf("%s %s: %w", e.Kind(), e.Head().FullID(), err)
	}
	w.bytes(body)
}

func (w *saver) bytes(b []byte) {
	w.number(len(b))
	w.written = append(w.written, b...)
}

func (w *saver) repository(r *savedRepository) {
	w.text(r.key.source)
	w.text(r.key.name)
	w.text(r.name)
	w.truths(r.event != nil)
	if r.event != nil {
		w.event(r.event)
	}
	w.number(r.size.commits)
	w.number(r.size.changes)
	w.number(r.rest.size.commits)
	w.number(r.rest.size.changes)
	w.number(r.rest.size.nodes)
	w.number(len(r.rest.blocks))
	for _, b := range r.rest.blocks {
		w.number(b.lies.Load().size)
	}
	w.bytes(r.rest.tail)
	w.number(int(r.rest.clock.last))
	w.number(len(r.deployments))
	w.number(r.took)
}

func (w *saver) facts(f *Facts) {
	w.number(len(f.lanes))
	for _, l := range f.lanes {
		w.text(l.environment.text)
		w.time(l.environment.written)
		w.text(l.repository)
	}
	w.number(len(f.legs))
	for of, legs := range f.legs {
		w.number(w.deployments[of])
		w.number(len(legs))
		for _, leg := range legs {
			w.number(w.deployments[leg])
		}
	}
	w.truths(f.read)
	w.time(f.first)
	w.time(f.last)
	w.number(len(f.Deployments))
	for _, d := range f.Deployments {
		w.deployment(d)
	}
	w.number(len(f.FailedRuns))
	for _, run := range f.FailedRuns {
		w.number(w.deployments[run.Event])
	}
	w.number(len(f.Undecided))
	for _, run := range f.Undecided {
		w.number(w.deployments[run.Event])
	}
	w.number(len(f.Incidents))
	for _, i := range f.Incidents {
		w.number(w.incidents[i.Event.FullID()])
		w.number(placeOf(i.Linked))
		w.text(string(i.By))
		w.number(placeOf(i.Remedy))
		w.truths(i.Names)
		w.said(i.Said)
	}
	w.number(len(f.Waiting))
	for _, c := range f.Waiting {
		w.texts([]string{c.Repository, c.SHA, c.Title, c.URL, c.Author})
		w.number(c.Number)
		w.time(c.Merged)
	}
	w.number(len(f.left))
	for key, times := range f.left {
		w.text(string(key.reason))
		w.number(key.lane)
		w.number(len(times))
		for _, at := range times {
			w.number(int(at))
		}
	}
	for i := range Metrics {
		w.column(f.columns[Metrics[i].Key], column{})
	}
	for _, c := range f.stages {
		w.column(c, f.columns[LeadTime])
	}
}

// placeOf is where a deployment stands among its service's; -1: there is none.
func placeOf(d *DeploymentFact) int {
	if d == nil {
		return -1
	}
	return int(d.place)
}

func (w *saver) said(c *Correction) {
	if c == nil {
		w.text("")
		return
	}
	w.text(c.FullID())
}

func (w *saver) deployment(d *DeploymentFact) {
	w.number(w.deployments[d.Event])
	for _, n := range []int{d.Shipped, d.Measured, d.Commits, d.lane, d.blamed} {
		w.number(n)
	}
	w.truths(d.First, d.Redeploy, d.Rollback, d.BotsOnly, d.incident, d.negative, d.unknown, d.Recovered != nil)
	if d.Event.Landing {
		w.time(d.Finished)
	}
	w.number(len(d.Evidence))
	for _, e := range d.Evidence {
		w.text(string(e.Kind))
		w.text(e.By)
		w.number(e.Change)
		w.time(e.At)
	}
	w.said(d.Said)
	if d.Recovered != nil {
		w.time(d.Recovered.At)
		w.text(d.Recovered.By)
	}
	w.text(string(d.Rework))
}

// column writes a column, without the times and lanes that it shares with another.
func (w *saver) column(c, other column) {
	shared := c.shares(other)
	w.number(int(c.lane))
	w.truths(c.mixed, shared)
	w.number(len(c.partitions))
	for i := range c.partitions {
		p := &c.partitions[i]
		w.number(int(p.begin))
		w.words(p.hits)
		w.words(p.seconds)
		w.number(len(p.exact))
		for _, length := range p.exact {
			w.written = binary.LittleEndian.AppendUint64(w.written, math.Float64bits(length))
		}
		if shared {
			continue
		}
		w.words(p.at)
		w.number(len(p.lanes))
		for _, lane := range p.lanes {
			w.number(int(lane))
		}
	}
}

func (w *saver) words(words []uint32) {
	w.number(len(words))
	for _, word := range words {
		w.written = binary.LittleEndian.AppendUint32(w.written, word)
	}
}

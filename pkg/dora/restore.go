package dora

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"strings"
	"time"
)

// ErrNotRestorable says that what was saved is damaged, or was written by another version.
var ErrNotRestorable = errors.New("what was saved of the history is damaged, or another version saved it")

// endSize is the length of the index and its check sum.
const endSize = 12

// Restore makes a history of what Saving wrote: its mapping must be the same, and what it has derived is of the same
// definition. The blocks of history stay where they were written, so that must not be closed or altered.
func Restore(from io.ReaderAt, size int64, mapping Mapping, def Definition) (*History, error) {
	end := make([]byte, endSize)
	if size < endSize {
		return nil, ErrNotRestorable
	}
	if _, err := from.ReadAt(end, size-endSize); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint64(end)) //nolint:gosec // checked below
	if length < 0 || length > size-endSize {
		return nil, ErrNotRestorable
	}
	index := make([]byte, length)
	if _, err := from.ReadAt(index, size-endSize-length); err != nil {
		return nil, err
	}
	if crc32.Checksum(index, castagnoli) != binary.LittleEndian.Uint32(end[8:]) {
		return nil, ErrNotRestorable
	}
	r := &restorer{reader: reader{rest: index}, shelf: from, history: NewHistory(mapping)}
	if r.number() != savedForm {
		return nil, ErrNotRestorable
	}
	r.all(&def)
	if r.failure != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRestorable, r.failure)
	}
	return r.history, nil
}

// restorer reads what a saver wrote. After a failure it reads nothing but zeros.
type restorer struct {
	reader
	shelf       io.ReaderAt
	offset      int64
	history     *History
	deployments []*Deployment
	incidents   []*incident
}

func (r *restorer) all(def *Definition) {
	h := r.history
	version := r.number()
	bodies := r.repositories()
	r.decodeDeployments(bodies)
	for range r.length() {
		e, ok := r.event(KindIncident).(*Incident)
		if !ok {
			return
		}
		i := &incident{event: e, mentions: r.texts()}
		h.enterIncident(i)
		r.incidents = append(r.incidents, i)
	}
	for range r.length() {
		if c, ok := r.event(KindCorrection).(*Correction); ok {
			h.applyCorrection(c)
		}
	}
	h.readings = 1
	v := &view{number: h.readings, services: map[string]*Facts{}, stale: map[string]bool{}}
	services := map[string]*Service{}
	for i, s := range h.mappedServices() {
		if services[s.Name] == nil { // of two with one name the first counts
			services[s.Name] = &h.mapped[i]
		}
	}
	for range r.length() {
		s := services[r.text()]
		if s == nil {
			r.fail()
			return
		}
		f := r.facts(s)
		f.ground = h.groundOf(f, def)
		f.ground.awake = nil
		v.services[s.Name] = f
	}
	if len(v.services) != len(services) {
		r.fail()
	}
	h.views[def.key()] = v
	h.saidShared, h.everything, h.told = true, false, nil
	clear(h.touched)
	h.version = uint64(version) //nolint:gosec // counted up from 0
}

// repositories reads the repositories, and gives the bodies of their deployments.
func (r *restorer) repositories() (bodies [][]byte) {
	for range r.length() {
		key := repositoryKey{r.text(), r.text()}
		at := r.history.repository(key.source, key.name)
		at.name = r.text()
		if r.truths(1)[0] {
			at.event, _ = r.event(KindRepository).(*Repository)
		}
		at.size.commits, at.size.changes, at.rest.count = r.number(), r.number(), r.number()
		for range r.length() {
			b := &block{}
			b.lies.Store(&lies{shelf: r.shelf, offset: r.offset, size: r.number()})
			r.offset += int64(b.lies.Load().size)
			at.rest.blocks = append(at.rest.blocks, b)
		}
		at.rest.tail = slices.Clone(r.bytes())
		at.rest.clock.last = int64(r.number())
		for range r.length() {
			bodies = append(bodies, r.bytes())
		}
	}
	return bodies
}

// decodeDeployments reads the deployments of all repositories, in the order in which they were written.
func (r *restorer) decodeDeployments(bodies [][]byte) {
	r.deployments = make([]*Deployment, len(bodies))
	inParts(len(bodies), func(from, to int) {
		for i := from; i < to; i++ {
			if e, err := Decode(KindDeployment, bodies[i]); err == nil {
				r.deployments[i], _ = e.(*Deployment)
			}
		}
	})
	for _, d := range r.deployments {
		if d == nil {
			r.fail()
			return
		}
		r.history.repository(d.Source, d.Repository).deployments[d.ID] = d
		r.history.named.add(d)
	}
}

func (r *restorer) facts(s *Service) *Facts {
	f := &Facts{Service: *s, Unmeasured: map[Reason]int{}, left: map[unmeasurable][]int64{}, columns: map[Metric]column{}}
	for range r.length() {
		f.lanes = append(f.lanes, laneName{r.text(), r.text()})
	}
	f.first, f.last = r.time(), r.time()
	f.Deployments = make([]*DeploymentFact, r.length())
	leads := 0
	for i := range f.Deployments {
		d := r.deployment()
		if d.lane < 0 || d.lane >= len(f.lanes) {
			r.fail()
		}
		d.place, d.leads = int32(i), int32(leads) //nolint:gosec // bounded by what there is
		leads += d.Measured
		f.Deployments[i] = d
	}
	for range r.length() {
		if e := r.told(); e != nil {
			f.FailedRuns = append(f.FailedRuns, FailedRun{e, e.Failed()})
		}
	}
	for range r.length() {
		f.Incidents = append(f.Incidents, r.incident(f))
	}
	for range r.length() {
		texts := r.texts()
		if len(texts) != 5 {
			r.fail()
			break
		}
		f.Waiting = append(f.Waiting, Waiting{Repository: texts[0], SHA: texts[1], Title: texts[2], URL: texts[3], Author: texts[4], Number: r.number(), Merged: r.time()})
	}
	for range r.length() {
		key := unmeasurable{Reason(strings.Clone(r.text())), r.number()}
		times := make([]int64, r.length())
		for i := range times {
			times[i] = int64(r.number())
		}
		if key.lane < noLane || key.lane >= len(f.lanes) {
			r.fail()
		}
		f.left[key] = times
		f.Unmeasured[key.reason] += len(times)
	}
	for i := range Metrics {
		f.columns[Metrics[i].Key] = r.column(len(f.lanes))
	}
	for stage := range f.stages {
		f.stages[stage] = r.column(len(f.lanes)).sharing(f.columns[LeadTime])
	}
	if f.columns[LeadTime].size() != leads {
		r.fail()
	}
	return f
}

// told is a deployment by its number; nil after a failure.
func (r *restorer) told() *Deployment {
	if n := r.number(); n >= 0 && n < len(r.deployments) {
		return r.deployments[n]
	}
	r.fail()
	return nil
}

func (r *restorer) deployment() *DeploymentFact {
	d := &DeploymentFact{Event: r.told()}
	if d.Event != nil {
		d.Finished = d.Event.Finished()
	}
	d.Shipped, d.Measured, d.Commits, d.lane, d.blamed = r.number(), r.number(), r.number(), r.number(), r.number()
	is := r.truths(8)
	d.First, d.Redeploy, d.Rollback, d.BotsOnly, d.incident, d.negative, d.unknown = is[0], is[1], is[2], is[3], is[4], is[5], is[6]
	for range r.length() {
		d.Evidence = append(d.Evidence, Evidence{Kind: EvidenceKind(r.text()), By: r.text(), Change: r.number(), At: r.time()})
	}
	d.Said = r.said()
	if is[7] {
		d.Recovered = &RecoveryFact{At: r.time(), By: r.text()}
	}
	d.Rework = ReworkReason(r.text())
	return d
}

func (r *restorer) incident(f *Facts) *IncidentFact {
	fact := &IncidentFact{}
	if n := r.number(); n >= 0 && n < len(r.incidents) {
		fact.Event = r.incidents[n].event
	} else {
		r.fail()
	}
	placed := func() *DeploymentFact {
		n := r.number()
		if n >= 0 && n < len(f.Deployments) {
			return f.Deployments[n]
		}
		return nil
	}
	fact.Linked, fact.By, fact.Remedy = placed(), EvidenceKind(r.text()), placed()
	fact.Names, fact.Said = r.truths(1)[0], r.said()
	return fact
}

func (r *restorer) said() *Correction {
	if id := r.text(); id != "" {
		return r.history.corrections[id]
	}
	return nil
}

func (r *restorer) column(lanes int) column {
	c := column{lane: int16(r.number()), mixed: r.truths(1)[0]} //nolint:gosec // as it was written
	for range r.length() {
		p := partition{begin: int64(r.number()), at: r.words(), hits: r.words(), seconds: r.words()}
		if n := r.length(); n > 0 {
			p.lanes = make([]int16, n)
			for i := range p.lanes {
				p.lanes[i] = int16(r.number()) //nolint:gosec // as it was written
				if p.lanes[i] < noLane || int(p.lanes[i]) >= lanes {
					r.fail()
				}
			}
		}
		if n := r.length(); n > 0 {
			raw := r.cut(8 * n)
			p.exact = make([]float64, len(raw)/8)
			for i := range p.exact {
				p.exact[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
			}
		}
		c.partitions = append(c.partitions, p)
	}
	return c
}

func (r *restorer) words() []uint32 {
	n := r.length()
	if n == 0 {
		return nil
	}
	raw := r.cut(4 * n)
	words := make([]uint32, len(raw)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(raw[4*i:])
	}
	return words
}

func (r *restorer) number() int { return int(r.signed()) }

// length reads how many elements follow, each of which takes a byte or more.
func (r *restorer) length() int {
	n := r.number()
	if n < 0 || n > len(r.rest) {
		r.fail()
		return 0
	}
	return n
}

func (r *restorer) cut(n int) []byte {
	if n > len(r.rest) {
		r.fail()
		return nil
	}
	part := r.rest[:n]
	r.rest = r.rest[n:]
	return part
}

func (r *restorer) bytes() []byte { return r.cut(r.length()) }

func (r *restorer) texts() []string {
	texts := make([]string, r.length())
	for i := range texts {
		texts[i] = r.text()
	}
	return texts
}

func (r *restorer) time() time.Time {
	seconds, nanoseconds := r.signed(), r.number()
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

func (r *restorer) truths(count int) []bool {
	bits := r.number()
	is := make([]bool, count)
	for i := range is {
		is[i] = bits>>i&1 == 1
	}
	return is
}

func (r *restorer) event(kind Kind) Event {
	e, err := Decode(kind, r.bytes())
	if err != nil {
		r.fail()
		return nil
	}
	return e
}

package dora

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrNotRestorable says that what was saved is damaged, or was written by another version.
var ErrNotRestorable = errors.New("what was saved of the history is damaged, or another version saved it")

// Restore makes a history of what Saving wrote, for services that may be others. Where they are the same, and the
// definition is, fitting says so, and what was derived is restored as well. The blocks of history stay where they were
// written, so that must not be closed or altered.
func Restore(from io.ReaderAt, size int64, mapping Mapping, def Definition, fitting bool) (*History, error) {
	const lengthSize = 8
	index := make([]byte, lengthSize)
	if size < lengthSize {
		return nil, ErrNotRestorable
	}
	if _, err := from.ReadAt(index, size-lengthSize); err != nil {
		return nil, err
	}
	length := int64(binary.LittleEndian.Uint64(index)) //nolint:gosec // checked below
	if length < 0 || length > size-lengthSize {
		return nil, ErrNotRestorable
	}
	r := &restorer{shelf: from, history: NewHistory(mapping)}
	if r.rest = r.summed(size-lengthSize-length, length); r.number() != savedForm {
		r.fail()
	}
	r.all(&def, fitting)
	if r.failure != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRestorable, r.failure)
	}
	return r.history, nil
}

// restorer reads what a saver wrote. After a failure it reads nothing but zeros.
type restorer struct {
	reader
	texts
	shelf       io.ReaderAt
	offset      int64
	history     *History
	deployments []*Deployment
	incidents   []*incident
	words       map[string]string // texts that are there many times
	room        []byte
}

// summed reads a text with its check sum, into the room of the one before.
func (r *restorer) summed(offset, size int64) []byte {
	if size < 0 {
		r.fail()
		return nil
	}
	r.room = slices.Grow(r.room[:0], int(size))
	text := r.room[:size]
	if _, err := r.shelf.ReadAt(text, offset); err != nil {
		r.rest, r.failure = nil, err
		return nil
	}
	end := len(text) - crc32.Size
	if end < 0 || crc32.Checksum(text[:end], castagnoli) != binary.LittleEndian.Uint32(text[end:]) {
		r.fail()
		return nil
	}
	return text[:end]
}

func (r *restorer) all(def *Definition, fitting bool) {
	h := r.history
	version := r.number()
	r.deployments = r.deploymentsOf(r.repositories())
	var work sync.WaitGroup
	work.Go(r.nameDeployments)
	defer work.Wait()
	r.readIncidents()
	h.judge()
	for range r.length() {
		if c, ok := r.event(KindCorrection).(*Correction); ok {
			h.applyCorrection(c)
		}
	}
	for range r.length() {
		if d, ok := r.event(KindDeployment).(*Deployment); ok && d.Withdrawn {
			h.applyDeployment(d)
		}
	}
	h.version = uint64(version) //nolint:gosec // counted up from 0
	if !fitting {
		return
	}
	services := r.derived()
	if r.failure != nil {
		return
	}
	for _, f := range services {
		f.ground = h.groundOf(f, def)
		f.ground.awake = nil
	}
	h.readings = 1
	h.views[def.key()] = &view{number: h.readings, services: services, stale: map[string]bool{}}
	h.saidShared, h.everything, h.told = true, false, nil
	clear(h.touched)
}

// derived reads the facts of all services.
func (r *restorer) derived() map[string]*Facts {
	services := map[string]*Facts{}
	for _, s := range r.history.mappedServices() {
		if services[s.Name] == nil { // of two with one name the first counts
			services[s.Name] = &Facts{Service: s}
		}
	}
	written := make([]writtenFacts, r.length())
	for i := range written {
		written[i] = writtenFacts{services[r.text()], r.offset, int64(r.number())}
		r.offset += written[i].size
		if written[i].facts == nil {
			r.fail()
			return nil
		}
	}
	if len(written) != len(services) {
		r.fail()
		return nil
	}
	r.each(len(written), func(part *restorer, i int) {
		part.rest = part.summed(written[i].offset, written[i].size)
		part.facts(written[i].facts)
	})
	return services
}

// each reads so many sections, at the same time where there are processors.
func (r *restorer) each(count int, read func(part *restorer, i int)) {
	var failed atomic.Pointer[error]
	inParts(count, func(from, to int) {
		part := &restorer{shelf: r.shelf, history: r.history, deployments: r.deployments, incidents: r.incidents, words: map[string]string{}}
		for i := from; i < to && part.failure == nil; i++ {
			read(part, i)
		}
		if part.failure != nil {
			failed.Store(&part.failure)
		}
	})
	if failure := failed.Load(); failure != nil {
		r.rest, r.failure = nil, *failure
	}
}

// writtenFacts are the facts of a service, and where they lie.
type writtenFacts struct {
	facts        *Facts
	offset, size int64
}

// repositories reads the repositories, and finds their deployments.
func (r *restorer) repositories() (all []savedDeployments) {
	for range r.length() {
		key := repositoryKey{r.text(), r.text()}
		at := r.history.repository(key.source, key.name)
		at.name = r.text()
		if r.truths()[0] {
			at.event, _ = r.event(KindRepository).(*Repository)
		}
		at.size = codeSize{r.number(), r.number()}
		at.rest.size = restSize{codeSize{r.number(), r.number()}, r.number()}
		for range r.length() {
			b := &block{}
			b.lies.Store(&lies{shelf: r.shelf, offset: r.offset, size: r.number()})
			r.offset += int64(b.lies.Load().size)
			at.rest.blocks = append(at.rest.blocks, b)
		}
		at.rest.tail = slices.Clone(r.bytes())
		at.rest.clock.last = int64(r.number())
		all = append(all, savedDeployments{of: at, count: r.number(), size: int64(r.number())})
	}
	return all
}

func (r *restorer) readIncidents() {
	bodies := make([][]byte, r.length())
	var mentions [][]string
	for i := range bodies {
		bodies[i] = r.bytes()
		mentions = append(mentions, r.list())
	}
	for i, e := range decodeAll[*Incident](r, KindIncident, bodies) {
		one := &incident{event: e, mentions: mentions[i]}
		r.history.enterIncident(one)
		r.incidents = append(r.incidents, one)
	}
}

// decodeAll reads events of one kind, in the order in which they were written; none where one is damaged.
func decodeAll[E interface {
	comparable
	Event
}](r *restorer, kind Kind, bodies [][]byte) []E {
	events := make([]E, len(bodies))
	inParts(len(bodies), func(from, to int) {
		for i := from; i < to; i++ {
			if e, err := Decode(kind, bodies[i]); err == nil {
				events[i], _ = e.(E)
			}
		}
	})
	if slices.Contains(events, *new(E)) {
		r.fail()
		return nil
	}
	return events
}

// nameDeployments enters the deployments by what a text may call them.
func (r *restorer) nameDeployments() {
	r.history.named.grow(len(r.deployments))
	for _, d := range r.deployments {
		r.history.named.add(d)
	}
}

func (r *restorer) facts(f *Facts) {
	f.Unmeasured, f.left, f.columns = map[Reason]int{}, map[unmeasurable][]int64{}, map[Metric]column{}
	for range r.length() {
		f.lanes = append(f.lanes, laneName{spelling{r.text(), r.time()}, r.text()})
	}
	for range r.length() {
		if f.legs == nil {
			f.legs = map[*Deployment][]*Deployment{}
		}
		of, legs := r.told(), make([]*Deployment, r.length())
		for i := range legs {
			legs[i] = r.told()
		}
		f.legs[of] = legs
	}
	f.read = r.truths()[0]
	f.first, f.last = r.time(), r.time()
	f.Deployments = make([]*DeploymentFact, r.length())
	together := make([]DeploymentFact, len(f.Deployments))
	leads := 0
	for i := range f.Deployments {
		d := &together[i]
		r.deployment(d)
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
		if e := r.told(); e != nil {
			f.Undecided = append(f.Undecided, UndecidedRun{e, e.LastWord()})
		}
	}
	for range r.length() {
		f.Incidents = append(f.Incidents, r.incident(f))
	}
	for range r.length() {
		texts := r.list()
		if len(texts) != 5 {
			r.fail()
			break
		}
		f.Waiting = append(f.Waiting, Waiting{Repository: texts[0], SHA: texts[1], Title: texts[2], URL: texts[3], Author: texts[4], Number: r.number(), Merged: r.time()})
	}
	for range r.length() {
		key := unmeasurable{Reason(r.word()), r.number()}
		times := make([]int64, r.length())
		for i := range times {
			times[i] = int64(r.number())
		}
		if key.lane < noLane || key.lane >= len(f.lanes) {
			r.fail()
		}
		f.left[key] = times
		if key.reason != ReasonUnreportedRun {
			f.Unmeasured[key.reason] += len(times)
		}
	}
	for i := range Metrics {
		f.columns[Metrics[i].Key] = r.column(len(f.lanes), column{})
	}
	for stage := range f.stages {
		f.stages[stage] = r.column(len(f.lanes), f.columns[LeadTime])
	}
	if f.columns[LeadTime].size() != leads || len(r.rest) > 0 {
		r.fail()
	}
}

// told is a deployment by its number; nil after a failure.
func (r *restorer) told() *Deployment {
	if n := r.number(); n >= 0 && n < len(r.deployments) {
		return r.deployments[n]
	}
	r.fail()
	return nil
}

func (r *restorer) deployment(d *DeploymentFact) {
	if d.Event = r.told(); d.Event != nil {
		d.Finished = d.Event.Finished()
	}
	d.Shipped, d.Measured, d.Commits, d.lane, d.blamed = r.number(), r.number(), r.number(), r.number(), r.number()
	is := r.truths()
	d.First, d.Redeploy, d.Rollback, d.BotsOnly, d.incident, d.negative, d.unknown = is[0], is[1], is[2], is[3], is[4], is[5], is[6]
	if d.Event != nil && d.Event.Landing {
		d.Finished = r.time()
	}
	for range r.length() {
		d.Evidence = append(d.Evidence, Evidence{Kind: EvidenceKind(r.word()), By: r.text(), Change: r.number(), At: r.time()})
	}
	d.Said = r.said()
	if is[7] {
		d.Recovered = &RecoveryFact{At: r.time(), By: r.text()}
	}
	d.Rework = ReworkReason(r.word())
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
	fact.Linked, fact.By, fact.Remedy = placed(), EvidenceKind(r.word()), placed()
	fact.Names, fact.Said = r.truths()[0], r.said()
	return fact
}

func (r *restorer) said() *Correction {
	if id := r.text(); id != "" {
		return r.history.corrections[id]
	}
	return nil
}

// column reads a column, which may share the times and lanes of another.
func (r *restorer) column(lanes int, other column) column {
	c := column{lane: int16(r.number())} //nolint:gosec // as it was written
	is := r.truths()
	c.mixed = is[0]
	c.partitions = make([]partition, r.length())
	if is[1] && len(other.partitions) != len(c.partitions) {
		r.fail()
		return column{}
	}
	for i := range c.partitions {
		p := &c.partitions[i]
		p.begin, p.hits, p.seconds = int64(r.number()), r.numbers(), r.numbers()
		if n := r.length(); n > 0 {
			raw := r.cut(8 * n)
			p.exact = make([]float64, len(raw)/8)
			for i := range p.exact {
				p.exact[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
			}
		}
		if is[1] {
			p.at, p.lanes = other.partitions[i].at, other.partitions[i].lanes
			continue
		}
		p.at = r.numbers()
		if n := r.length(); n > 0 {
			p.lanes = make([]int16, n)
			for i := range p.lanes {
				p.lanes[i] = int16(r.number()) //nolint:gosec // as it was written
				if p.lanes[i] < noLane || int(p.lanes[i]) >= lanes {
					r.fail()
				}
			}
		}
	}
	return c
}

func (r *restorer) numbers() []uint32 {
	n := r.length()
	if n == 0 {
		return nil
	}
	raw := r.cut(4 * n)
	numbers := make([]uint32, len(raw)/4)
	for i := range numbers {
		numbers[i] = binary.LittleEndian.Uint32(raw)
		raw = raw[4:]
	}
	return numbers
}

// word reads a text that is there many times.
func (r *restorer) word() string {
	raw, isHex := r.raw()
	if isHex {
		return hex.EncodeToString(raw)
	}
	word, ok := r.words[string(raw)]
	if !ok {
		word = string(raw)
		r.words[word] = word
	}
	return word
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

func (r *restorer) list() []string {
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

// truths reads up to eight of them.
func (r *restorer) truths() (are [8]bool) {
	bits := r.number()
	for i := range are {
		are[i] = bits>>i&1 == 1
	}
	return are
}

func (r *restorer) event(kind Kind) Event {
	e, err := Decode(kind, r.bytes())
	if err != nil {
		r.fail()
		return nil
	}
	return e
}

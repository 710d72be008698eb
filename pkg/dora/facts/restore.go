package facts

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// ErrNotRestorable says that what was saved is damaged, or was written by another version.
var ErrNotRestorable = errors.New("what was saved of the history is damaged, or another version saved it")

// Restore makes a history of what Saving wrote, for services that may be others. Where they are the same, and the
// definition is, fitting says so, and what was derived is restored as well. The blocks of history stay where they were
// written, so that must not be closed or altered.
func Restore(from io.ReaderAt, size int64, mapping dora.Mapping, def dora.Definition, fitting bool) (*Deriver, error) {
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
	r := &history.Restorer{Shelf: from, History: history.New(mapping)}
	if r.Rest = r.Section(size-lengthSize-length, length); r.Number() != savedForm {
		r.Fail()
	}
	named := r.Restore()
	defer named()
	d := derive(r.History)
	if fitting {
		d.restore(r, &def)
	}
	if r.Failure != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotRestorable, r.Failure)
	}
	return d, nil
}

// restore reads the facts of a definition.
func (d *Deriver) restore(r *history.Restorer, def *dora.Definition) {
	services := readServices(r)
	if r.Failure != nil {
		return
	}
	d.words = d.Said()
	for _, f := range services {
		f.ground = d.groundOf(&f.Service, def)
	}
	d.readings = 1
	d.views[def.Key()] = &view{number: d.readings, services: services, stale: map[string]bool{}}
	d.AsDerived()
}

// derived reads the facts of all services.
func readServices(r *history.Restorer) map[string]*Service {
	services := map[string]*Service{}
	for _, s := range r.History.MappedServices() {
		if services[s.Name] == nil { // of two with one name the first counts
			services[s.Name] = &Service{Service: s, shipments: &shipments{}}
		}
	}
	written := make([]writtenFacts, r.Length())
	for i := range written {
		written[i] = writtenFacts{services[r.Text()], r.Offset, int64(r.Number())}
		r.Offset += written[i].size
		if written[i].facts == nil {
			r.Fail()
			return nil
		}
	}
	if len(written) != len(services) {
		r.Fail()
		return nil
	}
	r.Each(len(written), func(part *history.Restorer, i int) {
		part.Rest = part.Section(written[i].offset, written[i].size)
		written[i].facts.read(part)
	})
	return services
}

// writtenFacts are the facts of a service, and where they lie.
type writtenFacts struct {
	facts        *Service
	offset, size int64
}

// read reads what write wrote.
func (f *Service) read(r *history.Restorer) {
	f.Unmeasured, f.left, f.columns = map[Reason]int{}, map[unmeasurable][]int64{}, map[dora.Metric]samples.Column{}
	for range r.Length() {
		f.lanes = append(f.lanes, laneName{dora.Spelling{Text: r.Text(), Written: r.Time()}, r.Text()})
	}
	for range r.Length() {
		if f.legs == nil {
			f.legs = map[*dora.Deployment][]*dora.Deployment{}
		}
		of, legs := r.Deployment(), make([]*dora.Deployment, r.Length())
		for i := range legs {
			legs[i] = r.Deployment()
		}
		f.legs[of] = legs
	}
	f.hasRead = r.Truths()[0]
	f.first, f.last = r.Time(), r.Time()
	f.Deployments = make([]*Deployment, r.Length())
	together := make([]Deployment, len(f.Deployments))
	leads := 0
	for i := range f.Deployments {
		d := &together[i]
		d.read(r)
		if d.lane < 0 || d.lane >= len(f.lanes) {
			r.Fail()
		}
		d.place, d.leads = int32(i), int32(leads) //nolint:gosec // bounded by what there is
		leads += d.Measured
		f.Deployments[i] = d
	}
	for range r.Length() {
		if e := r.Deployment(); e != nil {
			f.FailedRuns = append(f.FailedRuns, FailedRun{e, e.Failed()})
		}
	}
	for range r.Length() {
		if e := r.Deployment(); e != nil {
			f.Undecided = append(f.Undecided, UndecidedRun{e, e.LastWord()})
		}
	}
	for range r.Length() {
		f.Incidents = append(f.Incidents, f.readIncident(r))
	}
	f.readParts(r)
	for range r.Length() {
		f.Changes = append(f.Changes, r.Incident())
	}
	for range r.Length() {
		if e := r.Deployment(); e != nil {
			f.Unseen = append(f.Unseen, UnseenRuns{e})
			f.Unmeasured[ReasonUnseenRun] += e.Unseen
		}
	}
	for range r.Length() {
		texts := r.List()
		if len(texts) != 5 {
			r.Fail()
			break
		}
		f.Waiting = append(f.Waiting, Waiting{Repository: texts[0], SHA: texts[1], Title: texts[2], URL: texts[3], Author: texts[4], Number: r.Number(), Merged: r.Time()})
	}
	for range r.Length() {
		key := unmeasurable{Reason(r.Word(r.Shared)), r.Number()}
		times := make([]int64, r.Length())
		for i := range times {
			times[i] = int64(r.Number())
		}
		if key.lane < samples.NoLane || key.lane >= len(f.lanes) {
			r.Fail()
		}
		f.left[key] = times
		if key.reason != ReasonUnreportedRun {
			f.Unmeasured[key.reason] += len(times)
		}
	}
	for i := range dora.Metrics {
		f.columns[dora.Metrics[i].Key] = samples.ReadColumn(&r.Reader, len(f.lanes), samples.Column{})
	}
	for stage := range f.stages {
		f.stages[stage] = samples.ReadColumn(&r.Reader, len(f.lanes), f.columns[dora.LeadTime])
	}
	if f.columns[dora.LeadTime].Size() != leads || len(r.Rest) > 0 {
		r.Fail()
	}
}

func (d *Deployment) read(r *history.Restorer) {
	if d.Event = r.Deployment(); d.Event != nil {
		d.Finished = d.Event.Finished()
	}
	d.Shipped, d.Measured, d.Commits, d.lane, d.blamed = r.Number(), r.Number(), r.Number(), r.Number(), r.Number()
	is := r.Truths()
	d.First, d.Redeploy, d.Rollback, d.BotsOnly, d.incident, d.negative, d.unknown = is[0], is[1], is[2], is[3], is[4], is[5], is[6]
	if d.Event != nil && d.Event.Landing {
		d.Finished = r.Time()
	}
	for range r.Length() {
		d.Evidence = append(d.Evidence, Evidence{Kind: dora.EvidenceKind(r.Word(r.Shared)), By: r.Text(), Change: r.Number(), At: r.Time()})
	}
	d.Said = r.Correction()
	if is[7] {
		d.Recovered = &Recovery{At: r.Time(), By: r.Text()}
	}
	d.Rework = ReworkReason(r.Word(r.Shared))
}

func (f *Service) readParts(r *history.Restorer) {
	count := r.Length()
	if count == 0 {
		return
	}
	standing := make(map[string]*Incident, len(f.Incidents)) // by full id
	for _, i := range f.Incidents {
		if i.Event != nil {
			standing[i.Event.FullID()] = i
		}
	}
	for range count {
		p := Part{r.Incident(), r.Text()}
		f.Parts = append(f.Parts, p)
		if whole := standing[p.Of]; whole != nil && p.Event != nil {
			whole.Parts = append(whole.Parts, p.Event)
		}
	}
}

func (f *Service) readIncident(r *history.Restorer) *Incident {
	fact := &Incident{Event: r.Incident()}
	placed := func() *Deployment {
		n := r.Number()
		if n >= 0 && n < len(f.Deployments) {
			return f.Deployments[n]
		}
		return nil
	}
	fact.Linked, fact.By, fact.Remedy = placed(), dora.EvidenceKind(r.Word(r.Shared)), placed()
	fact.Names, fact.Said = r.Truths()[0], r.Correction()
	return fact
}

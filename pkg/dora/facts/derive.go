package facts

import (
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Deriver derives the facts of a history. One goroutine owns it; what it derives is immutable and may be shared.
type Deriver struct {
	*history.History
	views    map[string]*view // by definition
	readings int              // how many views there ever were
	reading  int              // the number of the one that is being derived
	words    history.Words    // what people said, as of now
}

// NewDeriver derives the facts of an empty history.
func NewDeriver(mapping dora.Mapping) *Deriver { return derive(history.New(mapping)) }

func derive(h *history.History) *Deriver { return &Deriver{History: h, views: map[string]*view{}} }

// Anew derives the facts of an empty history of the same services, whose versions go on from this one's.
func (d *Deriver) Anew() *Deriver { return derive(d.History.Anew()) }

// view is the facts of every service under one definition, and which of them are out of date.
type view struct {
	number   int
	services map[string]*Service
	stale    map[string]bool
	all      bool
}

// Derive works out the facts under a definition. Only services whose events changed since the last time are worked
// out again; for that, what was derived is kept until it is released.
func (d *Deriver) Derive(def dora.Definition) *Snapshot {
	d.spread()
	key := def.Key()
	v := d.views[key]
	if v == nil {
		d.readings++
		v = &view{number: d.readings, services: map[string]*Service{}, stale: map[string]bool{}, all: true}
		d.views[key] = v
	}
	d.reading = v.number
	snapshot := &Snapshot{otherwise: &otherwise{}, Definition: def, Version: d.Version(), reach: d.Reached(), begins: d.Begins(), owned: d.Owned(), owners: d.Owners()}
	services := d.MappedServices()
	if v.all {
		clear(v.services)
	}
	var stale []*dora.Service
	listed, inForce := map[string]bool{}, make(map[string]bool, len(services)) // of two services with one name the first counts
	for i := range services {
		inForce[services[i].Name] = true
		if s := &services[i]; (v.services[s.Name] == nil || v.stale[s.Name]) && !listed[s.Name] {
			listed[s.Name] = true
			stale = append(stale, s)
		}
	}
	for _, f := range d.deriveAll(stale, &def) {
		v.services[f.Service.Name] = f
	}
	d.UnpackTold()
	for i := range services {
		snapshot.Services = append(snapshot.Services, v.services[services[i].Name])
	}
	for name := range v.services { // of services that are no more
		if !inForce[name] {
			delete(v.services, name)
		}
	}
	v.all, v.stale = false, map[string]bool{}
	snapshot.order()
	return snapshot
}

// Release lets go of what was derived under a definition; whoever still has a snapshot keeps it. It is derived again when
// it is asked for.
func (d *Deriver) Release(def dora.Definition) {
	if v := d.views[def.Key()]; v != nil {
		delete(d.views, def.Key())
		d.Forget(v.number)
	}
}

// deriveAll works services out, those apart at the same time.
func (d *Deriver) deriveAll(services []*dora.Service, def *dora.Definition) []*Service {
	d.words = d.Said()
	lots := d.Apart(services)
	derived := make([][]*Service, len(lots))
	effort.InParts(len(lots), func(from, to int) {
		for i := from; i < to; i++ {
			d.WhileUnpacked(lots[i].Repositories, func() {
				for _, s := range lots[i].Services {
					f := d.derive(s, def)
					d.keep(f, def)
					derived[i] = append(derived[i], f)
				}
			})
		}
	})
	return slices.Concat(derived...)
}

// spread passes on what was touched to every definition's view.
func (d *Deriver) spread() {
	services, everything := d.TakeTouched()
	for _, v := range d.views {
		v.all = v.all || everything
		maps.Copy(v.stale, services)
	}
}

// derive works out one service's facts.
func (d *Deriver) derive(s *dora.Service, def *dora.Definition) *Service {
	f := &Service{Service: *s, Unmeasured: map[Reason]int{}, left: map[unmeasurable][]int64{}, legs: map[*dora.Deployment][]*dora.Deployment{}, hasRead: d.HasRead(s), shipments: &shipments{}}
	lanes, runs, apart := d.lanes(s, f)
	for _, l := range lanes {
		l.repository.Settle(l.repository.Head())
		l.name()
		l.land()
		l.fill()
		if l.shared {
			l.share(def, f)
		}
		l.compare()
		runs.join(l.unfinished)
		for i, one := range l.deployments {
			var shipped []shippedChange
			shipped, one.changes = l.units(one, def)
			one.BotsOnly = len(shipped) > 0 && !slices.ContainsFunc(shipped, func(c shippedChange) bool {
				return !def.Bots.Pattern.Match(c.author(l.repository.Graph))
			})
			one.mends = l.mends(i, shipped, def)
			one.contents = nil
		}
		l.accuse(def)
		f.Deployments = append(f.Deployments, l.deployments...)
		f.lanes = append(f.lanes, laneName{l.spelling, l.repository.Name})
	}
	runs.sort()
	f.FailedRuns, f.Undecided, f.Unseen = runs.failed, runs.undecided, runs.unseen
	slices.SortFunc(f.Deployments, byFinish)
	f.correct(d.words)
	f.confess(def)
	d.link(f, def)
	d.blame(f, def)
	f.rank()
	remedies := map[*Deployment]bool{}
	for _, i := range f.Incidents {
		if i.Remedy != nil {
			remedies[i.Remedy] = true
		}
	}
	for _, l := range lanes {
		l.rework(def, remedies)
	}
	f.wait(lanes, def)
	f.recover()
	f.count(def, apart)
	f.measure(def)
	f.hold()
	f.times(func(at time.Time) {
		f.first = dora.Sooner(f.first, at)
		if at.After(f.last) {
			f.last = at
		}
	})
	return f
}

// measure lays the samples of every metric out in columns.
func (f *Service) measure(def *dora.Definition) {
	f.columns = make(map[dora.Metric]samples.Column, len(dora.Metrics))
	var t taken
	for i := range dora.Metrics {
		f.columns[dora.Metrics[i].Key] = f.column(&dora.Metrics[i], def, &t)
	}
	for stage := range stageCount {
		t = t[:0]
		f.lengths(stage, t.add)
		f.stages[stage] = samples.NewColumn(t, dora.Seconds).Sharing(f.columns[dora.LeadTime])
	}
}

// column lays the samples of a metric out; what they are taken into may be used again.
func (f *Service) column(m *dora.MetricRow, def *dora.Definition, t *taken) samples.Column {
	*t = (*t)[:0]
	formulas[m.Key](f, def, t.add)
	return samples.NewColumn(*t, m.Unit)
}

// taken are the samples of a metric as its formula gives them.
type taken []samples.Sample

func (t *taken) add(at time.Time, lane int, value float64) {
	*t = append(*t, samples.Sample{At: at.UnixMilli(), Value: value, Lane: int16(lane)})
}

// times yields when the service's events were.
func (f *Service) times(yield func(time.Time)) {
	for _, d := range f.Deployments {
		yield(d.Finished)
		if d.Recovered != nil {
			yield(d.Recovered.At)
		}
	}
	for _, run := range f.FailedRuns {
		yield(run.Failed)
	}
	for _, run := range f.Undecided {
		yield(run.LastWord)
	}
	for _, u := range f.Unseen {
		yield(u.Ended())
	}
	for _, i := range f.Incidents {
		yield(i.Event.Opened)
	}
}

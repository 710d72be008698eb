package dora

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// Snapshot is what a history means under one definition. It is immutable: any number of readers share it.
type Snapshot struct {
	Definition Definition
	// Version rises whenever the history took in an event that may change facts. A service whose facts are the same
	// pointer in two snapshots of one definition was not touched between them.
	Version uint64
	// Services are the facts of each service, by name.
	Services []*Facts
	// Earliest and Latest are when the first and last deployment, run, incident or recovery was; zero where
	// there is none.
	Earliest, Latest time.Time

	reach     map[string]time.Time // since when sources are known completely
	spellings map[string]spelling  // of environments, by how they are folded
}

// view is the facts of every service under one definition, and which of them are out of date.
type view struct {
	number   int
	services map[string]*Facts
	stale    map[string]bool
	all      bool
}

// Derive works out the facts under a definition. Only services whose events changed since the last time are worked
// out again; for that, what was derived is kept until it is released.
func (h *History) Derive(def Definition) *Snapshot {
	h.spread()
	key := def.key()
	v := h.views[key]
	if v == nil {
		h.readings++
		v = &view{number: h.readings, services: map[string]*Facts{}, stale: map[string]bool{}, all: true}
		h.views[key] = v
	}
	h.reading = v.number
	snapshot := &Snapshot{Definition: def, Version: h.version, reach: h.reach}
	services := h.mappedServices()
	if v.all {
		clear(v.services)
	}
	var stale []*Service
	listed := map[string]bool{} // of two services with one name the first counts
	for i := range services {
		if s := &services[i]; (v.services[s.Name] == nil || v.stale[s.Name]) && !listed[s.Name] {
			listed[s.Name] = true
			stale = append(stale, s)
		}
	}
	for _, f := range h.deriveAll(stale, &def) {
		v.services[f.Service.Name] = f
	}
	h.wakeTold()
	for i := range services {
		snapshot.Services = append(snapshot.Services, v.services[services[i].Name])
	}
	v.all, v.stale = false, map[string]bool{}
	slices.SortStableFunc(snapshot.Services, func(a, b *Facts) int { return cmp.Compare(a.Service.Name, b.Service.Name) })
	snapshot.spell()
	for _, f := range snapshot.Services {
		if f.first.IsZero() {
			continue
		}
		earliest(&snapshot.Earliest, f.first)
		if f.last.After(snapshot.Latest) {
			snapshot.Latest = f.last
		}
	}
	return snapshot
}

// Release lets go of what was derived under a definition; whoever still has a snapshot keeps it. It is derived again when
// it is asked for.
func (h *History) Release(def Definition) {
	v := h.views[def.key()]
	if v == nil {
		return
	}
	delete(h.views, def.key())
	for _, r := range h.repositories {
		maps.DeleteFunc(r.kept, func(key keptKey, _ *Facts) bool { return key.reading == v.number })
	}
}

// deriveAll works services out, those apart at the same time.
func (h *History) deriveAll(services []*Service, def *Definition) []*Facts {
	h.saidShared = true
	lots := h.apart(services)
	derived := make([][]*Facts, len(lots))
	inParts(len(lots), func(from, to int) {
		for i := from; i < to; i++ {
			h.awake.use(lots[i].repositories, func() {
				for _, s := range lots[i].services {
					f := h.derive(s, def)
					f.keep(h.groundOf(f, def), h.reading)
					derived[i] = append(derived[i], f)
				}
			})
		}
	})
	return slices.Concat(derived...)
}

// wakeTold wakes repositories of which something came while they were at rest, so that it is counted.
func (h *History) wakeTold() {
	for _, r := range h.told {
		if r.told {
			h.awake.use([]*repository{r}, func() {})
		}
	}
	h.told = nil
}

// key tells definitions apart.
func (d *Definition) key() string {
	text, _ := json.Marshal(d) // plain data: it cannot fail
	return string(text)
}

// spread passes on what was touched to every definition's view.
func (h *History) spread() {
	for _, v := range h.views {
		v.all = v.all || h.everything
		maps.Copy(v.stale, h.touched)
	}
	h.everything = false
	clear(h.touched)
}

// derive works out one service's facts.
func (h *History) derive(s *Service, def *Definition) *Facts {
	f := &Facts{Service: *s, Unmeasured: map[Reason]int{}, left: map[unmeasurable][]int64{}, legs: map[*Deployment][]*Deployment{}, read: h.read(s)}
	lanes, runs, apart := h.lanes(s, f)
	for _, l := range lanes {
		l.repository.settle()
		l.land()
		l.fill()
		if l.shared {
			l.share(def, f)
		}
		l.compare()
		runs.join(l.runs)
		for i, d := range l.deployments {
			var shipped []shippedChange
			shipped, d.changes = l.units(d, def)
			d.BotsOnly = len(shipped) > 0 && !slices.ContainsFunc(shipped, func(c shippedChange) bool {
				return !def.Bots.Pattern.Match(c.author(l.repository.graph))
			})
			d.mends = l.mends(i, shipped, def)
			d.contents = nil
		}
		l.accuse(def)
		f.Deployments = append(f.Deployments, l.deployments...)
		f.lanes = append(f.lanes, laneName{l.spelling, l.repository.name})
	}
	runs.sort()
	f.FailedRuns, f.Undecided = runs.failed, runs.undecided
	slices.SortFunc(f.Deployments, byFinish)
	h.correct(f)
	h.link(f, def)
	f.rank()
	remedies := map[*DeploymentFact]bool{}
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
		earliest(&f.first, at)
		if at.After(f.last) {
			f.last = at
		}
	})
	return f
}

// measure lays the samples of every metric out in columns.
func (f *Facts) measure(def *Definition) {
	f.columns = make(map[Metric]column, len(Metrics))
	var samples []sample
	add := func(at time.Time, lane int, value float64) {
		samples = append(samples, sample{at.UnixMilli(), value, int16(lane)})
	}
	for i := range Metrics {
		samples = samples[:0]
		Metrics[i].samples(f, def, add)
		f.columns[Metrics[i].Key] = newColumn(samples, Metrics[i].Unit)
	}
	for stage := range stageCount {
		samples = samples[:0]
		f.lengths(stage, add)
		f.stages[stage] = newColumn(samples, Seconds).sharing(f.columns[LeadTime])
	}
}

// times yields when the service's events were.
func (f *Facts) times(yield func(time.Time)) {
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
	for _, i := range f.Incidents {
		yield(i.Event.Opened)
	}
}

// Same says whether two definitions read everything alike.
func Same(a, b Definition) bool { return a.key() == b.key() }

// Counts is the number of events of each source that count, by kind.
func (h *History) Counts() map[string]map[Kind]int {
	h.wakeTold()
	counts := map[string]map[Kind]int{}
	add := func(source string, kind Kind, n int) {
		if counts[source] == nil {
			counts[source] = map[Kind]int{}
		}
		counts[source][kind] += n
	}
	for _, r := range h.repositories {
		if r.out {
			continue
		}
		add(r.key.source, KindRepository, 1)
		add(r.key.source, KindCommit, r.size.commits)
		add(r.key.source, KindChange, r.size.changes)
		add(r.key.source, KindDeployment, len(r.deployments))
	}
	for _, i := range h.incidents {
		if !i.event.Withdrawn && !h.out(i.place()) {
			add(i.event.Source, KindIncident, 1)
		}
	}
	return counts
}

// Environments counts the deployments of each environment, production or not.
func (h *History) Environments() map[string]int {
	counts := map[string]int{}
	_, all := h.destinations()
	for _, at := range all {
		counts[at.tally.Environment] += at.tally.Deployments
	}
	return counts
}

package dora

import (
	"maps"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"weak"
)

// Shipments are the changes that each of a service's deployments shipped first.
type Shipments struct{ changes [][]*ChangeFact }

// Of lists the changes of one of the service's deployments.
func (s *Shipments) Of(d *DeploymentFact) []*ChangeFact { return s.changes[d.place] }

// shipments is how facts come by their changes. Those of a service that was worked on lately are at hand; those of
// others are worked out again, from what lay at rest when the facts were derived.
type shipments struct {
	ground *ground
	held   atomic.Pointer[Shipments] // nil while the service's repositories are at rest
	mu     sync.Mutex                // one goroutine works them out, the others wait for it
	lately weak.Pointer[Shipments]   // until the garbage collector comes
}

// Shipments gives what each deployment shipped. It takes some ten microseconds a change where the service was not worked
// on lately: ask for it once, and only where single changes are looked at.
func (f *Facts) Shipments() *Shipments {
	if held := f.held.Load(); held != nil {
		return held
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if lately := f.lately.Value(); lately != nil {
		return lately
	}
	again := f.ground.derive(&f.Service).held.Load()
	f.lately = weak.Make(again)
	return again
}

// hold puts the changes of the deployments at hand, and counts them. Facts are in their final order by then.
func (f *Facts) hold() {
	held := &Shipments{changes: make([][]*ChangeFact, len(f.Deployments))}
	leads := 0
	for i, d := range f.Deployments {
		held.changes[i] = d.changes
		d.place, d.Shipped, d.leads = int32(i), len(d.changes), int32(leads)
		for _, c := range d.changes {
			if c.Excluded == "" {
				d.Measured++
			}
		}
		leads += d.Measured
		d.working = nil
	}
	f.held.Store(held)
}

// keep says from what the facts can be derived again, and has their changes at hand until the repositories rest.
func (f *Facts) keep(g *ground, reading int) {
	f.ground = g
	for _, r := range g.awake {
		if r.kept == nil {
			r.kept = map[keptKey]*Facts{}
		}
		r.kept[keptKey{f.Service.Name, reading}] = f
	}
	g.awake = nil
}

// letGo keeps the changes no longer at hand.
func (f *Facts) letGo() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if held := f.held.Load(); held != nil {
		f.lately = weak.Make(held)
		f.held.Store(nil)
	}
}

// ground is all that a service's changes are derived from, as it was when its facts were. It is immutable.
type ground struct {
	definition   Definition
	production   Pattern
	said         words
	repositories []resting
	awake        []*repository // the same, while the facts are made
}

// resting is a repository at rest.
type resting struct {
	key         repositoryKey
	name        string
	event       *Repository
	deployments []*Deployment
	rest        rest
}

func (h *History) groundOf(f *Facts, def *Definition) *ground {
	g := &ground{definition: *def, production: h.mapping.Production, said: h.said, awake: h.repositoriesOf(&f.Service)}
	for _, r := range g.awake {
		g.repositories = append(g.repositories, r.resting())
	}
	return g
}

// resting is the repository as it is now, whatever comes to it after.
func (r *repository) resting() resting {
	if r.listed == nil {
		r.listed = slices.Collect(maps.Values(r.deployments))
	}
	return resting{r.key, r.name, r.event, r.listed, r.rest.copied()}
}

// derive works the service's facts out again. They have no incidents, on which no change depends.
func (g *ground) derive(s *Service) *Facts {
	h := NewHistory(Mapping{Services: []Service{*s}, Production: g.production})
	h.said = g.said
	for _, at := range g.repositories {
		r := &repository{key: at.key, name: at.name, event: at.event, deployments: make(map[string]*Deployment, len(at.deployments)), code: at.rest.awake()}
		for _, d := range at.deployments {
			r.deployments[within(d.ID, d.Repository)] = d
		}
		h.repositories[at.key] = r
	}
	return h.derive(s, &g.definition)
}

// MedianLead is the median lead time of what a deployment shipped; nil where none was measured.
func (f *Facts) MedianLead(d *DeploymentFact) *time.Duration {
	if d.Measured == 0 {
		return nil
	}
	at := int(d.leads)
	for _, p := range f.columns[LeadTime].partitions {
		if at >= len(p.at) {
			at -= len(p.at)
			continue
		}
		lengths := make([]float64, d.Measured)
		run{&p, at, at + d.Measured}.lengths(lengths)
		slices.Sort(lengths)
		middle := len(lengths) / 2
		median := lengths[middle]
		if len(lengths)%2 == 0 {
			median = (lengths[middle-1] + lengths[middle]) / 2
		}
		length := time.Duration(math.Round(median * float64(time.Second)))
		return &length
	}
	return nil
}

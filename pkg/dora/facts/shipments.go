package facts

import (
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Shipments are the changes that each of a service's deployments shipped first.
type Shipments struct {
	from    int // the place of the first deployment of which they tell
	changes [][]*Change
}

// Of lists the changes of one of the service's deployments.
func (s *Shipments) Of(d *Deployment) []*Change { return s.changes[int(d.place)-s.from] }

// shipments is how facts come by their changes. Those of a service that was worked on lately are at hand; those of
// others are worked out again, from what was packed when the facts were derived.
type shipments struct {
	ground *ground
	held   atomic.Pointer[Shipments] // nil while the service's repositories are packed
	mu     sync.Mutex                // one goroutine works them out, the others wait for it
	lately weak.Pointer[Shipments]   // until the garbage collector comes
	newest *Shipments                // the last few, once somebody looked at them
}

// newestLimit bounds how many changes of a service are kept at hand once somebody looked at its last few.
const newestLimit = 128

// since are the changes of the deployments from a place on, which hold on to nothing of what they were worked out from; nil
// where they are too many.
func (s *Shipments) since(from int) *Shipments {
	n := 0
	for _, changes := range s.changes[from:] {
		if n += len(changes); n > newestLimit {
			return nil
		}
	}
	few := &Shipments{from: from, changes: make([][]*Change, len(s.changes)-from)}
	for i, changes := range s.changes[from:] {
		for _, c := range changes {
			few.changes[i] = append(few.changes[i], c.apart())
		}
	}
	return few
}

// apart is a copy that holds on to nothing but its own.
func (c *Change) apart() *Change {
	other := *c
	other.by = nil
	for _, text := range []*string{&other.Repository, &other.SHA, &other.Title, &other.URL, &other.Author} {
		*text = strings.Clone(*text)
	}
	return &other
}

// Shipments gives what each deployment shipped. It takes some ten microseconds a change where the service was not worked
// on lately: ask for it once, and only where single changes are looked at.
func (f *Service) Shipments() *Shipments {
	if held := f.held.Load(); held != nil {
		return held
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.again()
}

// again works the changes out again, or has them from when that was done last. The caller has the lock.
func (f *Service) again() *Shipments {
	if lately := f.lately.Value(); lately != nil {
		return lately
	}
	again := f.ground.derive(&f.Service).held.Load()
	f.lately = weak.Make(again)
	return again
}

// Newest is as Shipments, for the deployments that finished at a time or later alone. Where those shipped few changes it is
// cheap from the second time on: a list of an organisation's newest changes has few of each service, and all that the
// services ever shipped would else be worked out each time that it is asked for.
func (f *Service) Newest(since time.Time) *Shipments {
	if held := f.held.Load(); held != nil {
		return held
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	place, _ := slices.BinarySearchFunc(f.Deployments, since, func(d *Deployment, at time.Time) int { return d.Finished.Compare(at) })
	if f.newest == nil || f.newest.from > place {
		again := f.again()
		few := again.since(place)
		if few == nil {
			return again
		}
		f.newest = few
	}
	return f.newest
}

// hold puts the changes of the deployments at hand, and counts them. Facts are in their final order by then.
func (f *Service) hold() {
	held := &Shipments{changes: make([][]*Change, len(f.Deployments))}
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

// keep says from what the facts can be derived again, and has their changes at hand until the repositories are packed.
func (d *Deriver) keep(f *Service, def *dora.Definition) {
	f.ground = d.groundOf(&f.Service, def)
	for _, r := range d.RepositoriesOf(&f.Service) {
		r.Keep(code.Key{Service: f.Service.Name, Reading: d.reading}, f)
	}
}

// LetGo keeps the changes no longer at hand.
func (f *Service) LetGo() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if held := f.held.Load(); held != nil {
		f.lately = weak.Make(held)
		f.held.Store(nil)
	}
}

// ground is all that a service's changes are derived from, as it was when its facts were. It is immutable.
type ground struct {
	definition   dora.Definition
	production   dora.Pattern
	said         history.Words
	repositories []history.PackedRepository
}

func (d *Deriver) groundOf(s *dora.Service, def *dora.Definition) *ground {
	g := &ground{definition: *def, production: d.Production(), said: d.words}
	for _, r := range d.RepositoriesOf(s) {
		g.repositories = append(g.repositories, r.AsPacked())
	}
	return g
}

// derive works the service's facts out again. They have no incidents, on which no change depends.
func (g *ground) derive(s *dora.Service) *Service {
	again := derive(history.OfPacked(dora.Mapping{Services: []dora.Service{*s}, Production: g.production}, g.said, g.repositories))
	again.words = g.said
	return again.derive(s, &g.definition)
}

// MedianLead is the median lead time of what a deployment shipped; nil where none was measured.
func (f *Service) MedianLead(d *Deployment) *time.Duration {
	if d.Measured == 0 {
		return nil
	}
	at := int(d.leads)
	for _, p := range f.columns[dora.LeadTime].Partitions {
		if at >= len(p.At) {
			at -= len(p.At)
			continue
		}
		lengths := make([]float64, d.Measured)
		samples.Stretch{Partition: &p, From: at, To: at + d.Measured}.Lengths(lengths)
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

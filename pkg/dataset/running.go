package dataset

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// Derivation is how a snapshot was made.
type Derivation struct {
	At   time.Time
	Took time.Duration
}

// derive makes the snapshot anew; d.mu is held.
func (d *Dataset) derive() {
	began := time.Now()
	snapshot := d.history.Derive(d.options.Settings.Definition)
	d.snapshot.Store(snapshot)
	d.noteArchived()
	d.made.Store(&Derivation{At: time.Now(), Took: time.Since(began)})
}

// Derivation tells how the snapshot in force was made.
func (d *Dataset) Derivation() Derivation { return *d.made.Load() }

// Owner names the data source: no two that run in one process have the same.
func (d *Dataset) Owner() string { return cmp.Or(d.options.Owner, d.options.Name) }

// Traffic counts the HTTP requests to each source by what came of them, since the dataset was opened.
func (d *Dataset) Traffic() map[string]map[Outcome]int {
	counts := make(map[string]map[Outcome]int, len(d.traffic))
	for id, t := range d.traffic {
		counts[id] = t.all()
	}
	return counts
}

// Size is what the snapshot in force holds.
type Size struct{ Services, Deployments, Incidents int }

// Size counts what the snapshot in force holds.
func (d *Dataset) Size() Size { return sizeOf(d.Snapshot()) }

func sizeOf(s *facts.Snapshot) Size {
	size := Size{Services: len(s.Services)}
	for _, f := range s.Services {
		size.Deployments += len(f.Deployments)
		size.Incidents += len(f.Incidents)
	}
	return size
}

// Running lists the datasets that run, by owner. It waits for nobody: one that is being opened is not among them.
func (r *Registry) Running() []*Dataset {
	r.mu.Lock()
	defer r.mu.Unlock()
	var running []*Dataset
	for _, s := range r.slots {
		if d := s.running.Load(); d != nil {
			running = append(running, d)
		}
	}
	slices.SortFunc(running, func(a, b *Dataset) int { return cmp.Compare(a.Owner(), b.Owner()) })
	return running
}

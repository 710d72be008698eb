package facts

import (
	"slices"
	"time"
)

// Pace is how a service's deployments go on, for those who look after its mapping.
type Pace string

// What there is to say of it; nothing of most.
const (
	PaceSteady Pace = ""
	PaceNew    Pace = "new"   // its first deployment of all was lately
	PaceQuiet  Pace = "quiet" // it was deployed regularly, and is no longer
	PaceNever  Pace = "never" // it was never deployed
)

const (
	// newFor is how long a service is new, and newKnown since when at least it is known that it was not deployed before.
	newFor   = 14 * 24 * time.Hour
	newKnown = 30 * 24 * time.Hour
	// A service is quiet when so many of its usual intervals have gone by without a deployment, and quietLeast at least.
	quietTimes = 4
	quietLeast = 30 * 24 * time.Hour
	// usualOf is of how many of the last intervals the usual one is the median, and usualLeast how many there must be.
	usualOf    = 20
	usualLeast = 4
)

// PaceOf says how a service goes on, and since when.
func (s *Snapshot) PaceOf(f *Service, now time.Time) (Pace, time.Time) {
	count := len(f.Deployments)
	if count == 0 {
		return PaceNever, time.Time{}
	}
	first, last := f.Deployments[0].Finished, f.Deployments[count-1].Finished
	if since := s.readSince(f); now.Sub(first) < newFor && !since.IsZero() && first.Sub(since) >= newKnown {
		return PaceNew, first
	}
	var gaps []time.Duration
	for i := max(1, count-usualOf); i < count; i++ {
		gaps = append(gaps, f.Deployments[i].Finished.Sub(f.Deployments[i-1].Finished))
	}
	if len(gaps) < usualLeast {
		return PaceSteady, time.Time{}
	}
	slices.Sort(gaps)
	if quiet := last.Add(max(quietLeast, quietTimes*gaps[len(gaps)/2])); !now.Before(quiet) {
		return PaceQuiet, last
	}
	return PaceSteady, time.Time{}
}

// readSince is since when all sources of a service's deployments are known completely; zero: one is not.
func (s *Snapshot) readSince(f *Service) (since time.Time) {
	for i := range f.Service.Deployments {
		at, known := s.reach[f.Service.Deployments[i].Source]
		if !known {
			return time.Time{}
		}
		if at.After(since) {
			since = at
		}
	}
	return since
}

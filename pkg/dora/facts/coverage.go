package facts

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Coverage is how much of what happened to a service is measured: counts, by which services are not compared.
type Coverage struct {
	Deployments int
	// Failed, Recovered and Unplanned are of those deployments.
	Failed, Recovered, Unplanned int
	// FailedRuns never succeeded, so that they are no deployments.
	FailedRuns int
	// Unreported have said neither success nor failure a week after their last word.
	Unreported int
	// Unseen are runs that the source can show no longer.
	Unseen int
	// Changes were shipped; Measured of them have a lead time.
	Changes, Measured int
	// Incidents opened; Linked of them are held against a deployment.
	Incidents, Linked int
	// Waiting changes are merged and not shipped, whenever they were merged.
	Waiting int
	// Latest is when the last deployment before the end finished, whenever that was; zero if there is none.
	Latest time.Time
}

// Coverage counts what happened to a service from a time, inclusive, to another, exclusive. Filters on environment and
// repository restrict its deployments. Now tells which runs are unreported.
func (f *Service) Coverage(filters []dora.Filter, from, to, now time.Time) Coverage {
	within := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	c, passes := Coverage{Waiting: len(f.Waiting), Unseen: f.unseenBetween(f.lanesSelected(filters), from, to)}, f.Passing(filters)
	for _, d := range f.Deployments {
		if !passes(d) || !d.Finished.Before(to) {
			continue
		}
		c.Latest = d.Finished
		if !within(d.Finished) {
			continue
		}
		c.Deployments++
		c.Failed += yes(d.Failed())
		c.Recovered += yes(d.Recovered != nil)
		c.Unplanned += yes(d.Rework != "")
		c.Changes += d.Shipped
		c.Measured += d.Measured
	}
	for _, run := range f.FailedRuns {
		c.FailedRuns += yes(within(run.Failed))
	}
	for _, run := range f.Unreported(now) {
		c.Unreported += yes(within(run.LastWord))
	}
	for _, i := range f.Incidents {
		if within(i.Event.Opened) {
			c.Incidents++
			c.Linked += yes(i.Linked != nil)
		}
	}
	return c
}

func yes(is bool) int {
	if is {
		return 1
	}
	return 0
}

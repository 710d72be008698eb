package facts

import (
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Service are what one service's events mean under one definition: the audit trail between raw events and figures.
// They are immutable once derived.
type Service struct {
	Service     dora.Service
	Deployments []*Deployment    // of production, that succeeded; by (finished, the vendor's number)
	FailedRuns  []FailedRun      // runs that never succeeded, by time
	Undecided   []UndecidedRun   // runs that have said neither success nor failure, by their last word
	Incidents   []*Incident      // by opened
	Parts       []Part           // records that tell of an incident that another stands for, by opened
	Changes     []*dora.Incident // records of changes that did not succeed and name deployments of other sources, by opened
	Unseen      []UnseenRuns     // runs that the source can show no longer, by when they had ended
	Waiting     []Waiting        // merged and not shipped, by merged
	// Unmeasured counts what could not be measured over all time, by reason, but for unreported runs, which time makes: see
	// UnmeasuredBy. Snapshot.Unmeasured counts it in a range.
	Unmeasured map[Reason]int

	first, last time.Time // of its deployments, runs, incidents and recoveries; zero where there is none

	hasRead bool                     // all of its repositories have been
	left    map[unmeasurable][]int64 // when, in unix milliseconds, ascending
	lanes   []laneName
	legs    map[*dora.Deployment][]*dora.Deployment // by the one that stands for them
	columns map[dora.Metric]samples.Column
	stages  [stageCount]samples.Column

	readings readings // what the facts are under other readings of recovery time

	*shipments
}

// Legs lists the vendor's deployments, by number, that are one deployment or run together with the one that stands for
// them; nil where it is alone.
func (f *Service) Legs(of *dora.Deployment) []*dora.Deployment { return f.legs[of] }

// Column is the samples of a metric.
func (f *Service) Column(m dora.Metric) samples.Column { return f.columns[m] }

// StageColumn is the lengths of a stage of lead time.
func (f *Service) StageColumn(s Stage) samples.Column { return f.stages[s] }

// LaneCount is how many lanes there are: environments that the service is deployed to, by repository.
func (f *Service) LaneCount() int { return len(f.lanes) }

// laneName is what a lane's events are grouped by.
type laneName struct {
	environment dora.Spelling
	repository  string
}

// Value is a facts' or a lane's value of a field.
func (f *Service) Value(field dora.Field, lane int) string {
	switch field {
	case dora.ByService:
		return f.Service.Name
	case dora.ByTeam: // it may be of several: see Snapshot.Teams
		return ""
	}
	if lane == samples.NoLane {
		return ""
	}
	if field == dora.ByEnvironment {
		return f.lanes[lane].environment.Text
	}
	return f.lanes[lane].repository
}

// Environment and Repository are what a deployment is grouped by.
func (f *Service) Environment(d *Deployment) string { return f.lanes[d.lane].environment.Text }

// EnvironmentOf is the environment of a deployment or run, as it was written last in its repository.
func (f *Service) EnvironmentOf(d *dora.Deployment) string {
	if lane := f.laneOf(d); lane != samples.NoLane {
		return f.lanes[lane].environment.Text
	}
	return d.Environment
}

// laneOf finds the lane that a deployment or run belongs to.
func (f *Service) laneOf(d *dora.Deployment) int {
	return slices.IndexFunc(f.lanes, func(l laneName) bool {
		return strings.EqualFold(l.environment.Text, d.Environment) && strings.EqualFold(l.repository, d.Repository)
	})
}

// Repository is the repository that a deployment's version comes from.
func (f *Service) Repository(d *Deployment) string { return f.lanes[d.lane].repository }

// lanesSelected says of each lane, by lane + 1, whether it passes filters on environment and repository; what has no
// lane passes if any does, or if nothing filters by them.
func (f *Service) lanesSelected(filters []dora.Filter) []bool {
	selected := make([]bool, len(f.lanes)+1)
	filtered := false
	for lane := range f.lanes {
		passes := true
		for _, filter := range filters {
			if filter.Field.OfLane() {
				filtered = true
				passes = passes && filter.Passes(f.Value(filter.Field, lane))
			}
		}
		selected[lane+1] = passes
		selected[0] = selected[0] || passes
	}
	selected[0] = selected[0] || !filtered
	return selected
}

// Passing gives what says whether one of the facts' deployments passes filters on environment and repository. It looks
// at each lane once, however many deployments are asked for.
func (f *Service) Passing(filters []dora.Filter) func(*Deployment) bool {
	if !slices.ContainsFunc(filters, func(filter dora.Filter) bool { return filter.Field.OfLane() }) {
		return func(*Deployment) bool { return true }
	}
	selected := f.lanesSelected(filters)
	return func(d *Deployment) bool { return selected[d.lane+1] }
}

// PassesIncident says whether an incident passes filters on severity.
func (f *Service) PassesIncident(i *Incident, filters []dora.Filter) bool {
	return dora.PassesSeverity(filters, i.Event.Severity)
}

package query

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// Standing names a number that says how things stand now, whatever the range of the question: what alert rules watch
// beside signals.
type Standing string

// The numbers.
const (
	OpenIncident   Standing = "open_incident"
	Unrecovered    Standing = "unrecovered"
	LastDeployment Standing = "last_deployment"
	WaitingChange  Standing = "waiting_change"
	LastSuccess    Standing = "last_success"
	FailedRuns     Standing = "failed_runs"
	LimitLeft      Standing = "limit_left"
)

// Per says of what there is one number each.
type Per string

// What numbers are of.
const (
	PerService Per = "service"
	PerSource  Per = "source"
)

// StandingRow describes a number.
type StandingRow struct {
	Key         Standing     `json:"key"`
	Name        string       `json:"name"`
	Unit        dora.Measure `json:"unit"`
	Per         Per          `json:"per"`
	Description string       `json:"description"`

	// since is what a service's number counts from. Rows per source have none: their numbers are the collector's.
	since func(*facts.Service, []dora.Filter) Since
}

// Standings are all the numbers, the default first.
var Standings = []StandingRow{
	{OpenIncident, "Oldest open incident", dora.Seconds, PerService, "How long the oldest of the service's open incidents has been open.", sinceOpened},
	{Unrecovered, "Longest unrecovered failure", dora.Seconds, PerService, "How long ago the earliest failed deployment finished from which the service has not recovered.", sinceFailed},
	{LastDeployment, "Time since the last deployment", dora.Seconds, PerService, "How long ago the service was last deployed to production.", sinceDeployed},
	{WaitingChange, "Longest waiting change", dora.Seconds, PerService, "How long the oldest change has waited that is merged and not shipped.", sinceMerged},
	{LastSuccess, "Time since the last collection", dora.Seconds, PerSource, "How long ago all of the source was last read.", nil},
	{FailedRuns, "Failed runs in a row", dora.Count, PerSource, "How many runs of collection have failed since one last succeeded.", nil},
	{LimitLeft, "Rate limit that is left", dora.Ratio, PerSource, "The share of the vendor's rate limit that is left.", nil},
}

// Allowed lists the numbers.
func (Standing) Allowed() []string {
	var keys []string
	for _, row := range Standings {
		keys = append(keys, string(row.Key))
	}
	return keys
}

// Row describes the number.
func (s Standing) Row() *StandingRow {
	for i := range Standings {
		if Standings[i].Key == s {
			return &Standings[i]
		}
	}
	return &Standings[0]
}

// ServiceStanding is the number of one service. Value is nil where there is nothing to count: no open incident is not an
// incident that has been open for no time.
type ServiceStanding struct {
	Service string
	Teams   []string
	Value   *float64 // seconds
	Since
}

// Since is the moment that a number counts from, zero where there is nothing to count, and what happened then where it is
// one thing that a person has to look at.
type Since struct {
	At         time.Time
	Incident   *facts.Incident
	Deployment *facts.Deployment
}

// Stand answers a standing query about services, by their names.
func Stand(q Query, s *facts.Snapshot, now time.Time) []ServiceStanding {
	row, filters := q.Standing.Row(), q.DomainFilters()
	answers := []ServiceStanding{}
	for _, f := range s.Select(filters) {
		if !q.Meter.Count(1 + len(f.Deployments) + len(f.Incidents) + len(f.Waiting)) {
			break
		}
		each := ServiceStanding{Service: f.Service.Name, Teams: s.Teams(f)}
		if each.Since = row.since(f, filters); !each.At.IsZero() {
			seconds := max(0, now.Sub(each.At).Seconds())
			each.Value = &seconds
		}
		answers = append(answers, each)
	}
	return answers
}

func sinceOpened(f *facts.Service, _ []dora.Filter) (first Since) {
	for _, i := range f.Incidents {
		if opened := i.Event.Opened; i.Event.Resolved.IsZero() && (first.At.IsZero() || opened.Before(first.At)) {
			first = Since{At: opened, Incident: i, Deployment: i.Linked}
		}
	}
	return first
}

func sinceFailed(f *facts.Service, filters []dora.Filter) (first Since) {
	passes := f.Passing(filters)
	for _, d := range f.Deployments {
		if d.Failed() && d.Recovered == nil && (first.At.IsZero() || d.Finished.Before(first.At)) && passes(d) {
			first = Since{At: d.Finished, Deployment: d}
		}
	}
	return first
}

func sinceDeployed(f *facts.Service, filters []dora.Filter) (last Since) {
	passes := f.Passing(filters)
	for _, d := range f.Deployments {
		if d.Finished.After(last.At) && passes(d) {
			last.At = d.Finished
		}
	}
	return last
}

func sinceMerged(f *facts.Service, _ []dora.Filter) (first Since) {
	for i := range f.Waiting {
		first.At = earlier(first.At, f.Waiting[i].Merged)
	}
	return first
}

// earlier is the earlier of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// Package audit is the way from a figure back to its events, as JSON: the lines that the facts command prints and that
// the REST API answers with. It knows the domain and nothing else of this module.
package audit

import (
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// DeploymentLine is a successful deployment to production, with everything that figures rest on.
type DeploymentLine struct {
	Run
	Finished time.Time `json:"finished"`
	// Legs are the ids of the vendor's deployments that are this one together; only where there are several.
	Legs     []string     `json:"legs,omitempty"`
	Redeploy bool         `json:"redeploy"`
	Rollback bool         `json:"rollback"`
	Commits  int          `json:"commits"` // shipped first, merges included
	Changes  []ChangeLine `json:"changes"`
	Failed   *FailureLine `json:"failed"`
	// Overruled is the evidence that a person's word outweighs.
	Overruled *FailureLine   `json:"overruled,omitempty"`
	Recovered *RecoveredLine `json:"recovered"`
	Rework    *string        `json:"rework"`
	// Said is a person's word on it.
	Said *CorrectionLine `json:"said,omitempty"`
}

// ChangeLine is a unit of lead time that a deployment shipped first.
type ChangeLine struct {
	Number      int                 `json:"number,omitempty"`
	SHA         string              `json:"sha"`
	FirstCommit *time.Time          `json:"firstCommit"`
	Opened      *time.Time          `json:"opened"`
	FirstReview *time.Time          `json:"firstReview"`
	Approved    *time.Time          `json:"approved"`
	Merged      *time.Time          `json:"merged"`
	LeadSeconds *float64            `json:"leadSeconds"`
	Stages      map[string]*float64 `json:"stages"`
	Excluded    *string             `json:"excluded"`
}

// FailureLine is why a deployment is held to have failed.
type FailureLine struct {
	Evidence []EvidenceLine `json:"evidence"`
}

// EvidenceLine is one reason.
type EvidenceLine struct {
	Kind   string    `json:"kind"`
	By     string    `json:"by"`
	Change int       `json:"change,omitempty"` // the remedy's pull request
	At     time.Time `json:"at"`
}

// RecoveredLine is the end of a failure.
type RecoveredLine struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Seconds float64   `json:"seconds"`
}

// Run is what is said of a run, whatever became of it.
type Run struct {
	Kind        string `json:"kind"`
	ID          string `json:"id"`
	Service     string `json:"service"`
	Environment string `json:"environment"`
	SHA         string `json:"sha"`
	Ref         string `json:"ref"`
	Key         string `json:"key,omitempty"` // what people call it, where that is no number
}

// FailedRunLine is a run that never succeeded.
type FailedRunLine struct {
	Run
	Failed time.Time `json:"failed"`
	Legs   []string  `json:"legs,omitempty"`
}

// UnreportedRunLine is a run that a week after its last word has said neither success nor failure.
type UnreportedRunLine struct {
	Run
	LastWord time.Time `json:"lastWord"`
	Legs     []string  `json:"legs,omitempty"`
}

// UnseenRunsLine is runs that the source can show no longer: whether they deployed nobody knows.
type UnseenRunsLine struct {
	Kind        string    `json:"kind"`
	ID          string    `json:"id"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	Ended       time.Time `json:"ended"`
	Count       int       `json:"count"`
}

// IncidentLine is an incident and what it is linked to.
type IncidentLine struct {
	Kind         string      `json:"kind"`
	ID           string      `json:"id"`
	Service      string      `json:"service"`
	Number       int64       `json:"number"`
	Key          string      `json:"key,omitempty"` // what people call it, where that is no number
	Title        string      `json:"title"`
	Severity     string      `json:"severity"`
	Opened       time.Time   `json:"opened"`
	Acknowledged *time.Time  `json:"acknowledged"`
	Resolved     *time.Time  `json:"resolved"`
	Linked       *LinkedLine `json:"linked"`
	Remedy       *string     `json:"remedy"` // the deployment that it names and that came after it
	// Parts are the ids of the records that tell of it and that it stands for; only where there are any.
	Parts []string `json:"parts,omitempty"`
	// Said is a person's word on it.
	Said *CorrectionLine `json:"said,omitempty"`
}

// PartLine is a record that is no incident of its own: another tells of the same interruption.
type PartLine struct {
	Kind    string    `json:"kind"`
	ID      string    `json:"id"`
	Service string    `json:"service"`
	Number  int64     `json:"number"`
	Key     string    `json:"key,omitempty"`
	Title   string    `json:"title"`
	Opened  time.Time `json:"opened"`
	// Of is the id of the record that it belongs to.
	Of string `json:"of"`
}

// LinkedLine is the deployment that an incident is held against.
type LinkedLine struct {
	Deployment string `json:"deployment"`
	Evidence   string `json:"evidence"`
}

// WaitingLine is a change that is merged and not shipped.
type WaitingLine struct {
	Kind    string    `json:"kind"`
	Service string    `json:"service"`
	Number  int       `json:"number,omitempty"`
	SHA     string    `json:"sha"`
	Merged  time.Time `json:"merged"`
}

// UnmeasuredLine counts what could not be measured, and why.
type UnmeasuredLine struct {
	Kind    string `json:"kind"`
	Service string `json:"service"`
	Reason  string `json:"reason"`
	Count   int    `json:"count"`
}

// Lines are a service's facts, one value a line: what happened within a stretch of time, and what could not be measured,
// which is of all time. Now tells which runs are unreported.
func Lines(f *facts.Service, within func(time.Time) bool, now time.Time) iter.Seq[any] {
	return func(yield func(any) bool) {
		shipped := f.Shipments()
		for _, d := range f.Deployments {
			if within(d.Finished) && !yield(Deployment(f, d, shipped)) {
				return
			}
		}
		for _, run := range f.FailedRuns {
			if within(run.Failed) && !yield(failedRun(f, run)) {
				return
			}
		}
		for _, run := range f.Unreported(now) {
			if within(run.LastWord) && !yield(unreportedRun(f, run)) {
				return
			}
		}
		for _, u := range f.Unseen {
			if within(u.Ended()) && !yield(UnseenRunsLine{"unseen_runs", u.Event.FullID(), f.Service.Name, f.EnvironmentOf(u.Event), u.Ended().UTC(), u.Event.Unseen}) {
				return
			}
		}
		for _, i := range f.Incidents {
			if within(i.Event.Opened) && !yield(Incident(f, i)) {
				return
			}
		}
		for _, p := range f.Parts {
			if e := p.Event; within(e.Opened) && !yield(PartLine{"part", e.FullID(), f.Service.Name, e.Number, e.Key, e.Title, e.Opened.UTC(), p.Of}) {
				return
			}
		}
		for _, c := range f.Waiting {
			if within(c.Merged) && !yield(WaitingLine{"waiting", f.Service.Name, c.Number, c.SHA, c.Merged.UTC()}) {
				return
			}
		}
		unmeasured := f.UnmeasuredBy(now)
		for _, reason := range slices.Sorted(maps.Keys(unmeasured)) {
			if !yield(UnmeasuredLine{"unmeasured", f.Service.Name, string(reason), unmeasured[reason]}) {
				return
			}
		}
	}
}

func failedRun(f *facts.Service, run facts.FailedRun) FailedRunLine {
	return FailedRunLine{runOf("failed_run", f, run.Event), run.Failed.UTC(), legs(f, run.Event)}
}

func unreportedRun(f *facts.Service, run facts.UndecidedRun) UnreportedRunLine {
	return UnreportedRunLine{runOf("unreported_run", f, run.Event), run.LastWord.UTC(), legs(f, run.Event)}
}

func runOf(kind string, f *facts.Service, e *dora.Deployment) Run {
	return Run{kind, e.FullID(), f.Service.Name, f.EnvironmentOf(e), e.SHA, e.Ref, e.Key}
}

func ids(records []*dora.Incident) (ids []string) {
	for _, i := range records {
		ids = append(ids, i.FullID())
	}
	return ids
}

func legs(f *facts.Service, of *dora.Deployment) (ids []string) {
	for _, leg := range f.Legs(of) {
		ids = append(ids, leg.FullID())
	}
	return ids
}

// Deployment is a deployment as a line, with what it shipped.
func Deployment(f *facts.Service, d *facts.Deployment, shipped *facts.Shipments) DeploymentLine {
	e := d.Event
	line := DeploymentLine{
		Run:      Run{"deployment", e.FullID(), f.Service.Name, f.Environment(d), e.SHA, e.Ref, e.Key},
		Finished: d.Finished.UTC(), Legs: legs(f, e), Redeploy: d.Redeploy, Rollback: d.Rollback, Commits: d.Commits, Changes: []ChangeLine{},
		Said: Correction(d.Said),
	}
	for _, c := range shipped.Of(d) {
		line.Changes = append(line.Changes, Change(c))
	}
	if len(d.Evidence) > 0 {
		failure := &FailureLine{}
		for _, v := range d.Evidence {
			failure.Evidence = append(failure.Evidence, EvidenceLine{string(v.Kind), v.By, v.Change, v.At.UTC()})
		}
		if d.Failed() {
			line.Failed = failure
		} else {
			line.Overruled = failure
		}
	}
	if d.Recovered != nil {
		line.Recovered = &RecoveredLine{d.Recovered.At.UTC(), d.Recovered.By, d.Recovered.At.Sub(d.Finished).Seconds()}
	}
	if d.Rework != "" {
		reason := string(d.Rework)
		line.Rework = &reason
	}
	return line
}

// Change is a change as it stands in the line of the deployment that shipped it.
func Change(c *facts.Change) ChangeLine {
	line := ChangeLine{
		Number: c.Number, SHA: c.SHA, FirstCommit: known(c.FirstCommit), Opened: known(c.Opened),
		FirstReview: known(c.FirstReview), Approved: known(c.Approved), Merged: known(c.Merged),
	}
	if c.Excluded != "" {
		reason := string(c.Excluded)
		line.Excluded = &reason
		return line
	}
	lead := c.Lead.Seconds()
	line.LeadSeconds = &lead
	line.Stages = map[string]*float64{}
	for stage, name := range facts.StageNames {
		line.Stages[name] = nil
		if length, ok := c.Stages.Of(facts.Stage(stage)); ok {
			seconds := length.Seconds()
			line.Stages[name] = &seconds
		}
	}
	return line
}

// Incident is an incident as a line.
func Incident(f *facts.Service, i *facts.Incident) IncidentLine {
	e := i.Event
	line := IncidentLine{
		Kind: "incident", ID: e.FullID(), Service: f.Service.Name, Number: e.Number, Key: e.Key, Title: e.Title, Severity: e.Severity,
		Opened: e.Opened.UTC(), Acknowledged: known(e.Acknowledged), Resolved: known(e.Resolved),
		Said: Correction(i.Said), Parts: ids(i.Parts),
	}
	if i.Linked != nil {
		line.Linked = &LinkedLine{i.Linked.Event.FullID(), string(i.By)}
	}
	if i.Remedy != nil {
		id := i.Remedy.Event.FullID()
		line.Remedy = &id
	}
	return line
}

// known is a time in UTC, or nothing.
func known(at time.Time) *time.Time {
	if at.IsZero() {
		return nil
	}
	at = at.UTC()
	return &at
}

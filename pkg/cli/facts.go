package cli

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// DeploymentLine is a successful deployment to production, with everything that figures rest on.
type DeploymentLine struct {
	Kind        string         `json:"kind"`
	ID          string         `json:"id"`
	Service     string         `json:"service"`
	Environment string         `json:"environment"`
	SHA         string         `json:"sha"`
	Ref         string         `json:"ref"`
	Finished    time.Time      `json:"finished"`
	Redeploy    bool           `json:"redeploy"`
	Rollback    bool           `json:"rollback"`
	Commits     int            `json:"commits"` // shipped first, merges included
	Changes     []ChangeLine   `json:"changes"`
	Failed      *FailureLine   `json:"failed"`
	Recovered   *RecoveredLine `json:"recovered"`
	Rework      *string        `json:"rework"`
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

// FailedRunLine is a run that never succeeded.
type FailedRunLine struct {
	Kind        string    `json:"kind"`
	ID          string    `json:"id"`
	Service     string    `json:"service"`
	Environment string    `json:"environment"`
	SHA         string    `json:"sha"`
	Ref         string    `json:"ref"`
	Failed      time.Time `json:"failed"`
}

// IncidentLine is an incident and what it is linked to.
type IncidentLine struct {
	Kind         string      `json:"kind"`
	ID           string      `json:"id"`
	Service      string      `json:"service"`
	Number       int64       `json:"number"`
	Title        string      `json:"title"`
	Severity     string      `json:"severity"`
	Opened       time.Time   `json:"opened"`
	Acknowledged *time.Time  `json:"acknowledged"`
	Resolved     *time.Time  `json:"resolved"`
	Linked       *LinkedLine `json:"linked"`
	Remedy       *string     `json:"remedy"` // the deployment that its text names and that came after it
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

func factsCommand(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var w where
	f := flags("facts", log)
	w.define(f)
	service := f.String("service", "", "only this `SERVICE`")
	from := f.String("from", "", "`TIME` or date, inclusive (default: everything stored)")
	to := f.String("to", "", "`TIME` or date, exclusive")
	timezone := f.String("timezone", "UTC", "IANA `ZONE` of dates")
	if err := parse(f, args); err != nil {
		return err
	}
	zone, err := zoneOption(*timezone)
	if err != nil {
		return err
	}
	within, err := between(*from, *to, zone)
	if err != nil {
		return err
	}
	d, err := w.filled(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	found := *service == ""
	for _, facts := range d.Snapshot().Services {
		if *service != "" && facts.Service.Name != *service {
			continue
		}
		found = true
		if err := writeFacts(encoder, facts, within); err != nil {
			return err
		}
	}
	if !found {
		return noService(*service, d.Snapshot())
	}
	return nil
}

func noService(name string, s *dora.Snapshot) error {
	return misused("--service: there is no service %q; there are: %s", name, strings.Join(s.Values(dora.ByService, nil), ", "))
}

func between(from, to string, zone *time.Location) (func(time.Time) bool, error) {
	var begin, end time.Time
	var err error
	if from != "" {
		if begin, err = timeOption("from", from, zone); err != nil {
			return nil, err
		}
	}
	if to != "" {
		if end, err = timeOption("to", to, zone); err != nil {
			return nil, err
		}
	}
	if from != "" && to != "" && !begin.Before(end) {
		return nil, misused("--to: %s is not after --from", to)
	}
	return func(at time.Time) bool {
		return (from == "" || !at.Before(begin)) && (to == "" || at.Before(end))
	}, nil
}

func writeFacts(encoder *json.Encoder, f *dora.Facts, within func(time.Time) bool) error {
	for _, d := range f.Deployments {
		if within(d.Finished) {
			if err := encoder.Encode(deploymentLine(f, d)); err != nil {
				return err
			}
		}
	}
	for _, run := range f.FailedRuns {
		if within(run.Failed) {
			e := run.Event
			if err := encoder.Encode(FailedRunLine{"failed_run", e.FullID(), f.Service.Name, e.Environment, e.SHA, e.Ref, run.Failed.UTC()}); err != nil {
				return err
			}
		}
	}
	for _, i := range f.Incidents {
		if within(i.Event.Opened) {
			if err := encoder.Encode(incidentLine(f, i)); err != nil {
				return err
			}
		}
	}
	for _, c := range f.Waiting {
		if within(c.Merged) {
			if err := encoder.Encode(WaitingLine{"waiting", f.Service.Name, c.Number, c.SHA, c.Merged.UTC()}); err != nil {
				return err
			}
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(f.Unmeasured)) {
		if err := encoder.Encode(UnmeasuredLine{"unmeasured", f.Service.Name, string(reason), f.Unmeasured[reason]}); err != nil {
			return err
		}
	}
	return nil
}

func deploymentLine(f *dora.Facts, d *dora.DeploymentFact) DeploymentLine {
	e := d.Event
	line := DeploymentLine{
		Kind: "deployment", ID: e.FullID(), Service: f.Service.Name, Environment: e.Environment, SHA: e.SHA, Ref: e.Ref,
		Finished: d.Finished.UTC(), Redeploy: d.Redeploy, Rollback: d.Rollback, Commits: d.Commits, Changes: []ChangeLine{},
	}
	for _, c := range d.Changes {
		line.Changes = append(line.Changes, changeLine(c))
	}
	if d.Failed() {
		line.Failed = &FailureLine{}
		for _, v := range d.Evidence {
			line.Failed.Evidence = append(line.Failed.Evidence, EvidenceLine{string(v.Kind), v.By, v.Change, v.At.UTC()})
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

func changeLine(c *dora.ChangeFact) ChangeLine {
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
	for stage, name := range dora.StageNames {
		line.Stages[name] = nil
		if length, ok := c.Stages.Of(dora.Stage(stage)); ok {
			seconds := length.Seconds()
			line.Stages[name] = &seconds
		}
	}
	return line
}

func incidentLine(f *dora.Facts, i *dora.IncidentFact) IncidentLine {
	e := i.Event
	line := IncidentLine{
		Kind: "incident", ID: e.FullID(), Service: f.Service.Name, Number: e.Number, Title: e.Title, Severity: e.Severity,
		Opened: e.Opened.UTC(), Acknowledged: known(e.Acknowledged), Resolved: known(e.Resolved),
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

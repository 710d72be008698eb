package plugin

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/query"
)

// waitingFrame is a row for each change that is merged and not shipped, the longest first. The range's begin does not
// matter: what waits since before it waits all the more.
func waitingFrame(l listed) *data.Frame {
	t := &table{}
	for _, w := range sortedRows(l, func(f *facts.Service) []facts.Waiting { return f.Waiting },
		func(w facts.Waiting) bool { return w.Merged.Before(l.within.To) },
		func(a, b facts.Waiting) int { return cmp.Or(a.Merged.Compare(b.Merged), cmp.Compare(a.SHA, b.SHA)) }) {
		c := w.one
		t.time("merged", c.Merged)
		t.text("service", w.facts.Service.Name)
		t.link("number", changeName(&facts.Change{Number: c.Number, SHA: c.SHA}), "Open the change")
		t.text("title", c.Title)
		t.text("author", c.Author)
		waited := l.now.Sub(c.Merged)
		t.length("waiting_for", &waited)
		t.text("repository", c.Repository)
		t.text("url", c.URL)
	}
	return t.frame()
}

// openFrame is a row for each incident that is not resolved, the longest first, whenever it opened.
func openFrame(l listed) *data.Frame {
	t := &table{}
	for _, w := range sortedRows(l, incidents,
		func(i *facts.Incident) bool {
			return i.Event.Resolved.IsZero() && i.Event.Opened.Before(l.within.To)
		},
		func(a, b *facts.Incident) int { return a.Event.Opened.Compare(b.Event.Opened) }) {
		i, e := w.one, w.one.Event
		t.time("opened", e.Opened)
		t.text("service", w.facts.Service.Name)
		t.text("severity", e.Severity)
		t.link("title", e.Title, "Open the incident")
		age := l.now.Sub(e.Opened)
		t.length("open_for", &age)
		t.time("acknowledged", e.Acknowledged)
		linked, deployment := linkedDeployment(i)
		t.linkBy("linked_deployment", linked, "Open the deployment", "deployment_url")
		t.text("id", e.FullID())
		t.text("url", e.URL)
		t.text("deployment_url", deployment)
	}
	return t.frame()
}

// unlinkedFrame is a row for each incident in the range that is held against no deployment, with the reason, the newest
// first.
func unlinkedFrame(l listed) *data.Frame {
	t := &table{}
	for _, w := range sortedRows(l, incidents,
		func(i *facts.Incident) bool { return i.Linked == nil && l.within.Holds(i.Event.Opened) },
		func(a, b *facts.Incident) int { return b.Event.Opened.Compare(a.Event.Opened) }) {
		e := w.one.Event
		why, since := w.facts.WhyUnlinked(w.one, &l.snapshot.Definition)
		t.time("opened", e.Opened)
		t.text("service", w.facts.Service.Name)
		t.text("severity", e.Severity)
		t.link("title", e.Title, "Open the incident")
		t.text("why", unlinkedWords[why])
		t.length("since_deployment", since)
		t.text("id", e.FullID())
		t.text("url", e.URL)
	}
	return t.frame()
}

var unlinkedWords = map[facts.Unlinked]string{
	facts.UnlinkedByPerson: "a person says that no deployment caused it",
	facts.UnlinkedNames:    "it names a deployment of another service or environment, or the definition takes no names as evidence",
	facts.UnlinkedBefore:   "nothing was deployed before it",
	facts.UnlinkedLate:     "the last deployment before it is longer ago than the incident window",
	facts.UnlinkedOff:      "the definition takes no evidence from time, and it names no deployment",
}

// unmeasuredFrame is a row for each reason why something could not be measured, the most frequent first.
func unmeasuredFrame(counts map[facts.Reason]int) *data.Frame {
	reasons := slices.SortedFunc(maps.Keys(counts), func(a, b facts.Reason) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	t := &table{}
	for _, reason := range reasons {
		t.text("reason", string(reason))
		t.number("count", float64(counts[reason]))
		t.text("meaning", reasonWords[reason].meaning)
		t.text("affects", reasonWords[reason].affects)
	}
	return t.frame()
}

// reasonWords say what each reason means, and which figures lack what it counts.
var reasonWords = map[facts.Reason]struct{ meaning, affects string }{
	facts.ReasonFirstDeployment:    {"changes of the first deployment to an environment: there is nothing to compare it with", "lead time"},
	facts.ReasonBot:                {"changes made by machines, which the definition leaves out", "lead time"},
	facts.ReasonNegative:           {"changes that were deployed before they began: a clock was wrong", "lead time"},
	facts.ReasonNoBase:             {"changes of a deployment whose history shares no commit with an earlier one, as after a rewrite: there is nothing to compare it with", "lead time"},
	facts.ReasonUnknownCommit:      {"deployments of a commit that the repository's history does not have", "lead time"},
	facts.ReasonNoHistory:          {"deployments from a repository whose commits no source tells: name one that reads it, or the repository of the service's code", "lead time, failures by rollback, revert and hotfix"},
	facts.ReasonUnknownFiles:       {"changes of which it is not known whether they touch the service's paths", "lead time"},
	facts.ReasonUnknownContents:    {"deployments and runs of which it is not known whether they moved the service's paths", "all"},
	facts.ReasonNoStart:            {"changes whose beginning is not known", "lead time"},
	facts.ReasonNoMergeCommit:      {"pull requests of which the vendor lost what they became", "lead time"},
	facts.ReasonNotOnMainLine:      {"pull requests merged into another branch, and never shipped", "lead time"},
	facts.ReasonPromotion:          {"pull requests that bring in only what was merged before, such as a release request or a merge back", "none: what is inside them counts as itself"},
	facts.ReasonOutsideChanges:     {"shipped commits that belong to no change, such as those pushed to a release branch", "lead time, unless its unit is the commit"},
	facts.ReasonFailedRun:          {"runs that never succeeded: nothing was deployed", "none: they are no deployments"},
	facts.ReasonUnreportedRun:      {"runs that a week after their last word have said neither success nor failure", "all: whether they deployed is not known"},
	facts.ReasonUnknownRef:         {"deployments and runs that a service tells by their tag, of which the source does not tell any more what they were made of", "all"},
	facts.ReasonRetriedRun:         {"runs that were run again, of which the source does not tell any more whether and when one succeeded first", "all"},
	facts.ReasonRollbackUnresolved: {"rollbacks to a version that had not run before: no deployment can be blamed", "failure rate, recovery time"},
	facts.ReasonRevertUnresolved:   {"reverts that do not say what they take back", "failure rate, recovery time, rework rate"},
	facts.ReasonClamped:            {"stages whose bounds were out of order: moved, while the sum is right", "stages only"},
	facts.ReasonNegativeRecovery:   {"failures that ended before their deployment finished", "recovery time"},
	facts.ReasonNotAcknowledged:    {"incidents that were resolved and that nobody acknowledged, or whose source does not tell", "time to acknowledge"},
	facts.ReasonUnseenRun:          {"runs that the source can show no longer, such as those that it discarded", "all: whether they deployed is not known"},
	facts.ReasonPartOfAnother:      {"records of incidents that were merged into another, are its child or its duplicate, or tell in another system of the same interruption", "none: the record that they belong to counts"},
	facts.ReasonIgnored:            {"deployments and incidents that a person said to ignore", "all"},
}

// unmatchedFrame is a row for each environment, and each repository, that no service counts.
func unmatchedFrame(places []history.Place) *data.Frame {
	t := &table{}
	rows := 0
	for _, p := range places {
		if len(p.Services) > 0 {
			continue
		}
		if rows++; rows > query.RowLimit {
			break
		}
		environment := p.Environment
		if p.Deployments+p.Failed == 0 {
			environment = "never deployed"
		}
		t.text("source", p.Source)
		t.text("repository", p.Repository)
		t.text("environment", environment)
		t.number("deployments", float64(p.Deployments))
		t.number("failed_runs", float64(p.Failed))
		t.time("latest", p.Latest)
	}
	return t.frame()
}

// correctionsFrame is a row for each word that a person said in the range, the newest first, those that were taken back
// too. What it is about has the name that people know.
func correctionsFrame(l listed) *data.Frame {
	var rows []dora.Correction
	for _, c := range slices.Backward(l.dataset.Corrections()) {
		if len(rows) == query.RowLimit {
			break
		}
		if l.within.Holds(c.Made) {
			rows = append(rows, c)
		}
	}
	about := l.named(rows)
	t := &table{}
	for _, c := range rows {
		state := "in force"
		if c.Undone {
			state = "taken back by " + c.UndoneBy
		}
		deployment, incident := about[c.Deployment], about[c.Incident]
		t.time("made", c.Made)
		t.text("verdict", string(c.Verdict))
		t.linkBy("deployment", deployment.name, "Open the deployment", "deployment_url")
		t.linkBy("incident", incident.name, "Open the incident", "incident_url")
		t.text("service", c.Service)
		t.text("reason", c.Reason)
		t.text("author", c.Author)
		t.text("state", state)
		t.text("id", c.FullID())
		t.text("deployment_id", c.Deployment)
		t.text("incident_id", c.Incident)
		t.text("deployment_url", deployment.url)
		t.text("incident_url", incident.url)
	}
	return t.frame()
}

// thing is what a person knows a deployment or an incident by, and where it is seen.
type thing struct{ name, url string }

// named are the things that words are about, by their full ids. What no service has keeps its id for a name.
func (l *listed) named(words []dora.Correction) map[string]thing {
	about := map[string]thing{}
	for _, c := range words {
		for _, id := range []string{c.Deployment, c.Incident} {
			if id != "" {
				about[id] = thing{name: id}
			}
		}
	}
	if len(about) == 0 {
		return about
	}
	own := map[string]bool{} // the ids without their sources, so that none has to be put together of each event
	for id := range about {
		_, part, _ := strings.Cut(id, ":")
		own[part] = true
	}
	all := *l
	all.filters = nil
	for f := range all.services {
		for _, d := range f.Deployments {
			if own[d.Event.ID] {
				about[d.Event.FullID()] = thing{d.Event.Called(), d.Event.URL}
			}
		}
		for _, i := range f.Incidents {
			if own[i.Event.ID] {
				about[i.Event.FullID()] = thing{cmp.Or(i.Event.Title, i.Event.Called()), i.Event.URL}
			}
		}
	}
	return about
}

// coverageFrame is a row for each service, by name: counts of what happened and of how much of it is measured.
func coverageFrame(l listed) *data.Frame {
	t := &table{}
	for f := range l.services {
		c := f.Coverage(l.filters, l.within.From, l.within.To, l.now)
		t.text("service", f.Service.Name)
		t.text("team", teamsOf(l.snapshot.Teams(f)))
		t.number("deployments", float64(c.Deployments))
		t.number("failed_runs", float64(c.FailedRuns))
		t.number("unreported_runs", float64(c.Unreported))
		t.number("unseen_runs", float64(c.Unseen))
		t.number("changes", float64(c.Changes))
		t.number("measured", float64(c.Measured))
		t.number("incidents", float64(c.Incidents))
		t.number("linked", float64(c.Linked))
		t.number("waiting", float64(c.Waiting))
		t.time("latest", c.Latest)
	}
	return t.frame()
}

// of is one thing of a service.
type of[T any] struct {
	facts *facts.Service
	one   T
}

func incidents(f *facts.Service) []*facts.Incident { return f.Incidents }

// sortedRows are the things of all services that filters let pass, in an order, up to the limit of a table.
func sortedRows[T any](l listed, all func(*facts.Service) []T, passes func(T) bool, order func(a, b T) int) []of[T] {
	var rows []of[T]
	for f := range l.services {
		for _, one := range all(f) {
			if passes(one) {
				rows = append(rows, of[T]{f, one})
			}
		}
	}
	slices.SortStableFunc(rows, func(a, b of[T]) int { return order(a.one, b.one) })
	return rows[:min(len(rows), query.RowLimit)]
}

// linkedDeployment is the version that an incident is held against, and its address.
func linkedDeployment(i *facts.Incident) (name, url string) {
	if i.Linked == nil {
		return "", ""
	}
	return i.Linked.Event.Called(), i.Linked.Event.URL
}

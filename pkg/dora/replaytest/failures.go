package replaytest

import (
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// accusation is one piece of evidence: whom it is against, and the rollback, pull request or issue behind it.
type accusation struct {
	deployment int64
	kind       dora.EvidenceKind
	by         int64
}

// charges are the accusations that are to be, each with when what it speaks of was over; nil if it is not.
type charges map[accusation]*time.Time

// checkFailures compares failures and recoveries. The recorded rules differ from the metrics' definitions in what is
// said beside each; there the definitions win, and are read here once more.
func (r *History) checkFailures(t *testing.T, snapshot *facts.Snapshot, name string, want *overlay) {
	facts := snapshot.Services[0]
	assert.Len(t, facts.Deployments, want.ChangeFailure[name].Succeeded)
	var runs, rollbacks []int64
	for _, run := range facts.FailedRuns {
		runs = append(runs, run.Event.Number)
	}
	for _, d := range facts.Deployments {
		if d.Rollback {
			rollbacks = append(rollbacks, d.Event.Number)
		}
	}
	assert.ElementsMatch(t, want.Rollbacks[name], rollbacks)

	due, wantRuns := r.charges(facts, name, want)
	assert.ElementsMatch(t, wantRuns, runs)
	assert.Len(t, runs, want.ChangeFailure[name].NeverSucceeded)
	wanted, got := map[accusation]bool{}, map[accusation]bool{}
	for a := range due {
		wanted[a] = true
	}
	for _, d := range facts.Deployments {
		for _, e := range d.Evidence {
			got[accusation{d.Event.Number, e.Kind, behind(facts, e)}] = true
		}
	}
	assert.Equal(t, wanted, got)
	r.checkRecoveries(t, snapshot, due)
}

func (r *History) charges(facts *facts.Service, name string, want *overlay) (due charges, failedRuns []int64) {
	due = charges{}
	shipper := r.shippers(facts)
	for _, f := range want.Failures[name] {
		for _, e := range f.Evidence {
			switch e.Kind {
			case "status": // a run that never succeeded is no deployment
				failedRuns = append(failedRuns, f.Deployment)
			case "rollback": // blames what followed the restored version, not what was live
				if blamed := r.blamed(facts, e.Rollback); blamed != 0 {
					due[accusation{blamed, dora.EvidenceRollback, e.Rollback}] = e.RecoveredAt
				}
			case "revert": // a revert of a revert brings back, and takes nothing away
				if !r.takesBack(r.pulls[e.RevertedPull].Title) {
					due[accusation{f.Deployment, dora.EvidenceRemedy, int64(e.RevertPull)}] = e.RecoveredAt
				}
			case "hotfix": // skips redeploys and rollbacks on the way back; a revert that is found decides
				reverted := r.pulls[revertedBy(r.pulls[e.HotfixPull].Title)]
				if reverted == nil || shipper[reverted.MergeCommit] == 0 {
					due[accusation{r.mended(facts, f.Deployment), dora.EvidenceRemedy, int64(e.HotfixPull)}] = e.RecoveredAt
				}
			case "incident":
				kind := dora.EvidenceExplicit
				for _, i := range want.Incidents {
					if i.Number == e.Issue && i.Link == "time" {
						kind = dora.EvidenceIncident
					}
				}
				due[accusation{f.Deployment, kind, e.Issue}] = e.RecoveredAt
			}
		}
	}
	// The recorded rules know reverts by pull requests alone; a commit of the main line is a change as well.
	plain, _ := r.plain()
	for sha := range plain {
		reverted := r.pulls[revertedBy(r.messages[sha])]
		if reverted == nil || r.takesBack(reverted.Title) {
			continue
		}
		failed, by := shipper[reverted.MergeCommit], shipper[sha]
		if failed == 0 || by == 0 || at(facts, failed) >= at(facts, by) {
			continue
		}
		finished := facts.Deployments[at(facts, by)].Finished
		a := accusation{failed, dora.EvidenceRemedy, 0}
		if earlier := due[a]; earlier == nil || finished.Before(*earlier) {
			due[a] = &finished
		}
	}
	return due, failedRuns
}

// shippers is which deployment brought in each commit.
func (r *History) shippers(facts *facts.Service) map[string]int64 {
	found, met := map[string]int64{}, map[string]bool{}
	for _, d := range facts.Deployments {
		for _, sha := range r.fresh(d.Event.SHA, met) {
			found[sha] = d.Event.Number
		}
	}
	return found
}

var revertTitle = regexp.MustCompile(`^Revert "[^"]*#(\d+)\)?"`)

// revertedBy is the pull request that a title takes back; 0 if none is named.
func revertedBy(title string) int {
	found := revertTitle.FindStringSubmatch(title)
	if found == nil {
		return 0
	}
	number, _ := strconv.Atoi(found[1])
	return number
}

// takesBack says whether a pull request of this title took something away.
func (r *History) takesBack(title string) bool {
	if other := r.pulls[revertedBy(title)]; other != nil {
		return !r.takesBack(other.Title)
	}
	return len(title) > 8 && title[:8] == `Revert "`
}

func behind(f *facts.Service, e facts.Evidence) int64 {
	if e.Kind == dora.EvidenceRemedy {
		return int64(e.Change)
	}
	for _, d := range f.Deployments {
		if d.Event.FullID() == e.By {
			return d.Event.Number
		}
	}
	for _, i := range f.Incidents {
		if i.Event.FullID() == e.By {
			return i.Event.Number
		}
	}
	return 0
}

// blamed is whom a rollback blames: what directly follows the last earlier deployment of the restored sha or an
// ancestor of it. 0: there is none.
func (r *History) blamed(f *facts.Service, rollback int64) int64 {
	i := at(f, rollback)
	restored := r.reach(f.Deployments[i].Event.SHA)
	for i--; i >= 0; i-- {
		if restored[f.Deployments[i].Event.SHA] {
			return f.Deployments[i+1].Event.Number
		}
	}
	return 0
}

// mended is whom a hotfix blames where the deployment just before its own is known.
func (r *History) mended(f *facts.Service, before int64) int64 {
	for i := at(f, before); i > 0; i-- {
		sha, previous := f.Deployments[i].Event.SHA, f.Deployments[i-1].Event.SHA
		switch {
		case sha == previous:
			continue
		case r.reach(previous)[sha]:
			if blamed := r.blamed(f, f.Deployments[i].Event.Number); blamed != 0 {
				return blamed
			}
			continue
		}
		return f.Deployments[i].Event.Number
	}
	return f.Deployments[0].Event.Number
}

// checkRecoveries compares when each failure ended: at the first rollback or remedy, or when the last of its incidents
// was closed, if all are.
func (r *History) checkRecoveries(t *testing.T, snapshot *facts.Snapshot, due charges) {
	facts := snapshot.Services[0]
	ends := map[int64][]time.Time{}
	open := map[int64]bool{}
	closed := map[int64]time.Time{}
	for a, over := range due {
		switch {
		case a.kind != dora.EvidenceExplicit && a.kind != dora.EvidenceIncident:
			ends[a.deployment] = append(ends[a.deployment], *over)
		case over == nil:
			open[a.deployment] = true
		case over.After(closed[a.deployment]):
			closed[a.deployment] = *over
		}
	}
	for failed, over := range closed {
		if !open[failed] {
			ends[failed] = append(ends[failed], over)
		}
	}
	recovered := 0
	for _, d := range facts.Deployments {
		all := ends[d.Event.Number]
		if len(all) == 0 {
			assert.Nil(t, d.Recovered, "%d", d.Event.Number)
			continue
		}
		recovered++
		slices.SortFunc(all, time.Time.Compare)
		if assert.NotNil(t, d.Recovered, "%d", d.Event.Number) {
			assert.True(t, all[0].Equal(d.Recovered.At), "%d recovered %s, not %s", d.Event.Number, d.Recovered.At, all[0])
		}
	}
	samples := figures.Ask(snapshot, figures.Question{
		Metric: dora.RecoveryTime, Statistic: dora.N, Now: r.end, Spans: []figures.Span{{Start: r.begin, End: r.end.AddDate(5, 0, 0)}},
	})
	assert.Equal(t, recovered, samples[0].Points[0].N)
	assert.Positive(t, recovered)
}

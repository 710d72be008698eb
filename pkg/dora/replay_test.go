package dora_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// The values beside a recorded history, as far as METRICS.md has a word on them.
type (
	expectation struct {
		DeploymentsPerMonth map[string]float64
		Deployments         []struct {
			Deployment      int64
			SucceededAt     time.Time
			NewPullRequests []int
			NewCommits      int
			LeadTimeSamples bool
		}
		PullRequestLeadTimes []struct {
			Number          int
			Deployment      int64
			FirstAuthoredAt time.Time
			LeadSeconds     float64
		}
		PullRequestLeadTime, CommitLeadTime struct {
			Overall  summary
			PerMonth map[string]summary
		}
		NeverShipped []int
	}
	summary struct {
		Count                                 float64
		MedianSeconds, P75Seconds, P90Seconds float64
	}
	failureExpectation struct {
		Failures map[string][]struct {
			Deployment int64
			Evidence   []struct {
				Kind                   string
				RecoveredAt            *time.Time
				Rollback               int64
				RevertPull, HotfixPull int
				Issue                  int64
			}
		}
		ChangeFailure             map[string]struct{ Attempts, Succeeded, NeverSucceeded int }
		Rollbacks                 map[string][]int64
		DeploymentsPerMonthLondon map[string]map[string]float64
		Incidents                 []struct {
			Number      int64
			Link        string
			Deployment  *int64
			Environment *string
		}
		Reviews struct {
			PerPullRequest []struct {
				Number               int
				FirstReviewSeconds   float64
				FirstApprovalSeconds *float64
			}
		}
	}
)

const (
	plainReplay     = "immunisation-fhir-api"
	syntheticReplay = "immunisation-fhir-api+synthetic"
)

// expected reads one environment's values, or with no environment those of all of them.
func expected[T any](t *testing.T, r *replayed, file, environment string) T {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(r.dir, file))
	require.NoError(t, err)
	var values T
	if environment == "" {
		require.NoError(t, json.Unmarshal(content, &values))
		return values
	}
	var byEnvironment map[string]json.RawMessage
	require.NoError(t, json.Unmarshal(content, &byEnvironment))
	require.NoError(t, json.Unmarshal(byEnvironment[environment], &values))
	return values
}

var replays = []struct{ dataset, file, environment string }{
	{plainReplay, "expected.json", "prod"},
	{plainReplay, "expected.json", "internal-dev"},
	{syntheticReplay, "expected-overlay.json", "prod"},
	{syntheticReplay, "expected-overlay.json", "prod-worker"},
}

// withBots is the definition that the expected values were worked out with.
func withBots(unit dora.Unit) dora.Definition {
	def := dora.DefaultDefinition()
	def.Unit, def.Bots.LeadTime = unit, dora.Include
	return def
}

func TestARecordedHistoryIsDeployedAsGitSays(t *testing.T) {
	for _, replay := range replays {
		t.Run(replay.dataset+" "+replay.environment, func(t *testing.T) {
			r := loadReplay(t, replay.dataset)
			want := expected[expectation](t, r, replay.file, replay.environment)
			snapshot := r.snapshot(withBots(dora.UnitPullRequest))[replay.environment]
			assert.Equal(t, want.DeploymentsPerMonth, perMonth(t, snapshot, dora.DeploymentFrequency, dora.CountOf, time.UTC))
			if want.Deployments == nil {
				return // of this environment only the counts were worked out
			}

			facts := snapshot.Services[0]
			require.Len(t, facts.Deployments, len(want.Deployments))
			leads := map[int]*dora.ChangeFact{}
			for i, d := range facts.Deployments {
				w := want.Deployments[i]
				require.Equal(t, w.Deployment, d.Event.Number)
				require.True(t, w.SucceededAt.Equal(d.Finished))
				require.Equal(t, w.NewCommits, d.Commits, "commits of %d", w.Deployment)
				require.Equal(t, w.LeadTimeSamples, !d.First)
				numbers := []int{}
				for _, c := range d.Changes {
					numbers = append(numbers, c.Number)
					leads[c.Number] = c
				}
				sort.Ints(numbers)
				require.Equal(t, w.NewPullRequests, numbers, "pull requests of %d", w.Deployment)
			}
			for _, w := range want.PullRequestLeadTimes {
				require.Empty(t, leads[w.Number].Excluded)
				require.True(t, w.FirstAuthoredAt.Equal(leads[w.Number].FirstCommit))
				require.InDelta(t, w.LeadSeconds, leads[w.Number].Lead.Seconds(), 0, "lead time of #%d", w.Number)
			}
			notShipped := facts.Unmeasured[dora.ReasonNotOnMainLine] + len(facts.Waiting)
			assert.Equal(t, len(want.NeverShipped), notShipped)
		})
	}
}

func TestARecordedHistorysPercentilesAreThoseOfGit(t *testing.T) {
	for _, replay := range replays {
		if replay.environment == "internal-dev" {
			continue
		}
		t.Run(replay.dataset+" "+replay.environment, func(t *testing.T) {
			r := loadReplay(t, replay.dataset)
			want := expected[expectation](t, r, replay.file, replay.environment)
			check := func(unit dora.Unit, overall summary, months map[string]summary) {
				snapshot := r.snapshot(withBots(unit))[replay.environment]
				for statistic, of := range map[dora.Statistic]func(summary) float64{
					dora.N:      func(s summary) float64 { return s.Count },
					dora.Median: func(s summary) float64 { return s.MedianSeconds },
					dora.P75:    func(s summary) float64 { return s.P75Seconds },
					dora.P90:    func(s summary) float64 { return s.P90Seconds },
				} {
					whole := snapshot.Ask(dora.Question{
						Metric: dora.LeadTime, Statistic: statistic, Now: replayEnd, Spans: []dora.Span{{Start: replayBegin, End: replayEnd}},
					})
					require.InDelta(t, of(overall), *whole[0].Points[0].Value, 1e-6, "%s %s", unit, statistic)
					got := perMonth(t, snapshot, dora.LeadTime, statistic, time.UTC)
					require.Len(t, got, len(months))
					for month, s := range months {
						require.InDelta(t, of(s), got[month], 1e-6, "%s %s %s", unit, statistic, month)
					}
				}
			}
			check(dora.UnitPullRequest, want.PullRequestLeadTime.Overall, want.PullRequestLeadTime.PerMonth)
			check(dora.UnitCommit, want.CommitLeadTime.Overall, want.CommitLeadTime.PerMonth)
		})
	}
}

var (
	replayBegin = time.Date(2023, 1, 1, 0, 0, 0, 0, time.UTC)
	replayEnd   = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
)

// perMonth is a statistic of the months that have anything, by YYYY-MM in a zone.
func perMonth(t *testing.T, s *dora.Snapshot, metric dora.Metric, statistic dora.Statistic, zone *time.Location) map[string]float64 {
	t.Helper()
	series := s.Ask(dora.Question{Metric: metric, Statistic: statistic, Now: replayEnd, Spans: dora.Month.Spans(replayBegin.In(zone), replayEnd, zone)})
	require.Len(t, series, 1)
	months := map[string]float64{}
	for _, p := range series[0].Points {
		if p.N > 0 {
			months[p.Start.In(zone).Format("2006-01")] = *p.Value
		}
	}
	return months
}

func TestARecordedHistorysMonthsAreLondons(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	r := loadReplay(t, syntheticReplay)
	want := expected[failureExpectation](t, r, "expected-overlay.json", "")
	snapshots := r.snapshot(dora.DefaultDefinition())
	require.Len(t, want.DeploymentsPerMonthLondon, 2)
	for environment, months := range want.DeploymentsPerMonthLondon {
		assert.Equal(t, months, perMonth(t, snapshots[environment], dora.DeploymentFrequency, dora.CountOf, london), environment)
	}
}

func TestARecordedHistorysReviewsAreThoseOfOthers(t *testing.T) {
	r := loadReplay(t, syntheticReplay)
	want := expected[failureExpectation](t, r, "expected-overlay.json", "").Reviews.PerPullRequest
	got := map[int]*dora.ChangeFact{}
	for _, d := range r.snapshot(dora.DefaultDefinition())["prod"].Services[0].Deployments {
		for _, c := range d.Changes {
			got[c.Number] = c
		}
	}
	compared, reviewed := 0, 0
	for _, w := range want {
		c := got[w.Number]
		if c == nil {
			continue // never shipped
		}
		compared++
		require.InDelta(t, w.FirstReviewSeconds, c.FirstReview.Sub(c.Opened).Seconds(), 0, "first review of #%d", w.Number)
		if w.FirstApprovalSeconds != nil {
			require.InDelta(t, *w.FirstApprovalSeconds, c.Approved.Sub(c.Opened).Seconds(), 0, "approval of #%d", w.Number)
		}
	}
	for _, c := range got {
		if !c.FirstReview.IsZero() {
			reviewed++
		}
	}
	assert.Equal(t, compared, reviewed, "nobody else was reviewed")
	assert.Greater(t, compared, 700)
}

func TestARecordedHistorysFailures(t *testing.T) {
	r := loadReplay(t, syntheticReplay)
	want := expected[failureExpectation](t, r, "expected-overlay.json", "")
	snapshots := r.snapshot(dora.DefaultDefinition())
	for _, environment := range []string{"prod", "prod-worker"} {
		t.Run(environment, func(t *testing.T) {
			facts := snapshots[environment].Services[0]
			assert.Len(t, facts.Deployments, want.ChangeFailure[environment].Succeeded)
			var runs, rollbacks []int64
			for _, run := range facts.FailedRuns {
				runs = append(runs, run.Event.Number)
			}
			for _, d := range facts.Deployments {
				if d.Rollback {
					rollbacks = append(rollbacks, d.Event.Number)
				}
			}
			assert.ElementsMatch(t, want.Rollbacks[environment], rollbacks)
			wantAccused := map[accusation]bool{}
			var wantRuns []int64
			for _, f := range want.Failures[environment] {
				for _, e := range f.Evidence {
					switch e.Kind {
					case "status": // a run that never succeeded: METRICS.md counts it apart
						wantRuns = append(wantRuns, f.Deployment)
					case "rollback": // METRICS.md blames what followed the restored version, not what was live
						wantAccused[accusation{r.blamed(facts, e.Rollback), dora.EvidenceRollback, e.Rollback}] = true
					case "revert":
						wantAccused[accusation{f.Deployment, dora.EvidenceRemedy, int64(e.RevertPull)}] = true
					case "hotfix": // METRICS.md skips redeploys and rollbacks on the way back from a hotfix
						wantAccused[accusation{r.mended(facts, f.Deployment), dora.EvidenceRemedy, int64(e.HotfixPull)}] = true
					case "incident":
						kind := dora.EvidenceExplicit
						for _, i := range want.Incidents {
							if i.Number == e.Issue && i.Link == "time" {
								kind = dora.EvidenceIncident
							}
						}
						wantAccused[accusation{f.Deployment, kind, e.Issue}] = true
					}
				}
			}
			assert.ElementsMatch(t, wantRuns, runs)
			assert.Len(t, runs, want.ChangeFailure[environment].NeverSucceeded)
			got := map[accusation]bool{}
			for _, d := range facts.Deployments {
				for _, e := range d.Evidence {
					got[accusation{d.Event.Number, e.Kind, r.behind(facts, e)}] = true
				}
			}
			assert.Equal(t, wantAccused, got)
		})
	}
}

// accusation is one piece of evidence: whom it is against, and the rollback, pull request or issue behind it.
type accusation struct {
	deployment int64
	kind       dora.EvidenceKind
	by         int64
}

func (r *replayed) behind(f *dora.Facts, e dora.Evidence) int64 {
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

func at(f *dora.Facts, number int64) int {
	return slices.IndexFunc(f.Deployments, func(d *dora.DeploymentFact) bool { return d.Event.Number == number })
}

// blamed is whom a rollback blames: what directly follows the last earlier deployment of the restored sha or an
// ancestor of it.
func (r *replayed) blamed(f *dora.Facts, rollback int64) int64 {
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
func (r *replayed) mended(f *dora.Facts, before int64) int64 {
	for i := at(f, before); i > 0; i-- {
		sha, previous := f.Deployments[i].Event.SHA, f.Deployments[i-1].Event.SHA
		switch {
		case sha == previous:
			continue
		case r.reach(previous)[sha]:
			return r.blamed(f, f.Deployments[i].Event.Number)
		}
		return f.Deployments[i].Event.Number
	}
	return f.Deployments[0].Event.Number
}

func TestARecordedHistorysIncidents(t *testing.T) {
	r := loadReplay(t, syntheticReplay)
	want := expected[failureExpectation](t, r, "expected-overlay.json", "")
	snapshots := r.snapshot(dora.DefaultDefinition())
	got := map[int64]*dora.IncidentFact{}
	for _, environment := range []string{"prod", "prod-worker"} {
		for _, i := range snapshots[environment].Services[0].Incidents {
			require.Nil(t, got[i.Event.Number], "no issue is two services'")
			got[i.Event.Number] = i
		}
	}
	require.Len(t, got, len(want.Incidents))
	for _, w := range want.Incidents {
		i := got[w.Number]
		require.NotNil(t, i, "#%d", w.Number)
		if w.Deployment == nil {
			assert.Nil(t, i.Linked, "#%d is far from any deployment", w.Number)
			continue
		}
		require.NotNil(t, i.Linked, "#%d", w.Number)
		assert.Equal(t, *w.Deployment, i.Linked.Event.Number, "#%d, by %s", w.Number, w.Link)
		assert.Equal(t, w.Link != "time", i.By == dora.EvidenceExplicit, "#%d, by %s", w.Number, w.Link)
	}
}

func TestARecordedHistorysRecoveries(t *testing.T) {
	r := loadReplay(t, syntheticReplay)
	want := expected[failureExpectation](t, r, "expected-overlay.json", "")
	snapshots := r.snapshot(dora.DefaultDefinition())
	for _, environment := range []string{"prod", "prod-worker"} {
		facts := snapshots[environment].Services[0]
		ends := map[int64][]time.Time{}
		open := map[int64]bool{}
		closed := map[int64]time.Time{}
		for _, f := range want.Failures[environment] {
			for _, e := range f.Evidence {
				failed := f.Deployment
				switch e.Kind {
				case "status":
					continue
				case "rollback":
					failed = r.blamed(facts, e.Rollback)
				case "hotfix":
					failed = r.mended(facts, failed)
				case "incident":
					if e.RecoveredAt == nil {
						open[failed] = true
					} else if e.RecoveredAt.After(closed[failed]) {
						closed[failed] = *e.RecoveredAt
					}
					continue
				}
				ends[failed] = append(ends[failed], *e.RecoveredAt)
			}
		}
		for failed, at := range closed {
			if !open[failed] {
				ends[failed] = append(ends[failed], at)
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
			require.NotNil(t, d.Recovered, "%d", d.Event.Number)
			assert.True(t, all[0].Equal(d.Recovered.At), "%d recovered %s, not %s", d.Event.Number, d.Recovered.At, all[0])
		}
		samples := snapshots[environment].Ask(dora.Question{
			Metric: dora.RecoveryTime, Statistic: dora.N, Now: replayEnd, Spans: []dora.Span{{Start: replayBegin, End: replayEnd}},
		})
		assert.Equal(t, recovered, samples[0].Points[0].N)
		assert.Positive(t, recovered)
	}
}

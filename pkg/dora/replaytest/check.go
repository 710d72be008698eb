package replaytest

import (
	"encoding/json"
	"slices"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Check derives facts from events, which are to be those of the history however they were collected, and compares them
// with the values beside it: contents, lead times, percentiles and months of every environment that has values; with an
// overlay also failures, recoveries, incidents and reviews.
func (r *History) Check(t *testing.T, events []dora.Event) {
	h := facts.NewDeriver(dora.Mapping{Services: r.Services()})
	h.Apply(events...)
	file, environments := "expected.json", []string{"internal-dev", "prod"}
	if r.Overlay {
		file, environments = "expected-overlay.json", []string{"prod", "prod-worker"}
	}
	var values map[string]json.RawMessage
	r.decode(t, file, &values)
	for _, name := range environments {
		var want environment
		require.NoError(t, json.Unmarshal(values[name], &want))
		t.Run(name+" is deployed as git says", func(t *testing.T) { r.checkDeployments(t, h, name, &want) })
		if want.Deployments != nil {
			t.Run(name+" has git's percentiles", func(t *testing.T) { r.checkPercentiles(t, h, name, &want) })
			t.Run(name+" ships the main line's own commits", func(t *testing.T) { r.checkPlainChanges(t, h, name) })
		}
	}
	if !r.Overlay {
		return
	}
	var want overlay
	r.decode(t, file, &want)
	snapshots := r.snapshots(h, dora.DefaultDefinition())
	t.Run("months are London's", func(t *testing.T) { r.checkLondon(t, snapshots, &want) })
	t.Run("reviews are those of others", func(t *testing.T) { r.checkReviews(t, snapshots, &want) })
	r.checkOverlay(t, snapshots, &want)
}

// CheckIncidents is Check of what incidents decide, for a system that tells of nothing else: which deployment each is held
// against, and the failures and recoveries that follow. The history has to have an overlay.
func (r *History) CheckIncidents(t *testing.T, events []dora.Event) {
	t.Helper()
	h := facts.NewDeriver(dora.Mapping{Services: r.Services()})
	h.Apply(events...)
	var want overlay
	r.decode(t, "expected-overlay.json", &want)
	r.checkOverlay(t, r.snapshots(h, dora.DefaultDefinition()), &want)
}

func (r *History) checkOverlay(t *testing.T, snapshots map[string]*facts.Snapshot, want *overlay) {
	t.Helper()
	t.Run("incidents", func(t *testing.T) { checkIncidents(t, snapshots, want) })
	for _, name := range []string{"prod", "prod-worker"} {
		t.Run("failures of "+name, func(t *testing.T) { r.checkFailures(t, snapshots[name], name, want) })
	}
}

// withBots is the definition that the expected values were worked out with.
func withBots(unit dora.Unit) dora.Definition {
	def := dora.DefaultDefinition()
	def.Unit, def.Bots.LeadTime = unit, dora.Include
	return def
}

func (r *History) checkDeployments(t *testing.T, h *facts.Deriver, name string, want *environment) {
	snapshot := r.snapshots(h, withBots(dora.UnitPullRequest))[name]
	assert.Equal(t, want.DeploymentsPerMonth, r.perMonth(t, snapshot, dora.DeploymentFrequency, dora.CountOf, time.UTC))
	if want.Deployments == nil {
		return // of this environment only the counts were worked out
	}

	derived := snapshot.Services[0]
	require.Len(t, derived.Deployments, len(want.Deployments))
	leads := map[int]*facts.Change{}
	shipped := derived.Shipments()
	for i, d := range derived.Deployments {
		w := want.Deployments[i]
		require.Equal(t, w.Deployment, d.Event.Number)
		require.True(t, w.SucceededAt.Equal(d.Finished))
		require.Equal(t, w.NewCommits, d.Commits, "commits of %d", w.Deployment)
		require.Equal(t, w.LeadTimeSamples, !d.First)
		numbers := []int{}
		for _, c := range shipped.Of(d) {
			numbers = append(numbers, c.Number)
			leads[c.Number] = c
		}
		sort.Ints(numbers)
		require.Equal(t, w.NewPullRequests, numbers, "pull requests of %d", w.Deployment)
	}
	for _, w := range want.PullRequestLeadTimes {
		got := leads[w.Number]
		require.True(t, w.FirstAuthoredAt.Equal(got.FirstCommit), "first commit of #%d", w.Number)
		if w.LeadSeconds < 0 {
			require.Equal(t, facts.ReasonNegative, got.Excluded, "#%d", w.Number)
			continue
		}
		require.Empty(t, got.Excluded, "#%d", w.Number)
		require.InDelta(t, w.LeadSeconds, got.Lead.Seconds(), 0, "lead time of #%d", w.Number)
	}
	notShipped := derived.Unmeasured[facts.ReasonNotOnMainLine] + len(derived.Waiting)
	assert.Equal(t, len(want.NeverShipped), notShipped)
}

func (r *History) checkPercentiles(t *testing.T, h *facts.Deriver, name string, want *environment) {
	check := func(unit dora.Unit, overall summary, months map[string]summary) {
		snapshot := r.snapshots(h, withBots(unit))[name]
		for statistic, of := range map[dora.Statistic]func(summary) float64{
			dora.N:      func(s summary) float64 { return s.Count },
			dora.Median: func(s summary) float64 { return s.MedianSeconds },
			dora.P75:    func(s summary) float64 { return s.P75Seconds },
			dora.P90:    func(s summary) float64 { return s.P90Seconds },
		} {
			whole := figures.Ask(snapshot, figures.Question{
				Metric: dora.LeadTime, Statistic: statistic, Now: r.end, Spans: []figures.Span{{Start: r.begin, End: r.end}},
			})
			if overall.Count > 0 || statistic == dora.N {
				require.InDelta(t, of(overall), *whole[0].Points[0].Value, 1e-6, "%s %s", unit, statistic)
			} else {
				require.Nil(t, whole[0].Points[0].Value)
			}
			got := r.perMonth(t, snapshot, dora.LeadTime, statistic, time.UTC)
			require.Len(t, got, len(months))
			for month, s := range months {
				require.InDelta(t, of(s), got[month], 1e-6, "%s %s %s", unit, statistic, month)
			}
		}
	}
	check(dora.UnitPullRequest, want.PullRequestLeadTime.Overall, want.PullRequestLeadTime.PerMonth)
	check(dora.UnitCommit, want.CommitLeadTime.Overall, want.CommitLeadTime.PerMonth)
}

// perMonth is a statistic of the months that have anything, by YYYY-MM in a zone.
func (r *History) perMonth(t *testing.T, s *facts.Snapshot, metric dora.Metric, statistic dora.Statistic, zone *time.Location) map[string]float64 {
	t.Helper()
	series := figures.Ask(s, figures.Question{Metric: metric, Statistic: statistic, Now: r.end, Spans: figures.Month.Spans(r.begin.In(zone), r.end, zone)})
	require.Len(t, series, 1)
	months := map[string]float64{}
	for _, p := range series[0].Points {
		if p.N > 0 {
			months[p.Start.In(zone).Format("2006-01")] = *p.Value
		}
	}
	return months
}

// checkPlainChanges compares the changes that were no pull request with what the recording knows of how each pull
// request landed. Where a rebase begins the recording guesses from subjects, and guesses short where the branch had a
// merge commit or a subject that names an issue; so a commit that keeps the author date of a rebased one may be either.
func (r *History) checkPlainChanges(t *testing.T, h *facts.Deriver, name string) {
	plain, rebased := r.plain()
	shipped := map[string]bool{}
	facts := r.snapshots(h, withBots(dora.UnitChange))[name].Services[0]
	shippedBy := facts.Shipments()
	for _, d := range facts.Deployments {
		var want, got []string
		for _, c := range shippedBy.Of(d) {
			if c.Number == 0 {
				got = append(got, c.SHA)
			}
		}
		for _, sha := range r.fresh(d.Event.SHA, shipped) {
			if plain[sha] && (!rebased[r.authored[sha]] || slices.Contains(got, sha)) {
				want = append(want, sha)
			}
		}
		require.ElementsMatch(t, want, got, "commits of %d without a pull request", d.Event.Number)
	}
}

// plain are the commits of the main line that no pull request brought, and the author dates of those that a rebase
// brought.
func (r *History) plain() (plain map[string]bool, rebased map[time.Time]bool) {
	plain, rebased = map[string]bool{}, map[time.Time]bool{}
	owned := map[string]bool{}
	for _, p := range r.pulls {
		owned[p.MergeCommit] = true
		for _, sha := range p.Commits {
			owned[sha] = true
			if p.Kind == "rebase" {
				rebased[r.authored[sha]] = true
			}
		}
		if p.Kind == "rebase" {
			for sha := p.MergeCommit; sha != p.BaseRefOID && len(r.parents[sha]) > 0; sha = r.parents[sha][0] {
				owned[sha] = true
			}
		}
	}
	for sha := r.head; ; sha = r.parents[sha][0] {
		if !owned[sha] {
			plain[sha] = true
		}
		if len(r.parents[sha]) == 0 {
			return plain, rebased
		}
	}
}

// reach is a commit and everything below it.
func (r *History) reach(sha string) map[string]bool {
	reached := map[string]bool{}
	r.fresh(sha, reached)
	return reached
}

// fresh is a commit and everything below it as far as nothing was met before; it is met then. What lies below what was met was
// met as well.
func (r *History) fresh(sha string, met map[string]bool) (found []string) {
	if met[sha] {
		return nil
	}
	met[sha] = true
	found = []string{sha}
	for i := 0; i < len(found); i++ {
		for _, p := range r.parents[found[i]] {
			if !met[p] {
				met[p] = true
				found = append(found, p)
			}
		}
	}
	return found
}

func (r *History) checkLondon(t *testing.T, snapshots map[string]*facts.Snapshot, want *overlay) {
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	require.Len(t, want.DeploymentsPerMonthLondon, 2)
	for name, months := range want.DeploymentsPerMonthLondon {
		assert.Equal(t, months, r.perMonth(t, snapshots[name], dora.DeploymentFrequency, dora.CountOf, london), name)
	}
}

func (r *History) checkReviews(t *testing.T, snapshots map[string]*facts.Snapshot, want *overlay) {
	got := map[int]*facts.Change{}
	facts := snapshots["prod"].Services[0]
	shipped := facts.Shipments()
	for _, d := range facts.Deployments {
		for _, c := range shipped.Of(d) {
			got[c.Number] = c
		}
	}
	compared, reviewed := 0, 0
	for _, w := range want.Reviews.PerPullRequest {
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
	assert.Positive(t, compared)
}

func checkIncidents(t *testing.T, snapshots map[string]*facts.Snapshot, want *overlay) {
	got := map[int64]*facts.Incident{}
	for _, name := range []string{"prod", "prod-worker"} {
		for _, i := range snapshots[name].Services[0].Incidents {
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
		if assert.NotNil(t, i.Linked, "#%d", w.Number) {
			assert.Equal(t, *w.Deployment, i.Linked.Event.Number, "#%d, by %s", w.Number, w.Link)
			assert.Equal(t, w.Link != "time", i.By == dora.EvidenceExplicit, "#%d, by %s", w.Number, w.Link)
		}
	}
}

func at(f *facts.Service, number int64) int {
	return slices.IndexFunc(f.Deployments, func(d *facts.Deployment) bool { return d.Event.Number == number })
}

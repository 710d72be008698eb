package figures_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// count asks how many deployments there were in a stretch of time.
func count(t *testing.T, s *facts.Snapshot, from, to time.Time) float64 {
	t.Helper()
	points := figures.Ask(s, figures.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: to, Spans: []figures.Span{{Start: from, End: to}},
	})[0].Points
	require.NotNil(t, points[0].Value)
	return *points[0].Value
}

func TestAHistoryThatRunsInACircleIsReadOnce(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("a")
	repo.Commit("b")
	repo.Commit("c")
	repo.Commits["a"].Parents = []string{doratest.SHA("c")} // which git cannot make
	for n, version := range []string{"a", "b", "c", "a", "c"} {
		repo.Deploy("production", version, doratest.Hour(float64(n+1)))
	}
	s := repo.Snapshot()
	require.Len(t, s.Services, 1)
	commits := 0
	for _, d := range s.Services[0].Deployments {
		commits += d.Commits
	}
	assert.Equal(t, 3, commits, "each commit ships once")
	assert.InDelta(t, 5, count(t, s, doratest.Monday, doratest.Monday.AddDate(0, 0, 1)), 0)
}

func TestAHistoryWithHolesIsCountedAsUnknownNotGuessed(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("a")
	repo.Commit("b").Parents = []string{doratest.SHA("never collected")}
	repo.Deploy("production", "a", doratest.Hour(1))
	repo.Deploy("production", "b", doratest.Hour(2))
	s := repo.Snapshot()
	assert.Equal(t, 1, s.Services[0].Unmeasured[facts.ReasonUnknownCommit])
	assert.InDelta(t, 2, count(t, s, doratest.Monday, doratest.Monday.AddDate(0, 0, 1)), 0)
}

func TestTimesBefore1970AndInTheFutureFallIntoTheirBuckets(t *testing.T) {
	repo := doratest.Versions(t)
	var years []int
	for _, at := range []time.Time{
		time.Date(1, 1, 1, 0, 0, 0, 1e6, time.UTC), time.Date(1066, 10, 14, 9, 0, 0, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC),
		time.Date(2150, 2, 28, 0, 0, 0, 0, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
	} {
		repo.Deploy("production", "V1", at)
		years = append(years, at.Year())
	}
	s := repo.Snapshot()
	for _, year := range years {
		from := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		assert.InDelta(t, 1, count(t, s, from, from.AddDate(1, 0, 0)), 0, "%d", year)
	}
	assert.Equal(t, 1, s.Earliest.Year())
	assert.Equal(t, 9999, s.Latest.Year())
	q := figures.Question{
		Metric: dora.LeadTime, Statistic: dora.Median, Bucket: figures.Quarter, Rolling: figures.Window{Buckets: 8}, Now: doratest.Monday,
		Spans: figures.Quarter.Spans(time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC), time.UTC),
	}
	assert.Len(t, figures.Ask(s, q)[0].Points, 960)
}

func TestAServiceWithOneDeployment(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Hour(1))
	s := repo.Snapshot()
	for _, metric := range dora.Metrics {
		for _, statistic := range metric.Statistics {
			for _, window := range []figures.Window{{}, {Days: 28}} {
				series := figures.Ask(s, figures.Question{Metric: metric.Key, Statistic: statistic, Bucket: figures.Day, Rolling: window, Spans: days(3), Now: doratest.Monday.AddDate(0, 0, 9)})
				require.Len(t, series, 1)
				require.Len(t, series[0].Points, 3)
			}
		}
	}
	assert.InDelta(t, 1, count(t, s, doratest.Monday, doratest.Monday.AddDate(0, 0, 1)), 0)
}

// inOneSecond are deployments of versions that go back and forth, all finished in one second.
func inOneSecond(n int) []dora.Event {
	var events []dora.Event
	header := func(id string) dora.Header { return dora.Header{Source: "github", ID: "acme/api:" + id} }
	parent := ""
	for i := range n {
		c := &dora.Commit{Header: header(fmt.Sprint("commit:", i)), Repository: "acme/api", SHA: doratest.SHA(fmt.Sprint(i)), Authored: doratest.Monday, Committed: doratest.Monday, Author: "dev-01"}
		if parent != "" {
			c.Parents = []string{parent}
		}
		parent = c.SHA
		events = append(events, c)
	}
	for i := range n {
		version := i
		if i%2 == 1 {
			version = max(0, n-2*i) // ever further back
		}
		at := doratest.Monday.Add(time.Duration(i) * time.Second / time.Duration(n))
		events = append(events, &dora.Deployment{
			Header: header(fmt.Sprint("deployment:", i)), Repository: "acme/api", Number: int64(i), Environment: "production", SHA: doratest.SHA(fmt.Sprint(version)),
			Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
		})
	}
	return append(events, &dora.Repository{Header: header("repository"), Name: "acme/api", DefaultBranch: "main", HeadSHA: parent})
}

func TestAThousandDeploymentsInOneSecondKeepTheirOrder(t *testing.T) {
	s := doratest.SnapshotOf(dora.Mapping{Production: dora.DefaultProduction}, dora.DefaultDefinition(), inOneSecond(1000))
	deployments := s.Services[0].Deployments
	require.Len(t, deployments, 1000)
	for i, d := range deployments {
		require.Equal(t, int64(i), d.Event.Number)
	}
	assert.InDelta(t, 1000, count(t, s, doratest.Monday, doratest.Monday.Add(time.Second)), 0)
	per := figures.Ask(s, figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.PerDay, Spans: days(1), Now: doratest.Hour(99)})[0].Points[0]
	assert.InDelta(t, 1000, *per.Value, 0)
}

// allocated is how often a work allocates: what is done for each of many things shows in it, however busy the machine.
func allocated(work func()) float64 { return testing.AllocsPerRun(1, work) }

func TestWorkGrowsWithWhatThereIsAndNoFaster(t *testing.T) {
	derive := func(n int) float64 {
		h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
		h.Apply(inOneSecond(n)...)
		def := dora.DefaultDefinition()
		return allocated(func() {
			def.IncidentWindow++
			h.Derive(def)
		})
	}
	assert.Less(t, derive(2000)/derive(500), 6.0, "four times the deployments")
}

// manyServices are services with one deployment each.
func manyServices(n int) (h *facts.Deriver, next func() []dora.Event) {
	size := large.Size{Services: n, Deployments: 1, Changes: 1, Months: 1, Every: 2}
	h = facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	var one *large.Service
	for number := range n {
		one = size.Service(number)
		for e := range one.Events() {
			h.Apply(e)
		}
	}
	at := size.End()
	return h, func() []dora.Event {
		at = at.Add(time.Minute)
		return one.Deploy(at)
	}
}

func TestTenThousandServices(t *testing.T) {
	const services = 10_000
	h, next := manyServices(services)
	def := dora.DefaultDefinition()
	before := h.Derive(def)
	require.Len(t, before.Services, services)
	q := figures.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Bucket: figures.Day, GroupBy: []dora.Field{dora.ByService}, Limit: 1000,
		Spans: figures.Day.Spans(large.Begin, large.Begin.AddDate(0, 1, 0), time.UTC), Now: large.Begin.AddDate(0, 1, 0),
	}
	answer := figures.Of(before, q)
	assert.Len(t, answer.Series, 1000)
	assert.Equal(t, services-1000, answer.Omitted)
	assert.InDelta(t, services, count(t, before, large.Begin, large.Begin.AddDate(0, 1, 0)), 0)

	h.Apply(next()...)
	after := h.Derive(def)
	changed := 0
	for i := range after.Services {
		if after.Services[i] != before.Services[i] {
			changed++
		}
	}
	assert.Equal(t, 1, changed, "only the service that deployed is derived again")
}

func TestADeploymentCostsTheSameAmongManyServices(t *testing.T) {
	arrive := func(services int) float64 {
		h, next := manyServices(services)
		def := dora.DefaultDefinition()
		h.Derive(def)
		return allocated(func() {
			h.Apply(next()...)
			h.Derive(def)
		})
	}
	assert.Less(t, arrive(2000)/arrive(200), 1.5, "ten times the services")
}

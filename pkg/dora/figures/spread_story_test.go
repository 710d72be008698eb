package figures_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// fleet is so many services, of which the first is deployed once a day, the second twice, and so on, from the second day on.
func fleet(t *testing.T, services int) *facts.Snapshot {
	t.Helper()
	repo := doratest.Versions(t)
	repo.Mapping.Services = nil
	repo.Deploy("elsewhere", "V1", doratest.Monday)
	for i := range services {
		environment := fmt.Sprintf("e%d", i)
		rule := dora.DeploymentRule{Source: "github", Repository: repo.Repository, Environment: dora.MustPattern("^" + environment + "$")}
		repo.Mapping.Services = append(repo.Mapping.Services, dora.Service{Name: environment, Deployments: []dora.DeploymentRule{rule}})
		for day := 1; day < 3; day++ {
			for n := range i + 1 {
				repo.Deploy(environment, "V1", doratest.Hour(float64(24*day+n)))
			}
		}
	}
	return repo.Snapshot()
}

func spread(s *facts.Snapshot, metric dora.Metric, statistic dora.Statistic, filters ...dora.Filter) figures.Spread {
	return figures.SpreadOf(s, figures.Question{Metric: metric, Statistic: statistic, Spans: days(3), Filters: filters, Now: doratest.Hour(24 * 30)})
}

func TestASpreadIsTheQuartilesOfTheServicesOwnFigures(t *testing.T) {
	found := spread(fleet(t, 6), dora.DeploymentFrequency, dora.CountOf)
	require.Len(t, found.Quartiles, 3)
	for i, want := range []float64{2.25, 3.5, 4.75} { // of 1 to 6
		assert.Equal(t, []any{nil, want, want}, values(found.Quartiles[i]))
		assert.Equal(t, map[string]string{figures.QuartileLabel: figures.Quartiles[i].Name}, found.Quartiles[i].Labels, "no name of a service")
		assert.Equal(t, 6, found.Quartiles[i].Points[1].N, "services, not deployments")
	}
}

func TestAServiceIsInASpreadFromItsFirstDeploymentOn(t *testing.T) {
	found := spread(fleet(t, 6), dora.DeploymentFrequency, dora.CountOf)
	assert.Equal(t, []any{0.0, 6.0, 6.0}, values(found.Counted[0]))
	assert.Equal(t, []any{0.0, 0.0, 0.0}, values(found.Counted[1]), "a count is one of no events too")
	assert.Equal(t, []any{6.0, 0.0, 0.0}, values(found.Counted[2]), "before it was there, it was not deployed 0 times")
}

func TestThereAreNoQuartilesOfSoFewServicesThatOneCanBeNamed(t *testing.T) {
	found := spread(fleet(t, 4), dora.DeploymentFrequency, dora.CountOf)
	for _, quartile := range found.Quartiles {
		assert.Equal(t, []any{nil, nil, nil}, values(quartile))
		assert.Equal(t, 4, quartile.Points[1].N)
	}
	few := spread(fleet(t, 6), dora.DeploymentFrequency, dora.CountOf, dora.NewFilter(dora.ByService, false, []string{"e1", "e2"}))
	assert.Equal(t, []any{nil, nil, nil}, values(few.Quartiles[1]), "a filter does not show one either")
	assert.Equal(t, []any{0.0, 2.0, 2.0}, values(few.Counted[0]))
}

func TestAServiceWhoseFigureRestsOnFewEventsIsToldApart(t *testing.T) {
	found := spread(fleet(t, 16), dora.ChangeFailureRate, dora.RatioOf)
	assert.Equal(t, []any{0.0, 7.0, 7.0}, values(found.Counted[0]), "those of 10 deployments and more")
	assert.Equal(t, []any{0.0, 9.0, 9.0}, values(found.Counted[1]))
	assert.Equal(t, []any{16.0, 0.0, 0.0}, values(found.Counted[2]))
	assert.Equal(t, []any{nil, 0.0, 0.0}, values(found.Quartiles[1]))
	assert.False(t, found.Quartiles[1].HasCases(), "they are of services: nothing failed among these")
}

// The naive reading asks of each service by its name.
func TestASpreadAgreesWithTheNaiveReading(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		snapshot := doratest.SnapshotOf(doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw).Events)
		row := doratest.OneOf(draw, "metric", dora.Metrics...)
		q := doratest.Question(row.Key, doratest.OneOf(draw, "statistic", row.Statistics...))
		found := figures.SpreadOf(snapshot, q)
		q.GroupBy = []dora.Field{dora.ByService}
		services := figures.Ask(snapshot, q)
		first := q
		first.Metric, first.Statistic = dora.DeploymentFrequency, dora.CountOf
		for point := range q.Spans {
			var own []float64
			few := 0
			for _, each := range services {
				before := first
				before.Spans = []figures.Span{{Start: doratest.Monday.AddDate(-9, 0, 0), End: q.Spans[point].End}}
				before.Filters = []dora.Filter{dora.NewFilter(dora.ByService, false, []string{each.Labels["service"]})}
				p := each.Points[point]
				switch {
				case p.Value == nil || figures.Ask(snapshot, before)[0].Points[0].N == 0:
				case p.N < figures.Enough[q.Statistic]:
					few++
				default:
					own = append(own, *p.Value)
				}
			}
			slices.Sort(own)
			require.InDelta(t, float64(len(own)), *found.Counted[0].Points[point].Value, 0)
			require.InDelta(t, float64(few), *found.Counted[1].Points[point].Value, 0)
			require.InDelta(t, float64(len(services)-len(own)-few), *found.Counted[2].Points[point].Value, 0)
			for i, quartile := range figures.Quartiles {
				got := found.Quartiles[i].Points[point]
				require.Equal(t, len(own), got.N)
				if len(own) < figures.EnoughServices {
					require.Nil(t, got.Value)
					continue
				}
				at := quartile.Share * float64(len(own)-1)
				low, high := own[int(math.Floor(at))], own[int(math.Ceil(at))]
				require.InDelta(t, low+(high-low)*(at-math.Floor(at)), *got.Value, 1e-6)
			}
		}
	})
}

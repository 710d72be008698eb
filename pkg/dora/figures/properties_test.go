package figures_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

func TestRatiosLieBetweenNothingAndAll(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		snapshot := doratest.SnapshotOf(doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw).Events)
		for _, metric := range []dora.Metric{dora.ChangeFailureRate, dora.ReworkRate} {
			for _, series := range figures.Ask(snapshot, doratest.Question(metric, dora.RatioOf)) {
				for _, p := range series.Points {
					require.LessOrEqual(t, p.K, p.N)
					if p.N == 0 {
						require.Nil(t, p.Value, "no deployment is no ratio, never 0")
						continue
					}
					require.InDelta(t, float64(p.K)/float64(p.N), *p.Value, 1e-12)
				}
			}
		}
	})
}

func TestGroupingThenFilteringIsFilteringThenGrouping(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		def := doratest.DrawDefinition(draw)
		snapshot := doratest.SnapshotOf(doratest.DrawMapping(draw), def, doratest.DrawWorld(draw).Events)
		field := doratest.OneOf(draw, "field", dora.ByService, dora.ByTeam, dora.ByEnvironment, dora.ByRepository)
		metric := doratest.OneOf(draw, "metric", dora.Metrics...)
		statistic := doratest.OneOf(draw, "statistic", append([]dora.Statistic{dora.N, dora.K}, metric.Statistics...)...)
		grouped := doratest.Question(metric.Key, statistic)
		grouped.GroupBy = []dora.Field{field}
		for _, group := range figures.Ask(snapshot, grouped) {
			filtered := grouped
			filtered.Filters = []dora.Filter{{Field: field, Values: []string{group.Labels[string(field)]}}}
			alone := figures.Ask(snapshot, filtered)
			require.Len(t, alone, 1)
			require.Equal(t, group, alone[0])

			ungrouped := filtered
			ungrouped.GroupBy = nil
			require.Equal(t, group.Points, figures.Ask(snapshot, ungrouped)[0].Points)
		}
	})
}

func TestGroupsAddUpToTheWhole(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		snapshot := doratest.SnapshotOf(doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw).Events)
		metric := doratest.OneOf(draw, "metric", dora.Metrics...).Key
		whole := figures.Ask(snapshot, doratest.Question(metric, dora.N))
		q := doratest.Question(metric, dora.N)
		q.GroupBy = []dora.Field{dora.ByService}
		sums := make([]int, len(q.Spans))
		for _, series := range figures.Ask(snapshot, q) {
			for i, p := range series.Points {
				sums[i] += p.N
			}
		}
		for _, series := range whole {
			for i, p := range series.Points {
				require.Equal(t, sums[i], p.N)
			}
		}
	})
}

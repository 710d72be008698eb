package dora_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestAnyOrderOfArrivalAndAnySplittingGivesTheSameFacts(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		mapping, def, w := drawMapping(draw), drawDefinition(draw), drawWorld(draw)
		h := dora.NewHistory(mapping)
		h.Apply(w.events...)
		want := tell(h.Derive(def))

		shuffled := slices.Clone(w.events)
		for i := range shuffled {
			j := draw("order", i, len(shuffled)-1)
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		}
		pieces := dora.NewHistory(mapping)
		pieces.KeepAwake(draw("awake", 0, 60))
		pieces.Derive(def)
		for _, e := range shuffled {
			pieces.Apply(e)
			if draw("derive in between", 0, 4) == 4 {
				pieces.Derive(def)
			}
		}
		pieces.Apply(shuffled[0])
		sameStory(t, w, want, tell(pieces.Derive(def)))
	})
}

func TestStagesSumToLeadTime(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		def := drawDefinition(draw)
		forEachChange(snapshotOf(drawMapping(draw), def, drawWorld(draw).events), func(d *dora.DeploymentFact, c *dora.ChangeFact) {
			if c.Excluded != "" {
				return
			}
			var sum time.Duration
			for stage := dora.StageCoding; stage <= dora.StageDeploy; stage++ {
				if length, ok := c.Stages.Of(stage); ok {
					assert.GreaterOrEqual(t, length, time.Duration(0))
					sum += length
				}
			}
			assert.Equal(t, c.Lead, sum)
			assert.False(t, d.First)
		})
	})
}

func TestRatiosLieBetweenNothingAndAll(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		snapshot := snapshotOf(drawMapping(draw), drawDefinition(draw), drawWorld(draw).events)
		for _, metric := range []dora.Metric{dora.ChangeFailureRate, dora.ReworkRate} {
			for _, series := range snapshot.Ask(question(metric, dora.RatioOf)) {
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
	forDrawn(t, func(t rapid.TB, draw chooser) {
		def := drawDefinition(draw)
		snapshot := snapshotOf(drawMapping(draw), def, drawWorld(draw).events)
		field := oneOf(draw, "field", dora.ByService, dora.ByTeam, dora.ByEnvironment, dora.ByRepository)
		metric := oneOf(draw, "metric", dora.Metrics...)
		statistic := oneOf(draw, "statistic", append([]dora.Statistic{dora.N, dora.K}, metric.Statistics...)...)
		grouped := question(metric.Key, statistic)
		grouped.GroupBy = []dora.Field{field}
		for _, group := range snapshot.Ask(grouped) {
			filtered := grouped
			filtered.Filters = []dora.Filter{{Field: field, Values: []string{group.Labels[string(field)]}}}
			alone := snapshot.Ask(filtered)
			require.Len(t, alone, 1)
			require.Equal(t, group, alone[0])

			ungrouped := filtered
			ungrouped.GroupBy = nil
			require.Equal(t, group.Points, snapshot.Ask(ungrouped)[0].Points)
		}
	})
}

func TestGroupsAddUpToTheWhole(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		snapshot := snapshotOf(drawMapping(draw), drawDefinition(draw), drawWorld(draw).events)
		metric := oneOf(draw, "metric", dora.Metrics...).Key
		whole := snapshot.Ask(question(metric, dora.N))
		q := question(metric, dora.N)
		q.GroupBy = []dora.Field{dora.ByService}
		sums := make([]int, len(q.Spans))
		for _, series := range snapshot.Ask(q) {
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

func TestWhatHappensElsewhereChangesNothingHere(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		def, w := drawDefinition(draw), drawWorld(draw)
		w.events = slices.DeleteFunc(w.events, func(e dora.Event) bool { // a person may hold one service's incident against another
			c, ok := e.(*dora.Correction)
			return ok && c.Verdict == dora.VerdictLinked
		})
		api := dora.Service{
			Name:        "api",
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/api"}},
			Incidents:   []dora.IncidentRule{{Source: "github", Repository: "acme/api"}},
		}
		web := dora.Service{
			Name:        "web",
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/web"}},
			Incidents:   []dora.IncidentRule{{Source: "github", Repository: "acme/web"}},
		}
		var here []dora.Event
		for _, e := range w.events {
			if i, ok := e.(*dora.Incident); ok {
				i.Body = "An incident's text may name what belongs to others."
			}
			if strings.HasPrefix(e.Head().ID, "acme/api") {
				here = append(here, e)
			}
		}
		production := dora.MustPattern("^production$")
		alone := snapshotOf(dora.Mapping{Services: []dora.Service{api}, Production: production}, def, here)
		among := snapshotOf(dora.Mapping{Services: []dora.Service{api, web}, Production: production}, def, w.events)
		require.Equal(t, "api", among.Services[0].Service.Name)
		one := *among
		one.Services = among.Services[:1]
		sameStory(t, w, tell(alone), tell(&one))
	})
}

// question asks about the drawn weeks, day by day.
func question(metric dora.Metric, statistic dora.Statistic) dora.Question {
	from := worldStart.AddDate(0, 0, -3)
	return dora.Question{
		Metric: metric, Statistic: statistic, Now: worldStart.AddDate(0, 0, 20),
		Spans: dora.Day.Spans(from, from.AddDate(0, 0, 20), time.UTC),
	}
}

func snapshotOf(mapping dora.Mapping, def dora.Definition, events []dora.Event) *dora.Snapshot {
	h := dora.NewHistory(mapping)
	h.Apply(events...)
	return h.Derive(def)
}

func forEachChange(s *dora.Snapshot, look func(*dora.DeploymentFact, *dora.ChangeFact)) {
	for _, f := range s.Services {
		shipments := f.Shipments()
		for _, d := range f.Deployments {
			for _, c := range shipments.Of(d) {
				look(d, c)
			}
		}
	}
}

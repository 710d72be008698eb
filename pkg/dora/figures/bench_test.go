package figures_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

func BenchmarkLarge(b *testing.B) {
	if testing.Short() {
		b.Skip("100,000 deployments and 1,000,000 changes")
	}
	var begin, end runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&begin)
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	started := time.Now()
	services := make([]*large.Service, large.L.Services)
	for i := range services {
		services[i] = large.L.Service(i)
		for e := range services[i].Events() {
			h.Apply(e)
		}
	}
	applied := time.Now()
	definition := dora.DefaultDefinition()
	snapshot := h.Derive(definition)
	derived := time.Now()
	require.Len(b, snapshot.Services, large.L.Services)
	runtime.GC()
	runtime.ReadMemStats(&end)
	b.Logf("applied in %s, derived in %s, heap %d MB", applied.Sub(started), derived.Sub(applied), (end.HeapAlloc-begin.HeapAlloc)>>20)

	one := []dora.Filter{{Field: dora.ByService, Values: []string{large.Name(7)}}}
	ask := func(q figures.Question, metrics ...dora.Metric) func(*testing.B) {
		return func(b *testing.B) {
			q.Now = large.L.End()
			q.Spans = q.Bucket.Spans(large.Begin, large.L.End(), time.UTC)
			for b.Loop() {
				for _, q.Metric = range metrics {
					if q.Statistic == "" || len(metrics) > 1 {
						q.Statistic = q.Metric.Row().Statistics[0]
					}
					require.NotEmpty(b, figures.Ask(snapshot, q))
				}
			}
		}
	}
	five := []dora.Metric{dora.DeploymentFrequency, dora.LeadTime, dora.ChangeFailureRate, dora.RecoveryTime, dora.ReworkRate}
	b.Run("one service, weekly median lead time", ask(figures.Question{Bucket: figures.Week, Filters: one}, dora.LeadTime))
	b.Run("one service, five metrics monthly", ask(figures.Question{Bucket: figures.Month, Filters: one}, five...))
	b.Run("everything, five metrics monthly", ask(figures.Question{Bucket: figures.Month}, five...))
	b.Run("200 services, weekly median lead time", ask(figures.Question{Bucket: figures.Week, GroupBy: []dora.Field{dora.ByService}}, dora.LeadTime))
	b.Run("everything, 28 days rolling, daily median lead time", ask(figures.Question{Bucket: figures.Day, Rolling: figures.Window{Days: 28}}, dora.LeadTime))
	b.Run("everything, 28 days rolling, daily failure rate", ask(figures.Question{Bucket: figures.Day, Rolling: figures.Window{Days: 28}}, dora.ChangeFailureRate))
	b.Run("a deployment arrives, its service is derived again", func(b *testing.B) {
		at := large.L.End()
		for b.Loop() {
			at = at.Add(time.Minute)
			h.Apply(services[7].Deploy(at)...)
			h.Derive(definition)
		}
	})
}

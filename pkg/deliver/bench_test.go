package deliver_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/deliver"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/sink/influxdb"
	"github.com/livedora/dora-datasource/pkg/sink/influxdbtest"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// BenchmarkLarge delivers the figures of 100,000 deployments and 1,000,000 changes of 200 services to InfluxDB: all of them, none
// that changed, and those of a deployment that arrives.
func BenchmarkLarge(b *testing.B) {
	server, err := influxdbtest.Start(b.Context(), influxdbtest.Options{})
	require.NoError(b, err)
	defer func() { require.NoError(b, server.Stop()) }()
	database, err := server.Database(b.Context())
	require.NoError(b, err)
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	services := make([]*large.Service, large.L.Services)
	for i := range services {
		services[i] = large.L.Service(i)
		for e := range services[i].Events() {
			h.Apply(e)
		}
	}
	snapshot := h.Derive(dora.DefaultDefinition())
	kept, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "dora.db"), "1/dora")
	require.NoError(b, err)
	defer func() { require.NoError(b, kept.Close()) }()
	settings := influxdb.Settings{URL: server.URL, Database: database}
	d := deliver.New(deliver.Options{
		Store: kept, Backfill: time.Since(large.Begin), Snapshot: func() *facts.Snapshot { return snapshot }, Moved: func() <-chan struct{} { return nil },
		Sinks: []deliver.Sink{{ID: "influx", Shape: sink.DefaultShape(), Sink: settings.Open(sink.Given{ID: "influx", Dataset: "1/dora", Client: http.DefaultClient})}},
	})
	once := func(b *testing.B) {
		before, began := d.State()[0].Points, time.Now()
		require.Empty(b, d.Once(b.Context()))
		points := d.State()[0].Points - before
		b.ReportMetric(float64(points)/time.Since(began).Seconds(), "points/s")
		b.ReportMetric(float64(points), "points")
		bytes := 0
		for part := range 64 {
			text, err := kept.Cursor(b.Context(), fmt.Sprint("sink:influx:", part))
			require.NoError(b, err)
			bytes += len(text)
		}
		b.ReportMetric(float64(bytes), "ledger-bytes")
	}
	b.Run("all of it", once)
	b.Run("nothing changed", once)
	h.Apply(services[7].Deploy(large.L.End())...)
	snapshot = h.Derive(dora.DefaultDefinition())
	b.Run("a deployment arrived", once)
}

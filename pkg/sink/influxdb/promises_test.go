package influxdb_test

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/sink/influxdb"
	"github.com/livedora/dora-datasource/pkg/sink/influxdbtest"
	"github.com/livedora/dora-datasource/pkg/sink/sinktest"
)

// InfluxDB 1, with a log-in, keeps what all sinks promise.
func TestInfluxDBKeepsThePromises(t *testing.T) {
	server := influxdbtest.ForTest(t, influxdbtest.Options{Auth: true})
	sinktest.Run(t, sinktest.Subject{Place: func(t *testing.T) sinktest.Place { return placeOf(t, server) }})
}

func placeOf(t *testing.T, server *influxdbtest.Server) sinktest.Place {
	t.Helper()
	database, err := server.Database(t.Context())
	require.NoError(t, err)
	open := func(dataset, password string) sink.Sink {
		settings := influxdb.Settings{URL: server.URL, Database: database, User: influxdbtest.Administrator}
		return settings.Open(sink.Given{ID: "influx", Dataset: dataset, Secrets: map[string]string{"password": password}, Client: http.DefaultClient})
	}
	return sinktest.Place{
		Open:    func(dataset string) sink.Sink { return open(dataset, influxdbtest.Password) },
		Refused: func(secret string) sink.Sink { return open("1/dora", secret) },
		Points: func(t *testing.T, dataset string) []sink.Point {
			points, err := pointsOf(t.Context(), server, database, dataset)
			require.NoError(t, err)
			return points
		},
		Down: func(t *testing.T) { require.NoError(t, server.Kill()) },
		Up:   func(t *testing.T) { require.NoError(t, server.Run(t.Context())) },
	}
}

// pointsOf reads what whoever looks sees of a data set.
func pointsOf(ctx context.Context, server *influxdbtest.Server, database, dataset string) (points []sink.Point, err error) {
	all, err := server.Query(ctx, database, `SELECT "value", "n", "k", "partial", "immature", "withdrawn" FROM "dora" GROUP BY *`)
	if err != nil {
		return nil, err
	}
	for _, series := range all {
		if series.Tags["dataset"] != influxdb.Text(dataset) {
			continue
		}
		for _, row := range series.Values {
			if row[6] == true {
				continue
			}
			p := sink.Point{
				Series: sink.Series{
					Group:  sink.Group{Level: sink.Level(series.Tags["level"]), Service: series.Tags["service"], Team: series.Tags["team"], Environment: series.Tags["environment"]},
					Bucket: sink.Bucket(series.Tags["bucket"]), Metric: dora.Metric(series.Tags["metric"]), Statistic: dora.Statistic(series.Tags["statistic"]),
				},
				Start: time.Unix(int64(row[0].(float64)), 0).UTC(), Value: row[1].(float64), N: int(row[2].(float64)),
				Partial: row[4] == true, Immature: row[5] == true,
			}
			if k, ok := row[3].(float64); ok {
				p.K, p.Ratio = int(k), true
			}
			if p.N < 0 {
				return nil, fmt.Errorf("a point has n %d", p.N)
			}
			points = append(points, p)
		}
	}
	return points, nil
}

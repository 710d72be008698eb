package influxdb_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/sink/influxdb"
	"github.com/livedora/dora-datasource/pkg/sink/influxdbtest"
)

func open(s influxdb.Settings, secrets map[string]string) sink.Sink {
	return s.Open(sink.Given{ID: "influx", Dataset: "1/dora", Secrets: secrets, Client: http.DefaultClient})
}

func deployments(service string, at time.Time) sink.Point {
	return sink.Point{
		Series: sink.Series{Group: sink.Group{Level: sink.Service, Service: service}, Bucket: sink.Day, Metric: dora.DeploymentFrequency, Statistic: dora.CountOf},
		Start:  at, Value: 1, N: 1,
	}
}

// fails has an error be of a cause, with words in its sentence.
func fails(t *testing.T, err error, cause sink.Cause, words ...string) {
	t.Helper()
	var known *sink.Error
	require.ErrorAs(t, err, &known)
	assert.Equal(t, cause, known.Cause, known.Error())
	for _, each := range words {
		assert.Contains(t, known.Error(), each)
	}
}

// What a real InfluxDB refuses or drops is told with its cause, and what else was sent is there.
func TestWhatInfluxDBRefusesIsTold(t *testing.T) {
	server := influxdbtest.ForTest(t, influxdbtest.Options{Auth: true, MaxSeries: 20})
	database, err := server.Database(t.Context())
	require.NoError(t, err)
	require.NoError(t, server.Exec(t.Context(), "", fmt.Sprintf(`CREATE RETENTION POLICY "month" ON %q DURATION 30d REPLICATION 1; CREATE USER reader WITH PASSWORD 'reads'; GRANT READ ON %q TO reader; CREATE USER nobody WITH PASSWORD 'nothing'`, database, database)))
	password := map[string]string{"password": influxdbtest.Password}
	base := influxdb.Settings{URL: server.URL, Database: database, User: influxdbtest.Administrator}
	today := time.Now().UTC().Truncate(24 * time.Hour)

	condition, err := open(base, password).Check(t.Context())
	require.NoError(t, err)
	assert.Contains(t, condition.Version, "1.")
	assert.Zero(t, condition.Keeps, "without end")
	assert.Zero(t, condition.Ahead, "one clock")

	missing := base
	missing.Database = "elsewhere"
	_, err = open(missing, password).Check(t.Context())
	fails(t, err, sink.CauseDatabase, `there is no database "elsewhere"`, "CREATE DATABASE")
	missing = base
	missing.RetentionPolicy = "century"
	_, err = open(missing, password).Check(t.Context())
	fails(t, err, sink.CauseDatabase, `no retention policy "century"`)
	fails(t, open(missing, password).Write(t.Context(), []sink.Point{deployments("a", today)}), sink.CauseDatabase, `no retention policy "century"`)

	open1 := influxdb.Settings{URL: server.URL, Database: database}
	_, err = open(open1, nil).Check(t.Context())
	fails(t, err, sink.CauseCredentials, "none is configured")
	reader := base
	reader.User = "reader"
	_, err = open(reader, map[string]string{"password": "reads"}).Check(t.Context())
	fails(t, err, sink.CausePermission, "READ and WRITE")

	kept := base
	kept.RetentionPolicy, kept.Measurement = "month", "kept"
	condition, err = open(kept, password).Check(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 30*24*time.Hour, condition.Keeps)
	err = open(kept, password).Write(t.Context(), []sink.Point{deployments("a", today), deployments("a", today.AddDate(0, 0, -60)), deployments("a", today.AddDate(0, 0, -61))})
	fails(t, err, sink.CauseRetention, "2 points are older than the retention policy keeps")
	there, err := server.Query(t.Context(), database, `SELECT "n" FROM "month"."kept"`)
	require.NoError(t, err)
	require.Len(t, there, 1)
	assert.Len(t, there[0].Values, 1, "what it keeps it has")

	require.NoError(t, server.Exec(t.Context(), database, `DROP SERIES FROM "kept"`))
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/write?db="+database, strings.NewReader("dora_other value=\"text\""))
	require.NoError(t, err)
	request.SetBasicAuth(influxdbtest.Administrator, influxdbtest.Password)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	require.NoError(t, answer.Body.Close())
	other := base
	other.Measurement = "dora_other"
	fails(t, open(other, password).Write(t.Context(), []sink.Point{deployments("a", time.Now().Truncate(time.Second))}), sink.CauseConflict, "name another measurement")

	var many []sink.Point
	for i := range 40 {
		many = append(many, deployments(fmt.Sprint("service-", i), today))
	}
	fails(t, open(base, password).Write(t.Context(), many), sink.CauseCardinality, "max-series-per-database", "InfluxDB dropped")
}

// What stands before InfluxDB, or in its place, is told as what it is, and nothing of what it says is repeated.
func TestWhatAnswersInPlaceOfInfluxDBIsTold(t *testing.T) {
	const echoed = "tok-0123456789"
	for _, each := range []struct {
		name   string
		status int
		header http.Header
		body   string
		cause  sink.Cause
		says   string
	}{
		{"a page", http.StatusOK, http.Header{"Content-Type": {"text/html"}}, "<h1>inner page " + echoed + "</h1>", sink.CauseAddress, "is not InfluxDB"},
		{"nothing there", http.StatusNotFound, nil, "not here", sink.CauseAddress, "is not InfluxDB"},
		{"a redirect", http.StatusFound, http.Header{"Location": {"https://elsewhere.example/"}}, "", sink.CauseAddress, "redirects"},
		{"too large", http.StatusRequestEntityTooLarge, nil, "", sink.CauseSize, "512 KiB"},
		{"a busy one", http.StatusServiceUnavailable, http.Header{"Retry-After": {"86400"}}, "", sink.CauseBusy, "asks to wait"},
		{"too many requests", http.StatusTooManyRequests, nil, "", sink.CauseBusy, "asks to wait"},
		{"a failing one", http.StatusInternalServerError, http.Header{"X-Influxdb-Version": {"1.8"}}, `{"error":"timeout ` + echoed + `"}`, sink.CauseBusy, "timeout (token)"},
		{"a line that is not understood", http.StatusBadRequest, http.Header{"X-Influxdb-Version": {"2.7"}}, `{"code":"invalid","message":"partial write: unable to parse 'dora,x= value=1': missing tag value dropped=0"}`, sink.CauseLine, `("dora,x= value=1")`},
		{"one that knows nobody", http.StatusUnauthorized, http.Header{"X-Influxdb-Version": {"2.7"}}, `{"message":"unauthorized access ` + echoed + `"}`, sink.CauseCredentials, "again"},
	} {
		t.Run(each.name, func(t *testing.T) {
			t.Parallel() // breaks between attempts are long
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				assert.Equal(t, "Token "+echoed, r.Header.Get("Authorization"))
				for key := range each.header {
					w.Header().Set(key, each.header.Get(key))
				}
				w.WriteHeader(each.status)
				_, _ = io.WriteString(w, each.body)
			}))
			defer server.Close()
			s := open(influxdb.Settings{URL: server.URL, Database: "delivery"}, map[string]string{"token": echoed})
			_, err := s.Check(t.Context())
			fails(t, err, each.cause, each.says)
			assert.NotContains(t, err.Error(), echoed)
			assert.NotContains(t, err.Error(), "inner page")
		})
	}
}

// A clock that is not ours is measured, and who does not tell how long it keeps points may be without end.
func TestASkewedClockIsMeasured(t *testing.T) {
	ahead := 10 * time.Minute
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Influxdb-Version", "3.0")
		w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
		if r.URL.Path == "/query" {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"error parsing query: SHOW RETENTION POLICIES is not supported"}`)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	condition, err := open(influxdb.Settings{URL: server.URL, Database: "delivery"}, nil).Check(t.Context())
	require.NoError(t, err, "it need not tell how long it keeps points")
	assert.InDelta(t, ahead.Seconds(), condition.Ahead.Seconds(), 2)
	assert.Zero(t, condition.Keeps)
}

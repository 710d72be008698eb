package main_test

import (
	"context"
	"net"
	"path/filepath"
	"sync"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
)

// slow is a connection whose reader can stop.
type slow struct {
	net.Conn
	reading sync.Mutex // held by whoever stops it
}

func (s *slow) Read(into []byte) (int, error) {
	s.reading.Lock()
	s.reading.Unlock() //nolint:staticcheck // it only waits: a read that is under way ends
	return s.Conn.Read(into)
}

// gRPC ends a call when its answer stands in the line of what is to be written, which may be long before it is read.
func TestAnswersThatGrafanaHasNotReadYetAreCounted(t *testing.T) {
	p := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/tiny", datasettest.Events()...)
	tiny := source("tiny", settings(github(t), `,"store":{"path":"`+path+`"},"collect":{"backfill":"3650d"},"services":`+datasettest.Services), 1)
	leaving := func() float64 {
		families, _ := p.metrics()
		return valueOf(t, families["livedora_answers_leaving_bytes"], map[string]string{})
	}

	var reader *slow
	connection, err := grpc.NewClient("passthrough:plugin", grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(1<<30)),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
			opened, err := (&net.Dialer{}).DialContext(ctx, p.Address().Network(), p.Address().String())
			reader = &slow{Conn: opened}
			return reader, err
		}))
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	ask := func(query string) error {
		_, err := pluginv2.NewDataClient(connection).QueryData(t.Context(), backend.ToProto().QueryDataRequest(&backend.QueryDataRequest{
			PluginContext: tiny, Queries: []backend.DataQuery{{
				RefID: "A", JSON: []byte(query), TimeRange: backend.TimeRange{From: datasettest.At("Jan 01 00:00").AddDate(-50, 0, 0), To: datasettest.At("Feb 01 00:00")},
			}},
		}))
		return err
	}
	require.NoError(t, ask(`{"format":"numeric"}`))
	require.Zero(t, leaving(), "a small answer is read at once")

	reader.reading.Lock()
	const large = 1 << 20
	var asking sync.WaitGroup
	asking.Go(func() {
		assert.NoError(t, ask(`{"metric":"change_failure_rate","format":"table","bucket":"day","groupBy":["service"]}`))
	})
	assert.Eventually(t, func() bool { return leaving() > large }, patience, glance)
	reader.reading.Unlock()
	asking.Wait()
	assert.Eventually(t, func() bool { return leaving() == 0 }, patience, glance)
}

package plugin

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/tracing"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/livedora/dora-datasource/pkg/monitor"
	"github.com/livedora/dora-datasource/pkg/query"
)

// Metrics are the process's metrics of its datasets, for Prometheus' registry.
func (p *Plugin) Metrics() prometheus.Collector { return monitor.New(p.registry.Running) }

// observed answers a query, and leaves a span, a duration and a line for debugging.
func (i *Instance) observed(ctx context.Context, q *asked) backend.DataResponse {
	began, queryType := time.Now(), typeOf(q.DataQuery)
	ctx, span := tracing.DefaultTracer().Start(ctx, "livedora.query", trace.WithAttributes(
		attribute.String("livedora.query_type", queryType), attribute.String("livedora.ref_id", q.RefID)))
	defer span.End()
	response := i.safely(ctx, q.RefID, func() backend.DataResponse { return i.answer(ctx, q) })
	took, outcome := time.Since(began), monitor.OK
	if response.Error != nil {
		_ = tracing.Error(span, response.Error)
		outcome = monitor.Failed
		if response.Status == backend.StatusBadRequest || response.Status == backend.StatusTooManyRequests {
			outcome = monitor.Refused
		}
	}
	monitor.Query(queryType, outcome, took)
	backend.Logger.FromContext(ctx).Debug("query answered", "refId", q.RefID, "queryType", queryType, "outcome", outcome, "duration", took, "frames", len(response.Frames))
	return response
}

// typeOf is the query's type, or "unknown": what people write does not become a label.
func typeOf(q backend.DataQuery) string {
	var written struct {
		QueryType string `json:"queryType"`
	}
	if json.Unmarshal(q.JSON, &written) != nil || written.QueryType == "" {
		written.QueryType = q.QueryType
	}
	allowed := query.Type("").Allowed()
	switch {
	case written.QueryType == "":
		return allowed[0]
	case slices.Contains(allowed, written.QueryType):
		return written.QueryType
	}
	return "unknown"
}

// traceRun leaves a span for a run of collection, over those of its HTTP requests.
func traceRun(ctx context.Context, source string) (context.Context, func(error)) {
	ctx, span := tracing.DefaultTracer().Start(ctx, "livedora.collect", trace.WithNewRoot(), trace.WithAttributes(attribute.String("livedora.source", source)))
	return ctx, func(err error) {
		if err != nil {
			_ = tracing.Error(span, err)
		}
		span.End()
	}
}

package monitor

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// What nobody else keeps books of. These are of the process, whatever its data sources.
var ofProcess = []Metric{
	{"livedora_query_duration_seconds", Histogram, []string{"query_type", "outcome"}, "How long queries took to answer, by query type: ok, refused (the query is wrong), failed."},
	{"livedora_streams_open", Gauge, nil, "Streams to dashboards that are open on this node."},
	{"livedora_answers_leaving_bytes", Gauge, nil, "Bytes of answers that are worked out and that Grafana has not read yet. Where it reads too slowly, questions wait."},
	{"livedora_webhooks_total", Counter, []string{"outcome"}, "Webhooks and posted events: accepted, ignored (they tell nothing that figures need), refused (not authorised, or malformed), failed."},
}

var (
	queries = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name: ofProcess[0].Name, Help: ofProcess[0].Help, Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
	}, ofProcess[0].Labels)
	streams  = promauto.NewGauge(prometheus.GaugeOpts{Name: ofProcess[1].Name, Help: ofProcess[1].Help})
	leaving  = promauto.NewGauge(prometheus.GaugeOpts{Name: ofProcess[2].Name, Help: ofProcess[2].Help})
	webhooks = promauto.NewCounterVec(prometheus.CounterOpts{Name: ofProcess[3].Name, Help: ofProcess[3].Help}, ofProcess[3].Labels)
)

// Outcome is what came of a query or a webhook.
type Outcome string

// The outcomes.
const (
	OK       Outcome = "ok"       // of queries
	Accepted Outcome = "accepted" // of webhooks
	Ignored  Outcome = "ignored"  // of webhooks that tell nothing that figures need
	Refused  Outcome = "refused"  // the sender is mistaken
	Failed   Outcome = "failed"   // we are
)

// Query counts an answered query. The type is one of the model's, so that its number is bounded.
func Query(queryType string, o Outcome, took time.Duration) {
	queries.WithLabelValues(queryType, string(o)).Observe(took.Seconds())
}

// Stream counts a stream as open until the returned function is called, which is to be called once.
func Stream() (ended func()) {
	streams.Inc()
	return streams.Dec
}

// Leaving counts an answer's bytes until the returned function is called, which is to be called once.
func Leaving(size int) (gone func()) {
	leaving.Add(float64(size))
	return func() { leaving.Sub(float64(size)) }
}

// Webhook counts a webhook or a posted batch of events.
func Webhook(o Outcome) { webhooks.WithLabelValues(string(o)).Inc() }

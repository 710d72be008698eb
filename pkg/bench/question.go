package main

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// question is what a panel or several ask at once.
type question struct {
	name    string
	target  time.Duration // for the median; 0: none
	growth  string        // what ten times the services may cost
	queries []string
	from    time.Time
}

const service = `"filters":[{"field":"service","values":["example/service-0007"]}]`

var questions = func() []question {
	var all []question
	for _, metric := range dora.Metrics {
		statistics := []dora.Statistic{metric.Statistics[0]}
		if metric.Key == dora.LeadTime {
			statistics = append(statistics, dora.P90)
		}
		if metric.Key == dora.DeploymentFrequency {
			statistics = append(statistics, dora.DaysPerWeek)
		}
		for _, statistic := range statistics {
			all = append(all, question{
				name: fmt.Sprintf("one service, 24 months by week: %s, %s", metric.Name, statistic.Row().Name), target: 2 * time.Millisecond, growth: "≤ 1.1 ×",
				queries: []string{fmt.Sprintf(`{"metric":%q,"statistic":%q,"bucket":"week",%s}`, metric.Key, statistic, service)},
			})
		}
	}
	var tiles, peer []string
	for _, metric := range dora.Metrics {
		tiles = append(tiles, fmt.Sprintf(`{"metric":%q,"format":"numeric","compare":"previous",%s}`, metric.Key, service))
		if metric.Key != dora.ReworkRate {
			peer = append(peer, fmt.Sprintf(`{"metric":%q,"bucket":"month"}`, metric.Key))
		}
	}
	return append(all,
		question{name: "five tiles of one service with the period before", target: 5 * time.Millisecond, growth: "≤ 1.1 ×", queries: tiles, from: large.Begin.AddDate(1, 0, 0)},
		question{name: "the peer's four monthly panels over everything", target: 20 * time.Millisecond, growth: "≤ 12 ×", queries: peer},
		question{name: "all 200 services, median lead time by week", target: 60 * time.Millisecond, growth: "≤ 12 ×",
			queries: []string{`{"metric":"lead_time","statistic":"p50","bucket":"week","groupBy":["service"]}`}},
		question{name: "rolling 28 days, daily, everything: median lead time", target: 100 * time.Millisecond, growth: "≤ 12 ×",
			queries: []string{`{"metric":"lead_time","statistic":"p50","bucket":"day","rolling":"28 days"}`}},
		question{name: "rolling 28 days, daily, everything: failure rate", target: 100 * time.Millisecond, growth: "≤ 12 ×",
			queries: []string{`{"metric":"change_failure_rate","bucket":"day","rolling":"28 days"}`}},
	)
}()

// requests are the question as Grafana sends it.
func (q *question) requests() []backend.DataQuery {
	from := q.from
	if from.IsZero() {
		from = large.Begin
	}
	requests := make([]backend.DataQuery, len(q.queries))
	for i, text := range q.queries {
		requests[i] = backend.DataQuery{RefID: string(rune('A' + i)), JSON: json.RawMessage(text), TimeRange: backend.TimeRange{From: from, To: large.L.End()}}
	}
	return requests
}

package query_test

import (
	"flag"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/goldentest"
	"github.com/livedora/dora-datasource/pkg/query"
)

var update = flag.Bool("update", false, "rewrite the frontend's model from this package")

// The frontend's editors offer what its file lists.
func TestTheFrontendKnowsTheSameModel(t *testing.T) {
	goldentest.JSON(t, "../../src/query/model.json", query.Describe(), *update)
}

func TestTheModelOffersWhatQueriesMayAsk(t *testing.T) {
	m := query.Describe()
	for _, metric := range m.Metrics {
		for _, statistic := range metric.Statistics {
			q := parse(t, `{"metric":"`+string(metric.Key)+`","statistic":"`+string(statistic)+`"}`)
			assert.Equal(t, statistic, q.Statistic)
		}
		assert.Equal(t, metric.Statistics[0], parse(t, `{"metric":"`+string(metric.Key)+`"}`).Statistic, "the default comes first")
	}
	for field, values := range map[string][]string{
		"queryType": m.QueryTypes, "bucket": m.Buckets, "format": m.Formats, "events": m.Events, "field": m.Values,
	} {
		for _, value := range values {
			parse(t, `{"metric":"lead_time","`+field+`":"`+value+`"}`)
		}
	}
	for _, standing := range m.Standings {
		parse(t, `{"queryType":"standing","standing":"`+string(standing.Key)+`"}`)
	}
	for _, value := range m.Compare {
		parse(t, `{"format":"numeric","compare":"`+value+`"}`)
	}
	for _, value := range m.Marks {
		parse(t, `{"queryType":"annotations","events":"`+string(value)+`"}`)
	}
	for _, value := range m.Stages {
		parse(t, `{"queryType":"stages","stage":"`+value+`"}`)
	}
	for _, spread := range m.Spreads {
		for _, format := range m.SpreadFormats {
			parse(t, `{"queryType":"spread","metric":"lead_time","spread":"`+spread+`","format":"`+string(format)+`"}`)
		}
	}
	for _, field := range m.FilterFields {
		for _, op := range m.FilterOps {
			parse(t, `{"queryType":"events","events":"incidents","filters":[{"field":"`+field+`","op":"`+op+`","values":["1"]}]}`)
		}
	}
	for _, field := range m.GroupBy {
		parse(t, `{"metric":"recovery_time","definition":{"recovery":"incident"},"groupBy":["`+field+`"]}`)
	}
	for _, rolling := range m.Rolling {
		assert.Equal(t, rolling, parse(t, `{"rolling":"`+rolling+`"}`).Rolling.String())
	}
	for _, metric := range m.Metrics {
		for _, year := range metric.Benchmarks {
			parse(t, `{"metric":"`+string(metric.Key)+`","benchmark":"`+string(year)+`"}`)
		}
	}
	for _, direction := range m.Directions {
		for _, format := range m.SignalFormats {
			parse(t, `{"queryType":"signals","direction":"`+direction+`","format":"`+string(format)+`"}`)
		}
	}
	for _, statistic := range m.StageStatistics {
		parse(t, `{"queryType":"stages","statistic":"`+string(statistic)+`"}`)
	}
}

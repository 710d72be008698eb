package plugin

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// Custom is what every frame tells about itself in meta.custom: how its figures were computed and what they rest on.
type Custom struct {
	// Definition is the reading of the metrics that was used.
	Definition dora.Definition `json:"definition"`
	// Bucket is the bucket in force, where there are buckets.
	Bucket figures.Bucket `json:"bucket,omitempty"`
	// Rolling is the window that each figure covers, such as "28 days"; absent where it is the bucket.
	Rolling string `json:"rolling,omitempty"`
	// Series tell what each series rests on, in the frame's order.
	Series []CustomSeries `json:"series,omitempty"`
	// Whole tells, of tiles, what the figures of the whole range rest on.
	Whole []CustomSeries `json:"whole,omitempty"`
	// Omitted is how many series there are beyond those of the answer.
	Omitted int `json:"omitted,omitempty"`
	// Unmeasured counts what could not be measured for the selected services in the range, by reason.
	Unmeasured map[facts.Reason]int `json:"unmeasured,omitempty"`
	// Benchmark is what a report of that year tells of the metric, where the query asks for it.
	Benchmark *CustomBenchmark `json:"benchmark,omitempty"`
	// Collected is when the source that was longest not read was last read without an error; absent if one never was.
	Collected *time.Time `json:"collected,omitempty"`
	// Live is what tells this answer from others of the same query, where the query is live.
	Live *Live `json:"live,omitempty"`
}

// CustomSeries is what one series rests on, bucket by bucket.
type CustomSeries struct {
	Metric dora.Metric `json:"metric,omitempty"` // where a frame has several
	N      []int       `json:"n"`
	K      []int       `json:"k,omitempty"` // of ratios
	// Interval holds, of ratios, the 95 % Wilson interval; null where n is 0.
	Interval []*figures.Interval `json:"interval,omitempty"`
	Partial  []int               `json:"partial"`  // indices of buckets that are cut or under way
	Immature []int               `json:"immature"` // indices of buckets in which failures may still come to light
	// Limits are the process limits, where they were asked for and there are buckets enough.
	Limits *figures.Limits `json:"limits,omitempty"`
}

// CustomBenchmark is what a report tells of a metric.
type CustomBenchmark struct {
	figures.Report
	Levels []figures.Level `json:"levels"`
}

func customOf(b query.Basis) Custom {
	c := Custom{Definition: b.Query.Definition, Rolling: b.Query.Rolling.String(), Unmeasured: b.Unmeasured, Omitted: b.Omitted}
	if b.Query.Type == query.TypeSignals || b.Query.Format != query.Numeric {
		c.Bucket = b.Bucket
	}
	if report := b.Query.Benchmark.Report(); report != nil && b.Query.Type == query.TypeMetric {
		c.Benchmark = &CustomBenchmark{Report: *report, Levels: report.Levels(b.Query.Metric)}
	}
	return c
}

func rests(s figures.Series) CustomSeries {
	c := CustomSeries{Partial: []int{}, Immature: []int{}}
	ratio := s.HasCases()
	for i := range s.Points {
		p := &s.Points[i]
		c.N = append(c.N, p.N)
		if ratio {
			c.K = append(c.K, p.K)
			c.Interval = append(c.Interval, nil)
			if interval, ok := p.Interval(); ok {
				c.Interval[i] = &interval
			}
		}
		if p.Partial {
			c.Partial = append(c.Partial, i)
		}
		if p.Immature {
			c.Immature = append(c.Immature, i)
		}
	}
	return c
}

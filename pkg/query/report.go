package query

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Report is figures as JSON: what the report command prints and the REST API answers.
type Report struct {
	Definition dora.Definition      `json:"definition"`
	Series     []ReportSeries       `json:"series"`
	Unmeasured map[facts.Reason]int `json:"unmeasured"`
	// Omitted is how many series there are beyond the limit of one answer.
	Omitted int `json:"omitted,omitempty"`
}

// ReportSeries is one statistic of one metric for one group.
type ReportSeries struct {
	Metric    dora.Metric       `json:"metric"`
	Statistic dora.Statistic    `json:"statistic"`
	Unit      dora.Measure      `json:"unit"` // s, count or ratio
	Labels    map[string]string `json:"labels"`
	Points    []ReportPoint     `json:"points"`
	// Limits are the process limits, where they were asked for and there are buckets enough.
	Limits *figures.Limits `json:"limits,omitempty"`
}

// ReportPoint is one figure: from Start, inclusive, to End, exclusive.
type ReportPoint struct {
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	Value *float64  `json:"value"` // null: nothing to measure
	N     int       `json:"n"`
	K     *int      `json:"k"` // of a ratio: those that count; null for other metrics
	// Partial: the bucket is cut, under way, or begins before anything was collected.
	Partial bool `json:"partial"`
	// Immature: failures in the bucket may still come to light.
	Immature bool `json:"immature"`
}

// Report is the figures in the form in which they leave the product as JSON.
func (f Figures) Report() Report {
	r := Report{Definition: f.Query.Definition, Series: []ReportSeries{}, Unmeasured: f.Unmeasured, Omitted: f.Omitted}
	for i, s := range f.Series {
		one := reported(s)
		if f.Limits != nil {
			one.Limits = f.Limits[i]
		}
		r.Series = append(r.Series, one)
	}
	return r
}

func reported(s figures.Series) ReportSeries {
	r := ReportSeries{Metric: s.Metric, Statistic: s.Statistic, Unit: s.Unit, Labels: s.Labels, Points: []ReportPoint{}}
	for _, p := range s.Points {
		point := ReportPoint{Start: p.Start, End: p.End, Value: p.Value, N: p.N, Partial: p.Partial, Immature: p.Immature}
		if s.HasCases() {
			point.K = &p.K
		}
		r.Points = append(r.Points, point)
	}
	return r
}

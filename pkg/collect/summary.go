package collect

import (
	"math"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Summary is what came of Once. As JSON it is the last line that the collect command prints.
type Summary struct {
	Sources []SourceSummary `json:"sources"`
	// OK says that everything was read.
	OK bool `json:"ok"`
}

// SourceSummary is what came of one source's run.
type SourceSummary struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Events counts those that changed the store, by kind.
	Events map[dora.Kind]int `json:"events"`
	// Requests counts HTTP requests, Points the vendor's quota units.
	Requests int      `json:"requests"`
	Points   int      `json:"points"`
	Errors   []string `json:"errors"`
	// DurationSeconds is rounded to milliseconds.
	DurationSeconds float64 `json:"durationSeconds"`
}

func summarise(readers []*reader, outcomes []outcome, err error) Summary {
	summary := Summary{Sources: []SourceSummary{}, OK: err == nil}
	for i, o := range outcomes {
		each := SourceSummary{
			ID: readers[i].source.ID, Type: readers[i].source.Type,
			Events: o.events, Requests: o.requests, Points: o.points, Errors: []string{},
			DurationSeconds: math.Round(float64(o.ended.Sub(o.began))/float64(time.Millisecond)) / 1000,
		}
		if each.Events == nil {
			each.Events = map[dora.Kind]int{}
		}
		for _, failure := range source.Failures(each.ID, o.err) {
			each.Errors = append(each.Errors, failure.Error())
		}
		summary.Sources = append(summary.Sources, each)
	}
	return summary
}

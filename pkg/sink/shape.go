package sink

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Shape is which figures are delivered: what every sink is configured with.
type Shape struct {
	// Timezone is the zone whose days, weeks and months buckets are.
	Timezone   Zone        `json:"timezone,omitzero"`
	Buckets    []Bucket    `json:"buckets,omitempty"`
	Levels     []Level     `json:"levels,omitempty"`
	Statistics []Statistic `json:"statistics,omitempty"`
}

// Zone is a time zone that settings write by its name.
type Zone struct{ dora.Zone }

// MarshalText writes the zone's name.
func (z Zone) MarshalText() ([]byte, error) {
	if z.Location == nil {
		return nil, nil
	}
	return []byte(z.String()), nil
}

// Bucket is a length of buckets that is delivered.
type Bucket string

// The buckets, in the words of queries.
const (
	Day   Bucket = "day"
	Week  Bucket = "week"
	Month Bucket = "month"
)

// Allowed lists the buckets that settings may name.
func (Bucket) Allowed() []string { return []string{string(Day), string(Week), string(Month)} }

// Level says what figures are worked out for, each from its own events.
type Level string

// What figures are worked out for.
const (
	All         Level = "all"
	Team        Level = "team"
	Service     Level = "service"
	Environment Level = "environment" // of a service
)

// Allowed lists what settings may name.
func (Level) Allowed() []string {
	return []string{string(All), string(Team), string(Service), string(Environment)}
}

// Statistic is one that is delivered.
type Statistic dora.Statistic

// Allowed lists the statistics that settings may name. K and n come with every point.
func (Statistic) Allowed() (keys []string) {
	for _, row := range dora.Statistics {
		if row.Key != dora.K && row.Key != dora.N {
			keys = append(keys, string(row.Key))
		}
	}
	return keys
}

// DefaultShape is what is delivered where settings say nothing.
func DefaultShape() Shape {
	return Shape{
		Timezone: Zone{dora.Zone{Location: time.UTC}}, Buckets: []Bucket{Day, Week, Month}, Levels: []Level{All, Team, Service},
		Statistics: []Statistic{Statistic(dora.CountOf), Statistic(dora.Median), Statistic(dora.P90), Statistic(dora.Mean), Statistic(dora.RatioOf)},
	}
}

// Complete puts what is delivered by default where nothing is said.
func (s *Shape) Complete() {
	whole := DefaultShape()
	if s.Timezone.Location == nil {
		s.Timezone = whole.Timezone
	}
	if len(s.Buckets) == 0 {
		s.Buckets = whole.Buckets
	}
	if len(s.Levels) == 0 {
		s.Levels = whole.Levels
	}
	if len(s.Statistics) == 0 {
		s.Statistics = whole.Statistics
	}
}

// Kind is a statistic of a metric.
type Kind struct {
	Metric    dora.Metric
	Statistic dora.Statistic
}

// Kinds are all that there may be, in an order that is kept: a new one comes last. There are 32 at most.
var Kinds = func() (all []Kind) {
	for i := range dora.Metrics {
		for _, statistic := range dora.Metrics[i].Statistics {
			if statistic != dora.K && statistic != dora.N {
				all = append(all, Kind{dora.Metrics[i].Key, statistic})
			}
		}
	}
	return all
}()

// Delivers says whether a kind is one of those that are delivered.
func (s *Shape) Delivers(k Kind) bool { return slices.Contains(s.Statistics, Statistic(k.Statistic)) }

// shapeRows are the fields of every sink, as the editor shows them.
var shapeRows = [][]source.Field{
	{
		{
			Key: "timezone", Kind: source.Text, Label: "Time zone", Description: "Whose days, weeks and months buckets are.", Default: "UTC",
			Meaning: "the IANA name of the zone whose days, weeks and months buckets are, such as `Europe/London` (absent: UTC)",
		},
		list("buckets", "Buckets", "One a line.", Bucket("").Allowed(), "which lengths of buckets are delivered: `day`, `week` (from Monday), `month` (absent: all three)"),
	},
	{
		list("levels", "Figures of", "One a line.", Level("").Allowed(),
			"what figures are worked out for, each from its own events: `all` services together, each `team`, each `service`, each `environment` of a service (absent: all, team, service)"),
		list("statistics", "Statistics", "One a line.", Statistic("").Allowed(),
			"which [statistics](metrics.md#statistics) of each metric are delivered, as far as a metric has them (absent: count, p50, p90, mean, ratio)"),
	},
}

func list(key, label, description string, allowed []string, meaning string) source.Field {
	words, pattern := "", ""
	for i, each := range allowed {
		if i > 0 {
			words, pattern = words+", ", pattern+"|"
		}
		words, pattern = words+each, pattern+each
	}
	return source.Field{
		Key: key, Kind: source.List, Label: label, Description: description, Lines: 3, Example: words,
		Form: &source.Form{Pattern: "^(" + pattern + ")$", Allowed: words}, Meaning: meaning,
	}
}

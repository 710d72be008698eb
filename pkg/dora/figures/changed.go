package figures

import (
	"math"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// Changed is a service or a team of which figures differ between two snapshots.
type Changed struct {
	Name    string
	Figures []Differing
	// Appears and Vanishes say that only the second, or only the first, has it.
	Appears, Vanishes bool
}

// Differing is a figure that differs: a metric by its first statistic.
type Differing struct {
	Metric    dora.Metric
	Statistic dora.Statistic
	Unit      dora.Measure
	Now, Then Figure
}

// Figure is a value, nil where there is nothing to measure, and how many events it rests on.
type Figure struct {
	Value *float64
	N     int
}

// Differences are the groups by a field, in the order of their names, of which any of the five figures in a span differs; and
// how many groups there are in all.
func Differences(now, then *facts.Snapshot, by dora.Field, span Span, at time.Time, meter effort.Meter) (changed []Changed, all int) {
	found := map[string]*Changed{}
	for i := range dora.Metrics {
		row := &dora.Metrics[i]
		question := Question{Metric: row.Key, Statistic: row.Statistics[0], Spans: []Span{span}, GroupBy: []dora.Field{by}, Now: at, Meter: meter}
		figures := map[string][2]*Figure{}
		for side, snapshot := range []*facts.Snapshot{now, then} {
			for _, series := range Ask(snapshot, question) {
				both := figures[series.Labels[string(by)]]
				both[side] = &Figure{series.Points[0].Value, series.Points[0].N}
				figures[series.Labels[string(by)]] = both
			}
		}
		all = len(figures)
		for name, both := range figures {
			one := Differing{Metric: row.Key, Statistic: row.Statistics[0], Unit: row.Unit}
			if both[0] != nil {
				one.Now = *both[0]
			}
			if both[1] != nil {
				one.Then = *both[1]
			}
			appears, vanishes := both[0] == nil, both[1] == nil
			if !appears && !vanishes && alike(one.Now, one.Then) {
				continue
			}
			if found[name] == nil {
				found[name] = &Changed{Name: name, Appears: appears, Vanishes: vanishes}
			}
			if !alike(one.Now, one.Then) {
				found[name].Figures = append(found[name].Figures, one)
			}
		}
	}
	for _, each := range found {
		changed = append(changed, *each)
	}
	slices.SortFunc(changed, func(a, b Changed) int { return strings.Compare(a.Name, b.Name) })
	return changed, all
}

// alike says whether two figures are the same, but for the order in which floats were added.
func alike(a, b Figure) bool {
	if a.N != b.N || (a.Value == nil) != (b.Value == nil) {
		return false
	}
	return a.Value == nil || math.Abs(*a.Value-*b.Value) <= 1e-9*math.Max(math.Abs(*a.Value), math.Abs(*b.Value))
}

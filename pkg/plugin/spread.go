package plugin

import (
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// spreadLabels are what tells the series of a spread apart.
var spreadLabels = map[query.Spread]string{query.SpreadQuartiles: figures.QuartileLabel, query.SpreadCounted: figures.CountedLabel}

// quartileNames are what a legend calls them.
var quartileNames = map[string]string{"lower": "lower quartile", "middle": "median", "upper": "upper quartile"}

// amongServices is what a legend calls a series of a spread.
func amongServices(s figures.Series) string {
	if name, ok := quartileNames[s.Labels[figures.QuartileLabel]]; ok {
		return name
	}
	return s.Labels[figures.CountedLabel]
}

// countsServices says whether a query's figures are numbers of services.
func countsServices(q query.Query) bool {
	return q.Type == query.TypeSpread && q.Spread == query.SpreadCounted
}

// bandOf has a chart draw the half of the services that is in the middle as a band around their median. Lower is what the lowest
// series is called.
func bandOf(s figures.Series, lower string) map[string]any {
	switch s.Labels[figures.QuartileLabel] {
	case "lower":
		return map[string]any{"lineWidth": 1, "fillOpacity": 0}
	case "middle":
		return map[string]any{"lineWidth": 2, "fillOpacity": 0}
	case "upper":
		return map[string]any{"lineWidth": 1, "fillOpacity": 18, "fillBelowTo": lower}
	}
	return nil
}

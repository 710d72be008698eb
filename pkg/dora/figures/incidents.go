package figures

import "github.com/livedora/dora-datasource/pkg/dora"

// A source may show the newest of its incidents only. What rests on incidents is not whole before that: what was found is shown
// and is partial; where nothing was found, nobody knows that there was nothing.

// RestsOnIncidents says whether a statistic of a metric might be another if more incidents were known.
func RestsOnIncidents(def *dora.Definition, metric dora.Metric, statistic dora.Statistic) bool {
	blamed := def.Uses(dora.EvidenceExplicit) || def.Uses(dora.EvidenceIncident)
	switch metric {
	case dora.ChangeFailureRate:
		return blamed && statistic != dora.N
	case dora.RecoveryTime:
		return blamed || def.Recovery.OfIncidents()
	case dora.ReworkRate:
		return def.Rework == dora.ReworkIncident && statistic != dora.N
	}
	return false
}

// found is how many there are of what incidents would add to.
func found(metric dora.Metric, c *covered) int {
	if metric.Row().Unit == dora.Ratio {
		return c.k
	}
	return c.n
}

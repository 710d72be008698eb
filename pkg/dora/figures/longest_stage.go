package figures

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// LongestStage is the stage in which the changes that a question asks for spent the most time altogether, over the
// question's first span; false if no change was measured. Sums, and not medians, make up lead time.
func LongestStage(s *facts.Snapshot, q Question) (facts.Stage, bool) {
	q.Metric, q.Statistic, q.GroupBy = dora.LeadTime, dora.Mean, nil
	longest, most, found := facts.Stage(0), 0.0, false
	for i := range facts.StageNames {
		stage := facts.Stage(i)
		for _, series := range AskStage(s, q, stage) {
			p := series.Points[0]
			if p.Value == nil {
				continue
			}
			if spent := *p.Value * float64(p.N); !found || spent > most {
				longest, most, found = stage, spent, true
			}
		}
	}
	return longest, found
}

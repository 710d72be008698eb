package dora

// LongestStage is the stage in which the changes that a question asks for spent the most time altogether, over the
// question's first span; false if no change was measured. Sums, and not medians, make up lead time.
func (s *Snapshot) LongestStage(q Question) (Stage, bool) {
	q.Metric, q.Statistic, q.GroupBy = LeadTime, Mean, nil
	longest, most, found := Stage(0), 0.0, false
	for stage := range stageCount {
		for _, series := range s.AskStage(q, stage) {
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

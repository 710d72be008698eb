package figures

import (
	"sort"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Steps are the bounds of a distribution of lengths of time: wider as lengths grow, since most are short and a few are
// very long. A length belongs to the first step that it is shorter than; the last step has no bound.
var Steps = []time.Duration{
	time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 2 * 24 * time.Hour, 4 * 24 * time.Hour,
	7 * 24 * time.Hour, 14 * 24 * time.Hour, 28 * 24 * time.Hour,
}

// Distribution is how many lengths of one group lie in each step.
type Distribution struct {
	Labels map[string]string
	Counts []int // one more than there are steps
	N      int
}

// Distribute counts a metric's lengths by Steps, over the whole of the question's first span. The question's statistic
// is ignored; its metric is one that is measured in seconds. It tells how many groups are beyond the question's limit.
func Distribute(s *facts.Snapshot, q Question) (found []Distribution, omitted int) {
	row := q.Metric.Row()
	q.Statistic = dora.Median
	axis := newPlan(&q)
	groups, omitted := groupsOf(s, &q)
	found = make([]Distribution, 0, len(groups))
	for _, g := range groups {
		if !q.Meter.Count(1) {
			break
		}
		lengths := g.gather(&axis, lengthsOf, func(f *facts.Service) samples.Column { return f.Column(row.Key) }).values
		d := Distribution{Labels: g.labels, Counts: make([]int, len(Steps)+1), N: len(lengths)}
		for _, seconds := range lengths {
			d.Counts[sort.Search(len(Steps), func(i int) bool { return seconds < Steps[i].Seconds() })]++
		}
		found = append(found, d)
	}
	return found, omitted
}

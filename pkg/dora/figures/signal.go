package figures

import (
	"cmp"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Rule is a sign that a process changed.
type Rule string

// The rules.
const (
	RuleOutside    Rule = "outside"      // a point outside the limits
	RuleEight      Rule = "eight_in_row" // eight in a row on one side of the mean
	RuleTwoOfThree Rule = "two_of_three" // two of three on one side beyond two thirds of the way to the limit
)

// Side is where a signal's points lie, seen from the mean.
type Side string

// The sides.
const (
	Above Side = "above"
	Below Side = "below"
)

// Signal says that a series changed: a reason to ask what happened, not a grade.
type Signal struct {
	Rule    Rule
	Side    Side
	Bearing dora.Bearing
	// Points are indices of the series' points, ascending.
	Points []int
}

// Includes says whether a point is one of the signal's.
func (s *Signal) Includes(point int) bool {
	_, found := slices.BinarySearch(s.Points, point)
	return found
}

// Bearing is what it means that a figure is above or below its mean.
func (s *Series) Bearing(side Side) dora.Bearing {
	higher := s.Metric.Row().Higher
	if s.Statistic == dora.N {
		return dora.Neither
	}
	switch {
	case side == Above:
		return higher
	case higher == dora.Better:
		return dora.Worse
	default:
		return dora.Better
	}
}

const (
	rowLength   = 8
	outOf       = 3
	enoughOf    = 2
	warningPart = 2.0 / 3 // of the way to the limit
)

// Signals finds where the series left its limits, by the time at which each signal was complete.
func (s *Series) Signals(l *Limits) []Signal {
	if l == nil {
		return nil
	}
	var found []Signal
	for _, stretch := range s.stretches() {
		for _, side := range []Side{Above, Below} {
			add := func(rule Rule, points []int) {
				found = append(found, Signal{Rule: rule, Side: side, Bearing: s.Bearing(side), Points: points})
			}
			for _, at := range stretch {
				if s.beyond(at, side, l, 1) {
					add(RuleOutside, []int{at})
				}
			}
			for _, row := range s.rows(stretch, side, l) {
				add(RuleEight, row)
			}
			for _, cluster := range s.clusters(stretch, side, l) {
				add(RuleTwoOfThree, cluster)
			}
		}
	}
	slices.SortStableFunc(found, func(a, b Signal) int {
		return cmp.Compare(a.Points[len(a.Points)-1], b.Points[len(b.Points)-1])
	})
	return found
}

// grain is the share of a figure below which a difference is a matter of rounding.
const grain = 1e-9

// beyond says whether a point lies on a side of the mean by more than a part of the way to the limit.
func (s *Series) beyond(at int, side Side, l *Limits, part float64) bool {
	distance := *s.Points[at].Value - l.Mean
	if side == Below {
		distance = -distance
	}
	return distance > part*l.reach+grain*(l.Mean+l.reach)
}

// rows are the longest runs of at least eight neighbours on a side.
func (s *Series) rows(stretch []int, side Side, l *Limits) (rows [][]int) {
	for begin := 0; begin < len(stretch); begin++ {
		end := begin
		for end < len(stretch) && s.beyond(stretch[end], side, l, 0) {
			end++
		}
		if end-begin >= rowLength {
			rows = append(rows, slices.Clone(stretch[begin:end]))
		}
		begin = end
	}
	return rows
}

// clusters are the points beyond two thirds of the way to the limit wherever two of three neighbours are; what
// overlaps is one cluster.
func (s *Series) clusters(stretch []int, side Side, l *Limits) (clusters [][]int) {
	open := -1 // the end of the last window of three that had enough
	for begin := 0; begin+outOf <= len(stretch); begin++ {
		var beyond []int
		for _, at := range stretch[begin : begin+outOf] {
			if s.beyond(at, side, l, warningPart) {
				beyond = append(beyond, at)
			}
		}
		if len(beyond) < enoughOf {
			continue
		}
		if open < begin {
			clusters = append(clusters, nil)
		}
		last := &clusters[len(clusters)-1]
		for _, at := range beyond {
			if len(*last) == 0 || at > (*last)[len(*last)-1] { // the windows of three overlap
				*last = append(*last, at)
			}
		}
		open = begin + outOf - 1
	}
	return clusters
}

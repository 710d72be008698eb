package figures

import (
	"math"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Limits are the process limits (XmR) of a series: what its figures stay within while nothing changes. They come from
// how much neighbouring buckets differ, so that a slow drift or a step does not widen them.
type Limits struct {
	Mean float64 `json:"mean"`
	// Lower is at least 0; Upper of a ratio is at most 1.
	Lower float64 `json:"lower"`
	Upper float64 `json:"upper"`
	// Buckets is how many buckets they rest on.
	Buckets int `json:"buckets"`

	reach float64 // from the mean to either limit, before it meets 0 or 1
}

const (
	// leastForLimits is how many buckets limits need at least.
	leastForLimits = 8
	// rangesToReach turns a mean moving range into three standard deviations: 3 ÷ 1.128.
	rangesToReach = 2.66
)

// Limits works out the limits over complete, mature buckets with a figure; nil below 8 of them, or where no two of them
// are neighbours.
func (s *Series) Limits() *Limits {
	var sum, moved float64
	var buckets, moves int
	for _, stretch := range s.stretches() {
		for i, at := range stretch {
			sum += *s.Points[at].Value
			buckets++
			if i > 0 {
				moved += math.Abs(*s.Points[at].Value - *s.Points[stretch[i-1]].Value)
				moves++
			}
		}
	}
	if buckets < leastForLimits || moves == 0 {
		return nil
	}
	l := &Limits{Mean: sum / float64(buckets), Buckets: buckets, reach: rangesToReach * moved / float64(moves)}
	l.Lower, l.Upper = max(0, l.Mean-l.reach), l.Mean+l.reach
	if s.Unit == dora.Ratio {
		l.Upper = min(1, l.Upper)
	}
	return l
}

// stretches are the runs of neighbouring buckets that are complete, mature and have a figure, as indices of points.
// What is between them breaks moving ranges and runs.
func (s *Series) stretches() [][]int {
	var stretches [][]int
	neighbour := false
	for i := range s.Points {
		if !s.Points[i].Settled() || s.Points[i].Value == nil {
			neighbour = false
			continue
		}
		if !neighbour {
			stretches = append(stretches, nil)
		}
		last := len(stretches) - 1
		stretches[last] = append(stretches[last], i)
		neighbour = true
	}
	return stretches
}

// Settled says that a bucket is complete and mature: its figure will not change any more.
func (p *Point) Settled() bool { return !p.Partial && !p.Immature }

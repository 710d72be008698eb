package figures

import "math"

// Interval is the stretch in which the share behind a ratio lies with 95 % confidence.
type Interval struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// z95 is how many standard deviations hold 95 % of a normal distribution.
const z95 = 1.959963984540054

// Wilson is the 95 % score interval of k cases among n; false where n is 0, or k is not among n. Unlike the textbook's
// interval it stays within 0 and 1, and tells something where k is 0 or n: none of five is anything up to 43 %.
func Wilson(k, n int) (Interval, bool) {
	if n <= 0 || k < 0 || k > n {
		return Interval{}, false
	}
	total, share := float64(n), float64(k)/float64(n)
	weight := 1 + z95*z95/total
	centre := (share + z95*z95/(2*total)) / weight
	reach := z95 / weight * math.Sqrt(share*(1-share)/total+z95*z95/(4*total*total))
	interval := Interval{max(0, centre-reach), min(1, centre+reach)}
	if k == 0 {
		interval.Low = 0 // exactly: rounding leaves a trace
	}
	if k == n {
		interval.High = 1
	}
	return interval, true
}

// Interval is a ratio's 95 % interval; false where there is no ratio.
func (p *Point) Interval() (Interval, bool) { return Wilson(p.K, p.N) }

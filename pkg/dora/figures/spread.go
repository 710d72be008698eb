package figures

import (
	"math"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Enough is how many events a figure of a statistic needs at least to say much; others need none.
var Enough = map[dora.Statistic]int{dora.Median: 5, dora.P75: 5, dora.Mean: 5, dora.P90: 10, dora.P95: 20, dora.RatioOf: 10}

// EnoughServices is of how many services there are quartiles at least: those of fewer are the figures of single services,
// which whoever knows them can name.
const EnoughServices = 5

// The labels that tell the series of a spread apart.
const (
	QuartileLabel = "quartile"
	CountedLabel  = "counted"
)

// Quartile is one of the three by which a spread is told: the share of services that are below.
type Quartile struct {
	Name  string
	Share float64
}

// Quartiles are those of a spread, from the lowest.
var Quartiles = []Quartile{{"lower", 0.25}, {"middle", 0.5}, {"upper", 0.75}}

// What becomes of a service in a point of a spread.
const (
	isCounted = iota
	hasFew    // its figure rests on fewer events than it needs
	hasNone   // nothing to measure
)

// Countings are the words for it.
var Countings = []string{"counted", "too few events", "no figure"}

// Spread is how services differ in one figure, whichever they are: quartiles over the figure that each has by itself. That is
// a statistic of services, which weigh alike, and never a figure of their events taken together.
type Spread struct {
	// Quartiles are three series, from the lowest. N is how many services they are of.
	Quartiles []Series
	// Counted are three series, in the order of Countings: how many services are counted, and why others are not.
	Counted []Series
}

// SpreadOf answers a question about each service that the filters let pass, and tells how the answers are spread. A service is
// counted where its figure rests on Enough events and, where none are 0, from its first deployment on. The question's groups and limit are ignored.
func SpreadOf(s *facts.Snapshot, q Question) Spread {
	if len(q.Spans) == 0 {
		return Spread{}
	}
	q.GroupBy, q.Limit = []dora.Field{dora.ByService}, 0
	row := q.Metric.Row()
	a := asking(s, &q, row.Unit, row.Zero, func(f *facts.Service) samples.Column { return f.Column(q.Metric) })
	groups, _ := groupsOf(s, &q)
	spread := newSpread(a)
	own := make([]standing, len(groups)*len(q.Spans))
	effort.InParts(len(groups), func(from, to int) {
		for i := from; i < to && q.Meter.Count(1); i++ {
			a.stand(groups[i], own[i*len(q.Spans):][:len(q.Spans)])
		}
	})
	effort.InParts(len(q.Spans), func(from, to int) {
		counted := effort.Counter{Meter: q.Meter}
		defer counted.Flush()
		values := make([]float64, 0, len(groups))
		for point := from; point < to && counted.Add(len(groups)+1); point++ {
			window := &a.axis.windows[point]
			about := Point{Span: q.Spans[point], Partial: window.Cut || window.End.After(q.Now)}
			var are [3]int
			values = values[:0]
			for i := range groups {
				each := &own[i*len(q.Spans)+point]
				are[each.is]++
				about.Immature = about.Immature || each.immature
				if each.is == isCounted {
					values = append(values, each.value)
					about.Partial = about.Partial || each.partial
				}
			}
			about.N = len(values)
			spread.put(point, about, values, are)
		}
	})
	return spread
}

// standing is a service's figure in one point.
type standing struct {
	value             float64
	is                int8
	partial, immature bool
}

// stand works out what one service has in each point.
func (a *asked) stand(g *group, into []standing) {
	needed, deployed := Enough[a.Statistic], g.deployed()
	for i, p := range a.series(g, false).Points {
		each := &into[i]
		each.partial, each.immature = p.Partial, p.Immature
		switch {
		case p.Value == nil, deployed >= upwards(a.axis.windows[i].End):
			each.is = hasNone
		case p.N < needed:
			each.is = hasFew
		default:
			each.value = *p.Value
		}
	}
}

// deployed is when the group was first deployed, in unix milliseconds.
func (g *group) deployed() int64 {
	first := int64(math.MaxInt64)
	for i := range g.members {
		if at, ok := g.members[i].facts.Column(dora.DeploymentFrequency).First(g.members[i].lanes); ok {
			first = min(first, at)
		}
	}
	return first
}

func newSpread(a *asked) (s Spread) {
	series := func(unit dora.Measure, label, value string) Series {
		return Series{Metric: a.Metric, Statistic: a.Statistic, Unit: unit, Labels: map[string]string{label: value}, Points: make([]Point, len(a.Spans)), OfServices: true}
	}
	for _, each := range Quartiles {
		s.Quartiles = append(s.Quartiles, series(a.unit, QuartileLabel, each.Name))
	}
	for _, each := range Countings {
		s.Counted = append(s.Counted, series(dora.Count, CountedLabel, each))
	}
	return s
}

// put fills in a point of every series.
func (s *Spread) put(point int, about Point, values []float64, are [3]int) {
	c := covered{values: values, order: selection(values)}
	for i := range s.Quartiles {
		p := about
		if value, ok := c.quantile(Quartiles[i].Share); ok && len(values) >= EnoughServices {
			p.Value = &value
		}
		s.Quartiles[i].Points[point] = p
	}
	for i := range s.Counted {
		p, value := about, float64(are[i])
		p.N, p.Value = are[isCounted]+are[hasFew]+are[hasNone], &value
		s.Counted[i].Points[point] = p
	}
}

package deliver

import (
	"math"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/sink"
)

// look is what belongs into a sink at one moment.
type look struct {
	snapshot *facts.Snapshot
	shape    sink.Shape
	now      time.Time
	since    time.Time // what begins before is left as it is
	spans    map[sink.Bucket][]figures.Span
	parts    [parts][]sink.Group // the groups of each, but for environments, which are found with their services
}

func newLook(s *facts.Snapshot, shape sink.Shape, since, now time.Time) *look {
	k := &look{snapshot: s, shape: shape, now: now, since: since, spans: map[sink.Bucket][]figures.Span{}}
	zone := shape.Timezone.Location
	for _, bucket := range shape.Buckets {
		whole := figures.Bucket(bucket)
		from, _ := whole.Cover(since, since, zone)
		_, to := whole.Cover(now, now, zone)
		spans := whole.Spans(from, to, zone)
		if from.Before(since) && len(spans) > 0 {
			spans = spans[1:] // some of it is no longer known
		}
		k.spans[bucket] = spans
	}
	enter := func(g sink.Group) { k.parts[part(g)] = append(k.parts[part(g)], g) }
	for _, level := range shape.Levels {
		switch level {
		case sink.All:
			enter(sink.Group{Level: level})
		case sink.Team:
			for _, team := range figures.Values(s, dora.ByTeam, nil) {
				enter(sink.Group{Level: level, Team: team})
			}
		case sink.Service, sink.Environment:
			last := ""
			for i, f := range s.Services {
				if name := f.Service.Name; i == 0 || name != last {
					enter(sink.Group{Level: level, Service: name})
					last = name
				}
			}
		}
	}
	return k
}

// block is what belongs into a sink of one line: series of the same spans, each of a kind.
type block struct {
	line
	spans  []figures.Span
	kinds  []int // places in sink.Kinds
	series []figures.Series
}

// blocks are those of a part, each figure as a query answers it.
func (k *look) blocks(number int) []*block {
	var all []*block
	byLine := map[line]*block{}
	for _, level := range k.shape.Levels {
		question := figures.Question{Now: k.now}
		switch level {
		case sink.All:
		case sink.Team:
			question.GroupBy = []dora.Field{dora.ByTeam}
		case sink.Service:
			question.GroupBy = []dora.Field{dora.ByService}
		case sink.Environment:
			question.GroupBy = []dora.Field{dora.ByService, dora.ByEnvironment}
		}
		var names []string
		for _, g := range k.parts[number] {
			if g.Level == level {
				names = append(names, g.Team+g.Service) // of which one is empty
			}
		}
		switch {
		case level == sink.All && slices.Contains(names, ""):
		case len(names) == 0:
			continue
		default:
			question.Filters = []dora.Filter{dora.NewFilter(question.GroupBy[0], false, names)}
		}
		for _, bucket := range k.shape.Buckets {
			question.Spans, question.Bucket = k.spans[bucket], figures.Bucket(bucket)
			for i, kind := range sink.Kinds {
				if !k.shape.Delivers(kind) {
					continue
				}
				question.Metric, question.Statistic = kind.Metric, kind.Statistic
				for _, series := range figures.Ask(k.snapshot, question) {
					l := line{sink.Group{Level: level, Service: series.Labels[string(dora.ByService)], Team: series.Labels[string(dora.ByTeam)], Environment: series.Labels[string(dora.ByEnvironment)]}, bucket}
					if level == sink.Environment && l.Environment == "" {
						continue
					}
					b := byLine[l]
					if b == nil {
						b = &block{line: l, spans: k.spans[bucket]}
						byLine[l] = b
						all = append(all, b)
					}
					b.kinds, b.series = append(b.kinds, i), append(b.series, series)
				}
			}
		}
	}
	return all
}

// entry is what belongs into the ledger of one of the spans; no kinds: there is nothing to say.
func (b *block) entry(span int) entry {
	e := entry{start: b.spans[span].Start.Unix()}
	for i := range b.series {
		p := &b.series[i].Points[span]
		if p.Value == nil {
			continue
		}
		e.kinds |= 1 << b.kinds[i]
		flags := uint64(b.kinds[i]) << 2 //nolint:gosec // small
		if p.Partial {
			flags |= 1
		}
		if p.Immature {
			flags |= 2
		}
		for _, word := range []uint64{flags, math.Float64bits(*p.Value), uint64(p.N), uint64(p.K)} { //nolint:gosec // counts
			e.digest = mixed(e.digest ^ mixed(word+0x9e3779b97f4a7c15))
		}
	}
	if e.digest == unsure {
		e.digest = 1
	}
	return e
}

// mixed spreads what differs in few bits over all of them (the finaliser of SplitMix64).
func mixed(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// points are those of a span.
func (b *block) points(span int, into []sink.Point) []sink.Point {
	for i := range b.series {
		s := &b.series[i]
		if p := &s.Points[span]; p.Value != nil {
			into = append(into, sink.Point{
				Series: sink.Series{Group: b.Group, Bucket: b.Bucket, Metric: s.Metric, Statistic: s.Statistic},
				Start:  b.spans[span].Start, Value: *p.Value, N: p.N, K: p.K, Ratio: s.HasCases(), Partial: p.Partial, Immature: p.Immature,
			})
		}
	}
	return into
}

// turns is when points next change though no fact does: buckets end, and failures in them no longer come to light.
func (k *look) turns() time.Time {
	next := k.now.Add(time.Hour)
	window := time.Duration(k.snapshot.Definition.IncidentWindow)
	for _, spans := range k.spans {
		for i := len(spans) - 1; i >= 0 && spans[i].End.Add(window).After(k.now); i-- {
			for _, at := range []time.Time{spans[i].End, spans[i].End.Add(window)} {
				if at.After(k.now) && at.Before(next) {
					next = at
				}
			}
		}
	}
	return next.Add(time.Second)
}

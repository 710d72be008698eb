package query

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// The bounds of one answer, whoever asks: panels, alert rules, programs.
const (
	// SeriesLimit is how many series one answer has. The first, by their groups' values, are kept.
	SeriesLimit = 500
	// RowLimit is how many rows one table of events has; the newest are kept.
	RowLimit = 5000
	// TextLimit is how long a query's JSON may be, in bytes.
	TextLimit = 128 << 10
	// AnswerLimit is how much memory the answers to one request may take, in bytes, as it is estimated.
	AnswerLimit = 192 << 20

	// figuresRoom is how much of that figures may take: some 250,000 in series, 90,000 in a table.
	figuresRoom = 64 << 20
)

// What things take in bytes, from the domain's figures to what is handed over, as measured.
const (
	anyAnswer  = 32 << 10
	pointSize  = 150 // of what all series have in common
	seriesSize = 4 << 10
	lengthSize = 8
	rankedSize = 40 // a length that is read in several points
	eventSize  = 40 // an event that is looked at for a table
	rowSize    = 1 << 10
	changeSize = 1 << 10 // a change of a service whose changes are worked out again
	placeSize  = 200

	standingSize = 24 // a service's figure in one point of a spread
	spreadSeries = 6
)

// figureSizes are what one figure takes in the formats that have one for each bucket.
var figureSizes = map[Format]int64{TimeSeries: 250, Table: 700, Chart: 400}

// textCopies is how often each series repeats its query: in what its points lead to.
const textCopies = 4

// points is about how many a series has.
func (q *Query) points(r Range) int64 {
	if !q.hasBuckets() {
		return 1
	}
	days := map[figures.Bucket]int64{figures.Day: 1, figures.Week: 7, figures.Month: 28, figures.Quarter: 90}[q.bucketFor(r)]
	return max(1, r.To.Unix()-r.From.Unix())/(max(days, 1)*int64(24*time.Hour/time.Second)) + 2
}

// parts is how many questions a query is.
func (q *Query) parts() int64 {
	switch {
	case q.Type == TypeStages && q.Stage == StageAll:
		return int64(len(facts.StageNames))
	case q.EveryMetric:
		return int64(len(dora.Metrics))
	}
	return 1
}

func (q *Query) figureSize() int64 {
	if q.Type == TypeSignals {
		return figureSizes[Table]
	}
	return max(figureSizes[q.Format], figureSizes[TimeSeries])
}

// Bound sets how many series the answer to each of the query's questions may have: fewer where they have many points, or
// the query itself is long.
func (q *Query) Bound(r Range, text int) {
	each := q.points(r)*q.figureSize() + seriesSize + textCopies*int64(text)
	q.SeriesLimit = int(max(1, min(SeriesLimit, figuresRoom/each/q.parts())))
}

// Size is about how much memory the answer takes, in bytes, while it is worked out, laid out and written. The query is
// bound.
func (q *Query) Size(s *facts.Snapshot, r Range, text int) int64 {
	w := figures.Weigh(s, q.DomainFilters())
	rows := func(events int) int64 { return int64(events)*eventSize + int64(min(events, RowLimit))*rowSize }
	size := anyAnswer + textCopies*int64(text)
	switch q.Type {
	case TypeMetric, TypeStages, TypeSignals, TypeSpread:
		series := int64(1)
		if q.Type == TypeSpread {
			series = spreadSeries
			size += int64(w.Services) * q.points(r) * standingSize
		}
		if len(q.GroupBy) > 0 {
			series = int64(min(q.SeriesLimit, max(w.Lanes, w.Services, 1)))
		}
		points := q.points(r)
		size += points*pointSize + q.parts()*series*(points*q.figureSize()+seriesSize+textCopies*int64(text))
		if q.Type == TypeStages || q.EveryMetric || q.Metric == dora.LeadTime || q.Metric == dora.RecoveryTime {
			each := int64(lengthSize)
			if !q.Rolling.IsZero() {
				each = rankedSize
			}
			size += each * int64(w.Lengths)
		}
	case TypeEvents:
		switch q.Events {
		case EventsIncidents, EventsOpen, EventsUnlinked:
			size += rows(w.Incidents)
		case EventsUnmatched:
			size += int64(figures.Weigh(s, nil).Deployments) * placeSize
		case EventsChanges, EventsWaiting:
			size += rows(w.Deployments+w.Waiting) + int64(w.Largest)*changeSize
		case EventsCoverage, EventsUnmeasured, EventsCorrections:
			size += rows(w.Services)
		default:
			size += rows(w.Deployments + w.Incidents)
		}
	case TypeAnnotations:
		size += rows(w.Deployments + w.Incidents)
	case TypeStanding:
		size += int64(w.Services) * seriesSize
	case TypeValues, TypeCollection:
	}
	return size
}

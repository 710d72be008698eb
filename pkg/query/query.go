// Package query is the one query model: what panels, alerts, variables and the command line may ask, how it is read
// from JSON, and how it is answered from a snapshot. It knows the domain and nothing of Grafana.
package query

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Type says what a query asks for.
type Type string

// The query types.
const (
	TypeMetric      Type = "metric"      // one of the five metrics
	TypeStages      Type = "stages"      // lead time by stage
	TypeSpread      Type = "spread"      // how services differ in one of the five metrics, without their names
	TypeEvents      Type = "events"      // deployments, changes or incidents, one a row
	TypeAnnotations Type = "annotations" // the same as marks on other panels
	TypeSignals     Type = "signals"     // what changed, and when
	TypeValues      Type = "values"      // what a field takes, for variables
	TypeCollection  Type = "collection"  // how collection is going
	TypeStanding    Type = "standing"    // how things stand now, in one number
)

// LiveTypes are the types of query that can be followed. Marks are drawn by Grafana's own annotations, and values by its
// variables, which take one answer at a time.
var LiveTypes = []Type{TypeMetric, TypeStages, TypeSpread, TypeEvents, TypeCollection}

// Allowed lists the query types.
func (Type) Allowed() []string {
	return []string{string(TypeMetric), string(TypeStages), string(TypeSpread), string(TypeEvents), string(TypeAnnotations), string(TypeSignals), string(TypeValues), string(TypeCollection), string(TypeStanding)}
}

// Format is the form of an answer.
type Format string

// The formats.
const (
	TimeSeries Format = "time_series" // one figure a bucket
	Numeric    Format = "numeric"     // one figure for the whole range
	Table      Format = "table"       // a row a group and bucket
	// Distribution is how many lengths of time lie in each step, over the whole range.
	Distribution Format = "distribution"
	// Tile is one figure for the whole range, and beside it one a bucket, which show how it came.
	Tile Format = "tile"
	// Chart is one figure a bucket as a person sees it drawn: buckets that are not whole apart, lengths in a unit that reads round.
	Chart Format = "chart"
)

// Allowed lists the formats.
func (Format) Allowed() []string {
	return []string{string(TimeSeries), string(Numeric), string(Table), string(Distribution), string(Tile), string(Chart)}
}

// Stage says which stages of lead time are shown.
type Stage string

// The choices of stages.
const (
	StageAll     Stage = "all"
	StageLongest Stage = "longest" // the one in which changes spent the most time altogether
)

// Allowed lists the choices of stages.
func (Stage) Allowed() []string { return []string{string(StageAll), string(StageLongest)} }

// Spread says what of a spread is shown.
type Spread string

// What can be shown of a spread.
const (
	SpreadQuartiles Spread = "quartiles" // of the services' own figures
	SpreadCounted   Spread = "counted"   // how many services these are of, and why of no more
)

// Allowed lists what can be shown of a spread.
func (Spread) Allowed() []string { return []string{string(SpreadQuartiles), string(SpreadCounted)} }

// Compare says what a figure is shown beside.
type Compare string

// The comparisons.
const (
	CompareNone     Compare = "none"
	ComparePrevious Compare = "previous" // the period of the same length before
)

// Allowed lists the comparisons.
func (Compare) Allowed() []string { return []string{string(CompareNone), string(ComparePrevious)} }

// Events names a kind of rows.
type Events string

// The kinds of rows.
const (
	EventsDeployments Events = "deployments"
	EventsChanges     Events = "changes"
	EventsIncidents   Events = "incidents"
	EventsFailures    Events = "failures"    // deployments that failed, by their finish
	EventsRecoveries  Events = "recoveries"  // what recovery time rests on, by the recovery
	EventsOpen        Events = "open"        // incidents that are not resolved, whenever they opened
	EventsFailing     Events = "failing"     // what is failing now: deployments that nothing has recovered from, and open incidents
	EventsWaiting     Events = "waiting"     // changes that are merged and not shipped, whenever they were merged
	EventsUnlinked    Events = "unlinked"    // incidents that are held against no deployment, and why
	EventsUnmeasured  Events = "unmeasured"  // what could not be measured, by reason
	EventsUnmatched   Events = "unmatched"   // environments and repositories that no service counts, of all time
	EventsCorrections Events = "corrections" // people's words
	EventsCoverage    Events = "coverage"    // what is measured of each service: counts
)

// marks are the kinds of rows that can be marks on other panels: each is at a time.
var marks = []Events{EventsDeployments, EventsChanges, EventsIncidents, EventsFailures, EventsRecoveries}

// Allowed lists the kinds of rows.
func (Events) Allowed() []string {
	return []string{
		string(EventsDeployments), string(EventsChanges), string(EventsIncidents), string(EventsFailures), string(EventsRecoveries), string(EventsOpen), string(EventsFailing), string(EventsWaiting),
		string(EventsUnlinked), string(EventsUnmeasured), string(EventsUnmatched), string(EventsCorrections), string(EventsCoverage),
	}
}

// FilterOp says how a filter reads its values.
type FilterOp string

// The operators.
const (
	OpIn    FilterOp = "in"
	OpNotIn FilterOp = "not_in"
)

// Allowed lists the operators.
func (FilterOp) Allowed() []string { return []string{string(OpIn), string(OpNotIn)} }

// Filter restricts a field to some values, or leaves some out. Without values it restricts nothing.
type Filter struct {
	Field  dora.Field `json:"field"`
	Op     FilterOp   `json:"op"`
	Values []string   `json:"values"`
}

// Query is a question, complete: every field has its value or default.
type Query struct {
	Version    int               `json:"version"`
	Type       Type              `json:"queryType"`
	Metric     dora.Metric       `json:"metric"`
	Statistic  dora.Statistic    `json:"statistic"`
	Bucket     figures.Bucket    `json:"bucket"`
	Rolling    Rolling           `json:"rolling"`
	GroupBy    []dora.Field      `json:"groupBy"`
	Filters    []Filter          `json:"filters"`
	Timezone   Zone              `json:"timezone"`
	Format     Format            `json:"format"`
	Compare    Compare           `json:"compare"`
	Limits     bool              `json:"limits"`
	Benchmark  figures.Benchmark `json:"benchmark"`
	Direction  Direction         `json:"direction"`
	Definition dora.Definition   `json:"definition"`
	Events     Events            `json:"events"`
	At         Moment            `json:"at"`
	Field      dora.Field        `json:"field"`
	Standing   Standing          `json:"standing"`
	// Live asks for the answer to be followed: whenever it becomes another one, it is sent anew.
	Live bool `json:"live"`
	// Range is what the question's range is relative to now, without which it cannot be followed.
	Range *Relative `json:"range"`
	// Stage restricts the stages of lead time that are shown.
	Stage Stage `json:"stage"`
	// Spread is what is shown of a spread.
	Spread Spread `json:"spread"`

	// EveryMetric says that a signals query watches all five; Metric is then the first.
	EveryMetric bool `json:"-"`
	// SeriesLimit is how many series the answer to one of its questions may have; 0: any number.
	SeriesLimit int `json:"-"`
	// Meter is told of the work on the answer, and may end it.
	Meter effort.Meter `json:"-"`
}

// Zone is an IANA time zone.
type Zone = dora.Zone

// foreign are the keys that Grafana puts into every query beside ours.
var foreign = []string{"refId", "datasource", "datasourceId", "intervalMs", "maxDataPoints", "hide", "key", "queryCachingTTL", "intervalFactor", "timeRange", "scenarioId", "resultAssertions"}

// filterLimit and valueLimit bound what one query may carry.
const (
	filterLimit = 50
	valueLimit  = 1000
)

// Parse reads a query from JSON over a data source's definition, of which the query may override parts. The error
// joins one *strict.Error for each mistake.
func Parse(text []byte, base dora.Definition) (Query, error) {
	q := Query{
		Version: Version, Type: TypeMetric, Metric: dora.DeploymentFrequency, Bucket: figures.Auto, Timezone: Zone{Location: time.UTC},
		Compare: CompareNone, Benchmark: figures.NoBenchmark, Direction: AnyDirection, Events: EventsDeployments, Field: dora.ByService,
		Stage: StageAll, Spread: SpreadQuartiles, Standing: Standings[0].Key,
	}
	base.Evidence = slices.Clone(base.Evidence)
	q.Definition = base
	object, err := own(text)
	if err != nil {
		return q, err
	}
	if err := Migrate(object, Migrations); err != nil {
		return q, err
	}
	if err := q.readEveryMetric(object); err != nil {
		return q, err
	}
	if err := strict.Decode("", object, &q); err != nil {
		return q, err
	}
	return q, q.complete()
}

// own is what of a query's JSON is ours.
func own(text []byte) (map[string]any, error) {
	if len(text) > TextLimit {
		return nil, &strict.Error{Field: "the query", Problem: fmt.Sprintf("has %d kB; allowed: %d kB", len(text)>>10, TextLimit>>10)}
	}
	object, err := strict.Object(text)
	if err != nil {
		return nil, &strict.Error{Field: "the query", Problem: err.Error()}
	}
	for _, key := range foreign {
		delete(object, key)
	}
	if object["queryType"] == "" {
		delete(object, "queryType")
	}
	return object, nil
}

// Canonical is a query's JSON without what Grafana puts beside it, its keys in order: the same question asked from two
// panels is the same text.
func Canonical(text []byte) ([]byte, error) {
	object, err := own(text)
	if err != nil {
		return nil, err
	}
	return json.Marshal(object)
}

// Follows says whether the query asks for its answer to be followed, and can.
func (q *Query) Follows() bool {
	return q.Live && q.Range != nil && slices.Contains(LiveTypes, q.Type)
}

// complete fills in what depends on other fields and checks what fits together.
func (q *Query) complete() error {
	var mistakes []error
	fail := func(field, format string, args ...any) {
		mistakes = append(mistakes, &strict.Error{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	if q.Format == "" {
		q.Format = q.formats()[0]
	}
	statistics := q.statistics()
	if q.Statistic == "" || !q.asksFigures() {
		q.Statistic = statistics[0]
	}
	if q.EveryMetric && !q.defaultStatistic() {
		fail("statistic", "%q is not allowed with all metrics; allowed: with one metric", q.Statistic)
	} else if !slices.Contains(statistics, q.Statistic) {
		fail("statistic", "%q is not allowed for %s; allowed: %s", q.Statistic, q.subject(), list(statistics))
	}
	if len(q.Filters) > filterLimit {
		fail("filters", "%d are too many; allowed: %d", len(q.Filters), filterLimit)
	}
	for i := range q.Filters {
		filter := &q.Filters[i]
		if filter.Field == "" {
			fail(fmt.Sprintf("filters[%d].field", i), "is missing; allowed: %s", strings.Join(filter.Field.Allowed(), ", "))
		}
		if filter.Op == "" {
			filter.Op = OpIn
		}
		if len(filter.Values) > valueLimit {
			fail(fmt.Sprintf("filters[%d].values", i), "%d are too many; allowed: %d", len(filter.Values), valueLimit)
		}
	}
	for i, field := range q.GroupBy {
		if slices.Contains(q.GroupBy[:i], field) {
			fail(fmt.Sprintf("groupBy[%d]", i), "%s is there twice", field)
		}
	}
	if q.Compare == ComparePrevious && q.Format != Numeric && q.Format != Tile {
		fail("compare", "previous is not allowed with format %s; allowed: with formats numeric, tile", q.Format)
	}
	if q.Format == Distribution && q.Type != TypeSignals && q.Type != TypeSpread && (q.Type != TypeMetric || q.Metric.Row().Unit != dora.Seconds) {
		fail("format", "distribution is not allowed for %s; allowed: for metrics that are lengths of time", q.subject())
	}
	if q.Type == TypeAnnotations && !slices.Contains(marks, q.Events) {
		fail("events", "%s is not allowed for annotations; allowed: %s", q.Events, list(marks))
	}
	if q.Definition.IncidentWindow <= 0 {
		fail("definition.incidentWindow", "%s is too short; allowed: a length of time, such as 24h", q.Definition.IncidentWindow)
	}
	q.checkSpread(fail)
	q.checkSeverity(fail)
	q.checkBucket(fail)
	q.checkRolling(fail)
	q.checkLimits(fail)
	q.checkBenchmark(fail)
	return strict.Mistakes(mistakes)
}

// Fits says what is wrong with a range that has more buckets than an answer may have: it would end early, unsaid.
func (q *Query) Fits(r Range) error {
	bucket := q.Bucket.For(r.From, r.To)
	if !q.asksFigures() || !q.hasBuckets() || bucket.Fits(r.From, r.To) {
		return nil
	}
	return &strict.Error{Field: "bucket", Problem: fmt.Sprintf("%s is too short for this range; allowed: a longer one, such as auto, or a shorter range", bucket)}
}

// asksFigures says whether a query asks for metrics, or what they say.
func (q *Query) asksFigures() bool {
	return q.Type == TypeMetric || q.Type == TypeStages || q.Type == TypeSpread || q.Type == TypeSignals
}

// StageStatistics are the statistics of lead time's stages, the default first.
var StageStatistics = []dora.Statistic{dora.Median, dora.P75, dora.P90, dora.P95, dora.Mean}

func (q *Query) statistics() []dora.Statistic {
	if q.Type == TypeStages {
		return StageStatistics
	}
	return q.Metric.Row().Statistics
}

func (q *Query) subject() string {
	if q.Type == TypeStages {
		return "stages"
	}
	return "metric " + string(q.Metric)
}

func list[T ~string](values []T) string {
	text := make([]string, len(values))
	for i, v := range values {
		text[i] = string(v)
	}
	return strings.Join(text, ", ")
}

// Fields lists the keys that a query may have.
func Fields() []string { return strict.Keys(reflect.TypeFor[Query]()) }

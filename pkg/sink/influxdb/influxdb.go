// Package influxdb delivers figures to InfluxDB, by its HTTP API of version 1 (/write and /query), which versions 2 and 3 have
// as well. It knows the contract of sinks and how requests of sources are kept safe, and nothing else of this module.
package influxdb

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/sink"
)

// What one request carries at most: bytes before they are compressed, and statements.
const (
	batchBytes     = 512 << 10
	statementLimit = 50
)

// Sink is one database of InfluxDB.
type Sink struct {
	*wire
	dataset, database, policy, measurement string

	heads map[sink.Series]string // of the series that were written last
}

// headLimit is how many series' heads are kept.
const headLimit = 20_000

// New is a sink with these settings.
func New(given sink.Given, s Settings) *Sink {
	made := &Sink{
		wire: newWire(given, s), dataset: given.Dataset, database: s.Database, policy: s.RetentionPolicy,
		measurement: s.Measurement, heads: map[sink.Series]string{},
	}
	if made.measurement == "" {
		made.measurement = defaultMeasurement
	}
	return made
}

// Write implements sink.Sink. Requests are of a bounded size.
func (s *Sink) Write(ctx context.Context, points []sink.Point) error {
	var batch []byte
	for i := range points {
		batch = s.line(batch, s.headOf(&points[i].Series), &points[i], false)
		if len(batch) >= batchBytes || i == len(points)-1 {
			if err := s.write(ctx, batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
	}
	return nil
}

func (s *Sink) headOf(series *sink.Series) string {
	head, known := s.heads[*series]
	if !known {
		if len(s.heads) >= headLimit {
			clear(s.heads)
		}
		head = s.head(series)
		s.heads[*series] = head
	}
	return head
}

// write sends lines. None is a question whether they would be taken.
func (s *Sink) write(ctx context.Context, lines []byte) error {
	parameters := url.Values{"db": {s.database}, "precision": {"s"}}
	if s.policy != "" {
		parameters.Set("rp", s.policy)
	}
	answer, err := s.send(ctx, http.MethodPost, "/write", parameters, lines)
	if err != nil {
		return err
	}
	if answer.status == http.StatusNoContent || answer.status == http.StatusOK {
		return nil
	}
	return s.refused(answer)
}

// Remove implements sink.Sink. Points are marked as withdrawn: a field cannot be unset, InfluxDB 3 has no DELETE, and 1.6 with its
// index in memory, once it was started again, loses sight of what is written where others were deleted.
func (s *Sink) Remove(ctx context.Context, gone []sink.Gone) error {
	for some := range slices.Chunk(gone, statementLimit) {
		conditions := make([]string, len(some))
		for i := range some {
			g := &some[i]
			conditions[i] = s.where(s.tags(&sink.Series{Group: g.Group, Bucket: g.Bucket, Metric: g.Metric, Statistic: g.Statistic}), g.From, g.To)
		}
		if err := s.mark(ctx, conditions); err != nil {
			return err
		}
	}
	return nil
}

// What is swept at a time, and how far ahead of ours a clock may have been.
const (
	sweepSpan  = 28 * 24 * time.Hour
	sweepAhead = 31 * 24 * time.Hour
)

// Sweep implements sink.Sink.
func (s *Sink) Sweep(ctx context.Context, from time.Time) error {
	all := []tag{{"dataset", Text(s.dataset)}}
	until := time.Now().Add(sweepAhead)
	for begin := from; begin.Before(until); begin = begin.Add(sweepSpan) {
		if err := s.mark(ctx, []string{s.where(all, begin, begin.Add(sweepSpan-1))}); err != nil {
			return err
		}
	}
	return nil
}

// where is the condition that picks points.
func (s *Sink) where(tags []tag, from, to time.Time) string {
	var b strings.Builder
	for _, each := range tags {
		b.WriteString(name(each.key) + " = " + text(each.value) + " AND ")
	}
	fmt.Fprintf(&b, "time >= %ds AND time <= %ds", from.Unix(), to.Unix())
	return b.String()
}

// mark writes over the points that conditions pick that they are withdrawn.
func (s *Sink) mark(ctx context.Context, conditions []string) error {
	from := name(s.measurement)
	if s.policy != "" {
		from = name(s.policy) + "." + from
	}
	statements := make([]string, len(conditions))
	for i, condition := range conditions {
		statements[i] = `SELECT "n", "withdrawn" FROM ` + from + " WHERE " + condition + " GROUP BY *"
	}
	results, err := s.query(ctx, strings.Join(statements, "; "))
	if err != nil {
		return err
	}
	var batch []byte
	for _, series := range results.series() {
		of := sink.Series{
			Group:  sink.Group{Level: sink.Level(series.Tags["level"]), Service: series.Tags["service"], Team: series.Tags["team"], Environment: series.Tags["environment"]},
			Bucket: sink.Bucket(series.Tags["bucket"]), Metric: dora.Metric(series.Tags["metric"]), Statistic: dora.Statistic(series.Tags["statistic"]),
		}
		row := of.Metric.Row()
		head := s.marked(series.Tags)
		for _, values := range series.Values {
			at, ok := values[0].(float64)
			if withdrawn, _ := values[2].(bool); !ok || withdrawn {
				continue
			}
			p := sink.Point{Series: of, Start: time.Unix(int64(at), 0), Ratio: row != nil && row.Unit == dora.Ratio}
			if batch = s.line(batch, head, &p, true); len(batch) >= batchBytes {
				if err := s.write(ctx, batch); err != nil {
					return err
				}
				batch = batch[:0]
			}
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return s.write(ctx, batch)
}

// marked is the head of a series that was read: its tags are as they are written.
func (s *Sink) marked(tags map[string]string) string {
	var b strings.Builder
	b.WriteString(escapeMeasurement.Replace(s.measurement))
	for _, key := range []string{"bucket", "dataset", "environment", "level", "metric", "service", "statistic", "team"} {
		if tags[key] != "" {
			b.WriteString("," + key + "=" + escapeTag.Replace(tags[key]))
		}
	}
	return b.String() + " "
}

// Check implements sink.Sink.
func (s *Sink) Check(ctx context.Context) (c sink.Condition, err error) {
	sent := time.Now()
	answer, err := s.send(ctx, http.MethodGet, "/ping", nil, nil)
	switch {
	case err != nil:
		return c, err
	case !answer.genuine() || answer.status >= http.StatusMultipleChoices && answer.status != http.StatusUnauthorized:
		return c, s.refused(answer)
	}
	c.Version = answer.header.Get("X-Influxdb-Version")
	if at, err := http.ParseTime(answer.header.Get("Date")); err == nil {
		c.Ahead = skew(at, sent, time.Now())
	}
	if err := s.write(ctx, nil); err != nil {
		return c, err
	}
	results, err := s.query(ctx, "SHOW RETENTION POLICIES ON "+name(s.database))
	var known *sink.Error
	switch {
	case errors.As(err, &known) && (known.Cause == sink.CauseLine || known.Cause == sink.CauseAnswer):
		return c, nil // it does not tell how long it keeps them
	case err != nil:
		return c, err
	}
	return c, s.keeps(results, &c)
}

// skew is by how much a clock is ahead that said, to the second, what time it was at some moment between two of ours.
func skew(said, from, to time.Time) time.Duration {
	switch {
	case said.Add(time.Second).Before(from):
		return said.Add(time.Second).Sub(from)
	case said.After(to):
		return said.Sub(to)
	}
	return 0
}

// keeps finds how long the policy that is written to keeps points.
func (s *Sink) keeps(results *results, c *sink.Condition) error {
	for _, series := range results.series() {
		at := map[string]int{}
		for i, column := range series.Columns {
			at[column] = i
		}
		for _, row := range series.Values {
			cell := func(column string) any {
				if i, there := at[column]; there && i < len(row) {
					return row[i]
				}
				return nil
			}
			policy, _ := cell("name").(string)
			usual, _ := cell("default").(bool)
			if policy != s.policy && (s.policy != "" || !usual) {
				continue
			}
			lasts, _ := cell("duration").(string)
			keeps, err := time.ParseDuration(lasts)
			if err == nil {
				c.Keeps = keeps
			}
			return nil
		}
	}
	if s.policy != "" {
		return s.failure(sink.CauseDatabase, fmt.Sprintf("the database %q has no retention policy %q: make it, or leave retentionPolicy out", s.database, s.policy), nil)
	}
	return nil
}

// results are InfluxDB's answer to queries.
type results struct {
	Results []struct {
		Series []struct {
			Tags    map[string]string
			Columns []string
			Values  [][]any
		}
		Error string
	}
	Error string
}

// series are those of all results.
func (r *results) series() (all []struct {
	Tags    map[string]string
	Columns []string
	Values  [][]any
}) {
	for i := range r.Results {
		all = append(all, r.Results[i].Series...)
	}
	return all
}

// query has InfluxDB carry out statements. Times are in seconds.
func (s *Sink) query(ctx context.Context, statements string) (*results, error) {
	answer, err := s.send(ctx, http.MethodPost, "/query", url.Values{"db": {s.database}, "epoch": {"s"}}, []byte(url.Values{"q": {statements}}.Encode()))
	if err != nil {
		return nil, err
	}
	if answer.status != http.StatusOK {
		return nil, s.refused(answer)
	}
	var read results
	if err := json.Unmarshal(answer.body, &read); err != nil {
		return nil, s.failure(sink.CauseAnswer, "the answer is not InfluxDB's: look for a proxy that alters answers", nil)
	}
	said := read.Error
	for i := range read.Results {
		if said == "" {
			said = read.Results[i].Error
		}
	}
	if said != "" {
		return nil, s.said(answer, said)
	}
	return &read, nil
}

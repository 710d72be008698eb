package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// bucketTotal is one bucket over the whole range.
const bucketTotal = "total"

func reportCommand(ctx context.Context, args []string, out, log io.Writer) (err error) {
	var w where
	f := flags("report", log)
	w.define(f)
	metric := f.String("metric", "all", "`METRIC`: "+strings.Join(dora.Metric("").Allowed(), ", ")+" or all")
	statistic := f.String("statistic", "", "`STATISTIC` such as p50; with all metrics it applies where it makes sense (default: each metric's own)")
	bucket := f.String("bucket", string(figures.Month), "`BUCKET`: "+strings.Join(figures.Bucket("").Allowed(), ", ")+" or "+bucketTotal)
	rolling := f.String("rolling", "", "`WINDOW` that each figure covers, such as \"28 days\" or \"3 buckets\" (default: its bucket)")
	limits := f.Bool("limits", false, "add each series' mean and process limits")
	groupBy := f.String("group-by", "", "`FIELDS`, with commas: "+strings.Join(dora.Field("").Allowed(), ", "))
	only := filters{}
	only.define(f)
	from := f.String("from", "", "`TIME` or date, inclusive (default: where the data begin)")
	to := f.String("to", "", "`TIME` or date, exclusive (default: where the data end)")
	timezone := f.String("timezone", "UTC", "IANA `ZONE` of dates and buckets")
	format := f.String("format", "table", "`FORMAT`: table, json, csv or markdown")
	definition := f.Bool("definition", false, "print the definition in force, or without --settings the default, and end")
	if err := parse(f, args); err != nil {
		return err
	}
	if *definition && w.file == "" {
		return writeJSON(out, dora.DefaultDefinition())
	}
	write, ok := formats[*format]
	if !ok {
		return misused("--format: %q is not allowed; allowed: %s", *format, strings.Join(slices.Sorted(maps.Keys(formats)), ", "))
	}
	total := *bucket == bucketTotal
	if total {
		*bucket = string(figures.Month)
	}
	metrics := []string{*metric}
	if *metric == "all" {
		metrics = dora.Metric("").Allowed()
	}
	texts := func() (all [][]byte, err error) {
		for _, key := range metrics {
			model := map[string]any{"metric": key, "bucket": *bucket, "timezone": *timezone, "rolling": *rolling, "limits": *limits, "groupBy": fields(*groupBy), "filters": only.model()}
			if row := dora.Metric(key).Row(); *statistic != "" && (*metric != "all" || slices.Contains(row.Statistics, dora.Statistic(*statistic))) {
				model["statistic"] = *statistic
			}
			if total {
				model["format"] = string(query.Numeric)
			}
			text, err := json.Marshal(model)
			if err != nil {
				return nil, err
			}
			all = append(all, text)
		}
		return all, nil
	}
	asked, err := texts()
	if err != nil {
		return err
	}
	for _, text := range asked { // checked before anything is read, which may take long
		base := dora.DefaultDefinition()
		base.Recovery = dora.RecoveryOfIncident // which severities need; whether the settings have it is seen when they are read
		q, err := query.Parse(text, base)
		if err != nil {
			return optionsOf(err)
		}
		if _, err := rangeOf(&facts.Snapshot{}, q, *from, *to); err != nil {
			return err
		}
	}
	d, err := w.filled(ctx, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if *definition {
		return writeJSON(out, d.Settings().Definition)
	}
	if err := only.resolve(d.Snapshot()); err != nil {
		return err
	}
	if asked, err = texts(); err != nil {
		return err
	}
	inRange := false
	report := query.Report{Definition: d.Settings().Definition, Series: []query.ReportSeries{}, Unmeasured: map[facts.Reason]int{}}
	for _, text := range asked {
		q, err := query.Parse(text, d.Settings().Definition)
		if err != nil {
			return optionsOf(err)
		}
		r, err := rangeOf(d.Snapshot(), q, *from, *to)
		if err != nil {
			return err
		}
		if !r.From.Before(r.To) {
			continue // nothing is stored, or all of it is outside
		}
		if err := q.Fits(r); err != nil {
			return optionsOf(err)
		}
		figures := query.Answer(q, d.Snapshot(), r, time.Now())
		report.Unmeasured = figures.Unmeasured
		if *from == "" || *to == "" {
			open := r // all data has no bounds: a change that was never shipped may lie outside of the deployments
			if *from == "" {
				open.From = time.Time{}
			}
			if *to == "" {
				open.To = time.Time{}
			}
			report.Unmeasured = d.Snapshot().Unmeasured(q.DomainFilters(), open.From, open.To, time.Now())
		}
		report.Series = append(report.Series, figures.Report().Series...)
		inRange = inRange || r.From.Before(d.Snapshot().Latest.Add(1)) && r.To.After(d.Snapshot().Earliest)
	}
	if s := d.Snapshot(); !inRange && !s.Earliest.IsZero() {
		_, _ = fmt.Fprintln(log, "Nothing of that time is stored: "+extent(s)+".")
	}
	return write(out, report)
}

func fields(text string) []string {
	if text == "" {
		return []string{}
	}
	list := strings.Split(text, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// optionsOf says a query's mistakes of the options that it was made from.
func optionsOf(err error) error {
	text := err.Error()
	for _, option := range []struct{ field, name string }{{"groupBy", "--group-by"}, {"metric", "--metric"}, {"statistic", "--statistic"}, {"bucket", "--bucket"}, {"timezone", "--timezone"}, {"rolling", "--rolling"}, {"limits", "--limits"}} {
		if rest, ok := strings.CutPrefix(text, option.field); ok {
			text = option.name + rest
		}
	}
	if strings.HasPrefix(text, "--bucket") {
		text += ", " + bucketTotal
	}
	return misused("%s", text)
}

// rangeOf is what --from and --to say. Where they are silent it is all data, in whole buckets.
func rangeOf(s *facts.Snapshot, q query.Query, from, to string) (query.Range, error) {
	zone := q.Timezone.Location
	var r query.Range
	read := s.Reached()
	switch {
	case !s.Earliest.IsZero():
		r.From, r.To = q.Bucket.For(s.Earliest, s.Latest).Cover(s.Earliest, s.Latest, zone)
	case !read.IsZero(): // nothing happened in all that was read
		r.From, r.To = read.In(zone), time.Now().In(zone)
	}
	var err error
	if from != "" {
		if r.From, err = timeOption("from", from, zone); err != nil {
			return r, err
		}
	}
	if to != "" {
		if r.To, err = timeOption("to", to, zone); err != nil {
			return r, err
		}
	}
	if s.Earliest.IsZero() && read.IsZero() { // nothing is stored: a range without length where one end is not given
		if from == "" {
			r.From = r.To
		}
		if to == "" {
			r.To = r.From
		}
	}
	if from != "" && to != "" && !r.From.Before(r.To) {
		return r, misused("--to: %s is not after --from", to)
	}
	return r, nil
}

package pagerduty

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// span is how much time one list of incidents takes in: PagerDuty refuses more than six months.
const span = 150 * 24 * time.Hour

// sync lists all incidents at first, and whenever some are missing; else it follows the log.
func (r *run) sync(ctx context.Context) error {
	settings, _ := json.Marshal(r.config.Settings) // texts: it cannot fail
	p := r.Cursor
	if wanted := string(settings); p.Wanted != wanted {
		if p.Wanted != "" {
			p.Changed++
		}
		p.Wanted, p.Back, p.Whole = wanted, nil, false
	}
	if !p.Since.IsZero() && r.Request.Since.Before(p.Since) { // more history is wanted than was
		p.Back, p.Whole = nil, false
	}
	if p.Whole && p.Back == nil {
		if err := r.follow(ctx); err != nil || p.Whole {
			return err
		}
	}
	return r.list(ctx)
}

// top is the newest incident, and how many there are.
type top struct {
	mark
	total *int
}

// lead is as much of an incident as tells where a list of them begins or ends.
type lead struct {
	ID      string    `json:"id"`
	Number  int64     `json:"incident_number"`
	Created time.Time `json:"created_at"`
}

// Lacks implements wire.Record.
func (l *lead) Lacks() string {
	return wire.FirstMissing(wire.Need("incident_number", l.Number == 0), wire.Need("created_at", l.Created.IsZero()))
}

func (l *lead) at() time.Time { return l.Created }
func (l *lead) key() string   { return l.ID }

// leads is how many of them are asked for: one may be broken.
const leads = "5"

// newest asks for the newest incident. There may be none.
func (r *run) newest(ctx context.Context) (top, error) {
	p, err := r.end(ctx, "incident_number:desc")
	if err != nil || len(p.rows) == 0 {
		return top{total: p.total}, err
	}
	return top{mark{p.rows[0].Number, p.rows[0].Created.UTC()}, p.total}, nil
}

var errAllBroken = errors.New("not one of some incidents has a number and a time")

// end are the first incidents of all in some order.
func (r *run) end(ctx context.Context, order string) (page[lead], error) {
	p, err := read[lead](ctx, r, "/incidents", "incidents", r.ofServices(url.Values{
		"date_range": {"all"}, "sort_by": {order}, "limit": {leads}, "total": {"true"}, "time_zone": {"UTC"},
	}))
	if p.total != nil && *p.total == listLimit { // it may be as far as PagerDuty counts
		p.total = nil
	}
	if err == nil && len(p.rows) == 0 && p.lost > 0 {
		err = r.Unexpected("", errAllBroken)
	}
	return p, err
}

func (r *run) ofServices(query url.Values) url.Values {
	if len(r.config.Services) > 0 {
		query["service_ids[]"] = r.config.Services
	}
	return query
}

// incidents lists those that were created in a span of time.
func (r *run) incidents(from, until time.Time) *listing[incidentRecord, *incidentRecord] {
	return &listing[incidentRecord, *incidentRecord]{
		run: r, path: "/incidents", name: "incidents", from: from, until: until, span: span,
		query: r.ofServices(url.Values{"sort_by": {"created_at:desc"}, "include[]": {"body"}}),
	}
}

// log lists the entries of the log that were made in a span of time: those that change what an incident is, or all.
func (r *run) log(path string, from, until time.Time, overview bool) *listing[entryRecord, *entryRecord] {
	query := url.Values{}
	if overview {
		query.Set("is_overview", "true")
	}
	return &listing[entryRecord, *entryRecord]{run: r, path: path, name: "log_entries", from: from, until: until, query: query}
}

// reads says whether incidents of a service are read.
func (s *Source) reads(service string) bool {
	return len(s.config.Services) == 0 || service == "" || slices.Contains(s.config.Services, service)
}

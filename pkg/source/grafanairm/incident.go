package grafanairm

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const (
	// generationBits leaves room in an incident's rank below the number of times that the settings were changed.
	generationBits = 20
	// pending is the severity of an incident that nobody gave one.
	pending = "Pending"
	// resolved is the status of an incident that is over.
	resolved = "resolved"
)

func incidentID(id string) string { return "incident:" + id }

// incident is a record as the settings have it. Start and end are what people say; the other times are when that was written down.
func (r *run) incident(ctx context.Context, p *previewRecord) (*dora.Incident, error) {
	e := &dora.Incident{
		Header: dora.Header{Source: r.config.ID, ID: incidentID(p.ID), Updated: p.Modified.UTC(), Rank: r.Cursor.Changed << generationBits},
		Title:  p.Title, Body: strings.TrimSpace(p.Description + "\n" + p.Summary), URL: r.root + "/a/grafana-irm-app/incidents/" + url.PathEscape(p.ID) + "/" + url.PathEscape(p.Slug),
		Opened: p.Start.UTC(), Withdrawn: p.Drill,
	}
	e.Number, _ = strconv.ParseInt(p.ID, 10, 64) // where it is no number it has none
	if p.Start.IsZero() {
		e.Opened = p.Created.UTC()
	}
	if strings.EqualFold(p.Status, resolved) {
		if e.Resolved = p.End.UTC(); p.End.IsZero() {
			e.Resolved = p.Closed.UTC()
		}
	}
	if !strings.EqualFold(p.Severity, pending) {
		e.Severity = p.Severity
	}
	service := r.config.Incidents.Service
	if service == "" {
		service = serviceField
	}
	for _, each := range p.Labels {
		e.Labels = append(e.Labels, each.Key+":"+each.Label)
		if e.Service == "" && strings.EqualFold(each.Key, service) {
			e.Service = each.Label
		}
	}
	for _, each := range p.Fields {
		if e.Service != "" {
			break
		}
		name, err := r.named(ctx, each.ID)
		if err != nil {
			return nil, err
		}
		if strings.EqualFold(name, service) {
			e.Service = said(each.Value)
		}
	}
	return e, nil
}

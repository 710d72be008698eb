package incidentio

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// generationBits leaves room in an incident's rank below the number of times that the settings were changed.
const generationBits = 20

// meaning is what the category of a status says of an incident.
type meaning int

const (
	goesOn meaning = iota
	isOver
	isNone
	isPart // of another, into which it was merged
)

// meanings are those of incident.io's categories; what it comes to add goes on.
var meanings = map[string]meaning{
	"live": goesOn, "paused": goesOn, "learning": isOver, "closed": isOver, "triage": isNone, "declined": isNone, "canceled": isNone, "merged": isPart,
}

func incidentID(id string) string { return "incident:" + id }

// incident is a record as the settings have it.
func (r *run) incident(ctx context.Context, i *incidentRecord) (*dora.Incident, error) {
	own := r.config.Incidents
	e := &dora.Incident{
		Header: dora.Header{Source: r.config.ID, ID: incidentID(i.ID), Updated: i.Updated.UTC(), Rank: r.Cursor.Changed << generationBits},
		Number: i.number(), Key: i.Reference, Title: i.Name, Body: i.Summary, URL: i.URL,
		Opened: i.at(orElse(own.Opened, openedNames)), Acknowledged: i.at(own.Acknowledged),
	}
	if e.Opened.IsZero() {
		e.Opened = i.Created.UTC()
	}
	if i.Severity != nil {
		e.Severity = i.Severity.Name
	}
	if i.Type != nil {
		e.Labels = append(e.Labels, "type:"+i.Type.Name)
		e.Withdrawn = len(own.Types) > 0 && !i.Type.is(own.Types)
	}
	serviceNames := serviceNames
	if own.Service != "" {
		serviceNames = []string{own.Service}
	}
	for n := range i.Fields {
		f := &i.Fields[n]
		said := f.texts()
		for _, text := range said {
			e.Labels = append(e.Labels, f.Field.Name+":"+text)
		}
		if e.Service == "" && len(said) > 0 && f.Field.is(serviceNames) {
			e.Service = said[0]
		}
		if f.Field.is(own.Deployments) {
			e.Names = append(e.Names, words(said)...)
		}
		if f.Field.is(own.Same) {
			e.Same = append(e.Same, words(said)...)
		}
	}
	if i.Issue != nil {
		e.Same = append(e.Same, slices.DeleteFunc([]string{i.Issue.URL, i.Issue.Name}, func(text string) bool { return text == "" })...)
	}
	return e, r.judge(ctx, i, e)
}

// judge says what an incident's category means.
func (r *run) judge(ctx context.Context, i *incidentRecord, e *dora.Incident) error {
	switch meanings[i.Status.Category] {
	case isNone:
		e.Withdrawn = true
	case isPart:
		past, err := r.past(ctx, i.ID)
		if err != nil {
			return err
		}
		if e.Resolved = past.over; past.into == "" || past.into == i.ID { // it went into what cannot be seen
			e.Withdrawn = true
		} else {
			e.PartOf = incidentID(past.into)
		}
	case isOver: // while it goes on again, the timestamp is of the time before
		if e.Resolved = i.at(orElse(r.config.Incidents.Resolved, resolvedNames)); e.Resolved.IsZero() && !e.Withdrawn {
			past, err := r.past(ctx, i.ID)
			if err != nil {
				return err
			}
			e.Resolved = past.over
		}
	case goesOn:
	}
	return nil
}

// past is what the updates of an incident say: when its status was closed last, and what it was merged into.
type past struct {
	over time.Time
	into string
}

func (r *run) past(ctx context.Context, id string) (past, error) {
	updates, err := r.updates(ctx, id)
	if err != nil {
		return past{}, err
	}
	slices.SortStableFunc(updates, func(a, b *updateRecord) int { return a.Created.Compare(b.Created) })
	var p past
	over := false
	for _, u := range updates {
		if u.Into != "" {
			p.into = u.Into
		}
		if u.Status == nil {
			continue
		}
		was := over
		if m := meanings[u.Status.Category]; m == isOver || m == isPart {
			if over = true; !was {
				p.over = u.Created.UTC()
			}
		} else {
			over = false
		}
	}
	return p, nil
}

// orElse are some names, or the usual ones where none are configured.
func orElse(names, usual []string) []string {
	if len(names) > 0 {
		return names
	}
	return usual
}

// words are what texts name, one or several after one another.
func words(texts []string) (all []string) {
	for _, text := range texts {
		all = append(all, strings.FieldsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })...)
	}
	return all
}

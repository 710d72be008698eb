package statuspage

import (
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

const (
	// idPrefix stands before an incident's id.
	idPrefix = "incident:"
	// servicePrefix stands before a component's name among the labels, where an incident may have several.
	servicePrefix = "service:"
	// namesLimit bounds how many components and records elsewhere an incident has.
	namesLimit = 50
)

// impacts are those that an interruption has. Scheduled maintenance stands in the same list, and so does what had none.
var impacts = []string{"minor", "major", "critical"}

// over are the statuses in which an incident has ended. A postmortem is written after that.
var over = []string{"resolved", "postmortem"}

// counts says whether a record is an interruption of a service.
func (i *incidentRecord) counts() bool {
	return i.Scheduled == nil && slices.Contains(impacts, i.Impact)
}

func (r *run) incident(page string, i *incidentRecord) *dora.Incident {
	e := &dora.Incident{
		Header:     dora.Header{Source: r.config.ID, ID: idPrefix + i.ID, Updated: i.Updated.UTC()},
		Repository: page, Key: i.ID, Title: i.Name, URL: i.Link, Severity: i.Impact, Opened: i.Created.UTC(), Resolved: i.ended(),
	}
	if i.Started != nil && !i.Started.IsZero() {
		e.Opened = i.Started.UTC()
	}
	for _, each := range i.Components[:min(len(i.Components), namesLimit)] {
		if label := servicePrefix + each.Name; each.Name != "" && !slices.Contains(e.Labels, label) {
			e.Labels = append(e.Labels, label)
		}
	}
	if len(e.Labels) > 0 {
		e.Service = strings.TrimPrefix(e.Labels[0], servicePrefix)
	}
	if n := len(i.Updates); n > 0 {
		e.Body = i.Updates[n-1].Body // what was said first; the others are comments
	}
	for _, path := range r.config.Incidents.Same {
		if text := within(i.Metadata, path); text != "" && len(text) <= dora.NameLimit && len(e.Same) < namesLimit {
			e.Same = append(e.Same, text)
		}
	}
	return e
}

// ended is when an incident ended; zero while it has not, or not again.
func (i *incidentRecord) ended() time.Time {
	if !slices.Contains(over, i.Status) {
		return time.Time{}
	}
	if i.Resolved != nil && !i.Resolved.IsZero() {
		return i.Resolved.UTC()
	}
	for _, update := range i.Updates {
		if update.Status != over[0] {
			continue
		}
		if update.Shown != nil && !update.Shown.IsZero() { // dated back, as people say
			return update.Shown.UTC()
		}
		if !update.Created.IsZero() {
			return update.Created.UTC()
		}
	}
	return time.Time{}
}

// within is the text at a path of metadata, such as tracker.issue.
func within(metadata map[string]any, path string) string {
	first, rest, deeper := strings.Cut(path, ".")
	if !deeper {
		text, _ := metadata[first].(string)
		return strings.TrimSpace(text)
	}
	inner, _ := metadata[first].(map[string]any)
	return within(inner, rest)
}

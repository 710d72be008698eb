package world

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

func defineIssue() {
	define("Issue", []string{"Node"}, map[string]*field{
		"id":         leaf(func(i *issue) any { return nodeID("Issue", i.id) }),
		"databaseId": leaf(func(i *issue) any { return i.id }),
		"number":     leaf(func(i *issue) any { return i.number }),
		"title":      leaf(func(i *issue) any { return i.title }),
		"body":       leaf(func(i *issue) any { return i.body }),
		"bodyText":   leaf(func(i *issue) any { return i.body }),
		"url":        leaf(func(i *issue) any { return i.url() }),
		"state":      leaf(func(i *issue) any { return i.state() }),
		"stateReason": leaf(func(i *issue) any {
			return orNullText(strings.ToUpper(i.stateReason()))
		}),
		"closed":     leaf(func(i *issue) any { return !i.closed.IsZero() }),
		"createdAt":  leaf(func(i *issue) any { return stamp(i.created) }),
		"updatedAt":  leaf(func(i *issue) any { return stamp(i.updated) }),
		"closedAt":   leaf(func(i *issue) any { return stamp(i.closed) }),
		"author":     on("Actor", func(i *issue) any { return orNull(i.author) }),
		"repository": on("Repository", func(i *issue) any { return i.repo }),
		"labels": many("Label", []string{"orderBy"}, func(i *issue, a arguments) (any, error) {
			return listed(a, labels(i.repo, i.labels))
		}),
		"timelineItems": many("IssueTimelineItems", []string{"itemTypes", "since"}, func(i *issue, a arguments) (any, error) {
			kinds := a.texts("itemTypes")
			var since time.Time
			if text := a.text("since"); text != "" {
				var err error
				if since, err = time.Parse(time.RFC3339, text); err != nil {
					return nil, fmt.Errorf("argument 'since' has an invalid value (%q), expected type 'DateTime'", text)
				}
			}
			var list []*issueEvent
			for _, e := range i.events {
				if (len(kinds) == 0 || slices.Contains(kinds, e.enum())) && !e.at.Before(since) {
					list = append(list, e)
				}
			}
			return listed(a, list)
		}),
	})
	for _, kind := range []string{"ClosedEvent", "ReopenedEvent", "LabeledEvent", "UnlabeledEvent"} {
		fields := map[string]*field{
			"id":        leaf(func(e *issueEvent) any { return nodeID("IssueEvent", e.id) }),
			"createdAt": leaf(func(e *issueEvent) any { return stamp(e.at) }),
			"actor":     on("Actor", func(e *issueEvent) any { return orNull(e.actor) }),
		}
		if strings.Contains(strings.ToLower(kind), "label") {
			fields["label"] = on("Label", func(e *issueEvent) any { return label{repo: e.issue.repo, name: e.label} })
		}
		define(kind, []string{"Node", "IssueTimelineItems"}, fields)
	}
}

// enum is the event's name among itemTypes.
func (e *issueEvent) enum() string {
	return strings.ToUpper(strings.TrimSuffix(e.kind, "Event")) + "_EVENT"
}

// stateReason is why an issue is in its state, in REST's lower case.
func (i *issue) stateReason() string {
	switch {
	case i.closed.IsZero() && i.reopened:
		return "reopened"
	case i.closed.IsZero():
		return ""
	case i.notPlanned:
		return "not_planned"
	}
	return "completed"
}

// issueFilter reads the arguments of issues, and those of its filterBy. Labels of filterBy must all be there, those of
// the argument need only one, as on GitHub.
func issueFilter(a arguments) (func(*issue) bool, error) {
	states, labels := a.texts("states"), a.texts("labels")
	by := a.nested("filterBy")
	for name := range by {
		if !slices.Contains([]string{"since", "labels", "states"}, name) {
			return nil, fmt.Errorf("argument 'filterBy' on field 'issues': %q is not part of this world; allowed are since, labels, states", name)
		}
	}
	all := by.texts("labels")
	if by["states"] != nil {
		states = by.texts("states")
	}
	var since time.Time
	if text := by.text("since"); text != "" {
		var err error
		if since, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, fmt.Errorf("argument 'since' has an invalid value (%q), expected type 'DateTime'", text)
		}
	}
	return func(i *issue) bool {
		return (len(states) == 0 || slices.Contains(states, i.state())) &&
			(len(labels) == 0 || overlap(labels, i.labels)) &&
			!slices.ContainsFunc(all, func(l string) bool { return !slices.Contains(i.labels, l) }) &&
			!i.updated.Before(since)
	}, nil
}

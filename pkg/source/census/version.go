package census

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// IsWithdrawn says that a version takes its event back.
func IsWithdrawn(e dora.Event) bool {
	switch e := e.(type) {
	case *dora.Deployment:
		return e.Withdrawn
	case *dora.Change:
		return e.Withdrawn
	case *dora.Incident:
		return e.Withdrawn
	case *dora.Repository:
		return e.Withdrawn
	}
	return false
}

// Withdraw is a version above a deployment's, a change's or an incident's that takes it back.
func Withdraw(e dora.Event) dora.Event { return marked(e, true) }

// Restore is a version above one that took an event back, that brings it back as it was.
func Restore(e dora.Event) dora.Event { return marked(e, false) }

func marked(e dora.Event, withdrawn bool) dora.Event {
	switch e := e.(type) {
	case *dora.Deployment:
		next := *e
		next.Withdrawn = withdrawn
		next.Rank++
		return &next
	case *dora.Change:
		next := *e
		next.Withdrawn = withdrawn
		next.Rank++
		return &next
	case *dora.Incident:
		next := *e
		next.Withdrawn = withdrawn
		next.Rank++
		return &next
	}
	return e
}

// Above is an event as it was read now, in a version above one that took it back; nil: there was none.
func Above(e, before dora.Event) dora.Event {
	if before == nil || e.Head().NewerThan(before.Head()) {
		return e
	}
	was := before.Head()
	switch e := e.(type) {
	case *dora.Deployment:
		next := *e
		next.Updated, next.Rank = was.Updated, was.Rank+1
		return &next
	case *dora.Change:
		next := *e
		next.Updated, next.Rank = was.Updated, was.Rank+1
		return &next
	case *dora.Incident:
		next := *e
		next.Updated, next.Rank = was.Updated, was.Rank+1
		return &next
	}
	return e
}

// Happened is when an event came to be, as far as its list tells of it; zero where it stands in none, as a commit's landing.
func Happened(e dora.Event) time.Time {
	switch e := e.(type) {
	case *dora.Deployment:
		if !e.Landing {
			return e.Created
		}
	case *dora.Change:
		return e.Merged
	case *dora.Incident:
		return e.Opened
	}
	return time.Time{}
}

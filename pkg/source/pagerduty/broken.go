package pagerduty

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// brokenLimit bounds how many incidents may be unreadable: they are asked for again at each run. Where there are more, it is not
// the incidents that are broken.
const brokenLimit = 100

// broken are incidents that cannot be read, in this run.
type broken struct {
	ids map[string]bool
	// nameless says that it is not known which one is.
	nameless bool
	failures []error
}

// note takes note of a record that is not what it should be, and of which incident it is, where that is told.
func (b *broken) note(row json.RawMessage, err error) {
	var told struct {
		ID       string
		Incident struct{ ID string }
	}
	_ = json.Unmarshal(row, &told) // what can be read of it is
	if told.Incident.ID != "" {
		told.ID = told.Incident.ID
	}
	b.add(told.ID, err)
}

// add takes note of an incident that cannot be read, and why; without an id it is not known which.
func (b *broken) add(id string, err error) {
	b.failures = append(b.failures, err)
	if id == "" {
		b.nameless = true
		return
	}
	b.ids[id] = true
}

// names lists them.
func (b *broken) names() []string { return slices.Sorted(maps.Keys(b.ids)) }

// failure says which incidents could not be read, and why the first could not; nil: all could.
func (b *broken) failure(s *wire.Session) error {
	if len(b.failures) == 0 {
		return nil
	}
	part := "incidents"
	if len(b.ids) > 0 {
		part += " " + source.Listed(b.names())
	}
	if known, ok := b.failures[0].(*source.Error); ok { //nolint:errorlint // it is kept as it was made
		failure := *known
		failure.Part = part
		return &failure
	}
	return s.Unexpected(part, b.failures[0])
}

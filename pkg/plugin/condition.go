package plugin

import (
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
)

// conditionFields are what a person who looks after collection wants to know of each source beside how it is going, and
// of the snapshot that answers, which is one for all sources.
func conditionFields(states []collect.SourceState, d *dataset.Dataset) []*data.Field {
	snapshot, size, made := d.Snapshot(), d.Size(), d.Derivation()
	t := &table{}
	unreadable := map[string]int{}
	for _, row := range d.Unreadable() {
		unreadable[row.Source]++
	}
	for _, s := range states {
		cause := ""
		if len(s.Errors) > 0 {
			cause = string(s.Errors[0].Cause)
		}
		t.text("cause", cause)
		t.number("errors", float64(len(s.Errors)))
		t.time("last_attempt", s.LastAttempt)
		t.time("waiting_until", s.WaitingUntil)
		t.length("last_duration", durationOf(s.LastRun))
		t.number("run_requests", float64(s.LastRun.Requests))
		t.number("run_points", float64(s.LastRun.Points))
		t.number("runs", float64(s.Runs.Succeeded+s.Runs.Failed+s.Runs.Interrupted))
		t.number("failed_runs", float64(s.Runs.Failed))
		t.number("failed_in_row", float64(s.Runs.FailedInRow))
		total, remaining := float64(s.Limit.Total), float64(s.Limit.Remaining)
		left, known := s.Limit.Left()
		t.maybe("limit", "short", total, known)
		t.maybe("limit_remaining", "short", remaining, known)
		t.maybe("limit_left", "percentunit", left, known)
		t.time("limit_reset", s.Limit.Reset)
		t.number("unreadable", float64(unreadable[s.ID]))
		t.number("left_out", float64(s.LeftOut))
		t.time("snapshot_made", made.At)
		t.length("snapshot_took", &made.Took)
		t.number("snapshot_version", float64(snapshot.Version))
		t.number("snapshot_services", float64(size.Services))
		t.number("snapshot_deployments", float64(size.Deployments))
		t.number("snapshot_incidents", float64(size.Incidents))
	}
	return t.frame().Fields
}

func durationOf(r collect.Run) *time.Duration {
	if r == (collect.Run{}) {
		return nil
	}
	return &r.Duration
}

// maybe is a number that may not be known.
func (t *table) maybe(name, unit string, value float64, known bool) {
	column := cells[*float64](t, name, &data.FieldConfig{Unit: unit})
	if !known {
		*column = append(*column, nil)
		return
	}
	*column = append(*column, &value)
}

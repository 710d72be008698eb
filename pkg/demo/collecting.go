package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
)

const (
	// glance is how often collecting is looked at. It is longer than the plugin takes from the last event to its answers.
	glance = 500 * time.Millisecond
	// patience is how long collecting may take.
	patience = 5 * time.Minute
)

// awaitCollection asks how collecting goes, and says so, until everything has been read once and can be asked for.
func (d *demo) awaitCollection(ctx context.Context, asker dashboard.Asker) error {
	began := time.Now()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	said, before := "", ""
	for {
		state, err := collection(ctx, asker)
		if err != nil {
			return err
		}
		switch {
		case state.failure != "":
			return fmt.Errorf("collecting fails: %s", state.failure)
		case state.complete && state.counts == before:
			d.page.line("Collected in %.1f s: %s.", time.Since(began).Seconds(), state.counts)
			return nil
		case time.Since(began) > patience:
			return fmt.Errorf("collecting has not ended after %s: %s", patience, state.line)
		}
		if state.line != said {
			said = state.line
			d.page.progress("Collecting  %s", said)
		}
		if before = ""; state.complete {
			before = state.counts
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// collecting is how all sources together are doing.
type collecting struct {
	complete     bool // every source has been read once
	failure      string
	line, counts string
}

func collection(ctx context.Context, asker dashboard.Asker) (collecting, error) {
	frame, err := table(ctx, asker, map[string]any{"queryType": "collection"}, backend.TimeRange{From: time.Now().Add(-time.Hour), To: time.Now()})
	if err != nil {
		return collecting{}, err
	}
	c := collecting{complete: frame.Rows() > 0}
	var counts, lines, failures []string
	for row := range frame.Rows() {
		at := func(name string) string { return text(frame, name, row) }
		c.complete = c.complete && at("last_success") != ""
		counts = append(counts, fmt.Sprintf("%s events (%s deployments, %s changes, %s incidents, %s commits) of %s with %s requests, %s points of the rate limit",
			at("events"), at("deployments"), at("changes"), at("incidents"), at("commits"), at("source"), at("requests"), at("points")))
		lines = append(lines, fmt.Sprintf("%s %s, %s events, %s requests. %s", at("source"), at("progress"), at("events"), at("requests"), at("message")))
		if at("state") == "failing" {
			failures = append(failures, at("source")+": "+at("message"))
		}
	}
	c.counts, c.line, c.failure = strings.Join(counts, "; "), strings.Join(lines, " "), strings.Join(failures, "; ")
	return c, nil
}

// table asks one query that is answered with one table.
func table(ctx context.Context, asker dashboard.Asker, query map[string]any, within backend.TimeRange) (*data.Frame, error) {
	query["refId"], query["version"] = "A", 1
	text, err := json.Marshal(query)
	if err != nil {
		return nil, fmt.Errorf("the query cannot be written: %w", err)
	}
	responses, err := asker.Ask(ctx, []backend.DataQuery{{
		RefID: "A", QueryType: fmt.Sprint(query["queryType"]), JSON: text, TimeRange: within, Interval: time.Minute, MaxDataPoints: 1000,
	}})
	if err != nil {
		return nil, err
	}
	answer := responses["A"]
	switch {
	case answer.Error != nil:
		return nil, answer.Error
	case len(answer.Frames) == 0:
		return nil, errors.New("the plugin answered without a table")
	}
	return answer.Frames[0], nil
}

// text is a cell by its column's name; empty where there is none.
func text(frame *data.Frame, name string, row int) string {
	field, _ := frame.FieldByName(name)
	if field == nil || row >= field.Len() {
		return ""
	}
	return cellText(field, row)
}

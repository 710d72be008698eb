package demo

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
)

// changesShown bounds how many changes of the failed deployment are told.
const changesShown = 5

// trace tells the latest failed deployment that recovered and shipped changes whose lead time is known: by what evidence it failed, and which
// changes it brought.
func (d *demo) trace(ctx context.Context, asker dashboard.Asker) error {
	within := backend.TimeRange{From: time.Now().AddDate(0, 0, -180), To: time.Now()}
	failures, err := table(ctx, asker, map[string]any{"queryType": "events", "events": "failures"}, within)
	if err != nil {
		return err
	}
	for row := range failures.Rows() {
		if text(failures, "status", row) != "recovered" || text(failures, "lead_time_p50", row) == "" {
			continue
		}
		changes, err := table(ctx, asker, map[string]any{"queryType": "events", "events": "changes", "filters": []any{
			map[string]any{"field": "service", "op": "in", "values": []string{text(failures, "service", row)}},
		}}, within)
		if err != nil {
			return err
		}
		d.tell(failures, row, changes)
		return nil
	}
	return errors.New("no failed deployment to trace: none of the last 180 days has recovered and shipped a measured change")
}

func (d *demo) tell(failures *data.Frame, row int, changes *data.Frame) {
	of := func(name string) string { return text(failures, name, row) }
	d.page.heading("One failed deployment, traced")
	d.page.line("  %s %s to %s, finished %s UTC", of("service"), of("version"), of("environment"), of("finished"))
	d.page.line("  failed:     %s", of("evidence"))
	d.page.line("  recovered:  after %s", of("recovery_time"))
	d.page.line("  source:     %s", of("url"))
	d.page.line("  shipped:    %s, median %s from first commit to production", count(of("changes"), "change"), of("lead_time_p50"))
	told := 0
	for change := range changes.Rows() {
		if !sameTime(failures, row, changes, change) {
			continue
		}
		if told++; told > changesShown {
			d.page.line("    … and more")
			return
		}
		d.page.line("    %s %s, by %s: %s", text(changes, "number", change), text(changes, "title", change), text(changes, "author", change), stages(changes, change))
		d.page.note("      %s", text(changes, "url", change))
	}
}

// sameTime says that a change was shipped by the deployment: a service finishes one at a time.
func sameTime(failures *data.Frame, row int, changes *data.Frame, change int) bool {
	finished, _ := failures.FieldByName("finished")
	shipped, _ := changes.FieldByName("finished")
	if finished == nil || shipped == nil {
		return false
	}
	one, _ := finished.ConcreteAt(row)
	other, _ := shipped.ConcreteAt(change)
	at, ok := one.(time.Time)
	same, also := other.(time.Time)
	return ok && also && at.Equal(same)
}

// stages is a change's lead time with the stages that it is the sum of.
func stages(changes *data.Frame, row int) string {
	lead := text(changes, "lead_time", row)
	if lead == "" {
		return "not measured, " + text(changes, "unmeasured", row)
	}
	var parts []string
	for _, stage := range []string{"coding", "pickup", "review", "deploy"} {
		if length := text(changes, stage, row); length != "" {
			parts = append(parts, stage+" "+length)
		}
	}
	return lead + " = " + strings.Join(parts, " + ")
}

// count is a number of things in words.
func count(n, thing string) string {
	if n == "1" {
		return "1 " + thing
	}
	return n + " " + thing + "s"
}

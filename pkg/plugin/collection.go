package plugin

import (
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/deliver"
	"github.com/livedora/dora-datasource/pkg/dora"
)

// collectionFrame is a row for each source: how collecting it is going; and behind these one for each sink.
func collectionFrame(d *dataset.Dataset) *data.Frame {
	states, stored := d.State(), d.Counts()
	apart := map[string]string{} // by the first source that tells
	for _, each := range d.LatelyToldApart() {
		apart[each.Sources[0][0]] += " " + each.Text
	}
	text := func(of func(collect.SourceState) string) []string {
		values := make([]string, len(states))
		for i, s := range states {
			values[i] = of(s)
		}
		return values
	}
	times := func(of func(collect.SourceState) time.Time) []*time.Time {
		values := make([]*time.Time, len(states))
		for i, s := range states {
			if at := of(s); !at.IsZero() {
				values[i] = &at
			}
		}
		return values
	}
	numbers := func(of func(collect.SourceState) int) []int64 {
		values := make([]int64, len(states))
		for i, s := range states {
			values[i] = int64(of(s))
		}
		return values
	}
	progress := make([]float64, len(states))
	for i, s := range states {
		progress[i] = s.Progress
	}
	progressField := data.NewField("progress", nil, progress)
	progressField.Config = &data.FieldConfig{Unit: "percentunit"}
	frame := data.NewFrame("collection",
		data.NewField("source", nil, text(func(s collect.SourceState) string { return s.ID })),
		data.NewField("type", nil, text(func(s collect.SourceState) string { return s.Type })),
		data.NewField("state", nil, text(func(s collect.SourceState) string { return string(s.State) })),
		progressField,
		data.NewField("message", nil, text(func(s collect.SourceState) string {
			return rowMessage(s) + replicaBehind(d) + absences(d, s.ID) + news(d, s.ID) + undeployed(d, s) + apart[s.ID]
		})),
		data.NewField("last_success", nil, times(func(s collect.SourceState) time.Time { return s.LastSuccess })),
		data.NewField("next", nil, times(func(s collect.SourceState) time.Time { return s.Next })),
		data.NewField("events", nil, numbers(func(s collect.SourceState) int {
			total := 0
			for _, n := range stored[s.ID] {
				total += n
			}
			return total
		})),
	)
	for _, kind := range []dora.Kind{dora.KindDeployment, dora.KindChange, dora.KindIncident, dora.KindCommit} {
		frame.Fields = append(frame.Fields, data.NewField(string(kind)+"s", nil, numbers(func(s collect.SourceState) int { return stored[s.ID][kind] })))
	}
	frame.Fields = append(frame.Fields,
		data.NewField("requests", nil, numbers(func(s collect.SourceState) int { return s.Requests })),
		data.NewField("points", nil, numbers(func(s collect.SourceState) int { return s.Points })),
		data.NewField("error", nil, text(func(s collect.SourceState) string { return s.Failure })),
	)
	frame.Fields = append(frame.Fields, conditionFields(states, d)...)
	for _, s := range d.Deliveries() {
		appendSink(frame, s)
	}
	frame.Meta = &data.FrameMeta{PreferredVisualization: data.VisTypeTable}
	return frame
}

// appendSink adds a row for a sink: what is said of sources alone is empty there.
func appendSink(frame *data.Frame, s deliver.State) {
	moment := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	known := map[string]any{
		"source": s.ID, "type": s.Type, "state": string(s.Status), "message": s.Sentence(time.Now()), "last_success": moment(s.Delivered), "next": moment(s.Next), "error": s.Failure,
	}
	if s.Status == deliver.Current {
		known["progress"] = 1.0
	}
	for _, field := range frame.Fields {
		field.Extend(1)
		if value, ok := known[field.Name]; ok {
			field.Set(field.Len()-1, value)
		}
	}
}

// sourceNotices say what a reader of figures should know of a source.
func sourceNotices(s collect.SourceState) []data.Notice {
	told := func(severity data.NoticeSeverity, text string) []data.Notice {
		return []data.Notice{{Severity: severity, Text: s.ID + " " + text}}
	}
	switch {
	case s.Failure != "" && s.LastSuccess.IsZero():
		return told(data.NoticeSeverityError, failing(s))
	case s.Failure != "":
		return told(data.NoticeSeverityWarning, failing(s))
	case s.LastSuccess.IsZero() && s.State != collect.StatusIdle:
		return told(data.NoticeSeverityInfo, fmt.Sprintf("is not read yet: its first reading is under way (%.0f %%), and figures are not complete. %s", s.Progress*100, s.Message))
	case s.LastSuccess.IsZero():
		return told(data.NoticeSeverityInfo, "is not read yet; figures come in as it is.")
	}
	return nil
}

// news tell, behind a source's message, of services that are new and that have gone quiet.
func news(d *dataset.Dataset, source string) (text string) {
	for _, sentence := range d.News(source, time.Now()) {
		text += " " + sentence
	}
	return text
}

// undeployed tells, behind the message of a source that was read, of repositories that were never deployed.
func undeployed(d *dataset.Dataset, s collect.SourceState) string {
	if text := d.Undeployed(s.ID); text != "" && !s.LastSuccess.IsZero() {
		return " " + text
	}
	return ""
}

// absences tell, behind a source's message, of repositories that are no longer there.
func absences(d *dataset.Dataset, source string) (text string) {
	for _, a := range d.Absences(time.Now()) {
		if a.Source == source {
			text += " " + a.Text
		}
	}
	return text
}

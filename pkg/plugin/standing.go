package plugin

import (
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/query"
)

// standingFrames are one frame with one number for each service or source, as alerting reads them. A number that there is
// none of is null.
func standingFrames(d *dataset.Dataset, q query.Query, now time.Time) data.Frames {
	row := q.Standing.Row()
	var frames data.Frames
	add := func(labels data.Labels, name string, value *float64) *data.Field {
		field := data.NewField(string(row.Key), labels, []*float64{value})
		field.Config = &data.FieldConfig{Unit: grafanaUnits[row.Unit], DisplayNameFromDS: name}
		frame := data.NewFrame(string(row.Key), field)
		frame.Meta = standingMeta(q)
		frames = append(frames, frame)
		return field
	}
	if row.Per == query.PerSource {
		for _, s := range d.State() {
			field := add(data.Labels{"source": s.ID}, s.ID, sourceStanding(row.Key, s, now))
			if row.Key == query.LastSuccess && s.LastSuccess.IsZero() {
				field.Config.NoValue, _ = insteadOfAFigure(s)
			}
		}
	} else {
		for _, s := range query.Stand(q, d.Under(q.Definition), now) {
			add(standingLabels(s), s.Service, s.Value)
		}
	}
	if len(frames) == 0 {
		empty := data.NewFrame(string(row.Key))
		empty.Meta = standingMeta(q)
		frames = append(frames, empty)
	}
	return frames
}

// teamsOf names the teams that own a service, in one text.
func teamsOf(teams []string) string { return strings.Join(teams, ", ") }

// standingLabels are those by which an alert is routed, and what its message needs: they stay as they are while what is
// counted goes on.
func standingLabels(s query.ServiceStanding) data.Labels {
	labels := data.Labels{"service": s.Service, "team": teamsOf(s.Teams)}
	about := data.Labels{}
	if d := s.Deployment; d != nil {
		about["deployment"], about["url"], about["since"] = d.Event.Called(), d.Event.URL, minute(s.At)
	}
	if i := s.Incident; i != nil {
		about["incident"], about["title"], about["url"], about["since"] = i.Event.Called(), i.Event.Title, i.Event.URL, minute(s.At)
	}
	for name, value := range about {
		if value != "" {
			labels[name] = value
		}
	}
	return labels
}

func standingMeta(q query.Query) *data.FrameMeta {
	return &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: typeVersion, Custom: Custom{Definition: q.Definition}}
}

// sourceStanding is a source's number. One that was never read has no age: that it fails is another number's matter.
func sourceStanding(key query.Standing, s collect.SourceState, now time.Time) *float64 {
	var value float64
	switch key {
	case query.LastSuccess:
		if s.LastSuccess.IsZero() {
			return nil
		}
		value = max(0, now.Sub(s.LastSuccess).Seconds())
	case query.FailedRuns:
		value = float64(s.Runs.FailedInRow)
	default:
		left, known := s.Limit.Left()
		if !known || now.After(s.Limit.Reset) { // what was told of a limit that has been renewed says nothing
			return nil
		}
		value = left
	}
	return &value
}

package plugin

import (
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
)

// freshTile is a tile that says whether the figures beside it are of now: how the source is doing that is doing worst, in
// two words where a figure stands, and beneath them of which source that is said, and since when. Its value is how many
// sources are up to date.
func freshTile(d *dataset.Dataset) *data.Frame {
	states := d.State()
	upToDate := 0.0
	for i := range states {
		if standingOf(&states[i]) == fresh {
			upToDate++
		}
	}
	field := data.NewField("up_to_date", nil, []*float64{&upToDate})
	field.Config = &data.FieldConfig{Unit: "short"}
	figure, below, colour := freshness(states)
	field.Config.DisplayNameFromDS = figure
	say(field, below, colour)
	if colour != "" {
		field.Config.Color = map[string]any{"mode": "fixed", "fixedColor": colour}
	}
	frame := data.NewFrame("collection", field)
	frame.Meta = &data.FrameMeta{Type: data.FrameTypeNumericMulti, TypeVersion: typeVersion, Custom: Custom{Whole: []CustomSeries{}}}
	return frame
}

// condition is how a source is doing, the worst last.
type condition int

const (
	fresh condition = iota
	beginning
	unknown
	broken
)

func standingOf(s *collect.SourceState) condition {
	switch {
	case s.Failure != "":
		return broken
	case !s.LastSuccess.IsZero():
		return fresh
	case s.State == collect.StatusCollecting:
		return beginning
	}
	return unknown
}

// freshness tells how the source is doing that is doing worst; of those that do well, the one that was longest not read.
func freshness(states []collect.SourceState) (figure, below, colour string) {
	if len(states) == 0 {
		return figureInWords(nil, ""), "no source is read: events are told", ""
	}
	worst := &states[0]
	for i := range states[1:] {
		s := &states[1+i]
		switch is := standingOf(s); {
		case is > standingOf(worst), is == fresh && standingOf(worst) == fresh && s.LastSuccess.Before(worst.LastSuccess):
			worst = s
		}
	}
	switch standingOf(worst) {
	case broken:
		return "failing", worst.ID + " " + cannot(*worst) + ", since " + minute(worst.FailingSince), "red"
	case unknown:
		return "not read yet", worst.ID, ""
	case beginning:
		return "reading", worst.ID + " is read for the first time", ""
	}
	names := make([]string, len(states))
	for i := range states {
		names[i] = states[i].ID
	}
	return "up to date", strings.Join([]string{joinSome(names, 3), "read at " + minute(worst.LastSuccess)}, between), ""
}

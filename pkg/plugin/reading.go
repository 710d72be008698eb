package plugin

import (
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/source"
)

// minute is a point in time as sentences name it.
func minute(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }

// cannot says in words what a source that fails does not let happen.
func cannot(s collect.SourceState) string {
	switch {
	case len(s.Errors) > 0 && s.Errors[0].Cause == source.CauseNetwork:
		return "cannot be reached"
	case s.InPart:
		return "cannot be read completely"
	}
	return "cannot be read"
}

// failing says of a source since when it fails, what that means for figures, why, and what to do.
func failing(s collect.SourceState) string {
	text := cannot(s) + " since " + minute(s.FailingSince)
	switch {
	case !s.LastSuccess.IsZero():
		text += "; figures are as of " + minute(s.LastSuccess) + "."
	case s.InPart:
		text += " and was never read completely: figures lack what is missing."
	default:
		text += " and is not read yet: figures lack all of it."
	}
	why := s.Failure
	if !strings.HasSuffix(why, ".") {
		why += "."
	}
	return text + " " + why + " It is tried again by itself; Save & test in the settings of the data source says at once whether it answers."
}

// rowMessage is what a source's row says of how reading it is going.
func rowMessage(s collect.SourceState) string {
	const unread = "Not read yet."
	switch {
	case s.Failure != "":
		text := failing(s)
		return strings.ToUpper(text[:1]) + text[1:]
	case s.LastSuccess.IsZero() && s.Message != unread:
		return unread + " " + s.Message
	}
	return s.Message
}

// unread are the sources that were never read, where the figures of an answer lack them and nothing else is known that they
// could be of: what they would tell is not nothing.
func unread(b query.Basis, d *dataset.Dataset) []collect.SourceState {
	never := slices.DeleteFunc(d.State(), func(s collect.SourceState) bool { return !s.LastSuccess.IsZero() })
	if b.Deployed || len(never) == 0 {
		return nil
	}
	s := d.Under(b.Query.Definition)
	switch {
	case s.Earliest.IsZero():
		return never
	case b.Services == 0:
		return nil // the filters select nothing of what there is
	}
	var rules []dora.DeploymentRule
	for _, f := range s.Select(b.Query.DomainFilters()) {
		rules = append(rules, f.Service.Deployments...)
	}
	return slices.DeleteFunc(never, func(s collect.SourceState) bool {
		return !slices.ContainsFunc(rules, func(r dora.DeploymentRule) bool { return r.Source == s.ID })
	})
}

// sayUnread has panels show, in the place of a figure that cannot be there, that its source is not read, and since when.
func sayUnread(frames data.Frames, q query.Query, never []collect.SourceState) {
	if len(never) == 0 {
		return
	}
	at := max(0, slices.IndexFunc(never, func(s collect.SourceState) bool { return s.Failure != "" }))
	instead, below := insteadOfAFigure(never[at])
	for _, frame := range frames {
		if q.Format == query.Numeric && len(frame.Fields) == 0 { // a panel shows the words of a field alone
			none := data.NewField(fieldName(q), nil, []*float64{nil})
			none.Config = &data.FieldConfig{DisplayNameFromDS: below}
			frame.Fields = data.Fields{none}
		}
		if q.Format == query.Tile {
			none := data.NewField(fieldName(q), nil, []*float64{nil})
			none.Config = &data.FieldConfig{DisplayNameFromDS: figureInWords(nil, dora.Count)}
			say(none, instead+" · "+below, "")
			frame.Fields = data.Fields{none}
			continue
		}
		for _, field := range frame.Fields {
			if field.Config == nil || field.Type() != data.FieldTypeNullableFloat64 {
				continue
			}
			field.Config.NoValue = instead
			if q.Format == query.Numeric && q.Compare == query.ComparePrevious {
				field.Config.DisplayNameFromDS = below
			}
		}
	}
}

// insteadOfAFigure is what a panel shows where a source that was never read leaves no figure, and the line below it.
func insteadOfAFigure(s collect.SourceState) (instead, below string) {
	if s.Failure == "" {
		return "not read yet", s.ID
	}
	return cannot(s), s.ID + ", since " + minute(s.FailingSince)
}

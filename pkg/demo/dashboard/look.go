package dashboard

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// look leaves of an answer what the panel shows, and says what it names that is not there.
func (r *runner) look(p *Panel, a *Answer) {
	if slices.ContainsFunc(a.Frames, func(f *data.Frame) bool { return len(f.Fields) > 0 }) {
		for _, name := range p.named() {
			if !slices.ContainsFunc(a.Frames, func(f *data.Frame) bool { return has(f, name) }) {
				a.Problems = append(a.Problems, fmt.Errorf("fieldConfig.overrides: there is no field %q", name))
			}
		}
	}
	whole := a.Frames
	a.Frames = nil
	something := false
	for _, f := range whole {
		shown, err := p.shown(f)
		if err != nil {
			a.Problems = append(a.Problems, err)
			continue
		}
		a.Frames = append(a.Frames, shown)
		something = something || hasValue(shown)
	}
	if len(whole) > 0 && !something && len(a.Problems) == 0 && !r.mayBeEmpty(*a) {
		a.Problems = append(a.Problems, fmt.Errorf("what it shows %w", errEmpty))
	}
}

// named are the fields that the panel's overrides name.
func (p *Panel) named() []string {
	var names []string
	for _, o := range p.FieldConfig.Overrides {
		if name, ok := o.Matcher.Options.(string); ok && o.Matcher.ID == "byName" {
			names = append(names, name)
		}
	}
	return names
}

func has(f *data.Frame, name string) bool {
	return slices.ContainsFunc(f.Fields, func(field *data.Field) bool {
		return field.Name == name || (field.Config != nil && field.Config.DisplayNameFromDS == name)
	})
}

// shown is a frame without the fields that the panel hides, or does not pick.
func (p *Panel) shown(f *data.Frame) (*data.Frame, error) {
	picked := regexp.MustCompile("")
	if pattern, ok := strings.CutPrefix(p.Options.Reduce.Fields, "/"); ok {
		compiled, err := regexp.Compile(strings.TrimSuffix(pattern, "/"))
		if err != nil {
			return nil, fmt.Errorf("options.reduceOptions.fields: %w", err)
		}
		picked = compiled
	}
	shown := data.NewFrame(f.Name)
	shown.RefID, shown.Meta = f.RefID, f.Meta
	for _, field := range f.Fields {
		if picked.MatchString(field.Name) && !p.hides(field.Name) {
			shown.Fields = append(shown.Fields, field)
		}
	}
	return shown, nil
}

func (p *Panel) hides(field string) bool {
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.ID != "byName" || o.Matcher.Options != field {
			continue
		}
		for _, property := range o.Properties {
			if property.ID == "custom.hidden" && property.Value == true {
				return true
			}
		}
	}
	return false
}

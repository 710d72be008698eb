package dashboard

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// quiet are the panels that may show nothing, by dashboard and title, with the reason. All others must have a value in
// the demo.
var quiet = map[[2]string]string{
	{"livedora-overview", "Failing now"}:                            "nothing may be failing",
	{"livedora-stability", "Failing now"}:                           "nothing may be failing",
	{"livedora-organisation", "Failing now"}:                        "nothing may be failing",
	{"livedora-team", "Failing now"}:                                "nothing may be failing",
	{"livedora-organisation", "How services differ: recovery time"}: "fewer than five services may have had failures enough",
	{"livedora-lead-time", "Waiting to be shipped"}:                 "all that is merged may be in production",
	{"livedora-stability", "Open incidents"}:                        "none may be open",
	{"livedora-stability", "Failed deployments"}:                    "a service may have a quiet quarter",
	{"livedora-stability", "Incidents"}:                             "a service may have a quiet quarter",
	{"livedora-stability", "Time to acknowledge"}:                   "where incidents are issues of GitHub nobody acknowledges them",
	{"livedora-signals", "What changed, and when"}:                  "a service may run steadily",
	{"livedora-trust", "Incidents linked to no deployment"}:         "all may be linked",
	{"livedora-trust", "Corrections"}:                               "nobody in the invented organisation corrects anything",
}

// mayBeEmpty says whether nothing to see is a good answer. Annotations mark what happened: nothing may have.
func (r *runner) mayBeEmpty(a Answer) bool {
	_, listed := quiet[[2]string{r.dashboard.UID, a.Title}]
	return listed || a.Kind == KindAnnotations
}

var errEmpty = errors.New("is empty")

// check says what a person, or an alert rule, would find wrong with the answer to one target.
func check(frames data.Frames, mayBeEmpty bool) []error {
	var problems []error
	something := false
	names := map[string]bool{}
	for _, f := range frames {
		if _, err := f.RowLen(); err != nil {
			problems = append(problems, fmt.Errorf("its columns differ in length: %w", err))
			continue
		}
		something = something || hasValue(f)
		problems = append(problems, checkTimes(f)...)
		if isFigures(f) {
			problems = append(problems, checkFigures(f, names)...)
		}
	}
	if !something && !mayBeEmpty {
		problems = append(problems, errEmpty)
	}
	return problems
}

// isFigures says that a frame declares a type that alerting reads.
func isFigures(f *data.Frame) bool { return f.Meta != nil && f.Meta.Type != "" }

// hasValue says whether a frame shows anything. Times alone are nothing, nor are figures that are all missing.
func hasValue(f *data.Frame) bool {
	for _, field := range f.Fields {
		if isFigures(f) && !field.Type().Numeric() {
			continue
		}
		for row := range field.Len() {
			if _, there := field.ConcreteAt(row); there {
				return true
			}
		}
	}
	return false
}

// checkTimes holds series to the order in which panels and alerts read them; tables may be in any.
func checkTimes(f *data.Frame) []error {
	if f.Meta == nil || !f.Meta.Type.IsTimeSeries() {
		return nil
	}
	i := slices.IndexFunc(f.Fields, func(field *data.Field) bool { return field.Type().Time() })
	if i < 0 {
		return nil
	}
	times := f.Fields[i]
	last := time.Time{}
	for row := range times.Len() {
		at, there := times.ConcreteAt(row)
		if !there {
			return []error{fmt.Errorf("%s: row %d has no time", times.Name, row)}
		}
		if !at.(time.Time).After(last) && row > 0 {
			return []error{fmt.Errorf("%s: row %d is not after the one before", times.Name, row)}
		}
		last = at.(time.Time)
	}
	return nil
}

// checkFigures holds figures to having a unit and labels of their own.
func checkFigures(f *data.Frame, names map[string]bool) []error {
	var problems []error
	for _, field := range f.Fields {
		switch {
		case field.Type().Time():
			continue
		case !field.Type().Numeric():
			problems = append(problems, fmt.Errorf("%s: is no number but %s", field.Name, field.Type().ItemTypeString()))
			continue
		case field.Config == nil || field.Config.Unit == "":
			problems = append(problems, fmt.Errorf("%s: has no unit", field.Name))
		}
		name := field.Name + field.Labels.String()
		if names[name] {
			problems = append(problems, fmt.Errorf("%s{%s}: is there twice", field.Name, field.Labels))
		}
		names[name] = true
	}
	return problems
}

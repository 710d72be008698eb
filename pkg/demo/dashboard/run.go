package dashboard

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/settings"
)

// Asker answers queries as a data source of ours does: the plugin itself, or a Grafana in front of it.
type Asker interface {
	Ask(ctx context.Context, queries []backend.DataQuery) (backend.Responses, error)
}

// Options are what a person at a dashboard would choose.
type Options struct {
	Now    time.Time
	Zone   *time.Location      // of the browser; nil is UTC
	Values map[string][]string // of variables, instead of what the dashboard opens with
}

// Kind says what asked.
type Kind string

// What asks in a dashboard.
const (
	KindVariable    Kind = "variable"
	KindAnnotations Kind = "annotations"
	KindPanel       Kind = "panel"
)

// Answer is what one panel, variable or layer of annotations was answered.
type Answer struct {
	Kind  Kind
	Title string
	Type  string // of the panel
	Unit  string // that the panel puts on fields which have none
	// NoValue is what the panel says where there is nothing to see.
	NoValue string
	// Frames of all targets, in the targets' order, with the fields that a panel shows.
	Frames data.Frames
	// Problems are what is wrong with the answer, or with the question. None: a person would see what was meant.
	Problems []error
}

// Result is a dashboard with what it was answered.
type Result struct {
	Dashboard *Dashboard
	Range     backend.TimeRange
	Answers   []Answer
	// Values are what the variables stood at, data sources left out.
	Values map[string][]string
}

// Problems are those of all the answers, each with the dashboard and what asked.
func (r *Result) Problems() []error {
	var problems []error
	for _, a := range r.Answers {
		for _, p := range a.Problems {
			problems = append(problems, fmt.Errorf("%s: %s %q: %w", r.Dashboard.UID, a.Kind, a.Title, p))
		}
	}
	return problems
}

// Run asks all that a dashboard asks of our data source when a person opens it. The error says that the dashboard cannot be run or that the
// plugin does not answer at all; what is wrong with single answers is in the result.
func Run(ctx context.Context, d *Dashboard, asker Asker, o Options) (*Result, error) {
	r := &runner{dashboard: d, asker: asker, options: o, values: values{}}
	if o.Zone == nil {
		r.options.Zone = time.UTC
	}
	within, err := query.Relative{From: d.Time.From, To: d.Time.To, Timezone: query.Zone{Location: r.options.Zone}}.At(o.Now)
	if err != nil {
		return nil, fmt.Errorf("%s: time: %w", d.UID, err)
	}
	r.within = backend.TimeRange{From: within.From, To: within.To}
	result := &Result{Dashboard: d, Range: r.within, Values: map[string][]string{}}
	for _, v := range d.Variables.List {
		answer, err := r.variable(ctx, v)
		if err != nil {
			return nil, err
		}
		if answer != nil {
			result.Answers = append(result.Answers, *answer)
		}
		if v.Type != "datasource" {
			result.Values[v.Name] = r.values[v.Name].texts
		}
	}
	for _, a := range d.Annotations.List {
		if a.Target == nil || (a.Datasource != nil && a.Datasource.Type != settings.PluginID) {
			continue
		}
		answer := Answer{Kind: KindAnnotations, Title: a.Name}
		if err := r.ask(ctx, &answer, a.Datasource, []Target{a.Target}); err != nil {
			return nil, err
		}
		result.Answers = append(result.Answers, answer)
	}
	for _, p := range d.All() {
		answer := Answer{Kind: KindPanel, Title: p.Title, Type: p.Type, Unit: p.FieldConfig.Defaults.Unit, NoValue: p.FieldConfig.Defaults.NoValue}
		targets := slices.DeleteFunc(slices.Clone(p.Targets), func(t Target) bool { return t["hide"] == true })
		if len(targets) == 0 {
			continue // a text, or a list of dashboards
		}
		if err := r.ask(ctx, &answer, p.Datasource, targets); err != nil {
			return nil, err
		}
		r.look(&p, &answer)
		result.Answers = append(result.Answers, answer)
	}
	return result, nil
}

type runner struct {
	dashboard *Dashboard
	asker     Asker
	options   Options
	values    values
	within    backend.TimeRange
}

// variable finds what a variable stands at; where that has to be asked, the answer is given too.
func (r *runner) variable(ctx context.Context, v Variable) (*Answer, error) {
	wanted := r.options.Values[v.Name]
	switch v.Type {
	case "datasource":
		r.values[v.Name] = value{texts: []string{}, uid: true}
		return nil, nil
	case "query":
		answer := &Answer{Kind: KindVariable, Title: v.Name}
		target := Target{}
		if err := json.Unmarshal(v.Query, &target); err != nil {
			answer.Problems = append(answer.Problems, fmt.Errorf("query: is not an object with a queryType: %w", err))
			r.values[v.Name] = choose(v, nil, wanted)
			return answer, nil
		}
		if err := r.ask(ctx, answer, nil, []Target{target}); err != nil {
			return nil, err
		}
		r.values[v.Name] = choose(v, firstColumn(answer.Frames), wanted)
		return answer, nil
	default:
		r.values[v.Name] = choose(v, words(v), wanted)
		return nil, nil
	}
}

func firstColumn(frames data.Frames) []string {
	var texts []string
	for _, f := range frames {
		if len(f.Fields) == 0 {
			continue
		}
		for row := range f.Fields[0].Len() {
			texts = append(texts, fmt.Sprint(f.Fields[0].At(row)))
		}
	}
	return texts
}

// points is how many points a panel asks for: about its width in pixels.
const points = 1000

// ask asks targets together, as a panel does, and checks what comes back.
func (r *runner) ask(ctx context.Context, answer *Answer, source *Reference, targets []Target) error {
	var queries []backend.DataQuery
	for i, t := range targets {
		of, err := r.source(t, source)
		if err != nil {
			answer.Problems = append(answer.Problems, err)
		}
		if of != nil && of.Type != "" && of.Type != settings.PluginID {
			continue
		}
		filled := r.values.fill(t, r.options.Zone.String())
		refID, _ := filled["refId"].(string)
		filled["refId"] = cmp.Or(refID, fmt.Sprintf("query%d", i))
		text, err := json.Marshal(filled)
		if err != nil {
			return fmt.Errorf("%s: %w", answer.Title, err)
		}
		queryType, _ := filled["queryType"].(string)
		queries = append(queries, backend.DataQuery{
			RefID: filled["refId"].(string), QueryType: queryType, TimeRange: r.within, MaxDataPoints: points,
			Interval: r.within.To.Sub(r.within.From) / points, JSON: text,
		})
	}
	if len(queries) == 0 {
		return nil
	}
	responses, err := r.asker.Ask(ctx, queries)
	if err != nil {
		return fmt.Errorf("%s: %s %q: %w", r.dashboard.UID, answer.Kind, answer.Title, err)
	}
	for _, q := range queries {
		response, answered := responses[q.RefID]
		switch {
		case !answered:
			answer.Problems = append(answer.Problems, fmt.Errorf("target %s: has no answer", q.RefID))
		case response.Error != nil:
			answer.Problems = append(answer.Problems, fmt.Errorf("target %s: %w", q.RefID, response.Error))
		default:
			for _, problem := range check(response.Frames, r.mayBeEmpty(*answer)) {
				answer.Problems = append(answer.Problems, fmt.Errorf("target %s: %w", q.RefID, problem))
			}
			answer.Frames = append(answer.Frames, response.Frames...)
		}
	}
	return nil
}

// source is the data source that a target names, or its panel. A shipped dashboard names it by a variable, so that it can be
// imported anywhere.
func (r *runner) source(t Target, of *Reference) (*Reference, error) {
	if own, ok := t["datasource"].(map[string]any); ok {
		kind, _ := own["type"].(string)
		uid, _ := own["uid"].(string)
		of = &Reference{Type: kind, UID: uid}
	}
	if of == nil || of.Type != settings.PluginID {
		return of, nil
	}
	at := reference.FindStringSubmatchIndex(of.UID)
	if at == nil {
		return of, fmt.Errorf("datasource.uid: %q is one installation's; allowed: a variable of type datasource", of.UID)
	}
	if !r.values[nameAt(of.UID, at)].uid {
		return of, fmt.Errorf("datasource.uid: %s is no variable of type datasource", of.UID)
	}
	return of, nil
}

package plugin

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

// links leads from a figure to the events behind it: to a dashboard that lists them, which viewers may open too, with
// the same service, filters and group, and the moment of the figure. What dashboards cannot ask for, figures under another definition than the data source's, leads to Explore, which only editors may use. They are
// addresses, because Grafana's internal links cannot carry the panel's range.
// Neither the range nor anything else in them changes with time, so that a live panel's frame stays the same.
type links struct {
	// uid is the data source's; without it there are no links.
	uid string
	// base is the data source's own definition.
	base dora.Definition
}

// behind lists, for a metric, the kinds of events behind its figures, the most telling first, with the words for them.
var behind = map[dora.Metric][]struct {
	events query.Events
	name   string
}{
	dora.DeploymentFrequency: {{query.EventsDeployments, "Deployments"}, {query.EventsChanges, "Pull requests"}},
	dora.LeadTime:            {{query.EventsChanges, "Pull requests"}, {query.EventsDeployments, "Deployments"}},
	dora.ChangeFailureRate:   {{query.EventsFailures, "Failed deployments"}, {query.EventsDeployments, "Deployments"}, {query.EventsChanges, "Pull requests"}},
	dora.RecoveryTime:        {{query.EventsRecoveries, "Recoveries"}},
	dora.ReworkRate:          {{query.EventsDeployments, "Deployments"}, {query.EventsChanges, "Pull requests"}},
}

// Variables that Grafana fills in where a link is followed.
const (
	theTime = "${__value.time:date:iso}"
	theRow  = "${__data.fields.start.numeric:date:iso}"
	theFrom = "${__from}"
	theTo   = "${__to}"
	theEnd  = "${__to:date:iso}"
)

// behindPoint leads from a chart's point to what its bucket or window rests on.
func (l links) behindPoint(f query.Figures, s figures.Series) []data.DataLink {
	return l.to(f, "behind this point", theTime, filtersFor(s.Labels))
}

// behindFigure leads from a single figure to what it rests on.
func (l links) behindFigure(f query.Figures, s figures.Series) []data.DataLink {
	at := ""
	if f.Query.Rolling.Days > 0 {
		at = theEnd // the window that ends where the range does
	}
	return l.to(f, "behind this figure", at, filtersFor(s.Labels))
}

// behindRow leads from a table's row.
func (l links) behindRow(f query.Figures, labels []string) []data.DataLink {
	groups := map[string]string{}
	for _, label := range labels {
		groups[label] = "${__data.fields." + label + "}"
	}
	return l.to(f, "behind this row", theRow, filtersFor(groups))
}

// filtersFor keeps to a group; false where one of its values is empty, which no filter can name.
func filtersFor(labels map[string]string) func() ([]query.Filter, bool) {
	return func() ([]query.Filter, bool) {
		var filters []query.Filter
		for _, field := range dora.Field("").Allowed() {
			value, grouped := labels[field]
			if grouped && value == "" {
				return nil, false
			}
			if grouped {
				filters = append(filters, query.Filter{Field: dora.Field(field), Op: query.OpIn, Values: []string{value}})
			}
		}
		return filters, true
	}
}

func (l links) to(f query.Figures, where, at string, group func() ([]query.Filter, bool)) []data.DataLink {
	own, ok := group()
	if l.uid == "" || !ok {
		return nil
	}
	q := f.Query
	metric := q.Metric
	if q.Type == query.TypeStages {
		metric = dora.LeadTime
	}
	asked := map[string]any{
		"refId": "A", "datasource": map[string]string{"type": "livedora-dora-datasource", "uid": l.uid},
		"version": query.Version, "queryType": query.TypeEvents, "filters": append(own, restricting(q.Filters)...),
	}
	if at != "" {
		asked["at"], asked["bucket"], asked["timezone"] = at, f.Bucket, q.Timezone.String()
		if at == theEnd {
			asked["bucket"] = figures.Day
		}
		if !q.Rolling.IsZero() {
			asked["rolling"] = q.Rolling.String()
		}
	}
	same := dora.Same(q.Definition, l.base)
	if !same {
		asked["definition"] = q.Definition
	}
	var found []data.DataLink
	for _, kind := range behind[metric] {
		asked["events"] = kind.events
		address := l.listed(kind.events, asked)
		if !same {
			address = l.explore(asked)
		}
		found = append(found, data.DataLink{Title: kind.name + " " + where, TargetBlank: true, URL: variables.Replace(address)})
	}
	return found
}

// listPanels are the panels of the dashboards Trust the numbers and Organisation that list each kind of events.
var listPanels = map[query.Events]string{
	query.EventsDeployments: "panel-9", query.EventsFailures: "panel-9", query.EventsRecoveries: "panel-9", query.EventsChanges: "panel-10",
}

// listed is the address of the table of those events on the dashboard Trust the numbers, which is about one service, or else on
// Organisation.
func (l links) listed(events query.Events, asked map[string]any) string {
	const theService, theOthers = "var-service", "var-filters"
	board := "organisation"
	values := url.Values{"var-datasource": {l.uid}, "from": {theFrom}, "to": {theTo}, "viewPanel": {listPanels[events]}}
	for _, f := range asked["filters"].([]query.Filter) {
		if f.Field == dora.ByService && f.Op == query.OpIn && len(f.Values) == 1 && !values.Has(theService) {
			values.Set(theService, f.Values[0])
			board = "trust"
			continue
		}
		values.Add(theOthers, adHoc(f))
	}
	if listPanels[events] != listPanels[query.EventsChanges] {
		values.Set("var-deployments", string(events))
	}
	for _, name := range []string{"at", "bucket", "rolling", "timezone"} {
		if value, there := asked[name]; there {
			values.Set("var-"+name, fmt.Sprint(value))
		}
	}
	return "/d/livedora-" + board + "?" + strings.ReplaceAll(values.Encode(), "+", "%20")
}

// adHoc writes a filter as Grafana has those of a dashboard in its address: key|operator|value, with more values behind.
func adHoc(f query.Filter) string {
	operator := "="
	if f.Op == query.OpNotIn {
		operator = "!="
	}
	if len(f.Values) > 1 {
		operator += "|"
	}
	parts := append([]string{string(f.Field), operator}, f.Values...)
	for i := range parts {
		parts[i] = inAdHoc.Replace(parts[i])
	}
	return strings.Join(parts, "|")
}

// inAdHoc writes the characters that have a meaning in such a filter as Grafana does.
var inAdHoc = strings.NewReplacer("|", "__gfp__", ",", "__gfc__", "#", "__gfh__")

// restricting are the filters that restrict anything.
func restricting(filters []query.Filter) []query.Filter {
	var some []query.Filter
	for _, f := range filters {
		if len(f.Values) > 0 {
			some = append(some, f)
		}
	}
	return some
}

// explore is the address of Explore with one query over the panel's range.
func (l links) explore(asked map[string]any) string {
	panes, _ := json.Marshal(map[string]any{"dora": map[string]any{ // plain data: it cannot fail
		"datasource": l.uid, "queries": []any{asked}, "range": map[string]string{"from": theFrom, "to": theTo},
	}})
	return "/explore?schemaVersion=1&panes=" + strings.ReplaceAll(url.QueryEscape(string(panes)), "+", "%20")
}

// variables are left for Grafana to find, and encode what they stand for.
var variables = func() *strings.Replacer {
	var pairs []string
	for _, name := range []string{theTime, theRow, theFrom, theTo, theEnd} {
		pairs = append(pairs, url.QueryEscape(name), name)
	}
	for _, field := range append(dora.Field("").Allowed(), "stage") {
		name := "${__data.fields." + field + "}"
		pairs = append(pairs, url.QueryEscape(name), "${__data.fields."+field+":percentencode}")
	}
	return strings.NewReplacer(pairs...)
}()

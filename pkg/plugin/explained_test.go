package plugin_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/plugin"
)

// over puts one query over a range.
func (g *grafana) over(i *plugin.Instance, query string, from, to time.Time) data.Frames {
	g.Helper()
	answered, err := i.QueryData(g.Context(), &backend.QueryDataRequest{Queries: []backend.DataQuery{
		{RefID: "A", JSON: []byte(query), TimeRange: backend.TimeRange{From: from, To: to}},
	}})
	require.NoError(g, err)
	require.NoError(g, answered.Responses["A"].Error, query)
	return answered.Responses["A"].Frames
}

func TestEveryFrameTellsItsDefinitionAndHowFreshTheDataIs(t *testing.T) {
	g := start(t)
	w, url, services := invented(t)
	require.NotNil(t, w)
	i := g.save("dora", settings(url, services))
	now := time.Now()
	require.Eventually(t, func() bool {
		_, done := g.over(i, `{"queryType":"collection"}`, now.AddDate(0, -1, 0), now)[0].Meta.Custom.(plugin.Custom)
		return done && g.over(i, `{"queryType":"collection"}`, now.AddDate(0, -1, 0), now)[0].Meta.Custom.(plugin.Custom).Collected != nil
	}, 30*time.Second, 20*time.Millisecond)
	for _, query := range []string{
		`{"metric":"lead_time"}`, `{"metric":"lead_time","format":"numeric","groupBy":["service"]}`, `{"metric":"rework_rate","format":"table"}`,
		`{"queryType":"stages"}`, `{"queryType":"signals"}`, `{"queryType":"signals","format":"numeric"}`, `{"queryType":"events"}`,
		`{"queryType":"annotations"}`, `{"queryType":"values"}`, `{"queryType":"collection"}`,
	} {
		for _, frame := range g.over(i, query, now.AddDate(0, -2, 0), now) {
			custom, ok := frame.Meta.Custom.(plugin.Custom)
			require.True(t, ok, query)
			assert.True(t, dora.Same(dora.DefaultDefinition(), custom.Definition), query)
			require.NotNil(t, custom.Collected, query)
			assert.WithinDuration(t, now, *custom.Collected, time.Minute, query)
		}
	}
}

func TestARatioComesWithItsCasesAndItsInterval(t *testing.T) {
	g, i := tiny(t)
	custom := g.one(i, `{"metric":"change_failure_rate","bucket":"month"}`)[0].Meta.Custom.(plugin.Custom)
	require.Len(t, custom.Series, 1)
	s := custom.Series[0]
	assert.Equal(t, []int{6, 1, 0}, s.N)
	assert.Equal(t, []int{2, 0, 0}, s.K)
	want, _ := figures.Wilson(2, 6)
	assert.Equal(t, &want, s.Interval[0])
	assert.Nil(t, s.Interval[2], "nothing was deployed in March")
	assert.Nil(t, g.one(i, `{"metric":"lead_time","bucket":"month"}`)[0].Meta.Custom.(plugin.Custom).Series[0].Interval)
}

func TestWhatCouldNotBeMeasuredIsToldOfTheRangeAskedFor(t *testing.T) {
	g, i := tiny(t)
	of := func(query string, from, to time.Time) map[facts.Reason]int {
		return g.over(i, query, from, to)[0].Meta.Custom.(plugin.Custom).Unmeasured
	}
	january, february := year.From, year.From.AddDate(0, 1, 0)
	for _, query := range []string{`{"metric":"lead_time"}`, `{"queryType":"stages","format":"table"}`, `{"queryType":"events"}`, `{"queryType":"signals"}`} {
		assert.Equal(t, map[facts.Reason]int{facts.ReasonFirstDeployment: 2, facts.ReasonBot: 1, facts.ReasonFailedRun: 1}, of(query, january, february), query)
		assert.Empty(t, of(query, february, february.AddDate(0, 1, 0)), query)
	}
}

func cautions(frame *data.Frame) string {
	var texts []string
	for _, notice := range frame.Meta.Notices {
		if !strings.Contains(notice.Text, "is not read yet") {
			texts = append(texts, notice.Text)
		}
	}
	return strings.Join(texts, "\n")
}

func TestAReaderIsToldWhatCouldMislead(t *testing.T) {
	g, i := tiny(t)
	say := func(query string) string { return cautions(g.one(i, query)[0]) }
	assert.Equal(t, "2 of 2 figures rest on fewer than 5 events (the fewest: 1), so that single ones say little.", say(`{"metric":"lead_time","bucket":"month"}`))
	assert.Equal(t, "This figure rests on few events: n 3.", say(`{"metric":"lead_time","format":"numeric"}`))
	assert.Empty(t, say(`{"metric":"lead_time","statistic":"max","format":"numeric"}`), "a maximum needs no more than one")
	assert.Equal(t, "Buckets at the edges that are cut, not over yet, or begin before anything was collected count less than whole ones.",
		say(`{"metric":"deployment_frequency","bucket":"month"}`))
	assert.Contains(t, say(`{"metric":"lead_time","bucket":"quarter","limits":true}`),
		"Process limits need 8 complete, mature buckets with a figure, so there are none for Change lead time, median.")
	assert.Contains(t, say(`{"metric":"change_failure_rate","format":"numeric","benchmark":"2024"}`),
		"Accelerate State of DevOps 2024, of its respondents: elite 5 %, high 20 %, medium 10 %, low 40 %. That year the cluster called medium failed less often than the one called high. Context, not a target.")
	assert.Equal(t, "5 of 5 series cannot be judged: process limits need 8 complete, mature buckets with a figure.", say(`{"queryType":"signals","bucket":"month"}`))
	assert.Equal(t, "No service matches the filters. Choose other values, or remove a filter.\nThere is no service \"nobody\"; there are: booking, records.",
		say(`{"queryType":"signals","filters":[{"field":"service","values":["nobody"]}]}`))
}

func TestFailuresThatMayStillComeToLightAreToldOf(t *testing.T) {
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	at := time.Now().Add(-time.Hour)
	datasettest.Fill(t, path, "1/dora", &dora.Deployment{
		Header: dora.Header{Source: "github", ID: "example-health/booking:deployment:1"}, Repository: datasettest.Booking, Number: 1, Environment: "production",
		SHA: datasettest.SHA("b0"), Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
	})
	i := g.save("dora", settings(silent(t), fmt.Sprintf(`"store":{"type":"sqlite","path":%q}`, path)))
	said := cautions(g.over(i, `{"metric":"change_failure_rate","statistic":"k","bucket":"day"}`, time.Now().AddDate(0, 0, -3), time.Now())[0])
	assert.Contains(t, said, "The newest figures may still rise: an incident counts against a deployment for 24h.")
}

func TestSeriesBeyondTheLimitAreLeftOutAndToldOf(t *testing.T) {
	g := start(t)
	path := filepath.Join(t.TempDir(), "dora.db")
	var events []dora.Event
	for n := range 503 {
		at := datasettest.At("Jan 01 10:00")
		events = append(events, &dora.Deployment{
			Header: dora.Header{Source: "github", ID: fmt.Sprintf("example-health/s%03d:deployment:1", n)}, Repository: fmt.Sprintf("example-health/s%03d", n), Number: 1,
			Environment: "production", SHA: datasettest.SHA("b0"), Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
		})
	}
	datasettest.Fill(t, path, "1/dora", events...)
	i := g.save("dora", settings(silent(t), fmt.Sprintf(`"store":{"type":"sqlite","path":%q},"collect":{"backfill":"3650d"}`, path)))
	frame := g.one(i, `{"groupBy":["service"],"bucket":"month"}`)[0]
	assert.Len(t, frame.Fields, 1+500)
	assert.Contains(t, cautions(frame), "3 series are left out: an answer has at most 500. Filter, or group by fewer fields.")
	assert.Equal(t, 3, frame.Meta.Custom.(plugin.Custom).Omitted)
}

// follow asks what a link leads to, as Grafana does: variables are replaced, and what the address says is asked.
func (g *grafana) follow(i *plugin.Instance, link data.DataLink, values map[string]string, from, to time.Time) *data.Frame {
	g.Helper()
	address := link.URL
	values["__from"], values["__to"] = fmt.Sprint(from.UnixMilli()), fmt.Sprint(to.UnixMilli())
	for name, value := range values {
		address = strings.ReplaceAll(address, "${"+name+"}", value)
		address = strings.ReplaceAll(address, "${"+name+":percentencode}", url.PathEscape(value))
		if at, err := strconv.ParseInt(value, 10, 64); err == nil {
			address = strings.ReplaceAll(address, "${"+name+":date:iso}", time.UnixMilli(at).UTC().Format(time.RFC3339))
		}
	}
	assert.NotRegexp(g, regexp.MustCompile(`\$\{|%24%7B`), address, "every variable has a value")
	parsed, err := url.Parse(address)
	require.NoError(g, err)
	if board, ok := strings.CutPrefix(parsed.Path, "/d/livedora-"); ok {
		assert.Equal(g, values["__from"], parsed.Query().Get("from"))
		assert.Equal(g, values["__to"], parsed.Query().Get("to"))
		assert.Equal(g, "dora", parsed.Query().Get("var-datasource"))
		return g.over(i, onBoard(g.T, board, parsed.Query()), from, to)[0]
	}
	assert.Equal(g, "/explore", parsed.Path)
	var panes map[string]struct {
		Datasource string
		Queries    []json.RawMessage
		Range      struct{ From, To string }
	}
	require.NoError(g, json.Unmarshal([]byte(parsed.Query().Get("panes")), &panes))
	require.Len(g, panes, 1)
	for _, pane := range panes {
		assert.Equal(g, "dora", pane.Datasource)
		assert.Equal(g, values["__from"], pane.Range.From)
		assert.Equal(g, values["__to"], pane.Range.To)
		require.Len(g, pane.Queries, 1)
		return g.over(i, string(pane.Queries[0]), from, to)[0]
	}
	return nil
}

// onBoard is the query of the panel of a dashboard that an address leads to, as the frontend sends it: with the
// address' variables, without what is empty, and with its ad hoc filters.
func onBoard(t *testing.T, name string, address url.Values) string {
	t.Helper()
	board, err := dashboard.Read("../../dashboards/" + name + ".json")
	require.NoError(t, err)
	stands := map[string]string{}
	for _, v := range board.Variables.List {
		stands[v.Name], _ = v.Current.Value.(string)
	}
	for name := range address {
		if variable, ok := strings.CutPrefix(name, "var-"); ok {
			require.Contains(t, stands, variable, "the dashboard has the variable")
			stands[variable] = address.Get(name)
		}
	}
	for _, p := range board.All() {
		if fmt.Sprintf("panel-%d", p.ID) != address.Get("viewPanel") {
			continue
		}
		require.Len(t, p.Targets, 1)
		asked := map[string]any{}
		for key, value := range p.Targets[0] {
			if text, ok := value.(string); ok && strings.HasPrefix(text, "$") {
				if value = stands[text[1:]]; value == "" {
					continue
				}
			}
			if key != "live" && key != "datasource" && key != "filters" {
				asked[key] = value
			}
		}
		filters := []any{}
		if stands["service"] != "" { // else it is about all that its other variables let pass
			filters = append(filters, map[string]any{"field": "service", "values": []string{stands["service"]}})
		}
		for _, written := range address["var-filters"] {
			parts := strings.Split(written, "|")
			for i := range parts {
				parts[i] = strings.NewReplacer("__gfp__", "|", "__gfc__", ",", "__gfh__", "#").Replace(parts[i])
			}
			op := map[string]string{"=": "in", "=|": "in", "!=": "not_in", "!=|": "not_in"}[parts[1]]
			require.NotEmpty(t, op, written)
			filters = append(filters, map[string]any{"field": parts[0], "op": op, "values": parts[2:]})
		}
		asked["filters"] = filters
		text, err := json.Marshal(asked)
		require.NoError(t, err)
		return string(text)
	}
	require.Fail(t, "the address leads to a panel of the dashboard", address.Get("viewPanel"))
	return ""
}

// column is a table's column as texts.
func column(t *testing.T, frame *data.Frame, name string) []string {
	t.Helper()
	field, _ := frame.FieldByName(name)
	if field == nil {
		return nil
	}
	var texts []string
	for row := range field.Len() {
		texts = append(texts, fmt.Sprint(field.At(row)))
	}
	return texts
}

func TestAPointLeadsToWhatIsBehindItInOneClick(t *testing.T) {
	g, i := tiny(t)
	from, to := year.From, year.To
	point := func(at string) map[string]string {
		return map[string]string{"__value.time": fmt.Sprint(datasettest.At(at).UnixMilli())}
	}
	links := func(query string) []data.DataLink {
		frame := g.one(i, query)[0]
		return frame.Fields[1].Config.Links
	}
	lead := links(`{"metric":"lead_time","bucket":"week","groupBy":["service"]}`)
	require.Len(t, lead, 2)
	assert.Equal(t, "Pull requests behind this point", lead[0].Title)
	assert.Equal(t, []string{"#2"}, column(t, g.follow(i, lead[0], point("Jan 08 00:00"), from, to), "number"), "of booking, in the week of its release")
	assert.Equal(t, []string{"#1", "b000000000"}, column(t, g.follow(i, lead[0], point("Jan 01 00:00"), from, to), "number"))

	rate := links(`{"metric":"change_failure_rate","bucket":"week","rolling":"14 days"}`)
	assert.Equal(t, "Failed deployments behind this point", rate[0].Title)
	assert.Equal(t, []string{"v1.3", "v1.2"}, column(t, g.follow(i, rate[0], point("Jan 15 00:00"), from, to), "version"), "the window has both weeks")
	assert.Len(t, column(t, g.follow(i, rate[1], point("Jan 15 00:00"), from, to), "version"), 3)

	recovery := links(`{"metric":"recovery_time","bucket":"week"}`)
	assert.Equal(t, []string{"v1.3"}, column(t, g.follow(i, recovery[0], point("Jan 15 00:00"), from, to), "version"), "by the week in which it recovered")

	incidents := links(`{"metric":"recovery_time","bucket":"week","definition":{"recovery":"incident"}}`)
	assert.NotEmpty(t, column(t, g.follow(i, incidents[0], point("Jan 08 00:00"), from, to), "opened"), "the definition goes along")
}

func TestAViewerFollowsAFigureOfAServiceWithoutExplore(t *testing.T) {
	g, i := tiny(t)
	week := map[string]string{"__value.time": fmt.Sprint(datasettest.At("Jan 15 00:00").UnixMilli())}
	for query, path := range map[string]string{
		`{"metric":"change_failure_rate","bucket":"week","groupBy":["service","environment"]}`:                                                                       "/d/livedora-trust",
		`{"metric":"lead_time","bucket":"week","filters":[{"field":"service","values":["booking"]},{"field":"team","op":"not_in","values":["a|b,c","nobody"]}]}`:     "/d/livedora-trust",
		`{"metric":"recovery_time","bucket":"week","filters":[{"field":"service","values":["booking"]},{"field":"environment","op":"not_in","values":["staging"]}]}`: "/d/livedora-trust",
		`{"metric":"lead_time","bucket":"week"}`: "/d/livedora-organisation",
		`{"metric":"lead_time","bucket":"week","filters":[{"field":"service","values":["booking","records"]}]}`:                               "/d/livedora-organisation",
		`{"metric":"lead_time","bucket":"week","filters":[{"field":"service","values":["booking"]}],"definition":{"leadTimeStart":"opened"}}`: "/explore",
	} {
		for _, link := range g.one(i, query)[0].Fields[1].Config.Links {
			address, _, _ := strings.Cut(link.URL, "?")
			assert.Equal(t, path, address, "%s: %s", query, link.Title)
			g.follow(i, link, week, year.From, year.To)
		}
	}
}

func TestTheNumberOfEventsBehindAPointIsItsN(t *testing.T) {
	g, i := tiny(t)
	for _, query := range []string{
		`{"metric":"deployment_frequency","bucket":"week","groupBy":["service"],"timezone":"Pacific/Auckland"}`,
		`{"metric":"deployment_frequency","bucket":"week","rolling":"3 buckets"}`,
		`{"metric":"deployment_frequency","bucket":"day","rolling":"28 days","filters":[{"field":"team","op":"not_in","values":["care"]}]}`,
		`{"metric":"recovery_time","bucket":"week"}`,
	} {
		frame := g.one(i, query)[0]
		custom := frame.Meta.Custom.(plugin.Custom)
		seen := 0
		for number, s := range custom.Series {
			field := frame.Fields[1+number]
			for row, n := range s.N {
				values := map[string]string{"__value.time": fmt.Sprint(frame.Fields[0].At(row).(time.Time).UnixMilli())}
				rows := g.follow(i, field.Config.Links[0], values, year.From, year.To)
				require.Len(t, column(t, rows, "version"), n, "%s: %s %s", query, field.Labels, frame.Fields[0].At(row))
				seen += n
			}
		}
		assert.Positive(t, seen, query)
	}
}

func TestANumberAndARowLeadToWhatIsBehindThem(t *testing.T) {
	g, i := tiny(t)
	number := g.one(i, `{"metric":"lead_time","format":"numeric","filters":[{"field":"service","values":["booking"]}]}`)[0].Fields[0]
	assert.Len(t, column(t, g.follow(i, number.Config.Links[0], map[string]string{}, year.From, year.To), "number"), 4)
	rolled := g.one(i, `{"metric":"deployment_frequency","format":"numeric","rolling":"60 days"}`)[0].Fields[0]
	assert.Len(t, column(t, g.follow(i, rolled.Config.Links[0], map[string]string{}, year.From, year.To), "version"), 1, "only that of Feb 01")
	row := g.one(i, `{"metric":"deployment_frequency","format":"table","bucket":"month","groupBy":["service"]}`)[0]
	value, _ := row.FieldByName("deployment_frequency")
	january := map[string]string{"__data.fields.start.numeric": fmt.Sprint(year.From.UnixMilli()), "__data.fields.service": "records"}
	assert.Len(t, column(t, g.follow(i, value.Config.Links[0], january, year.From, year.To), "version"), 1)
}

func TestLimitsAreLinesThatAlertingCanTellApart(t *testing.T) {
	g, i := tiny(t)
	frame := g.one(i, `{"metric":"deployment_frequency","bucket":"day","limits":true,"groupBy":["service"]}`)[0]
	assert.Equal(t, data.FrameTypeTimeSeriesWide, frame.Meta.Type)
	require.Len(t, frame.Fields, 1+2+2*3)
	seen := map[string]bool{}
	for _, field := range frame.Fields[1:] {
		assert.False(t, seen[field.Labels.String()], "%s twice", field.Labels)
		seen[field.Labels.String()] = true
		assert.Equal(t, data.FieldTypeNullableFloat64, field.Type())
	}
	custom := frame.Meta.Custom.(plugin.Custom)
	assert.InDelta(t, custom.Series[1].Limits.Upper, *frame.Fields[8].At(0).(*float64), 0)
	assert.Equal(t, data.Labels{"service": "records", "limit": "upper"}, frame.Fields[8].Labels)
}

func TestAnAlertAsksForSignalsForTheWorse(t *testing.T) {
	g, i := tiny(t)
	frames := g.one(i, `{"queryType":"signals","metric":"deployment_frequency","bucket":"day","format":"numeric","direction":"worse","groupBy":["service"]}`)
	require.Len(t, frames, 2)
	for _, frame := range frames {
		assert.Equal(t, data.FrameTypeNumericMulti, frame.Meta.Type)
		assert.Equal(t, data.FrameTypeVersion{0, 1}, frame.Meta.TypeVersion)
		assert.InDelta(t, 1, *frame.Fields[0].At(0).(*float64), 0, "nothing was deployed for weeks, which is a long row")
		assert.Equal(t, "deployment_frequency", frame.Fields[0].Labels["metric"])
	}
	days := g.one(i, `{"queryType":"signals","metric":"deployment_frequency","bucket":"day","groupBy":["service"]}`)[0]
	assert.Contains(t, column(t, days, "what"), "1, above the limit of 0.14")
	assert.Contains(t, column(t, days, "changed"), "better")
}

package dashboard_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const shipped = "../../../dashboards"

// palette is the colours that dashboards may use, each with one meaning; docs/dashboards.md tells them.
var palette = []string{
	"blue", "super-light-blue", "light-blue", "dark-blue", // a figure, and of stages the first to the last
	"orange", "red", // failed and over; failing or open
	"#a84a00", "dark-red", // the same, as the ground of a word
	"purple",              // a signal
	"text", "transparent", // words and zeros
}

// boards are the shipped dashboards as they are written, by file.
func boards(t *testing.T) map[string]map[string]any {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(shipped, "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	found := map[string]map[string]any{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		board := map[string]any{}
		require.NoError(t, json.Unmarshal(text, &board), path)
		found[filepath.Base(path)] = board
	}
	return found
}

// at is a value inside objects; nil where it is not.
func at(value any, path ...string) any {
	for _, key := range path {
		object, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = object[key]
	}
	return value
}

func asList(value any) []any {
	list, _ := value.([]any)
	return list
}

// panels are those of a dashboard, in rows and beside them.
func panels(board map[string]any) []map[string]any {
	var all []map[string]any
	for _, each := range shown(board) {
		if each["type"] == "row" {
			for _, inside := range asList(each["panels"]) {
				all = append(all, inside.(map[string]any))
			}
			continue
		}
		all = append(all, each)
	}
	return all
}

// shown are the panels that are there when a dashboard opens, with the heads of rows that are closed.
func shown(board map[string]any) []map[string]any {
	var all []map[string]any
	for _, each := range board["panels"].([]any) {
		all = append(all, each.(map[string]any))
	}
	return all
}

// visit calls for every value inside another, with the key that it stands under.
func visit(key string, value any, do func(key string, value any)) {
	do(key, value)
	switch value := value.(type) {
	case map[string]any:
		for k, v := range value {
			visit(k, v, do)
		}
	case []any:
		for _, v := range value {
			visit(key, v, do)
		}
	}
}

func TestDashboardsAreImportedAnywhere(t *testing.T) {
	uids := map[any]string{}
	for file, board := range boards(t) {
		assert.EqualValues(t, 42, board["schemaVersion"], file)
		assert.Equal(t, "livedora-"+strings.TrimSuffix(file, ".json"), board["uid"], file)
		assert.Empty(t, uids[board["uid"]], file)
		uids[board["uid"]] = file
		assert.NotEmpty(t, board["title"], file)
		assert.NotEmpty(t, board["description"], file)
		followed := true
		for _, p := range panels(board) {
			for _, target := range asList(p["targets"]) {
				followed = followed && at(target, "live") == true
			}
		}
		assert.Equal(t, followed, board["refresh"] == "", "%s: is refreshed unless all is live; a refresh closes what a reader has open", file)
		assert.NotContains(t, board, "id", "%s: an id is one installation's", file)
		visit("", board, func(key string, value any) {
			if key == "datasource" {
				if kind := at(value, "type"); kind == "livedora-dora-datasource" {
					assert.Equal(t, "${datasource}", at(value, "uid"), file)
				} else {
					assert.Equal(t, "grafana", kind, "%s: no data source but ours", file)
				}
			}
		})
		variables := board["templating"].(map[string]any)["list"].([]any)
		assert.Equal(t, "datasource", at(variables[0], "type"), file)
		assert.Equal(t, "livedora-dora-datasource", at(variables[0], "query"), file)
		var names []any
		for _, v := range variables {
			names = append(names, at(v, "name"))
		}
		assert.Contains(t, names, "service", "%s: the service is kept on the way through", file)
	}
}

func TestLinksKeepServiceAndTime(t *testing.T) {
	all := boards(t)
	for file, board := range all {
		links := board["links"].([]any)
		require.Len(t, links, 1, file)
		assert.Equal(t, true, at(links[0], "includeVars"), file)
		assert.Equal(t, true, at(links[0], "keepTime"), file)
		for _, tag := range at(links[0], "tags").([]any) {
			assert.Contains(t, board["tags"], tag, "%s: is among those that it links to", file)
		}
		visit("", board, func(key string, value any) {
			url, ok := value.(string)
			if key != "url" || !ok || !strings.HasPrefix(url, "/d/") {
				return
			}
			address, query, _ := strings.Cut(url, "?")
			assert.Contains(t, all, strings.TrimPrefix(address, "/d/livedora-")+".json", "%s: %s leads to a dashboard of ours", file, url)
			assert.Regexp(t, `\$\{service:queryparam\}|var-service=\$\{__(value\.raw|data\.fields\.service):percentencode\}`, query, file)
			assert.Contains(t, query, "${datasource:queryparam}", file)
			assert.Contains(t, query, "${__url_time_range}", file)
		})
	}
}

// What a person can say is put in by the frontend, where it can be sent and is kept.
func TestNoDashboardOffersACorrectionThatMayFail(t *testing.T) {
	for file, board := range boards(t) {
		visit("", board, func(_ string, value any) {
			assert.NotEqual(t, "actions", at(value, "id"), "%s: an action of the dashboard's own is there where it cannot be sent, too", file)
		})
	}
}

func TestEveryPanelSaysWhatItMeans(t *testing.T) {
	for file, board := range boards(t) {
		ids, titles := map[any]bool{}, map[any]bool{}
		for _, p := range panels(board) {
			name := fmt.Sprintf("%s: %v", file, p["title"])
			assert.NotEmpty(t, p["title"], name)
			assert.NotEmpty(t, p["description"], name)
			assert.Regexp(t, `\.$`, p["description"], "%s: in sentences", name)
			assert.False(t, ids[p["id"]], "%s: its id is there twice", name)
			ids[p["id"]] = true
			kind := fmt.Sprint(p["type"], p["title"])
			assert.False(t, titles[kind], "%s: is there twice", name)
			titles[kind] = true
			assert.Nil(t, at(p, "fieldConfig", "defaults", "thresholds"), "%s: a threshold would be a target", name)
			if p["type"] != "text" {
				assert.NotNil(t, at(p, "fieldConfig", "defaults", "noValue"), "%s: says something where there is nothing", name)
			}
			targets, _ := p["targets"].([]any)
			if p["type"] == "table" && at(targets[0], "queryType") != "collection" { // where each source has a row
				assert.NotEmpty(t, at(p, "fieldConfig", "defaults", "noValue"), "%s: says why it is empty", name)
			}
			refs := map[any]bool{}
			for _, each := range targets {
				assert.False(t, refs[at(each, "refId")], name)
				refs[at(each, "refId")] = true
				assert.Equal(t, at(each, "queryType") != "signals", at(each, "live") == true, "%s: is followed live; signals cannot be", name)
			}
			for _, each := range at(p, "fieldConfig", "overrides").([]any) {
				if at(each, "matcher", "id") == "byFrameRefID" {
					assert.True(t, refs[at(each, "matcher", "options")], "%s: an override names a target", name)
				}
			}
		}
	}
}

func TestRatesScaleToTheirDataFromZero(t *testing.T) {
	rates := 0
	for file, board := range boards(t) {
		for _, p := range panels(board) {
			of := map[bool]int{}
			for _, target := range asList(p["targets"]) {
				ratio := slices.Contains([]any{"change_failure_rate", "rework_rate"}, at(target, "metric")) && at(target, "statistic") == nil && at(target, "spread") != "counted"
				of[ratio]++
			}
			if p["type"] != "timeseries" || of[true] == 0 {
				continue
			}
			rates++
			name := fmt.Sprintf("%s: %v", file, p["title"])
			assert.Zero(t, of[false], "%s: rates have an axis of their own", name)
			assert.EqualValues(t, 0, at(p, "fieldConfig", "defaults", "min"), name)
			assert.Nil(t, at(p, "fieldConfig", "defaults", "max"), "%s: a rate of 3 %% is not read on an axis to 100 %%", name)
			assert.EqualValues(t, 0.1, at(p, "fieldConfig", "defaults", "custom", "axisSoftMax"), "%s: where all are 0, the axis is one of rates", name)
		}
	}
	assert.Positive(t, rates)
}

func TestColoursAreThoseOfThePalette(t *testing.T) {
	docs, err := os.ReadFile("../../../docs/dashboards.md")
	require.NoError(t, err)
	for _, colour := range palette {
		assert.Contains(t, string(docs), "`"+colour+"`")
	}
	for file, board := range boards(t) {
		for _, p := range panels(board) {
			visit("", p, func(key string, value any) {
				colour, isText := value.(string)
				switch {
				case key == "fixedColor" || (key == "color" && isText):
					assert.Contains(t, palette, colour, "%s: %v", file, p["title"])
				case key == "color" && p["type"] == "status-history" && at(value, "mode") == "continuous-blues": // one hue: the deeper, the more
				case key == "color":
					assert.Contains(t, []any{"fixed", "shades"}, at(value, "mode"), "%s: %v: colours that Grafana deals out have no meaning", file, p["title"])
				}
			})
		}
		for _, layer := range at(board, "annotations", "list").([]any) {
			if at(layer, "builtIn") == nil {
				assert.Contains(t, palette, at(layer, "iconColor"), file)
			}
		}
	}
}

func TestPanelsFillTheirGridWithoutOverlap(t *testing.T) {
	const columns = 24
	for file, board := range boards(t) {
		taken := map[[2]int]any{}
		for _, p := range shown(board) {
			of := func(key string) int { return int(at(p, "gridPos", key).(float64)) }
			assert.LessOrEqual(t, of("x")+of("w"), columns, "%s: %v", file, p["title"])
			for x := of("x"); x < of("x")+of("w"); x++ {
				for y := of("y"); y < of("y")+of("h"); y++ {
					require.Nil(t, taken[[2]int{x, y}], "%s: %v lies on %v", file, p["title"], taken[[2]int{x, y}])
					taken[[2]int{x, y}] = p["title"]
				}
			}
		}
		bottom := 0
		for place := range taken {
			bottom = max(bottom, place[1]+1)
		}
		assert.Len(t, taken, bottom*columns, "%s: no holes", file)
	}
}

// failingNow is the panel that says what is failing; nil where the dashboard has none.
func failingNow(board map[string]any) map[string]any {
	for _, p := range panels(board) {
		if targets := asList(p["targets"]); len(targets) > 0 && at(targets[0], "events") == "failing" {
			return p
		}
	}
	return nil
}

func TestWhatIsFailingNowStandsAtTheTop(t *testing.T) {
	for file, board := range boards(t) {
		p := failingNow(board)
		if !slices.Contains([]string{"overview.json", "stability.json", "team.json", "organisation.json"}, file) {
			assert.Nil(t, p, file)
			continue
		}
		require.NotNil(t, p, file)
		assert.Equal(t, 0.0, at(p, "gridPos", "y"), "%s: above all else", file)
		assert.Equal(t, 24.0, at(p, "gridPos", "w"), file)
		assert.Equal(t, false, at(p, "options", "showHeader"), "%s: it is a sentence", file)
		for _, other := range panels(board) {
			for _, target := range asList(other["targets"]) {
				if at(other, "gridPos", "y") == at(p, "gridPos", "h") {
					assert.Equal(t, at(target, "filters"), at(asList(p["targets"])[0], "filters"), "%s: it is about what the tiles are about", file)
				}
			}
		}
	}
}

// TestATableHasAPlaceForWhyItIsEmpty because a list of a source that was never read is one column, message.
func TestATableHasAPlaceForWhyItIsEmpty(t *testing.T) {
	for file, board := range boards(t) {
		for _, p := range panels(board) {
			targets := asList(p["targets"])
			if p["type"] != "table" || at(targets[0], "queryType") != "events" || at(targets[0], "events") == "corrections" {
				continue
			}
			named := slices.ContainsFunc(asList(at(p, "fieldConfig", "overrides")), func(o any) bool {
				return at(o, "matcher", "id") == "byRegexp" && at(o, "matcher", "options") == "/^message$/"
			})
			assert.True(t, named, "%s: %v", file, p["title"])
		}
	}
}

// TestEveryDashboardBeginsWithSixTilesOfOneSize which stand in two rows: wide enough for their words, on a narrow screen too.
func TestEveryDashboardBeginsWithSixTilesOfOneSize(t *testing.T) {
	all := boards(t)
	six := func(board map[string]any) (tiles []map[string]any) {
		first := 0
		if failingNow(board) != nil {
			first = 1
		}
		return panels(board)[first : first+6]
	}
	overview := six(all["overview.json"])
	for file, board := range all {
		tiles := six(board)
		top := at(tiles[0], "gridPos", "y").(float64)
		for i, tile := range tiles {
			assert.Equal(t, "stat", tile["type"], file)
			height := at(tiles[0], "gridPos", "h").(float64)
			assert.Equal(t, map[string]any{"x": float64(8 * (i % 3)), "y": top + height*float64(i/3), "w": 8.0, "h": height}, tile["gridPos"], "%s: one size for all", file)
			if slices.Contains([]string{"organisation.json", "collection.json"}, file) {
				continue // counts of all services, and figures of collection: they have tiles of their own
			}
			if file == "team.json" { // pooled: they lead to no one service
				assert.Equal(t, overview[i]["title"], tile["title"], file)
				assert.Equal(t, at(asList(overview[i]["targets"])[0], "metric"), at(asList(tile["targets"])[0], "metric"), file)
				continue
			}
			for _, key := range []string{"title", "description", "targets", "fieldConfig"} {
				assert.Equal(t, overview[i][key], tile[key], "%s: the same tiles everywhere", file)
			}
		}
	}
}

// TestATilesFigureIsTheLargest because nothing on it is louder; beneath it stand its words, and behind them its line.
func TestATilesFigureIsTheLargest(t *testing.T) {
	sizes := map[string]bool{}
	for file, board := range boards(t) {
		for _, p := range panels(board) {
			if p["type"] != "stat" || at(asList(p["targets"])[0], "queryType") == "collection" {
				continue
			}
			name := fmt.Sprintf("%s: %v", file, p["title"])
			assert.Equal(t, "tile", at(asList(p["targets"])[0], "format"), name)
			assert.Equal(t, "previous", at(asList(p["targets"])[0], "compare"), name)
			assert.Equal(t, "value_and_name", at(p, "options", "textMode"), name)
			assert.Equal(t, "area", at(p, "options", "graphMode"), name)
			assert.Greater(t, at(p, "options", "text", "titleSize"), at(p, "options", "text", "valueSize"), "%s: what a stat panel calls the title is the figure", name)
			sizes[fmt.Sprint(at(p, "options", "text"))] = true
		}
	}
	assert.Len(t, sizes, 1, "one size everywhere")
}

// One service or one team at a time: a panel shows the times and rates of one, on an axis of its own.
func TestServicesAreNotCompared(t *testing.T) {
	rates := regexp.MustCompile(`^(lead_time|recovery_time|change_failure_rate|rework_rate)$`)
	for file, board := range boards(t) {
		oneTeam := false
		for _, v := range board["templating"].(map[string]any)["list"].([]any) {
			oneTeam = oneTeam || at(v, "name") == "team" && at(v, "multi") == false && at(v, "includeAll") == false
			if at(v, "name") == "service" {
				assert.Equal(t, false, at(v, "multi"), "%s: one service at a time", file)
				assert.Equal(t, false, at(v, "includeAll"), "%s: one service at a time", file)
			}
		}
		for _, p := range panels(board) {
			targets, _ := p["targets"].([]any)
			for _, target := range targets {
				filters, _ := json.Marshal(at(target, "filters"))
				single := strings.Contains(string(filters), "$service") || oneTeam && strings.Contains(string(filters), "$team") ||
					p["repeat"] == "each" && strings.Contains(string(filters), "$each")
				metric, _ := at(target, "metric").(string)
				if rates.MatchString(metric) && !single && at(target, "queryType") != "spread" { // which names none
					assert.Contains(t, []any{"n", "k"}, at(target, "statistic"), "%s: %v: of many services only counts", file, p["title"])
				}
			}
		}
	}
}

// TestAChartSaysWhyThereIsNothingAndCallsItsTimeTime because a name for all of a query's fields names their time as well,
// which is a column of the panel's data.
func TestAChartSaysWhyThereIsNothingAndCallsItsTimeTime(t *testing.T) {
	for file, board := range boards(t) {
		for _, panel := range asList(board["panels"]) {
			if at(panel, "type") != "timeseries" {
				continue
			}
			name := fmt.Sprint(file, ": ", at(panel, "title"))
			assert.NotEqual(t, "nothing to measure", at(panel, "fieldConfig", "defaults", "noValue"), "%s: it may not be read yet", name)
			named, time := false, false
			for _, override := range asList(at(panel, "fieldConfig", "overrides")) {
				for _, property := range asList(at(override, "properties")) {
					if at(property, "id") != "displayName" {
						continue
					}
					named = named || at(override, "matcher", "id") == "byFrameRefID"
					time = at(override, "matcher", "options") == "time" && at(override, "matcher", "id") == "byType"
				}
			}
			assert.Equal(t, named, time, "%s: the time is named last", name)
		}
	}
}

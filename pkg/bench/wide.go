package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// wide is an organisation that is wide rather than busy: ten times the services of L, half as many deployments and changes as
// it has in all. Its tenth has services of the same size, and teams of the same size.
var wide, wideTenth = large.Size{Services: 2000, Deployments: 50, Changes: 5, Months: 24, Every: 5}, large.Size{Services: 200, Deployments: 50, Changes: 5, Months: 24, Every: 5}

// teamOf is the team of the service of a number: of a tenth of the services, a tenth of the teams.
func teamOf(number int) string { return fmt.Sprintf("team-%03d", number*300/2000) }

const (
	oneTeam  = "team-001"
	wideMost = 6 * time.Second // for one row
)

// owned are settings in which every service is written with its team, as provisioned ones are.
func owned(size large.Size, path string) (map[string]any, error) {
	store, err := inFile(path)
	services := make([]any, size.Services)
	for number := range services {
		name := large.Name(number)
		services[number] = map[string]any{"name": name, "team": teamOf(number), "deployments": []any{map[string]any{"source": large.Source, "repository": name}}, "incidents": []any{map[string]any{"source": large.Source, "repository": name}}}
	}
	own := settingsOf(store)
	own["services"] = services
	return own, err
}

var wideQuestions = func() []question {
	team := fmt.Sprintf(`"filters":[{"field":"team","values":[%q]}]`, oneTeam)
	var tiles, weeks, all []string
	for _, metric := range dora.Metrics {
		tiles = append(tiles, fmt.Sprintf(`{"metric":%q,"format":"numeric","compare":"previous",%s}`, metric.Key, team))
		weeks = append(weeks, fmt.Sprintf(`{"metric":%q,"bucket":"week",%s}`, metric.Key, team))
		if metric.Key != dora.ReworkRate {
			all = append(all, fmt.Sprintf(`{"metric":%q,"bucket":"month"}`, metric.Key))
		}
	}
	values := func(field, filters string) []string {
		return []string{fmt.Sprintf(`{"queryType":"values","field":%q%s}`, field, filters)}
	}
	return []question{
		{name: "one service, 24 months by week: median lead time", queries: []string{`{"metric":"lead_time","bucket":"week",` + service + `}`}},
		{name: "one team, 24 months by week: five metrics", queries: weeks},
		{name: "five tiles of one team with the period before", queries: tiles, from: large.Begin.AddDate(1, 0, 0)},
		{name: "the peer's four monthly panels over everything", queries: all},
		{name: "every team, median lead time by month", queries: []string{`{"metric":"lead_time","bucket":"month","groupBy":["team"]}`}},
		{name: "every service, deployments in a table", queries: []string{`{"metric":"deployment_frequency","format":"table","groupBy":["service"]}`}},
		{name: "every service, what is measured of it", queries: []string{`{"queryType":"events","events":"coverage"}`}},
		{name: "a variable: every team", queries: values("team", "")},
		{name: "a variable: every service", queries: values("service", "")},
		{name: "a variable: the services of one team", queries: values("service", ","+team)},
	}
}()

// boards are the dashboards that a wide organisation looks at, and what their variables stand at.
var boards = []struct {
	uid, name string
	values    map[string][]string
}{
	{"livedora-organisation", "the dashboard Organisation, of every team", nil},
	{"livedora-team", "the dashboard Team, of one team", map[string][]string{"team": {oneTeam}}},
}

// measureWide asks a wide organisation and a tenth of it the same questions in turn.
func measureWide(ctx context.Context, program string) error {
	var targets []*target
	for _, each := range []struct {
		name string
		size large.Size
	}{{"wide", wide}, {"wide-tenth", wideTenth}} {
		path, err := prepare(ctx, each.name, each.size)
		if err != nil {
			return err
		}
		if err := removeSaved(path); err != nil {
			return err
		}
		own, err := owned(each.size, path)
		if err != nil {
			return err
		}
		begin := time.Now()
		t, err := startWith(ctx, program, own)
		if err != nil {
			return err
		}
		defer t.end()
		fmt.Printf("%s: from the store alone to the first answer %s, %s of processor time\n\n", each.name, shown(time.Since(begin)), shown(processorTime(t.plugin.PID())))
		targets = append(targets, t)
	}
	for _, t := range targets {
		t.warmUpWith(ctx, wideQuestions)
	}
	fmt.Println("| what | median | … of a tenth | ratio |")
	fmt.Println("| --- | --- | --- | --- |")
	var failures []error
	row := func(name string, taken []times, err error) {
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", name, err))
			return
		}
		all, tenth := taken[0].median(), taken[1].median()
		fmt.Printf("| %s | %s | %s | %.1f |\n", name, shown(all), shown(tenth), float64(all)/float64(tenth))
	}
	for _, q := range wideQuestions {
		taken, err := alternate(wideMost, func(t *target) error { return t.ask(ctx, &q) }, targets...)
		row(q.name, taken, err)
	}
	for _, b := range boards {
		d, err := boardOf(b.uid)
		if err != nil {
			return err
		}
		taken, err := alternate(2*wideMost, func(t *target) error {
			asker := &watched{Asker: t.plugin}
			_, err := dashboard.Run(ctx, d, asker, dashboard.Options{Now: large.L.End(), Values: b.values})
			return errors.Join(append([]error{err}, asker.failed...)...)
		}, targets...)
		row(b.name, taken, err)
	}
	fmt.Println()
	if err := targets[0].settle(ctx); err != nil {
		return err
	}
	for i, name := range []string{"wide", "wide-tenth"} {
		pid := targets[i].plugin.PID()
		fmt.Printf("%s: memory of the whole process (resident) %d MB, %d MB at most\n", name, status(pid, "VmRSS")>>10, status(pid, "VmHWM")>>10)
	}
	return errors.Join(failures...)
}

func boardOf(uid string) (*dashboard.Dashboard, error) {
	all, err := dashboard.ReadFolder(filepath.FromSlash(boardsFolder))
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(d *dashboard.Dashboard) bool { return d.UID == uid })
	if i < 0 {
		return nil, fmt.Errorf("%s has no dashboard %s", boardsFolder, uid)
	}
	return all[i], nil
}

package gitlab_test

import (
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// from are settings in which something else is a deployment.
func from(what gitlab.From) gitlab.Settings {
	own := incidents("health/api")
	own.Deployments.From = what
	return own
}

// finished are when deployments finished, by the end of their names.
func finished(l *sourcetest.Ledger) map[string]time.Time {
	found := map[string]time.Time{}
	for id, d := range sourcetest.Of[*dora.Deployment](l) {
		if !d.Withdrawn {
			found[id[len("health/api:"):]] = d.Finished()
		}
	}
	return found
}

func TestWhateverIsADeploymentFinishesWhenItHappened(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.add("tags", row{"name": "v1", "oid": sha("a"), "createdAt": when("02 10:30"), "annotated": true, "release": true})
	d.add("tags", row{"name": "light", "oid": sha("b"), "createdAt": when("02 11:30"), "annotated": false, "release": false})
	r := d.replay()
	for _, c := range []struct {
		from gitlab.From
		want map[string]time.Time
		kind dora.RefKind
	}{
		{gitlab.FromReleases, map[string]time.Time{"release:v1": when("02 10:30")}, dora.RefTag},
		{gitlab.FromTags, map[string]time.Time{"tag:v1": when("02 10:30"), "tag:light": when("02 09:00")}, dora.RefTag},
		{gitlab.FromMerges, map[string]time.Time{"merge:" + sha("a"): when("02 08:00"), "merge:" + sha("b"): when("02 09:00"), "merge:" + sha("c"): when("02 10:00")}, dora.RefBranch},
		{gitlab.FromPipelines, map[string]time.Time{"pipeline:3101": when("02 10:00"), "pipeline:3102": when("02 15:00"), "pipeline:3103": when("02 12:00")}, dora.RefBranch},
	} {
		t.Run(string(c.from), func(t *testing.T) {
			l := sourcetest.NewLedger()
			for range 2 {
				require.NoError(t, l.Collect(t.Context(), r.source(from(c.from), at(afterAll)), time.Time{}))
				assert.Equal(t, c.want, finished(l))
			}
			for _, d := range sourcetest.Of[*dora.Deployment](l) {
				assert.Equal(t, "production", d.Environment)
				assert.Equal(t, c.kind, d.RefKind)
			}
		})
	}
	l := sourcetest.NewLedger()
	for _, what := range []gitlab.From{gitlab.FromTags, gitlab.FromDeployments} { // settings that change are followed
		require.NoError(t, l.Collect(t.Context(), r.source(from(what), at(afterAll)), time.Time{}))
	}
	assert.Contains(t, finished(l), "deployment:101")
}

// Two projects of one group: the site goes its way, while what the API's deployments are changes from each to each.
func TestARuleChangesWhatIsADeploymentOfItsProjectsAlone(t *testing.T) {
	t.Parallel()
	d := chain(t)
	d.add("tags", row{"name": "v1", "oid": sha("a"), "createdAt": when("02 10:30"), "annotated": true, "release": true})
	r := d.replay()
	all := []gitlab.From{gitlab.FromDeployments, gitlab.FromPipelines, gitlab.FromReleases, gitlab.FromTags, gitlab.FromMerges}
	read := func(l *sourcetest.Ledger, what gitlab.From) map[string]time.Time {
		own := from(gitlab.FromDeployments)
		own.Deployments.Rules = []gitlab.Rule{
			{Repositories: []string{"another/**"}, Habit: gitlab.Habit{From: gitlab.FromReleases}}, {Repositories: []string{"HEALTH/*", "!health/web"}, Habit: gitlab.Habit{From: what}},
		}
		require.NoError(t, l.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
		return finished(l)
	}
	fresh := map[gitlab.From]map[string]time.Time{}
	for _, what := range all {
		fresh[what] = read(sourcetest.NewLedger(), what)
		require.NotEmpty(t, fresh[what], what)
	}
	for _, one := range all {
		for _, other := range all {
			l := sourcetest.NewLedger()
			for turn, what := range []gitlab.From{one, other, one} {
				assert.Equal(t, fresh[what], read(l, what), "%s, %s, %s: %d", one, other, one, turn)
			}
		}
	}
}

func TestAPipelineThatIsRunAgainIsItsFirstSuccess(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	pipeline := func(id int64, source, name string) row {
		return row{"id": id, "sha": p.commits[0]["id"], "ref": "main", "tag": false, "name": name, "source": source, "status": "success", "created_at": when("02 09:00"),
			"started_at": when("02 09:01"), "finished_at": when("02 18:00"), "updated_at": when("02 18:00")}
	}
	p.lists["pipelines"] = []row{pipeline(1, "push", "Deploy"), pipeline(2, "merge_request_event", "Deploy"), pipeline(3, "parent_pipeline", "Deploy"), pipeline(4, "push", "Lint")}
	p.jobs = []row{
		{"id": 1, "name": "build", "status": "success", "finished_at": when("02 09:10")}, {"id": 2, "name": "deploy", "status": "failed", "finished_at": when("02 09:20")},
		{"id": 3, "name": "deploy", "status": "success", "finished_at": when("02 09:30")}, {"id": 4, "name": "deploy", "status": "success", "finished_at": when("02 18:00")},
	}
	g := newTiny(t, p)
	own := from(gitlab.FromPipelines)
	own.URL, own.API, own.Deployments.Pipeline = g.URL, gitlab.APIREST, dora.MustPattern("^Deploy")
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	assert.Equal(t, map[string]time.Time{"pipeline:1": when("02 09:30")}, finished(l), "what runs for a request, within another or for something else is no deployment")
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	idle := l.Last().Requests
	g.change(func() {
		p.lists["pipelines"] = append(p.lists["pipelines"], pipeline(5, "merge_request_event", "Deploy"), pipeline(6, "push", "Lint"))
	})
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	assert.Equal(t, idle, l.Last().Requests, "pipelines that are none are not taken for deployments that went")
	g.change(func() { p.lists["pipelines"] = p.lists["pipelines"][1:] })
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	assert.Empty(t, finished(l), "one that was deleted is")
}

func TestATagThatIsMovedOrDeletedIsFollowed(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	tag := func(name, at string) row { return row{"name": name, "created_at": when(at), "commit": p.commits[0]} }
	g := newTiny(t, p)
	p.tags = []row{tag("v1", "02 10:00"), tag("v2", "02 11:00")}
	own := from(gitlab.FromTags)
	own.URL, own.API = g.URL, gitlab.APIREST
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	g.change(func() { p.tags = []row{tag("v1", "03 10:00"), tag("v3", "03 11:00")} })
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	assert.Equal(t, map[string]time.Time{"tag:v1": when("03 10:00"), "tag:v3": when("03 11:00")}, finished(l))
}

func TestLandingsFollowABranchThatWasRewritten(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	commit := func(label, parent string, at string) row {
		return row{"id": sha(label), "parent_ids": []string{sha(parent)}, "message": label, "author_name": "dev-1", "authored_date": when(at), "committed_date": when(at)}
	}
	root := p.commits[0]
	p.commits = []row{commit("b", "a", "02 10:00"), commit("a", "health/api", "02 09:00"), root}
	g := newTiny(t, p)
	own := from(gitlab.FromMerges)
	own.URL, own.API = g.URL, gitlab.APIREST
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	assert.Len(t, finished(l), 3)
	g.change(func() { p.commits = []row{commit("c", "a", "02 11:00"), p.commits[1], root} })
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	assert.Equal(t, slices.Sorted(slices.Values([]string{"merge:" + sha("health/api"), "merge:" + sha("a"), "merge:" + sha("c")})), slices.Sorted(maps.Keys(finished(l))))
}

func TestAMergeRequestFromBeforeTheHistoryIsReadWhenItIsShippedWithin(t *testing.T) {
	t.Parallel()
	d := newDataset(t)
	d.commit("0", "", "01 01:00")
	d.commit("a", "0", "01 02:00")
	for i := range 30 { // merged long before, in between
		label, before := "l"+strconv.Itoa(i), "l"+strconv.Itoa(i-1)
		if i == 0 {
			before = "a"
		}
		at := "01 03:" + strconv.Itoa(10+i)
		d.commit(label, before, at)
		d.request(100+i, "squash", "main", label, label, at, at)
	}
	d.commit("b", "l29", "20 10:00")
	d.request(1, "squash", "main", "a", "a", "01 01:30", "01 02:00")
	d.request(2, "squash", "main", "b", "b", "20 09:00", "20 10:00")
	d.deploy(1, "a", "production", "19 10:00", "success@19T10:10", true)
	d.deploy(2, "b", "production", "20 11:00", "success@20T12:00", true)
	r := d.replay()
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), when("15 00:00")))
	var early, all []int
	for _, c := range sourcetest.Of[*dora.Change](l) {
		all = append(all, c.Number)
		if c.Early {
			early = append(early, c.Number)
		}
	}
	slices.Sort(early)
	assert.Len(t, early, 30, "what the first deployment shipped is not measured, what came after it is")
	assert.Equal(t, 100, early[0])
	assert.Len(t, all, 31)
	f := factsOf(l, "^production$")
	assert.Len(t, f.Shipments().Of(f.Deployments[1]), 31)
	for _, c := range f.Shipments().Of(f.Deployments[1]) {
		assert.Positive(t, c.Number, "no bare commit")
	}
	requests := l.Last().Requests
	require.NoError(t, l.Collect(t.Context(), r.source(incidents("health/api"), at(afterAll)), when("15 00:00")))
	assert.Less(t, l.Last().Requests, requests)
	assert.Equal(t, 5, l.Last().Requests, "it is looked for once")
}

package github_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// collected is where the history of these tests begins: all commits of the tiny repository are from before.
var collected = time.Date(2026, 1, 20, 0, 0, 0, 0, time.UTC)

// slowTrain is a repository whose pull requests wait for months to be deployed: a squash, a rebase of two, a merge, one that
// was merged into another branch first, and a commit that belongs to none.
func slowTrain(t *testing.T) *tiny {
	t.Helper()
	g := newTiny(t)
	g.commit("0")
	g.commit("a", "0")      // #1, deployed first
	g.commit("b", "a")      // #2, a squash
	g.commit("c", "b")      // pushed
	g.commit("d", "c")      // #3, a rebase
	g.commit("e", "d")      //
	g.commit("x", "b")      // #4, its own
	g.commit("m", "e", "x") // a merge
	g.commit("y", "a")      // #5, a squash into develop
	g.head = g.commit("n", "m", "y")
	before := func(days int) time.Time { return collected.AddDate(0, 0, -days) }
	g.pulls = []tinyPull{
		{1, "a", []string{"A"}, before(90)}, {2, "b", []string{"B"}, before(80)}, {3, "e", []string{"d", "e"}, before(70)},
		{4, "m", []string{"x"}, before(60)}, {5, "y", []string{"Y"}, before(50)}, {6, "n", []string{"y"}, before(40)},
	}
	g.deployments = []string{sha("a"), sha("n")}
	return g
}

func (g *tiny) source() *github.Source {
	config := configured{
		ID: "github", URL: g.server.URL, Repositories: []string{shop}, Secrets: map[string]string{"token": secret},
		Served: []dora.Service{{Name: "shop", Deployments: []dora.DeploymentRule{production("")}}},
	}
	return open(config, g.server.Client(), at("2026-03-01T00:00:00Z"), github.WithRetries(0, 0, 0))
}

// numbers are those of the pull requests that a ledger has.
func numbers(l *ledger) (found []int) {
	for _, change := range of[*dora.Change](l) {
		found = append(found, change.Number)
	}
	slices.Sort(found)
	return found
}

func TestAPullRequestFromBeforeTheHistoryIsReadWhenItIsShippedWithin(t *testing.T) {
	g := slowTrain(t)
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), g.source(), collected))
	assert.Equal(t, []int{2, 3, 4, 5, 6}, numbers(l), "what the first deployment shipped is not measured")
	for _, change := range of[*dora.Change](l) {
		assert.True(t, change.Early)
	}
	asked := slices.DeleteFunc(slices.Clone(g.operations), func(operation string) bool { return operation != "Claims" && operation != "Pulls" })
	assert.Equal(t, []string{"Claims", "Pulls"}, asked)

	h := facts.NewDeriver(dora.Mapping{Production: dora.MustPattern("^prod$")})
	h.Apply(slices.Collect(maps.Values(l.events))...)
	facts := h.Derive(dora.DefaultDefinition()).Services[0]
	bare := 0
	for _, c := range facts.Shipments().Of(facts.Deployments[1]) {
		if c.Number == 0 {
			bare++
			assert.Equal(t, sha("c"), c.SHA, "a commit that belongs to none stays a commit")
		}
	}
	assert.Equal(t, 1, bare)

	g.operations = nil
	g.head = g.commit("o", "n")
	g.deployments = append(g.deployments, g.head)
	require.NoError(t, l.collect(t.Context(), g.source(), collected))
	assert.NotContains(t, g.operations, "Claims", "once is enough")
}

func TestWhatWaitsFromBeforeTheHistoryIsReadBeforeItIsShipped(t *testing.T) {
	g := slowTrain(t)
	g.deployments = g.deployments[:1]
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), g.source(), collected))
	assert.Equal(t, []int{2, 3, 4, 5, 6}, numbers(l))
}

func TestAReadingInPiecesFindsWhatIsFromBeforeTheHistory(t *testing.T) {
	g := slowTrain(t)
	g.page = 2
	l := newLedger()
	for l.stopAfter = 2; ; l.stopAfter += 2 {
		if err := l.collect(t.Context(), g.source(), collected); err == nil {
			break
		}
		require.Less(t, l.stopAfter, 60)
	}
	assert.Equal(t, []int{2, 3, 4, 5, 6}, numbers(l))
}

func TestAServiceThatIsNewHasItsOldPullRequestsRead(t *testing.T) {
	g := slowTrain(t)
	later := g.deployments
	g.deployments = nil
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), g.source(), collected))
	assert.Empty(t, numbers(l), "nothing is deployed")
	g.deployments = later
	require.NoError(t, l.collect(t.Context(), g.source(), collected))
	assert.Equal(t, []int{2, 3, 4, 5, 6}, numbers(l))
}

func TestOverRESTAPullRequestFromBeforeTheHistoryIsReadToo(t *testing.T) {
	g := newRESTOnly(t)
	old, now := collected.AddDate(0, 0, -60), collected.AddDate(0, 0, 9)
	g.lists["/commits"] = []any{g.commit("c", old.Add(2*time.Hour), "b"), g.commit("b", old.Add(time.Hour), "a"), g.commit("a", old)}
	for i, name := range []string{"a", "c"} {
		at := now.Add(time.Duration(i) * time.Hour)
		g.lists["/deployments"] = append([]any{map[string]any{
			"id": i + 1, "node_id": name, "sha": sha(name), "ref": "main", "environment": "prod", "created_at": at, "updated_at": at,
		}}, g.lists["/deployments"]...)
		g.lists[[]string{"/deployments/1/statuses", "/deployments/2/statuses"}[i]] = []any{map[string]any{"id": 9, "node_id": "S" + name, "state": "success", "created_at": at}}
	}
	pull := map[string]any{
		"node_id": "PR_1", "number": 1, "created_at": old, "updated_at": old, "merged_at": old, "merge_commit_sha": sha("b"),
		"base": map[string]any{"ref": "main"}, "head": map[string]any{"ref": "work", "sha": sha("w")},
	}
	g.lists["/commits/"+sha("b")+"/pulls"] = []any{pull}
	g.lists["/commits/"+sha("c")+"/pulls"] = []any{}
	g.lists["/pulls/1/commits"] = []any{g.commit("w", old.AddDate(0, 0, -3))}
	g.lists["/pulls/1/reviews"] = []any{}
	l := newLedger()
	s := open(configured{ID: "github", URL: g.server.URL, API: github.APIREST, Repositories: []string{shop}, Secrets: map[string]string{"token": secret}},
		g.server.Client(), at("2026-03-01T00:00:00Z"), github.WithRetries(0, 0, 0))
	require.NoError(t, l.collect(t.Context(), s, collected))
	require.Equal(t, []int{1}, numbers(l))
	assert.Equal(t, old.AddDate(0, 0, -3), of[*dora.Change](l)[shop+":pull:1"].Commits[0].Authored)
	assert.Zero(t, g.asked["/commits/"+sha("a")+"/pulls"])
}

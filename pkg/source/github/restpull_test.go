package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// restOnly is a GitHub that answers REST alone, with lists by their paths.
type restOnly struct {
	server *httptest.Server
	lists  map[string][]any // by path within the repository
	single map[string]any
	limit  map[string]int // how many entries of a list can be paged to at most
	asked  map[string]int
}

func newRESTOnly(t *testing.T) *restOnly {
	t.Helper()
	g := &restOnly{lists: map[string][]any{}, single: map[string]any{}, limit: map[string]int{}, asked: map[string]int{}}
	g.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := strings.TrimPrefix(r.URL.Path, "/repos/"+shop)
		g.asked[path]++
		if one, found := g.single[path]; found {
			_ = json.NewEncoder(w).Encode(one)
			return
		}
		list, found := g.lists[path]
		if !found || r.Method != http.MethodGet {
			http.NotFound(w, r)
			return
		}
		if limit := g.limit[path]; limit > 0 && len(list) > limit {
			list = list[:limit]
		}
		width, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		begin := min(len(list), (number-1)*width)
		end := min(len(list), begin+width)
		if end < len(list) {
			w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, number+1))
		}
		if strings.HasPrefix(path, "/compare/") {
			_ = json.NewEncoder(w).Encode(map[string]any{"commits": list[begin:end]})
			return
		}
		_ = json.NewEncoder(w).Encode(list[begin:end])
	}))
	t.Cleanup(g.server.Close)
	g.single[""] = map[string]any{"full_name": shop, "html_url": "https://github.example/" + shop, "default_branch": "main"}
	g.lists["/deployments"], g.lists["/commits"], g.lists["/pulls"] = []any{}, []any{}, []any{}
	return g
}

func (g *restOnly) commit(name string, at time.Time, parents ...string) map[string]any {
	c := map[string]any{
		"node_id": "C_" + name, "sha": sha(name),
		"commit": map[string]any{"message": "commit", "author": map[string]any{"name": "dev", "date": at}, "committer": map[string]any{"name": "dev", "date": at}},
	}
	above := []any{}
	for _, parent := range parents {
		above = append(above, map[string]any{"sha": sha(parent)})
	}
	c["parents"] = above
	g.single["/commits/"+sha(name)] = c
	return c
}

func TestOfAPullRequestOfManyCommitsAllAreReadOverREST(t *testing.T) {
	g := newRESTOnly(t)
	merged := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	base := g.commit("base", merged.AddDate(0, 0, -30))
	merge := g.commit("merge", merged, "base", "c299")
	var own []any
	for i := range 300 {
		at := merged.Add(-time.Duration(400-i) * time.Minute)
		if i == 289 {
			at = merged.AddDate(0, -6, 0)
		}
		own = append(own, g.commit(fmt.Sprint("c", i), at, "base"))
	}
	g.lists["/commits"] = []any{merge, base}
	g.lists["/pulls"] = []any{map[string]any{
		"node_id": "PR_1", "number": 1, "title": "everything", "created_at": merged.AddDate(0, 0, -1), "updated_at": merged, "merged_at": merged,
		"merge_commit_sha": sha("merge"), "base": map[string]any{"ref": "main", "sha": sha("base")}, "head": map[string]any{"ref": "all", "sha": sha("c299")},
	}}
	g.lists["/pulls/1/commits"], g.limit["/pulls/1/commits"] = own, 250
	g.lists["/pulls/1/reviews"] = []any{}
	read := func() *dora.Change {
		l := newLedger()
		s := open(configured{ID: "github", URL: g.server.URL, API: github.APIREST, Repositories: []string{shop}, Secrets: map[string]string{"token": secret}},
			g.server.Client(), at("2026-03-01T00:00:00Z"), github.WithRetries(0, 0, 0))
		require.NoError(t, l.collect(t.Context(), s, time.Time{}))
		return of[*dora.Change](l)[shop+":pull:1"]
	}
	assert.Len(t, read().Commits, 250, "as long as GitHub does not know its head any more")

	g.lists["/compare/"+sha("base")+"..."+sha("c299")] = own
	change := read()
	require.Len(t, change.Commits, 300)
	assert.Equal(t, merged.AddDate(0, -6, 0), change.Commits[289].Authored)
	assert.Equal(t, sha("c299"), change.Commits[299].SHA)

	g.lists["/pulls/1/commits"] = own[:249]
	before := g.asked["/commits/"+sha("merge")]
	assert.Len(t, read().Commits, 249)
	assert.Equal(t, before, g.asked["/commits/"+sha("merge")], "which costs others nothing")
}

package github_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// tiny is a GitHub with one repository of hand-made commits and deployments.
type tiny struct {
	mu          sync.Mutex
	name        string
	head        string
	commits     map[string][]string // sha → parents
	age         map[string]int      // sha → order of committing
	deployments []string            // deployed shas, oldest first
	page        int                 // commits a page at most
	refuses     bool                // takes no page's cursor
	bigNumbers  bool                // its deployments are past the range of databaseId
	tags        []any
	releases    []any
	pulls       []tinyPull
	operations  []string
	refs        map[int]string // what the deployments were made of, by their place, where it is no commit
	tagNames    []string       // that REST lists
	environment string         // of the deployments; empty: prod
	asked       []string       // of REST
	owners      string         // its file CODEOWNERS
	catalog     string         // its file catalog-info.yaml
	server      *httptest.Server
}

func newTiny(t *testing.T) *tiny {
	t.Helper()
	g := &tiny{name: shop, commits: map[string][]string{}, age: map[string]int{}, page: 100}
	g.server = httptest.NewServer(g)
	t.Cleanup(g.server.Close)
	return g
}

// commit adds a commit; letters stand for shas.
func (g *tiny) commit(letter string, parents ...string) string {
	id := sha(letter)
	g.commits[id] = []string{}
	for _, parent := range parents {
		g.commits[id] = append(g.commits[id], sha(parent))
	}
	g.age[id] = len(g.age)
	return id
}

func sha(letter string) string { return fmt.Sprintf("%040x", letter) }

func (g *tiny) history(from, after string, first int) map[string]any {
	if _, known := g.commits[from]; !known {
		return nil
	}
	queue, seen, order := []string{from}, map[string]bool{from: true}, []string{}
	for len(queue) > 0 { // the newest first, as git does
		newest := 0
		for i, each := range queue {
			if g.age[each] > g.age[queue[newest]] {
				newest = i
			}
		}
		at := queue[newest]
		queue = append(queue[:newest:newest], queue[newest+1:]...)
		order = append(order, at)
		for _, parent := range g.commits[at] {
			if !seen[parent] {
				seen[parent] = true
				queue = append(queue, parent)
			}
		}
	}
	start := 0
	if after != "" {
		_, _ = fmt.Sscanf(after, "%d", &start)
	}
	end := min(len(order), start+min(first, g.page))
	nodes := []any{}
	for _, at := range order[start:end] {
		parents := []any{}
		for _, parent := range g.commits[at] {
			parents = append(parents, map[string]any{"oid": parent})
		}
		when := instant(g.age[at])
		nodes = append(nodes, map[string]any{
			"id": "C_" + at, "oid": at, "authoredDate": when, "committedDate": when, "message": "commit",
			"author": map[string]any{"name": "dev-07", "user": nil}, "parents": map[string]any{"nodes": parents, "pageInfo": map[string]any{}},
		})
	}
	return map[string]any{"history": map[string]any{
		"nodes": nodes, "pageInfo": map[string]any{"hasNextPage": end < len(order), "endCursor": fmt.Sprint(end)},
	}}
}

func instant(age int) string {
	return time.Date(2026, 1, 1, 0, age, 0, 0, time.UTC).Format(time.RFC3339)
}

func (g *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if r.Method == http.MethodGet {
		g.serveREST(w, r)
		return
	}
	var q struct {
		Query     string
		Variables map[string]any
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	operation, _, _ := strings.Cut(strings.TrimPrefix(q.Query, "query "), "(")
	g.operations = append(g.operations, operation)
	text := func(name string) string { s, _ := q.Variables[name].(string); return s }
	width, _ := q.Variables["commits"].(float64)
	repository := map[string]any{}
	if g.refuses && text("commitsPage") != "" {
		_, _ = w.Write([]byte(`{"data": {"repository": null}, "errors": [{"type": "INVALID_CURSOR_ARGUMENTS", "path": ["repository", "target", "history"], "message": "not a valid cursor"}]}`))
		return
	}
	switch operation {
	case "Sync":
		target := g.history(g.head, "", int(width))
		target["oid"] = g.head
		if q.Variables["fromBranch"] != true {
			delete(target, "history")
		}
		repository = map[string]any{
			"nameWithOwner": g.name, "url": "https://example.com/" + g.name,
			"defaultBranchRef": map[string]any{"name": "main", "target": target},
			"pullRequests":     map[string]any{"nodes": g.shownPulls(func(tinyPull) bool { return true }), "pageInfo": map[string]any{}},
			"deployments":      map[string]any{"nodes": g.deployed(), "pageInfo": map[string]any{}},
		}
		if strings.Contains(q.Query, "ownersAtRoot") && g.owners != "" {
			repository["ownersAtRoot"] = map[string]any{"text": g.owners, "isTruncated": false}
		}
		if strings.Contains(q.Query, "catalogInfo") && g.catalog != "" {
			repository["catalogInfo"] = map[string]any{"text": g.catalog, "isTruncated": false}
		}
		if q.Variables["fromTarget"] == true {
			repository["target"] = g.history(text("target"), text("commitsPage"), int(width))
		}
	case "Tags":
		repository["refs"] = map[string]any{"nodes": g.tags, "pageInfo": map[string]any{}}
	case "Releases":
		repository["releases"] = map[string]any{"nodes": g.releases, "pageInfo": map[string]any{}}
	case "Place":
		for i := 0; text(fmt.Sprint("sha", i)) != ""; i++ {
			repository[fmt.Sprint("commit", i)] = g.history(text(fmt.Sprint("sha", i)), "", int(width))
		}
	case "Behind":
		repository["commit"] = g.history(text("sha"), text("page"), int(width))
	case "Claims":
		for i := 0; text(fmt.Sprint("sha", i)) != ""; i++ {
			of := g.shownPulls(func(p tinyPull) bool { return p.has(text(fmt.Sprint("sha", i))) })
			repository[fmt.Sprint("commit", i)] = map[string]any{"associatedPullRequests": map[string]any{"nodes": of, "pageInfo": map[string]any{}}}
		}
	case "Pulls":
		ids, _ := q.Variables["ids"].([]any)
		nodes := g.shownPulls(func(p tinyPull) bool { return slices.Contains(ids, any(fmt.Sprint("PR_", p.number))) })
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"nodes": nodes}})
		return
	case "Recheck":
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"nodes": make([]any, len(q.Variables["ids"].([]any)))}})
		return
	}
	answer := map[string]any{"data": map[string]any{"repository": repository, "rateLimit": nil}}
	if g.bigNumbers {
		answer["errors"] = []any{map[string]any{"message": "Int is out of range", "path": []any{"repository", "deployments", "nodes", 0, "databaseId"}}}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// serveREST tells what deployments were made of, and the tags.
func (g *tiny) serveREST(w http.ResponseWriter, r *http.Request) {
	g.asked = append(g.asked, strings.TrimPrefix(r.URL.RequestURI(), "/repos/"+g.name))
	var list []any
	_, at, _ := strings.Cut(r.URL.Path, "/deployments")
	for i := len(g.deployments) - 1; i >= 0; i-- {
		made := map[string]any{"id": i + 1, "sha": g.deployments[i], "ref": g.deployments[i], "environment": g.into(), "created_at": g.at(i), "updated_at": g.at(i)}
		if ref := g.refs[i]; ref != "" {
			made["ref"] = ref
		}
		if at == fmt.Sprint("/", i+1) {
			_ = json.NewEncoder(w).Encode(made)
			return
		}
		list = append(list, made)
	}
	switch {
	case strings.HasSuffix(r.URL.Path, "/deployments") && r.URL.Query().Get("environment") == g.into():
		_ = json.NewEncoder(w).Encode(list)
	case strings.HasSuffix(r.URL.Path, "/tags"):
		tags := []any{}
		for _, name := range g.tagNames {
			tags = append(tags, map[string]any{"name": name})
		}
		_ = json.NewEncoder(w).Encode(tags)
	default:
		http.NotFound(w, r)
	}
}

func (g *tiny) into() string {
	if g.environment == "" {
		return "prod"
	}
	return g.environment
}

func (g *tiny) at(deployment int) string {
	return time.Date(2026, 2, 1, deployment, 0, 0, 0, time.UTC).Format(time.RFC3339)
}

// tinyPull is a merged pull request: what it landed as, its own commits, by letters, and when.
type tinyPull struct {
	number  int
	landed  string
	commits []string
	merged  time.Time
}

func (p tinyPull) has(id string) bool {
	return sha(p.landed) == id || slices.ContainsFunc(p.commits, func(letter string) bool { return sha(letter) == id })
}

// shownPulls are those that are wanted, the newest first.
func (g *tiny) shownPulls(wanted func(tinyPull) bool) []any {
	nodes := []any{}
	for _, p := range slices.Backward(g.pulls) {
		if !wanted(p) {
			continue
		}
		own := []any{}
		for _, letter := range p.commits {
			own = append(own, map[string]any{"commit": map[string]any{"oid": sha(letter), "authoredDate": p.merged.AddDate(0, 0, -9)}})
		}
		nodes = append(nodes, map[string]any{
			"id": fmt.Sprint("PR_", p.number), "number": p.number, "createdAt": p.merged, "updatedAt": p.merged, "mergedAt": p.merged, "baseRefName": "main",
			"mergeCommit": map[string]any{"oid": sha(p.landed)}, "commits": map[string]any{"nodes": own, "pageInfo": map[string]any{}},
			"reviews": map[string]any{"nodes": []any{}, "pageInfo": map[string]any{}},
		})
	}
	return nodes
}

func (g *tiny) deployed() []any {
	nodes := []any{}
	for i := len(g.deployments) - 1; i >= 0; i-- {
		at := g.at(i)
		var number any = i + 1
		id := fmt.Sprint("DE_", i)
		if g.bigNumbers { // [0, 7, 3000000001 + i], as GitHub writes node ids
			number, id = nil, "DE_"+base64.RawURLEncoding.EncodeToString([]byte{0x93, 0, 7, 0xce, 0xb2, 0xd0, 0x5e, byte(i + 1)})
		}
		nodes = append(nodes, map[string]any{
			"id": id, "databaseId": number, "commitOid": g.deployments[i], "environment": g.into(), "createdAt": at, "updatedAt": at,
			"creator":  map[string]any{"__typename": "Bot", "login": "deployer"},
			"statuses": map[string]any{"nodes": []any{map[string]any{"id": fmt.Sprint("S_", i), "state": "SUCCESS", "createdAt": at}}, "pageInfo": map[string]any{}},
		})
	}
	return nodes
}

func (g *tiny) collect(t *testing.T, l *ledger) {
	t.Helper()
	g.operations = nil
	require.NoError(t, l.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}))
}

// holds says which commits a ledger has, by their letters.
func holds(l *ledger, letters string) bool {
	commits := of[*dora.Commit](l)
	for _, letter := range strings.Split(letters, "") {
		if commits[shop+"@"+sha(letter)] == nil {
			return false
		}
	}
	return len(commits) == len(letters)
}

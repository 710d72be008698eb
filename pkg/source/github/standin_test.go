package github_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

const (
	secret = "ghp_secret"
	shop   = "example-shop/till"
)

// saying serves one answer to every request.
func saying(t *testing.T, status int, contentType, body string, header ...string) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return server
}

func till(address string, client *http.Client, options ...github.Option) *github.Source {
	config := settings.Source{
		ID: "github", Type: settings.SourceGitHub, URL: address, Repositories: []string{shop},
		Secrets: map[string]string{"token": secret},
	}
	return github.New(config, client, append([]github.Option{github.WithRetries(1, time.Millisecond, time.Millisecond), at(afterAll)}, options...)...)
}

func TestEveryFailureHasACauseAndASentence(t *testing.T) {
	const jsonType = "application/json"
	for name, c := range map[string]struct {
		status int
		kind   string
		body   string
		header []string
		cause  source.Cause
		says   string
	}{
		"a login page":             {200, "text/html", "<html><body>Sign in</body></html>", nil, source.CauseAnswer, "login page"},
		"half an answer":           {200, jsonType, `{"data": {"repository": {"nameWith`, nil, source.CauseAnswer, "whole"},
		"no data":                  {200, jsonType, `{"data": null}`, nil, source.CauseAnswer, "no data"},
		"another form":             {200, jsonType, `{"data": {"repository": {"nameWithOwner": 7}}}`, nil, source.CauseAnswer, "schema"},
		"no such path":             {404, jsonType, `{"message": "Not Found"}`, nil, source.CauseConfiguration, "/graphql"},
		"a wrong token":            {401, jsonType, `{"message": "Bad credentials for ` + secret + `"}`, nil, source.CauseCredentials, "token"},
		"no access":                {403, jsonType, `{"message": "Resource not accessible"}`, nil, source.CausePermission, "read access"},
		"single sign-on":           {403, jsonType, `{"message": "Resource protected by organization SAML enforcement."}`, nil, source.CausePermission, "single sign-on"},
		"single sign-on, GraphQL":  {200, jsonType, `{"data": {"repository": null}, "errors": [{"type": "FORBIDDEN", "path": ["repository"], "extensions": {"saml_failure": true}, "message": "protected"}]}`, nil, source.CausePermission, "single sign-on"},
		"deployments are closed":   {200, jsonType, `{"data": {"repository": {"deployments": null}}, "errors": [{"type": "FORBIDDEN", "path": ["repository", "deployments"], "message": "Resource not accessible by personal access token"}]}`, nil, source.CausePermission, "deployments"},
		"no such repository":       {200, jsonType, `{"data": {"repository": null}, "errors": [{"type": "NOT_FOUND", "path": ["repository"], "message": "Could not resolve"}]}`, nil, source.CauseNotFound, shop},
		"an old server":            {200, jsonType, `{"errors": [{"message": "Field 'x' doesn't exist on type 'Y'", "extensions": {"code": "undefinedField"}}]}`, nil, source.CauseAnswer, "too old"},
		"always an error":          {200, jsonType, `{"data": {"repository": null}, "errors": [{"message": "Something went wrong while executing your query."}]}`, nil, source.CauseServer, "smallest page"},
		"a page full of holes":     {200, jsonType, `{"data": {"repository": {"nameWithOwner": "` + shop + `", "pullRequests": {"nodes": [null]}}}}`, nil, source.CauseServer, "smallest page"},
		"a broken server":          {500, jsonType, `{"message": "Server Error"}`, nil, source.CauseServer, "fails"},
		"a broken gate":            {502, "text/html", `<html>Unicorn!</html>`, nil, source.CauseServer, "smallest page"},
		"a limit by status":        {429, jsonType, `{"message": "slow down"}`, []string{"Retry-After", "7200"}, source.CauseRateLimit, "rate limit"},
		"a limit by header":        {403, jsonType, `{"message": "no"}`, []string{"X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "4000000000"}, source.CauseRateLimit, "rate limit"},
		"a limit by word":          {403, jsonType, `{"message": "You have exceeded a secondary rate limit."}`, nil, source.CauseRateLimit, "rate limit"},
		"a limit within an answer": {200, jsonType, `{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}`, nil, source.CauseRateLimit, "rate limit"},
		"an address that moved":    {302, jsonType, ``, []string{"Location", "https://elsewhere.example/graphql"}, source.CauseConfiguration, "elsewhere.example"},
	} {
		t.Run(name, func(t *testing.T) {
			server := saying(t, c.status, c.kind, c.body, c.header...)
			s := till(server.URL, server.Client(), github.WithPatience(time.Hour))
			err := newLedger().collect(t.Context(), s, time.Time{})
			failures := source.Failures("github", err)
			require.Len(t, failures, 1)
			assert.Equal(t, c.cause, failures[0].Cause, err.Error())
			assert.Contains(t, err.Error(), c.says)
			assert.NotContains(t, err.Error(), secret)
		})
	}
}

func TestTheTokenStaysWithTheHostThatItIsFor(t *testing.T) {
	reached := false
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer other.Close()
	var authorisation, agent string
	home := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		authorisation, agent = r.Header.Get("Authorization"), r.Header.Get("User-Agent")
		http.Redirect(w, r, other.URL+"/graphql", http.StatusTemporaryRedirect)
	}))
	defer home.Close()
	err := till(home.URL, home.Client()).Check(t.Context())
	var failure *source.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, source.CauseConfiguration, failure.Cause)
	assert.Equal(t, "Bearer "+secret, authorisation)
	assert.Equal(t, "live-dora", agent)
	assert.False(t, reached, "no request goes to another host")
}

func TestEnterpriseServersAnswerBesideTheirRESTAddress(t *testing.T) {
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		_, _ = w.Write([]byte(`{"data": {"repository": {"nameWithOwner": "` + shop + `"}}}`))
	}))
	defer server.Close()
	for _, address := range []string{server.URL, server.URL + "/api/v3", server.URL + "/api/v3/", server.URL + "/github/"} {
		require.NoError(t, till(address, server.Client()).Check(t.Context()))
	}
	assert.Equal(t, []string{"/graphql", "/api/graphql", "/api/graphql", "/github/graphql"}, paths)
}

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
	operations  []string
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
			"pullRequests":     map[string]any{"nodes": []any{}, "pageInfo": map[string]any{}},
			"deployments":      map[string]any{"nodes": g.deployed(), "pageInfo": map[string]any{}},
		}
		if q.Variables["fromTarget"] == true {
			repository["target"] = g.history(text("target"), text("commitsPage"), int(width))
		}
	case "Place":
		for i := 0; text(fmt.Sprint("sha", i)) != ""; i++ {
			repository[fmt.Sprint("commit", i)] = g.history(text(fmt.Sprint("sha", i)), "", int(width))
		}
	case "Behind":
		repository["commit"] = g.history(text("sha"), text("page"), int(width))
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

func (g *tiny) deployed() []any {
	nodes := []any{}
	for i := len(g.deployments) - 1; i >= 0; i-- {
		at := time.Date(2026, 2, 1, i, 0, 0, 0, time.UTC).Format(time.RFC3339)
		var number any = i + 1
		id := fmt.Sprint("DE_", i)
		if g.bigNumbers { // [0, 7, 3000000001 + i], as GitHub writes node ids
			number, id = nil, "DE_"+base64.RawURLEncoding.EncodeToString([]byte{0x93, 0, 7, 0xce, 0xb2, 0xd0, 0x5e, byte(i + 1)})
		}
		nodes = append(nodes, map[string]any{
			"id": id, "databaseId": number, "commitOid": g.deployments[i], "environment": "prod", "createdAt": at, "updatedAt": at,
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

func TestAHotfixBranchIsReadWhenItIsDeployed(t *testing.T) {
	g := newTiny(t)
	g.commit("a")
	g.commit("b", "a")
	hotfix := g.commit("x", "b")
	again := g.commit("y", "x")
	g.head = g.commit("c", "b")
	g.deployments = []string{sha("b"), hotfix, sha("z")} // nobody knows z any more
	l := newLedger()
	g.collect(t, l)
	assert.True(t, holds(l, "abcx"))
	deployment := of[*dora.Deployment](l)[shop+":deployment:2"]
	assert.Equal(t, "deployer[bot]", deployment.Creator)
	assert.Equal(t, hotfix, deployment.SHA)

	g.collect(t, l)
	assert.Equal(t, []string{"Sync"}, g.operations, "what is placed or lost is not asked for again")

	g.deployments = append(g.deployments, again)
	g.collect(t, l)
	assert.True(t, holds(l, "abcxy"))
	assert.Equal(t, []string{"Sync", "Place"}, g.operations)

	// A roll-back to what was deployed long ago is on the graph already.
	g.deployments = append(g.deployments, sha("a"))
	g.collect(t, l)
	assert.True(t, holds(l, "abcxy"))
}

func TestAMergedSideBranchIsReadHoweverOldItsCommitsAre(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	g.commit("a")
	g.commit("s", "a") // on a side branch, merged weeks later
	g.commit("b", "a")
	g.commit("c", "b")
	g.head = g.commit("d", "c")
	l := newLedger()
	g.collect(t, l)
	assert.True(t, holds(l, "abcd"))
	g.head = g.commit("m", "d", "s")
	g.collect(t, l)
	assert.True(t, holds(l, "abcdms"))
	assert.Equal(t, sha("m"), of[*dora.Repository](l)[shop].HeadSHA)
}

func TestAForcedPushIsFollowed(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	g.commit("a")
	g.commit("b", "a")
	g.head = g.commit("c", "b")
	l := newLedger()
	g.collect(t, l)
	before := of[*dora.Repository](l)[shop].Updated
	g.commit("p", "a")
	g.head = g.commit("q", "p")
	g.collect(t, l)
	assert.True(t, holds(l, "abcpq"))
	repository := of[*dora.Repository](l)[shop]
	assert.Equal(t, sha("q"), repository.HeadSHA)
	assert.True(t, repository.Updated.After(before), "a moved head is a newer version")
}

func TestAHeadThatVanishesDuringTheFirstReadingIsReplaced(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	for i, letter := range strings.Split("abcdefg", "") {
		if i == 0 {
			g.commit(letter)
		} else {
			g.commit(letter, string(rune('a'+i-1)))
		}
	}
	g.head = sha("g")
	l := newLedger()
	l.stopAfter = 1
	require.ErrorIs(t, l.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}), errStopped)
	l.stopAfter = 0
	delete(g.commits, sha("g"))
	g.head = g.commit("h", "f")
	g.collect(t, l)
	for _, letter := range strings.Split("abcdefh", "") {
		assert.NotNil(t, of[*dora.Commit](l)[shop+"@"+sha(letter)], letter)
	}
	assert.Equal(t, sha("h"), of[*dora.Repository](l)[shop].HeadSHA)
}

func TestARenamedRepositoryIsReadAgainUnderItsNewName(t *testing.T) {
	g := newTiny(t)
	g.head = g.commit("a")
	g.deployments = []string{g.head}
	l := newLedger()
	g.collect(t, l)
	g.name = "example-shop/checkout"
	g.collect(t, l)
	assert.NotNil(t, of[*dora.Commit](l)["example-shop/checkout@"+sha("a")])
	assert.NotNil(t, of[*dora.Deployment](l)["example-shop/checkout:deployment:1"])
	assert.NotNil(t, of[*dora.Repository](l)["example-shop/checkout"])
}

func TestAPageThatIsRefusedIsReadFromTheBeginning(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	g.commit("a")
	for i, letter := range strings.Split("bcdef", "") {
		g.head = g.commit(letter, string(rune('a'+i)))
	}
	l := newLedger()
	l.stopAfter = 1
	require.ErrorIs(t, l.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}), errStopped)
	l.stopAfter = 0
	g.refuses, g.page = true, 100
	g.collect(t, l)
	assert.True(t, holds(l, "abcdef"))
}

func TestADeploymentHasItsNumberHoweverManyThereAre(t *testing.T) {
	g := newTiny(t)
	g.bigNumbers = true
	g.head = g.commit("a")
	g.deployments = []string{g.head}
	l := newLedger()
	g.collect(t, l)
	d := of[*dora.Deployment](l)[shop+":deployment:3000000001"]
	require.NotNil(t, d)
	assert.EqualValues(t, 3000000001, d.Number)
}

func TestAPersonsRepositoriesAreListedAsAnOrganisationsAre(t *testing.T) {
	var roots []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		switch {
		case strings.Contains(string(text), "owner: organization("):
			roots = append(roots, "organization")
			_, _ = w.Write([]byte(`{"data": {"owner": null}, "errors": [{"type": "NOT_FOUND", "path": ["owner"], "message": "Could not resolve to an Organization"}]}`))
		case strings.Contains(string(text), "owner: repositoryOwner("):
			roots = append(roots, "repositoryOwner")
			_, _ = w.Write([]byte(`{"data": {"owner": {"repositories": {"nodes": [
				{"nameWithOwner": "dev-07/Old", "isArchived": true},
				{"nameWithOwner": "somebody/else"},
				{"nameWithOwner": "dev-07/left-out"}], "pageInfo": {}}}}}`))
		default:
			t.Errorf("nothing else is to be read: %s", text)
		}
	}))
	defer server.Close()
	config := settings.Source{
		ID: "github", URL: server.URL, Repositories: []string{"dev-07/*", "!*/LEFT-?ut"}, Secrets: map[string]string{"token": secret},
	}
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), github.New(config, server.Client()), time.Time{}))
	assert.Empty(t, l.events)
	assert.Equal(t, []string{"organization", "repositoryOwner"}, roots)
}

func TestAnAnswerWithoutEndIsCutOff(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		spaces := []byte(strings.Repeat(" ", 1<<20))
		for range 80 {
			if _, err := w.Write(spaces); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	failures := source.Failures("github", till(server.URL, server.Client()).Check(t.Context()))
	require.Len(t, failures, 1)
	assert.Equal(t, source.CauseAnswer, failures[0].Cause)
	assert.Contains(t, failures[0].Error(), "64 MiB")
}

func TestAnotherSourcesPositionIsNotUnderstood(t *testing.T) {
	g := newTiny(t)
	l := newLedger()
	l.cursor = []byte("page=7")
	failures := source.Failures("github", l.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}))
	require.Len(t, failures, 1)
	assert.Equal(t, source.CauseConfiguration, failures[0].Cause)
	assert.Empty(t, g.operations)
}

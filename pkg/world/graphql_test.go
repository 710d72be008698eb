package world_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

const everyDeployment = `query($name: String!, $after: String) { repository(owner: "example-health", name: $name) {
  x: deployments(first: 97, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) { totalCount pageInfo { hasNextPage endCursor }
    nodes { databaseId commitOid commit { oid } environment state createdAt updatedAt ref { name prefix } creator { __typename login }
      statuses(first: 20) { nodes { state createdAt } } latestStatus { state } } } } }`

const everyPull = `query($name: String!, $after: String) { repository(owner: "example-health", name: $name) {
  x: pullRequests(first: 60, after: $after, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount pageInfo { hasNextPage endCursor }
    nodes { number title body state headRefName createdAt updatedAt mergedAt closedAt author { __typename login } mergeCommit { oid } labels(first: 10) { nodes { name } }
      commits(first: 20) { totalCount nodes { commit { oid authoredDate author { name user { login } } } } }
      reviews(first: 20) { nodes { state submittedAt author { __typename login } } } } } } }`

const everyCommit = `query($name: String!, $after: String) { repository(owner: "example-health", name: $name) { defaultBranchRef { target { ... on Commit {
  x: history(first: 100, after: $after) { totalCount pageInfo { hasNextPage endCursor } nodes { oid committedDate message parents(first: 2) { nodes { oid } } } } } } } } }`

type status struct {
	State     string
	CreatedAt time.Time
}

type deployment struct {
	DatabaseID  int64 `json:"databaseId"`
	CommitOid   string
	Commit      struct{ Oid string }
	Environment string
	State       string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Ref         *struct{ Name, Prefix string }
	Creator     struct{ Typename, Login string }
	Statuses    struct{ Nodes []status }
}

func (d deployment) finished() (time.Time, bool) {
	for i := len(d.Statuses.Nodes) - 1; i >= 0; i-- {
		if s := d.Statuses.Nodes[i]; s.State == "SUCCESS" {
			return s.CreatedAt, true
		}
	}
	return time.Time{}, false
}

type actor struct {
	Typename string `json:"__typename"`
	Login    string
}

type pull struct {
	Number      int
	Title       string
	Body        string
	State       string
	HeadRefName string
	CreatedAt   time.Time
	UpdatedAt   time.Time
	MergedAt    *time.Time
	ClosedAt    *time.Time
	Author      actor
	MergeCommit *struct{ Oid string }
	Labels      struct{ Nodes []struct{ Name string } }
	Commits     struct {
		TotalCount int
		Nodes      []struct {
			Commit struct {
				Oid          string
				AuthoredDate time.Time
			}
		}
	}
	Reviews struct {
		Nodes []struct {
			State       string
			SubmittedAt time.Time
			Author      actor
		}
	}
}

type commit struct {
	Oid           string
	CommittedDate time.Time
	Message       string
	Parents       struct{ Nodes []struct{ Oid string } }
}

// mainHistory pages through the history of main.
func mainHistory(t *testing.T, ask func(after any) connection[commit]) []commit {
	t.Helper()
	var all []commit
	var after any
	for {
		page := ask(after)
		all = append(all, page.Nodes...)
		if !page.PageInfo.HasNextPage {
			require.Equal(t, page.TotalCount, len(all))
			return all
		}
		after = page.PageInfo.EndCursor
	}
}

func TestTheSameSeedGivesTheSameBytes(t *testing.T) {
	t.Parallel()
	began := time.Now()
	_, one := grow(t)
	require.Less(t, time.Since(began), 10*time.Second, "usually a tenth of a second")
	_, two := grow(t)
	for _, name := range repositoryNames() {
		for _, query := range []string{everyDeployment, everyPull, everyCommit} {
			_, first := post(t, one, "/graphql", query, map[string]any{"name": name})
			_, second := post(t, two, "/api/graphql", query, map[string]any{"name": name})
			require.True(t, bytes.Equal(first, second))
		}
	}
	other := world.New(world.Options{Seed: 8, Now: thursday})
	assert.NotEqual(t, world.New(world.Options{Seed: 7, Now: thursday}).Truth(), other.Truth())
}

func TestEveryDeploymentPagesOnceAndIsReachable(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	successes := map[string]int{}
	failed := map[string]int{}
	for _, name := range repositoryNames() {
		deployments := everything[deployment](t, server, name, everyDeployment)
		seen := map[int64]bool{}
		type place struct{ environment string }
		active := map[place]int{}
		for i, d := range deployments {
			assert.False(t, seen[d.DatabaseID], "paged once")
			seen[d.DatabaseID] = true
			assert.Equal(t, d.CommitOid, d.Commit.Oid)
			if i > 0 {
				assert.False(t, d.CreatedAt.After(deployments[i-1].CreatedAt), "newest first")
			}
			for j := 1; j < len(d.Statuses.Nodes); j++ {
				assert.False(t, d.Statuses.Nodes[j].CreatedAt.After(d.Statuses.Nodes[j-1].CreatedAt), "statuses are newest first")
			}
			if n := len(d.Statuses.Nodes); n > 0 {
				assert.False(t, d.Statuses.Nodes[0].CreatedAt.After(d.UpdatedAt))
			}
			assert.False(t, d.UpdatedAt.After(thursday))
			key := name + "/" + d.Environment
			if _, ok := d.finished(); ok {
				successes[key]++
				if d.State != "INACTIVE" {
					active[place{d.Environment}]++
				}
			} else if d.State == "FAILURE" || d.State == "ERROR" {
				failed[key]++
			}
		}
		for p, n := range active {
			assert.Equal(t, 1, n, "one active deployment in %s of %s", p.environment, name)
		}
	}
	truth := w.Truth()
	for _, s := range w.Services() {
		key := s.Repository[len(world.Organization)+1:] + "/" + s.Production
		assert.Equal(t, truth.Services[s.Name].Deployments, successes[key], s.Name)
		assert.Equal(t, truth.Services[s.Name].FailedRuns, failed[key], s.Name)
		assert.Greater(t, successes[key], 60, s.Name)
		assert.Less(t, successes[key], 700, s.Name)
	}
}

func TestMergesAreOnTheMainLine(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	for _, name := range repositoryNames() {
		known := map[string]commit{}
		commits := mainHistory(t, func(after any) connection[commit] {
			type answer struct {
				Repository struct {
					DefaultBranchRef struct {
						Target struct{ X connection[commit] }
					}
				}
			}
			return ask[answer](t, server, everyCommit, map[string]any{"name": name, "after": after}).Repository.DefaultBranchRef.Target.X
		})
		for _, c := range commits {
			known[c.Oid] = c
		}
		mainLine := map[string]bool{}
		for sha := commits[0].Oid; sha != ""; {
			mainLine[sha] = true
			parents := known[sha].Parents.Nodes
			sha = ""
			if len(parents) > 0 {
				sha = parents[0].Oid
			}
		}
		states := map[string]int{}
		kinds := map[string]int{}
		for _, p := range everything[pull](t, server, name, everyPull) {
			states[p.State]++
			if p.MergeCommit != nil {
				assert.True(t, mainLine[p.MergeCommit.Oid], "#%d", p.Number)
				assert.Equal(t, "MERGED", p.State)
			}
			require.NotZero(t, p.Commits.TotalCount, "#%d", p.Number)
			for _, r := range p.Reviews.Nodes {
				assert.False(t, r.SubmittedAt.Before(p.CreatedAt))
				switch {
				case r.Author.Typename == "Bot":
					kinds["bot"]++
				case r.Author.Login == p.Author.Login:
					kinds["self"]++
				}
			}
			if p.Author.Typename == "Bot" {
				assert.Equal(t, "renovate", p.Author.Login)
				kinds["dependencies"]++
			}
		}
		assert.NotZero(t, states["OPEN"], name)
		assert.NotZero(t, states["CLOSED"], name)
		assert.NotZero(t, states["MERGED"], name)
		assert.NotZero(t, kinds["bot"]*kinds["self"]*kinds["dependencies"], name)

		for _, d := range everything[deployment](t, server, name, everyDeployment) {
			if _, onMain := known[d.CommitOid]; !onMain {
				// a hotfix branch that has not been merged yet: its commits can be fetched by their sha
				found := ask[struct{ Repository struct{ Object *commit } }](t, server, fmt.Sprintf(
					`{repository(owner: "example-health", name: %q) {object(oid: %q) {... on Commit {oid parents(first: 2) {nodes {oid}}}}}}`, name, d.CommitOid), nil)
				require.NotNil(t, found.Repository.Object)
			}
		}
	}
}

func TestADeployedHotfixBranchLosesItsRefOnceItIsMerged(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	gone := 0
	for _, d := range everything[deployment](t, server, "consent", everyDeployment) {
		if d.Ref == nil {
			gone++
		}
	}
	assert.NotZero(t, gone)
}

func TestFragmentsDirectivesAndAliases(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	type answer struct {
		A struct {
			Pulls struct {
				Nodes []struct {
					Number int
					Title  *string
					Author struct{ Login, Kind string }
				}
				Edges []struct{ Cursor string }
			}
		}
		B struct{ NameWithOwner string }
	}
	got := ask[answer](t, server, `
		query Two($n: Int = 3, $titles: Boolean = false) {
		  a: repository(owner: "example-health", name: "booking") { pulls: pullRequests(last: $n) { ...ends } }
		  b: repository(owner: "example-health", name: "consent") { ... on Repository { nameWithOwner } }
		}
		fragment ends on PullRequestConnection { nodes { number title @include(if: $titles) author { login kind: __typename ... on Bot { databaseId } } } edges { cursor } }`, nil)
	require.Len(t, got.A.Pulls.Nodes, 3)
	assert.Len(t, got.A.Pulls.Edges, 3)
	assert.Nil(t, got.A.Pulls.Nodes[0].Title)
	assert.NotEmpty(t, got.A.Pulls.Nodes[0].Author.Kind)
	assert.Equal(t, "example-health/consent", got.B.NameWithOwner)
}

func TestDeploymentsAreFoundAgainByTheirNodeIDs(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	type node struct{ ID, State string }
	some := ask[struct {
		Repository struct{ Deployments struct{ Nodes []node } }
	}](t, server, `{repository(owner: "example-health", name: "reminders") {deployments(first: 5) {nodes {id state}}}}`, nil).Repository.Deployments.Nodes
	ids := []string{}
	for _, n := range some {
		ids = append(ids, n.ID)
	}
	again := ask[struct{ Nodes []node }](t, server, `query($ids: [ID!]!) {nodes(ids: $ids) {id ... on Deployment {state statuses(first: 10) {nodes {state}}}}}`, map[string]any{"ids": ids}).Nodes
	assert.Equal(t, some, again)
}

func TestAnOwnersRepositoriesAreListed(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	type owner struct {
		Owner struct {
			Repositories connection[struct{ NameWithOwner string }]
		}
	}
	for _, root := range []string{"organization", "repositoryOwner"} {
		got := ask[owner](t, server, `{owner: `+root+`(login: "example-health") {repositories(first: 100, orderBy: {field: NAME, direction: ASC}) {totalCount nodes {nameWithOwner}}}}`, nil)
		names := []string{}
		for _, n := range got.Owner.Repositories.Nodes {
			names = append(names, n.NameWithOwner)
		}
		assert.ElementsMatch(t, w.Repositories(), names)
		assert.IsNonDecreasing(t, names)
	}
}

func TestWhatGitHubRefuses(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	in := func(fields string) string {
		return `{repository(owner: "example-health", name: "booking") {` + fields + `}}`
	}
	for _, c := range []struct{ query, kind, says string }{
		{in(`deployments {nodes {id}}`), "MISSING_PAGINATION_BOUNDARIES", "`deployments`"},
		{in(`deployments(first: 101) {nodes {id}}`), "EXCESSIVE_PAGINATION", "limit of 100"},
		{in(`stargazerCount`), "", "Field 'stargazerCount' doesn't exist on type 'Repository'"},
		{in(`deployments(first: 1, sha: "x") {nodes {id}}`), "", "doesn't accept argument 'sha'"},
		{in(`name {x}`), "", "name"},
		{in(`deployments`), "", "must have selections"},
		{in(`deployments(first: 1, after: "zzz") {nodes {id}}`), "", "valid cursor"},
		{`{repository(owner: "example-health", name: "nothing") {id}}`, "NOT_FOUND", "Could not resolve to a Repository with the name 'example-health/nothing'."},
		{`{node(id: "DE_kwMA") {id}}`, "NOT_FOUND", "global id"},
		{`mutation {x}`, "", "mutation"},
		{`{`, "", "Parse error"},
		{`query($n: String!) {repository(owner: "example-health", name: $n) {id}}`, "", "$n"},
	} {
		r := refused(t, server, c.query)
		assert.Equal(t, c.kind, r.Errors[0].Type, c.query)
		assert.Contains(t, r.Errors[0].Message, c.says)
	}
	missing := refused(t, server, `{repository(owner: "x", name: "y") {id}}`)
	assert.JSONEq(t, `{"repository": null}`, string(missing.Data))
	assert.Equal(t, []any{"repository"}, missing.Errors[0].Path)
}

func TestPointsAreCountedAsGitHubDocumentsThem(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	type limit struct {
		RateLimit struct{ Limit, Cost, Remaining, Used, NodeCount int }
	}
	cheap := ask[limit](t, server, `{rateLimit {limit cost remaining used nodeCount} viewer {login}}`, nil).RateLimit
	assert.Equal(t, []int{5000, 1, 4999, 1, 0}, []int{cheap.Limit, cheap.Cost, cheap.Remaining, cheap.Used, cheap.NodeCount})
	res, raw := post(t, server, "/graphql", `{rateLimit {cost used nodeCount} repository(owner: "example-health", name: "booking") {
		pullRequests(first: 100) {nodes {a: commits(first: 1) {totalCount} b: reviews(first: 5) {totalCount}}}}}`, nil)
	var dear struct{ Data limit }
	require.NoError(t, json.Unmarshal(raw, &dear))
	assert.Equal(t, 2, dear.Data.RateLimit.Cost, "201 requests")
	assert.Equal(t, 3, dear.Data.RateLimit.Used)
	assert.Equal(t, 700, dear.Data.RateLimit.NodeCount)
	assert.Equal(t, "4997", res.Header.Get("x-ratelimit-remaining"))
	assert.Equal(t, "graphql", res.Header.Get("x-ratelimit-resource"))
}

func TestWithoutTheTokenNothingIsSaid(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	for _, authorization := range []string{"", "Bearer wrong", "Basic " + token} {
		req, err := http.NewRequest(http.MethodPost, server.URL+"/api/graphql", bytes.NewReader([]byte(`{"query":"{viewer{login}}"}`)))
		require.NoError(t, err)
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		var body struct{ Message string }
		require.NoError(t, json.NewDecoder(res.Body).Decode(&body))
		require.NoError(t, res.Body.Close())
		assert.Equal(t, http.StatusUnauthorized, res.StatusCode)
		assert.Equal(t, "Bad credentials", body.Message)
	}
}

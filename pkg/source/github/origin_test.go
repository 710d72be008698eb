package github_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

type runRow struct {
	ID                               int64
	Workflow                         int
	Event, HeadSHA, HeadBranch       string
	CreatedAt, StartedAt, FinishedAt time.Time
	Conclusion                       string
}

type tagRow struct {
	Name, OID          string
	Annotated, Release bool
}

// plainTags is the replay for a query that asks for what annotated tags lead to, which it does not tell. So its tags are
// those without an annotation.
func plainTags(t *testing.T, r *replay) string {
	t.Helper()
	behind, err := url.Parse(r.URL)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(behind)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		text, err := io.ReadAll(request.Body)
		assert.NoError(t, err)
		text = bytes.ReplaceAll(text, []byte("... on Tag { tagger { date } target { oid ... on Commit { committedDate } } }"), []byte("__typename"))
		request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		proxy.ServeHTTP(w, request)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func madeFrom(repository string, deployments github.Deployments) configured {
	return configured{Repositories: []string{repository}, Deployments: deployments}
}

func TestSuccessfulRunsOfAWorkflowAreDeployments(t *testing.T) {
	now, since := "2024-06-01T00:00:00Z", time.Date(2024, 4, 1, 0, 0, 0, 0, time.UTC)
	if torture() {
		now, since = afterAll, time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	end, err := time.Parse(time.RFC3339, now)
	require.NoError(t, err)
	r := startReplay(t, now)
	r.control(map[string]any{"rate_limits": map[string]any{"core": 100_000}})
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		t.Run(string(api), func(t *testing.T) {
			config := madeFrom(synthetic, github.Deployments{Habit: github.Habit{From: github.FromWorkflowRuns, Branch: "master", Environment: "live"}})
			config.API = api
			l := newLedger()
			require.NoError(t, l.collect(t.Context(), r.source(config, at(now)), since))
			found := of[*dora.Deployment](l)
			wanted, commits := 0, of[*dora.Commit](l)
			names := map[string]bool{}
			for _, row := range rows[runRow](t, r, synthetic, "workflow_runs.jsonl") {
				d := found[id(synthetic, "workflow_run", row.ID)]
				if row.HeadBranch != "master" || row.CreatedAt.Before(since) || row.CreatedAt.After(end) {
					assert.Nil(t, d)
					continue
				}
				wanted++
				require.NotNil(t, d, "run %d", row.ID)
				names[d.Task] = true
				assert.Equal(t, row.ID, d.Number)
				assert.Equal(t, "live", d.Environment)
				assert.Equal(t, row.HeadSHA, d.SHA)
				assert.Equal(t, "master", d.Ref)
				assert.Contains(t, commits, synthetic+"@"+d.SHA)
				if row.Conclusion == "success" {
					assert.Equal(t, row.FinishedAt, d.Finished())
				} else {
					assert.True(t, d.Finished().IsZero())
					assert.Equal(t, row.FinishedAt, d.Failed())
				}
			}
			assert.Positive(t, wanted)
			assert.Len(t, found, wanted)
			t.Logf("%d runs of %d workflows: %d requests, %d points", wanted, len(names), l.last.Requests, l.last.Points)

			config.Deployments.Workflow = dora.MustPattern("^no such")
			none := newLedger()
			require.NoError(t, none.collect(t.Context(), r.source(config, at(now)), since))
			assert.Empty(t, of[*dora.Deployment](none))
		})
	}
}

func TestARunIsAskedAboutUntilItSucceeds(t *testing.T) {
	r := startReplay(t, afterAll)
	for _, row := range rows[runRow](t, r, synthetic, "workflow_runs.jsonl") {
		if row.Conclusion != "success" || row.CreatedAt.Year() < 2025 || row.FinishedAt.Sub(row.StartedAt) < 2*time.Minute {
			continue
		}
		l := newLedger()
		config := madeFrom(synthetic, github.Deployments{Habit: github.Habit{From: github.FromWorkflowRuns}})
		read := func(now time.Time) *dora.Deployment {
			r.control(map[string]any{"now": now.Format(time.RFC3339)})
			require.NoError(t, l.collect(t.Context(), r.source(config, at(now.Format(time.RFC3339))), row.CreatedAt.AddDate(0, 0, -3)))
			return of[*dora.Deployment](l)[id(synthetic, "workflow_run", row.ID)]
		}
		running := read(row.StartedAt.Add(time.Minute))
		require.NotNil(t, running)
		assert.False(t, running.Settled())
		done := read(row.FinishedAt.Add(time.Hour))
		assert.Equal(t, row.FinishedAt, done.Finished())
		assert.Equal(t, "production", done.Environment)
		return
	}
	t.Fatal("the dataset has no run that takes a while")
}

func TestReleasesAndTagsAreDeployments(t *testing.T) {
	r := startReplay(t, afterAll)
	tags := map[string]tagRow{}
	releases, simple := 0, 0
	for _, row := range rows[tagRow](t, r, plain, "tags.jsonl") {
		tags[row.Name] = row
		if row.Release {
			releases++
		}
		if !row.Annotated {
			simple++
		}
	}
	address := plainTags(t, r)
	for from, wanted := range map[github.From]int{github.FromReleases: releases, github.FromTags: simple} {
		t.Run(string(from), func(t *testing.T) {
			config := madeFrom(plain, github.Deployments{Habit: github.Habit{From: from, Prereleases: from == github.FromReleases}})
			config.URL = address
			l := newLedger()
			require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
			found := of[*dora.Deployment](l)
			assert.Len(t, found, wanted)
			commits, newest := of[*dora.Commit](l), time.Time{}
			var last int64
			for name, d := range found {
				assert.True(t, strings.HasPrefix(name, plain+":"+map[github.From]string{github.FromReleases: "release:", github.FromTags: "tag:"}[from]), name)
				assert.Equal(t, tags[d.Ref].OID, d.SHA)
				assert.Equal(t, dora.RefTag, d.RefKind)
				assert.Equal(t, "production", d.Environment)
				assert.False(t, d.Finished().IsZero())
				require.Contains(t, commits, plain+"@"+d.SHA)
				if d.Finished().After(newest) {
					newest, last = d.Finished(), d.Number
				}
			}
			for _, d := range found {
				assert.LessOrEqual(t, d.Number, last, "numbers follow time")
			}
			t.Logf("%d: %d requests, %d points", wanted, l.last.Requests, l.last.Points)
			before := len(l.events)
			require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
			assert.Len(t, l.events, before)

			config.API = github.APIREST
			failures := source.Failures("github", l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
			require.Len(t, failures, 1)
			assert.Equal(t, source.CauseConfiguration, failures[0].Cause)
			assert.Contains(t, failures[0].Error(), "deployments.from")
		})
	}
}

func TestEveryCommitThatLandsOnTheDefaultBranchIsADeployment(t *testing.T) {
	const then = "2024-12-01T00:00:00Z"
	last := "2025-04-01T00:00:00Z"
	if torture() {
		last = afterAll
	}
	r := startReplay(t, then)
	r.control(map[string]any{"rate_limits": map[string]any{"core": 100_000}})
	commits := map[string]commitRow{}
	for _, row := range rows[commitRow](t, r, plain, "commits.jsonl") {
		commits[row.OID] = row
	}
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		t.Run(string(api), func(t *testing.T) {
			r.control(map[string]any{"now": then})
			config := madeFrom(plain, github.Deployments{Habit: github.Habit{From: github.FromMerges}})
			config.API = api
			l := newLedger()
			for l.stopAfter = 3; ; l.stopAfter += 3 { // stopped again and again
				if err := l.collect(t.Context(), r.source(config, at(then)), time.Time{}); err == nil {
					break
				}
			}
			l.stopAfter = 0
			for _, now := range []string{"2024-12-03T00:00:00Z", "2025-02-01T00:00:00Z", last} {
				r.control(map[string]any{"now": now})
				require.NoError(t, l.collect(t.Context(), r.source(config, at(now)), time.Time{}))
			}
			found := of[*dora.Deployment](l)
			line := 0
			var child *dora.Deployment
			for sha := of[*dora.Repository](l)[plain].HeadSHA; sha != ""; line++ {
				d := found[plain+":merge:"+sha]
				require.NotNil(t, d, "commit %d down the main line", line)
				assert.Equal(t, commits[sha].CommittedDate, d.Finished())
				assert.Equal(t, "master", d.Ref)
				if child != nil && child.Finished().Equal(d.Finished()) {
					assert.Less(t, d.Number, child.Number, "of one second, in the order in which they landed")
				}
				child, sha = d, ""
				if parents := commits[d.SHA].Parents; len(parents) > 0 {
					sha = parents[0]
				}
			}
			assert.Len(t, found, line)
			t.Logf("%d commits", line)
		})
	}
}

func TestWhatMakesADeploymentMayChange(t *testing.T) {
	r := startReplay(t, early)
	address := plainTags(t, r)
	read := func(l *ledger, from github.From) {
		config := madeFrom(plain, github.Deployments{Habit: github.Habit{From: from}})
		config.URL = address
		require.NoError(t, l.collect(t.Context(), r.source(config, at(early)), time.Time{}))
	}
	for _, to := range []github.From{github.FromTags, github.FromMerges, github.FromWorkflowRuns} {
		changed, fresh := newLedger(), newLedger()
		read(changed, github.FromDeployments)
		read(changed, to)
		read(fresh, to)
		require.NotEmpty(t, of[*dora.Deployment](fresh))
		for name, d := range of[*dora.Deployment](fresh) {
			assert.Equal(t, d, of[*dora.Deployment](changed)[name])
		}
	}
}

// made reads the tiny repository's deployments by their refs.
func (g *tiny) made(t *testing.T, l *ledger, deployments github.Deployments) map[string]*dora.Deployment {
	t.Helper()
	config := configured{
		ID: "github", URL: g.server.URL, Repositories: []string{shop}, Deployments: deployments, Secrets: map[string]string{"token": secret},
	}
	require.NoError(t, l.collect(t.Context(), open(config, g.server.Client(), at(afterAll)), time.Time{}))
	found := map[string]*dora.Deployment{}
	for _, d := range of[*dora.Deployment](l) {
		found[d.Ref] = d
	}
	return found
}

func TestAnAnnotatedTagIsAsOldAsItsAnnotation(t *testing.T) {
	g := newTiny(t)
	g.commit("a")
	g.head = g.commit("b", "a")
	commit := func(letter string) map[string]any {
		return map[string]any{"__typename": "Commit", "oid": sha(letter), "committedDate": instant(g.age[sha(letter)])}
	}
	tagged := time.Date(2026, 1, 5, 12, 0, 0, 0, time.UTC)
	g.tags = []any{
		map[string]any{"id": "R2", "name": "v2", "target": map[string]any{"__typename": "Tag", "oid": sha("t"), "tagger": map[string]any{"date": tagged}, "target": commit("b")}},
		map[string]any{"id": "R1", "name": "v1", "target": commit("a")},
		map[string]any{"id": "R0", "name": "a-tree", "target": map[string]any{"__typename": "Tree", "oid": sha("x")}},
	}
	found := g.made(t, newLedger(), github.Deployments{Habit: github.Habit{From: github.FromTags, Environment: "live"}})
	require.Len(t, found, 2, "a tag of a tree deploys nothing")
	assert.Equal(t, shop+":tag:v2", found["v2"].ID)
	assert.Equal(t, sha("b"), found["v2"].SHA)
	assert.Equal(t, tagged, found["v2"].Finished())
	assert.Equal(t, instant(0), found["v1"].Finished().Format(time.RFC3339))
	assert.Greater(t, found["v2"].Number, found["v1"].Number)
	assert.Equal(t, "live", found["v1"].Environment)
}

func TestAReleaseDeploysWhenItIsPublished(t *testing.T) {
	g := newTiny(t)
	g.head = g.commit("a")
	drafted := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	release := func(number int, tag string, created time.Time, published any, prerelease bool) map[string]any {
		return map[string]any{
			"id": tag, "databaseId": number, "tagName": tag, "url": "https://example.com/" + tag, "isDraft": published == nil, "isPrerelease": prerelease,
			"createdAt": created, "updatedAt": created, "publishedAt": published, "tagCommit": map[string]any{"oid": sha("a")},
		}
	}
	newer := release(3, "v3", drafted.AddDate(0, 0, 3), drafted.AddDate(0, 0, 3), false)
	beta := release(2, "v2-beta", drafted.AddDate(0, 0, 1), drafted.AddDate(0, 0, 1), true)
	g.releases = []any{newer, beta, release(1, "v1", drafted, nil, false)}
	l := newLedger()
	found := g.made(t, l, github.Deployments{Habit: github.Habit{From: github.FromReleases}})
	assert.Len(t, found, 1, "neither the draft nor what is marked as a trial")
	assert.Equal(t, shop+":release:3", found["v3"].ID)
	assert.EqualValues(t, 3, found["v3"].Number)
	assert.Equal(t, "https://example.com/v3", found["v3"].URL)

	published := drafted.AddDate(0, 0, 9)
	g.releases = []any{newer, beta, release(1, "v1", drafted, published, false)}
	found = g.made(t, l, github.Deployments{Habit: github.Habit{From: github.FromReleases}})
	require.Contains(t, found, "v1", "published after a newer one")
	assert.Equal(t, published, found["v1"].Finished())
	assert.Contains(t, g.made(t, l, github.Deployments{Habit: github.Habit{From: github.FromReleases, Prereleases: true}}), "v2-beta")
}

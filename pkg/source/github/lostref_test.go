package github_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// deploy adds deployments of what REST calls so; GraphQL has lost all of it.
func (g *tiny) deploy(refs ...string) {
	if g.refs == nil {
		g.refs = map[int]string{}
	}
	for _, ref := range refs {
		g.refs[len(g.deployments)] = ref
		g.deployments = append(g.deployments, g.head)
	}
}

// read reads the tiny repository as services see it.
func (g *tiny) read(t *testing.T, l *ledger, address string, served ...dora.DeploymentRule) map[string]*dora.Deployment {
	t.Helper()
	config := configured{ID: "github", URL: address, Repositories: []string{shop}, Secrets: map[string]string{"token": secret}}
	if served != nil {
		config.Served = []dora.Service{{Name: "shop", Deployments: served}}
	}
	g.asked, g.operations = nil, nil
	require.NoError(t, l.collect(t.Context(), open(config, g.server.Client(), at("2026-03-01T00:00:00Z"), github.WithRetries(0, 0, 0)), time.Time{}))
	found := map[string]*dora.Deployment{}
	for _, d := range of[*dora.Deployment](l) {
		found[d.Ref] = d
	}
	return found
}

func production(tagPrefix string) dora.DeploymentRule {
	return dora.DeploymentRule{Source: "github", Environment: dora.MustPattern("^prod$"), TagPrefix: tagPrefix}
}

func TestWhatGraphQLLostOfADeploymentIsReadOverREST(t *testing.T) {
	g := newTiny(t)
	g.head = g.commit("a")
	g.tagNames = []string{"nightly-20260301", "api/v2.1"}
	g.deploy("x-v1", "v1.2.3", "nightly-20260101", "api/v1.9", "hotfix/17", "17-fix", "main", "", "refs/tags/old", "release-2026")
	kinds := map[string]dora.RefKind{
		"x-v1": dora.RefTag, "v1.2.3": dora.RefTag, "nightly-20260101": dora.RefTag, "api/v1.9": dora.RefTag, "old": dora.RefTag,
		"hotfix/17": dora.RefBranch, "17-fix": dora.RefBranch, "main": dora.RefBranch, "release-2026": dora.RefBranch, "": "",
	}
	l := newLedger()
	found := g.read(t, l, g.server.URL, production("x-v"))
	require.Len(t, found, len(kinds))
	for ref, kind := range kinds {
		assert.Equal(t, kind, found[ref].RefKind, ref)
	}
	assert.Equal(t, []string{"/deployments?environment=prod&per_page=100&page=1", "/tags?per_page=100&page=1"}, g.asked, "a page of each, whatever there is")
}

func TestAFewRefsThatAreLostAreAskedForOneByOne(t *testing.T) {
	g := newTiny(t)
	g.head = g.commit("a")
	g.deploy("v1.0.0", "v1.1.0")
	assert.Len(t, g.read(t, newLedger(), g.server.URL, production("")), 2)
	assert.Equal(t, []string{"/deployments/2", "/deployments/1"}, g.asked)
	g.environment = "pr-7"
	g.read(t, newLedger(), g.server.URL, production(""))
	assert.Empty(t, g.asked, "nobody counts these")
}

func TestARefThatNobodyTellsOfIsCounted(t *testing.T) {
	g := newTiny(t)
	g.head = g.commit("a")
	g.deploy("x-v1", "x-v2")
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		g.ServeHTTP(w, r)
	}))
	defer proxy.Close()
	l := newLedger()
	g.read(t, l, proxy.URL, production("x-v"))
	h := facts.NewDeriver(dora.Mapping{Services: []dora.Service{
		{Name: "x", Deployments: []dora.DeploymentRule{production("x-v")}}, {Name: "all", Deployments: []dora.DeploymentRule{production("")}},
	}})
	for _, e := range l.events {
		h.Apply(e)
	}
	derived := h.Derive(dora.DefaultDefinition()).Services
	assert.Len(t, derived[0].Deployments, 2, "who does not tell by tags counts them")
	assert.Empty(t, derived[1].Deployments)
	assert.Equal(t, map[facts.Reason]int{facts.ReasonUnknownRef: 2}, derived[1].Unmeasured)

	kept := l.events
	found := g.read(t, l, g.server.URL, production("x-v"), production("y-v"))
	assert.Equal(t, dora.RefTag, found["x-v2"].RefKind, "once GitHub tells, and settings make it be asked again")
	assert.Len(t, l.events, len(kept))
}

func TestCommitsOffTheMainLineAreReadForWhatCountsOnly(t *testing.T) {
	g := newTiny(t)
	g.commit("a")
	g.head = g.commit("b", "a")
	g.commit("c", "a")
	g.commit("d", "c")
	g.environment = "pr-7"
	g.deployments = []string{sha("b"), sha("d")}
	l := newLedger()
	rule := production("")
	g.read(t, l, g.server.URL, rule)
	assert.Len(t, of[*dora.Deployment](l), 2, "previews are deployments")
	assert.True(t, holds(l, "ab"), "but their commits are left where they are")
	assert.NotContains(t, g.operations, "Place")

	rule.Environment = dora.MustPattern("^(prod|pr-.*)$")
	g.read(t, l, g.server.URL, rule)
	assert.True(t, holds(l, "abcd"), "until somebody counts them")
	g.read(t, l, g.server.URL, rule)
	assert.Equal(t, []string{"Sync"}, g.operations, "and then no more")
}

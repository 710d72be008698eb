package github_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

func TestTheFileCodeOwnersIsReadWhereSomethingGoesByIt(t *testing.T) {
	t.Parallel()
	g, l := newTiny(t), newLedger()
	g.head, g.owners = g.commit("a"), "* @acme/payments\n"
	read := func(wanted bool) string {
		s := open(configured{ID: "github", URL: g.server.URL, Repositories: []string{shop}, Secrets: map[string]string{"token": "x"}, CodeOwners: wanted}, g.server.Client())
		require.NoError(t, l.collect(t.Context(), s, time.Time{}))
		return of[*dora.Repository](l)[shop].CodeOwners
	}
	assert.Empty(t, read(false))
	assert.Equal(t, "* @acme/payments\n", read(true), "it is read when something comes to go by it")
	g.owners, g.head = "* @acme/tills\n", g.commit("b", "a")
	assert.Equal(t, "* @acme/tills\n", read(true))
	g.owners, g.head = strings.Repeat("#", dora.CodeOwnersLimit+1), g.commit("c", "b")
	assert.Empty(t, read(true), "a file that is cut would say something else")
	g.owners, g.head = "", g.commit("d", "c")
	assert.Empty(t, read(true))
}

func TestTheFileOfTheCatalogueIsReadWhereSomethingGoesByIt(t *testing.T) {
	t.Parallel()
	g, l := newTiny(t), newLedger()
	g.head, g.owners, g.catalog = g.commit("a"), "* @acme/payments\n", "kind: Component\n"
	read := func(wanted bool) dora.Traits {
		s := open(configured{ID: "github", URL: g.server.URL, Repositories: []string{shop}, Secrets: map[string]string{"token": "x"}, CatalogInfo: wanted}, g.server.Client())
		require.NoError(t, l.collect(t.Context(), s, time.Time{}))
		return of[*dora.Repository](l)[shop].Traits
	}
	assert.Empty(t, read(false).CatalogInfo)
	assert.Equal(t, "kind: Component\n", read(true).CatalogInfo, "it is read when something comes to go by it")
	assert.Empty(t, read(true).CodeOwners, "and nothing else with it")
	g.catalog, g.head = strings.Repeat("#", dora.CatalogInfoLimit+1), g.commit("b", "a")
	assert.Empty(t, read(true).CatalogInfo)
}

func TestTheFileCodeOwnersIsReadOverRESTAsWell(t *testing.T) {
	t.Parallel()
	handler := world.New(world.Options{Seed: 3, Months: 1}).Handler("world-secret")
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, path, of := strings.Cut(r.URL.Path, "/contents/")
		switch {
		case !of:
			handler.ServeHTTP(w, r)
		case path == "CODEOWNERS" && strings.Contains(r.URL.Path, booking+"/"):
			asked++
			text := base64.StdEncoding.EncodeToString([]byte("* @acme/front-door\n"))
			_ = json.NewEncoder(w).Encode(map[string]any{"encoding": "base64", "content": text[:8] + "\n" + text[8:]})
		case path == "catalog-info.yaml" && strings.Contains(r.URL.Path, booking+"/"):
			asked++
			_ = json.NewEncoder(w).Encode(map[string]any{"encoding": "base64", "content": base64.StdEncoding.EncodeToString([]byte("kind: Component"))})
		default:
			http.NotFound(w, r)
		}
	}))
	defer server.Close()
	s := open(configured{
		ID: "github", URL: server.URL, API: github.APIREST, Repositories: []string{booking}, CodeOwners: true, CatalogInfo: true, Secrets: map[string]string{"token": "world-secret"},
	}, server.Client(), github.WithRetries(1, time.Millisecond, time.Millisecond))
	l := newLedger()
	for range 2 {
		require.NoError(t, l.collect(t.Context(), s, time.Now().Add(-7*24*time.Hour)))
		assert.Equal(t, "* @acme/front-door\n", of[*dora.Repository](l)[booking].CodeOwners)
		assert.Equal(t, "kind: Component", of[*dora.Repository](l)[booking].CatalogInfo)
	}
	assert.Equal(t, 2, asked, "it is not asked for again while the repository is as it was")
}

package backstage_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/backstage"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
	"github.com/livedora/dora-datasource/pkg/world"
)

func open(address, token string, types ...string) *backstage.Source {
	given := source.Given{ID: "portal", Secrets: map[string]string{"token": token}}
	return backstage.New(given, backstage.Settings{URL: address, Types: types}, backstage.WithPace(func(p *wire.Pace) {
		p.Retries, p.FirstBreak, p.LongestBreak = 1, time.Millisecond, time.Millisecond
	}))
}

// reads collects once, and gives what the catalogue is known to say, by the names of entities.
func reads(t *testing.T, handler http.Handler, l *sourcetest.Ledger, types ...string) (map[string]dora.Entity, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	err := l.Collect(t.Context(), open(server.URL, secret, types...), time.Time{})
	found := map[string]dora.Entity{}
	for _, e := range sourcetest.Of[*dora.Repository](l) {
		if !e.Withdrawn {
			entity := *e.Entity
			assert.Equal(t, dora.OwnersInBackstage, entity.From)
			entity.From = ""
			found[strings.TrimPrefix(e.Name, "component:default/")] = entity
		}
	}
	return found, err
}

func TestAComponentHasTheOwnersThatTheCatalogueKnows(t *testing.T) {
	p := newPortal(group("Payments"), world.Entry{Kind: "Group", Namespace: "shop", Name: "tills"})
	for name, owner := range map[string]string{
		"plain": "payments", "full": "group:default/payments", "elsewhere": "shop/tills", "person": "user:jane", "former": "group:billing", "nobody": "",
	} {
		p.entries = append(p.entries, world.Entry{Name: name, Owner: owner})
	}
	found, err := reads(t, p, sourcetest.NewLedger())
	require.NoError(t, err)
	assert.Equal(t, map[string]dora.Entity{
		"plain": {Name: "plain", Owners: []string{"Payments"}}, "full": {Name: "full", Owners: []string{"Payments"}},
		"elsewhere": {Name: "elsewhere", Owners: []string{"shop/tills"}}, "person": {Name: "person", Owners: []string{"@jane"}},
		"former": {Name: "former", Lost: []string{"billing"}}, "nobody": {Name: "nobody"},
	}, found)

	p = newPortal(world.Entry{Name: "plain", Owner: "payments"})
	found, err = reads(t, p, sourcetest.NewLedger())
	require.NoError(t, err)
	assert.Equal(t, []string{"payments"}, found["plain"].Owners, "a catalogue without groups judges nobody")
}

func TestAnEntityIsWhereItsAnnotationsSay(t *testing.T) {
	for name, each := range map[string]struct {
		annotations  map[string]string
		repositories []string
		folder       string
	}{
		"a slug":               {map[string]string{"github.com/project-slug": "acme/shop"}, []string{"acme/shop"}, ""},
		"several repositories": {map[string]string{"github.com/project-slug": "acme/shop, acme/till", "gitlab.com/project-slug": "acme/money/bank"}, []string{"acme/money/bank", "acme/shop", "acme/till"}, ""},
		"a folder of the slug's repository": {map[string]string{
			"github.com/project-slug": "acme/shop", "backstage.io/source-location": "url:https://github.com/Acme/shop/tree/main/packages/x/",
		}, []string{"acme/shop"}, "packages/x"},
		"a catalogue that is kept elsewhere": {map[string]string{
			"github.com/project-slug": "acme/shop", "backstage.io/managed-by-location": "url:https://github.com/acme/catalogue/blob/main/all/shop.yaml",
		}, []string{"acme/shop"}, ""},
		"its file":              {map[string]string{"backstage.io/managed-by-location": "url:https://github.com/acme/shop/blob/main/catalog-info.yaml"}, []string{"acme/shop"}, ""},
		"its file in a folder":  {map[string]string{"backstage.io/managed-by-location": "url:https://github.com/acme/shop/blob/main/apps/x/catalog-info.yaml"}, []string{"acme/shop"}, "apps/x"},
		"a project of GitLab":   {map[string]string{"backstage.io/source-location": "url:https://gitlab.com/acme/money/bank/-/tree/main/apps/x/"}, []string{"acme/money/bank"}, "apps/x"},
		"a file of GitLab":      {map[string]string{"backstage.io/managed-by-location": "url:https://gitlab.com/acme/money/bank/-/blob/main/apps/x/catalog-info.yaml"}, []string{"acme/money/bank"}, "apps/x"},
		"a repository of Azure": {map[string]string{"backstage.io/source-location": "url:https://dev.azure.com/acme/Money/_git/bank?path=/apps/x"}, []string{"Money/bank"}, "apps/x"},
		"one of Bitbucket":      {map[string]string{"backstage.io/source-location": "url:https://bitbucket.org/acme/shop/src/main/apps/x/"}, []string{"acme/shop"}, "apps/x"},
		"a whole repository":    {map[string]string{"backstage.io/source-location": "url:https://github.com/acme/shop/"}, []string{"acme/shop"}, ""},
		"no address":            {map[string]string{"backstage.io/source-location": "file:/etc/shop", "backstage.io/managed-by-location": "bootstrap:bootstrap"}, nil, ""},
		"nothing":               {nil, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := reads(t, newPortal(world.Entry{Name: "x", Annotations: each.annotations}), sourcetest.NewLedger())
			require.NoError(t, err)
			assert.Equal(t, dora.Entity{Name: "x", Repositories: each.repositories, Folder: each.folder}, found["x"])
		})
	}
}

func TestOnlyComponentsOfTheTypesThatAreWantedAreRead(t *testing.T) {
	p := newPortal(group("shop"), world.Entry{Name: "lib", Type: "library"}, world.Entry{Name: "site", Type: "website"}, component("till", "shop", "acme/till"), world.Entry{Kind: "API", Name: "api", Type: "openapi"})
	found, err := reads(t, p, sourcetest.NewLedger(), "service", "website")
	require.NoError(t, err)
	assert.Len(t, found, 2)
	assert.Contains(t, found, "site")
	assert.Contains(t, found, "till")
}

func TestAnEntityThatIsGoneIsWithdrawnAndComesBack(t *testing.T) {
	p, l := newPortal(component("shop", "a", "acme/shop"), component("till", "a", "acme/till")), sourcetest.NewLedger()
	both := p.entries
	for _, step := range []struct {
		entries []world.Entry
		left    int
	}{{both, 2}, {both[:1], 1}, {both, 2}} {
		p.entries = step.entries
		found, err := reads(t, p, l)
		require.NoError(t, err)
		assert.Len(t, found, step.left)
	}
	batches := l.Batches
	_, err := reads(t, p, l)
	require.NoError(t, err)
	assert.Equal(t, batches, l.Batches, "nothing is told again that is as it was")
}

// What a token may not see Backstage leaves out of its lists, and says nothing.
func TestACatalogueThatShowsNothingTakesNoOwnerAway(t *testing.T) {
	p, l := newPortal(component("shop", "a", "acme/shop")), sourcetest.NewLedger()
	_, err := reads(t, p, l)
	require.NoError(t, err)
	p.entries = nil
	found, err := reads(t, p, l)
	require.ErrorContains(t, err, "what was read before stays")
	assert.Equal(t, source.CausePermission, source.Failures("", err)[0].Cause)
	assert.Len(t, found, 1)
}

// page answers with some entities, as they are.
func page(total int, next string, items ...any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		info := map[string]any{}
		if next != "" && r.URL.Query().Get("cursor") == "" {
			info["nextCursor"] = next
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"items": items, "totalItems": total, "pageInfo": info})
	})
}

func TestABrokenEntityCostsItselfAlone(t *testing.T) {
	l := sourcetest.NewLedger()
	_, err := reads(t, newPortal(component("shop", "a", "acme/shop"), component("till", "a", "acme/till")), l)
	require.NoError(t, err)
	broken := map[string]any{"kind": "Component", "metadata": map[string]any{"name": "shop", "annotations": map[string]any{"github.com/project-slug": 7}}}
	good := map[string]any{"kind": "Component", "metadata": map[string]any{"name": "desk"}, "spec": map[string]any{"owner": "b"}}
	found, err := reads(t, page(2, "", broken, good), l)
	require.ErrorContains(t, err, "component:default/shop")
	assert.Equal(t, []string{"acme/shop"}, found["shop"].Repositories, "what was known of it stays")
	assert.Equal(t, []string{"b"}, found["desk"].Owners)
	assert.NotContains(t, found, "till")
}

func TestAListThatIsShorterThanItsCountTakesNothingAway(t *testing.T) {
	l := sourcetest.NewLedger()
	_, err := reads(t, newPortal(component("shop", "a", "acme/shop"), component("till", "a", "acme/till")), l)
	require.NoError(t, err)
	found, err := reads(t, page(2, "", map[string]any{"kind": "Component", "metadata": map[string]any{"name": "shop"}}), l)
	require.NoError(t, err)
	assert.Contains(t, found, "till")
}

func TestACatalogueThatCannotBeReadSaysWhy(t *testing.T) {
	answers := func(status int, kind, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		})
	}
	for name, each := range map[string]struct {
		handler http.Handler
		cause   source.Cause
		says    string
	}{
		"another token": {world.Backstage("another", func() []world.Entry { return nil }), source.CauseCredentials, "does not accept the token"},
		"no permission": {answers(403, "application/json", `{"error":{"name":"NotAllowedError"}}`), source.CausePermission, "catalog.entity.read"},
		"nothing there": {answers(404, "application/json", `{}`), source.CauseConfiguration, "there is no catalogue at this address"},
		"the frontend":  {answers(200, "text/html; charset=utf-8", `<!doctype html>`), source.CauseConfiguration, "not of its frontend"},
		"down":          {answers(503, "text/plain", `no`), source.CauseServer, "503"},
		"no list":       {answers(200, "application/json", `{"pageInfo":{}}`), source.CauseAnswer, "items is missing"},
		"another form":  {answers(200, "application/json", `{"items":{}}`), source.CauseAnswer, "items is of another type"},
		"a list without an end": {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte(`{"items":[{"kind":"Component","metadata":{"name":"x"}}],"pageInfo":{"nextCursor":"again"}}`))
		}), source.CauseAnswer, "has no end"},
	} {
		t.Run(name, func(t *testing.T) {
			l := sourcetest.NewLedger()
			_, err := reads(t, each.handler, l)
			failures := source.Failures("", err)
			require.Len(t, failures, 1)
			assert.Equal(t, each.cause, failures[0].Cause)
			require.ErrorContains(t, failures[0], each.says)
			assert.NotContains(t, failures[0].Error(), secret)
			assert.Zero(t, l.Batches)
		})
	}
}

func TestSaveAndTestAsksForOneComponent(t *testing.T) {
	server := httptest.NewServer(newPortal(group("a"), component("shop", "a", "acme/shop")))
	defer server.Close()
	require.NoError(t, open(server.URL, secret).Check(t.Context()))
	require.ErrorContains(t, open(server.URL, secret, "website").Check(t.Context()), "shows no component")
	require.ErrorContains(t, open(server.URL, "").Check(t.Context()), "lets nobody in without a token")
	require.ErrorContains(t, open("", secret).Check(t.Context()), "url: the address of its backend is needed")
	require.ErrorContains(t, open("", secret).Collect(t.Context(), source.Request{}), "url: the address of its backend is needed")
}

package csv_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/csv"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

func open(address, token string) *csv.Source {
	given := source.Given{ID: "owners", Secrets: map[string]string{"token": token}}
	return csv.New(given, csv.Settings{URL: address}, csv.WithPace(func(p *wire.Pace) { p.Retries, p.FirstBreak, p.LongestBreak = 1, time.Millisecond, time.Millisecond }))
}

// reads collects once, and gives who owns what by the list.
func reads(t *testing.T, l *sourcetest.Ledger, address string) (map[string][]string, error) {
	t.Helper()
	err := l.Collect(t.Context(), open(address, secret), time.Time{})
	found := map[string][]string{}
	for _, e := range sourcetest.Of[*dora.Repository](l) {
		if !e.Withdrawn {
			assert.Equal(t, dora.OwnersInCSV, e.Entity.From)
			found[e.Name] = e.Entity.Owners
		}
	}
	return found, err
}

func TestAListIsReadAgainWhenItChanges(t *testing.T) {
	s, l := &shelf{lines: []string{"service,team", "Shop,payments; tills", "shop,front", "search,finders"}, marked: true}, sourcetest.NewLedger()
	server := httptest.NewServer(s)
	defer server.Close()
	want := map[string][]string{"service:shop": {"front", "payments", "tills"}, "service:search": {"finders"}}
	for range 2 {
		found, err := reads(t, l, server.URL)
		require.NoError(t, err)
		assert.Equal(t, want, found)
	}
	assert.Equal(t, 1, s.told, "the host said that it is as it was")
	assert.Equal(t, "Shop", l.Events["repository service:shop"].(*dora.Repository).Entity.Name, "as it is written")

	s.lines = []string{"repository,team", "acme/shop,payments"}
	found, err := reads(t, l, server.URL)
	require.NoError(t, err)
	assert.Equal(t, map[string][]string{"repository:acme/shop": {"payments"}}, found)
	assert.Equal(t, []string{"acme/shop"}, l.Events["repository repository:acme/shop"].(*dora.Repository).Entity.Repositories)
}

func TestAHostThatKnowsOnlyWhenAListWasModifiedIsAskedByThat(t *testing.T) {
	const at = "Mon, 02 Nov 2026 12:00:00 GMT"
	unchanged := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Last-Modified", at)
		if r.Header.Get("If-Modified-Since") == at {
			unchanged++
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = w.Write([]byte("service,team\nshop,payments\n"))
	}))
	defer server.Close()
	l := sourcetest.NewLedger()
	for range 2 {
		found, err := reads(t, l, server.URL)
		require.NoError(t, err)
		assert.Len(t, found, 1)
	}
	assert.Equal(t, 1, unchanged)
}

func TestALineThatCannotBeReadCostsItselfAlone(t *testing.T) {
	s, l := &shelf{lines: []string{"service,team", "shop,payments", "search,finders"}, marked: true}, sourcetest.NewLedger()
	server := httptest.NewServer(s)
	defer server.Close()
	_, err := reads(t, l, server.URL)
	require.NoError(t, err)
	s.lines = []string{"service,team", "shop,tills", "search"}
	for range 2 {
		found, err := reads(t, l, server.URL)
		require.ErrorContains(t, err, "line 3: has 1 columns", "it is told as long as it is so")
		assert.Equal(t, map[string][]string{"service:shop": {"tills"}, "service:search": {"finders"}}, found, "and whoever owned it does")
	}
}

func TestAListThatCannotBeReadTakesNoOwnerAwayAndSaysWhy(t *testing.T) {
	for name, each := range map[string]struct {
		status     int
		kind, text string
		cause      source.Cause
		says       string
	}{
		"not there":   {404, "text/plain", "no", source.CauseNotFound, "there is no list at this address"},
		"no token":    {401, "text/plain", "no", source.CauseCredentials, "does not accept the token"},
		"forbidden":   {403, "text/plain", "no", source.CausePermission, "may not be read"},
		"down":        {503, "text/plain", "no", source.CauseServer, "503"},
		"a log-in":    {200, "text/html", "<html>", source.CauseConfiguration, "a page for people"},
		"no list":     {200, "text/csv", "name,team\nshop,payments", source.CauseAnswer, "line 1: is no heading"},
		"nothing":     {200, "text/csv", "", source.CauseAnswer, "line 1: is missing"},
		"without end": {200, "text/csv", "service,team\n" + strings.Repeat("x,y\n", owners.LimitOfList/4), source.CauseAnswer, "allowed: up to 1048576"},
	} {
		t.Run(name, func(t *testing.T) {
			l, ill := sourcetest.NewLedger(), false
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if !ill {
					_, _ = w.Write([]byte("service,team\nshop,payments\n"))
					return
				}
				w.Header().Set("Content-Type", each.kind)
				w.WriteHeader(each.status)
				_, _ = w.Write([]byte(each.text))
			}))
			defer server.Close()
			_, err := reads(t, l, server.URL)
			require.NoError(t, err)
			require.NoError(t, open(server.URL, secret).Check(t.Context()))
			ill = true
			found, err := reads(t, l, server.URL)
			for _, err := range []error{err, open(server.URL, secret).Check(t.Context())} {
				failures := source.Failures("", err)
				require.Len(t, failures, 1)
				assert.Equal(t, each.cause, failures[0].Cause)
				require.ErrorContains(t, failures[0], each.says)
			}
			assert.Equal(t, map[string][]string{"service:shop": {"payments"}}, found)
		})
	}
	require.ErrorContains(t, open("", "").Check(t.Context()), "url: the address of the list is needed")
	require.ErrorContains(t, open("", "").Collect(t.Context(), source.Request{}), "url: the address of the list is needed")
}

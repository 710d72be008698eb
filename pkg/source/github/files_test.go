package github_test

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// shared is an invented organisation, behind a door where requests and answers may be changed.
type shared struct {
	*httptest.Server
	world  *world.World
	ask    func(body []byte) []byte
	answer func(body []byte) []byte
	paths  map[string]int // REST requests by the last part of their path
}

func newShared(t *testing.T) *shared {
	t.Helper()
	t.Parallel()
	w := world.New(world.Options{Seed: 5, Months: 6, Now: worldNow})
	inner := httptest.NewServer(w.Handler("world-secret"))
	t.Cleanup(inner.Close)
	behind, err := url.Parse(inner.URL)
	require.NoError(t, err)
	s := &shared{world: w, paths: map[string]int{}}
	proxy := httputil.NewSingleHostReverseProxy(behind)
	proxy.ModifyResponse = func(r *http.Response) error {
		body, err := io.ReadAll(r.Body)
		if s.answer != nil {
			body = s.answer(body)
			r.ContentLength = int64(len(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		return err
	}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		parts := strings.Split(r.URL.Path, "/")
		if len(parts) > 1 && parts[len(parts)-2] == "commits" {
			s.paths["commit"]++
		}
		s.paths[parts[len(parts)-1]]++
		if s.ask != nil && r.Body != nil {
			body, _ := io.ReadAll(r.Body)
			body = s.ask(body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}
		r.Host = behind.Host
		proxy.ServeHTTP(rw, r)
	}))
	t.Cleanup(s.Close)
	return s
}

var worldNow = time.Date(2026, 6, 11, 12, 0, 0, 0, time.UTC)

// source reads the organisation; of the repositories named it reads the files.
func (s *shared) source(api github.API, repositories ...string) *github.Source {
	config := configured{
		ID: "github", URL: s.URL + "/api/v3", API: api, Shared: repositories,
		Repositories: []string{world.Organization + "/*"}, Secrets: map[string]string{"token": "world-secret"},
	}
	return open(config, s.Client(), at(worldNow.Format(time.RFC3339)))
}

const (
	medicines = world.Organization + "/medicines-api"
	reminders = world.Organization + "/reminders"
)

func TestServicesOfOneRepositoryShipWhatTheirPeoplePlanned(t *testing.T) {
	s := newShared(t)
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), s.source(github.APIAuto, medicines), time.Time{}))
	mapping := dora.Mapping{Production: dora.DefaultProduction}
	for _, service := range s.world.Services() {
		if service.Repository != medicines {
			continue
		}
		rule := dora.DeploymentRule{Source: "github", Repository: medicines, Environment: dora.MustPattern("^" + service.Production + "$")}
		for _, path := range service.Paths {
			rule.Paths = append(rule.Paths, dora.MustGlob(path))
		}
		mapping.Services = append(mapping.Services, dora.Service{Name: service.Name, Deployments: []dora.DeploymentRule{rule}})
	}
	require.Len(t, mapping.Services, 2)
	h := facts.NewDeriver(mapping)
	h.Apply(slices.Collect(maps.Values(l.events))...)
	def := dora.DefaultDefinition()
	def.Bots.LeadTime = dora.Include
	for _, f := range h.Derive(def).Services {
		truth := s.world.Truth().Services[f.Service.Name]
		assert.Len(t, f.Deployments, truth.Deployments)
		got := map[int64][]int{}
		for _, d := range f.Deployments {
			for _, c := range f.Shipments().Of(d) {
				if c.Number > 0 {
					got[d.Event.Number] = append(got[d.Event.Number], c.Number)
				}
			}
			slices.Sort(got[d.Event.Number])
		}
		for _, numbers := range truth.Shipped {
			slices.Sort(numbers)
		}
		assert.Equal(t, truth.Shipped, got, f.Service.Name)
		assert.Zero(t, f.Unmeasured[facts.ReasonUnknownFiles])
		assert.Zero(t, f.Unmeasured[facts.ReasonUnknownContents])
	}
}

func TestFilesAreReadWhereServicesShareARepositoryAndNowhereElse(t *testing.T) {
	s := newShared(t)
	without, with := newLedger(), newLedger()
	require.NoError(t, without.collect(t.Context(), s.source(github.APIAuto), time.Time{}))
	require.NoError(t, with.collect(t.Context(), s.source(github.APIAuto, medicines, reminders), time.Time{}))
	files := 0
	for _, c := range of[*dora.Change](with) {
		if shares := c.Repository == medicines || c.Repository == reminders; assert.Equal(t, shares, c.Files != nil, c.ID) && shares {
			assert.NotEmpty(t, c.Files.Paths)
			assert.False(t, c.Files.Cut)
			files++
		}
	}
	plain, first := 0, 0
	for _, c := range of[*dora.Commit](with) {
		switch {
		case c.Files == nil:
		case c.Repository == medicines:
			first++
		default:
			assert.Equal(t, reminders, c.Repository)
			plain++
		}
	}
	assert.Equal(t, 1, first, "its other commits are all of pull requests")
	assert.Greater(t, plain, 20)
	t.Logf("%d pull requests and %d plain commits with files: %d requests, %d points in place of %d and %d",
		files, plain, with.last.Requests, with.last.Points, without.last.Requests, without.last.Points)

	over := newLedger()
	require.NoError(t, over.collect(t.Context(), s.source(github.APIREST, medicines, reminders), time.Time{}))
	assertEqualEvents(t, with, over)

	requests := with.last.Requests
	require.NoError(t, with.collect(t.Context(), s.source(github.APIAuto, medicines, reminders), time.Time{}))
	assert.Less(t, with.last.Requests, requests/10, "files are read once")
	assert.LessOrEqual(t, with.last.Requests, 3)
}

func TestPathsThatComeLaterReadAgainWhatLacksItsFiles(t *testing.T) {
	s := newShared(t)
	l, want := newLedger(), newLedger()
	require.NoError(t, l.collect(t.Context(), s.source(github.APIAuto), time.Time{}))
	require.NoError(t, l.collect(t.Context(), s.source(github.APIAuto, medicines, reminders), time.Time{}))
	require.NoError(t, want.collect(t.Context(), s.source(github.APIAuto, medicines, reminders), time.Time{}))
	assertEqualEvents(t, want, l)
}

func TestAnInterruptedRunGoesOnWithTheFilesThatItLacks(t *testing.T) {
	s := newShared(t)
	want, l := newLedger(), newLedger()
	require.NoError(t, want.collect(t.Context(), s.source(github.APIAuto, reminders), time.Time{}))
	for done := false; !done; {
		l.stopAfter = l.batches + 2
		if err := l.collect(t.Context(), s.source(github.APIAuto, reminders), time.Time{}); err == nil {
			done = true
		} else {
			require.ErrorIs(t, err, errStopped)
		}
	}
	for id, c := range of[*dora.Commit](want) {
		if c.Files != nil {
			assert.Equal(t, c, of[*dora.Commit](l)[id])
		}
	}
}

func TestAListOfFilesIsReadToItsEndOrSaidToBeCut(t *testing.T) {
	s := newShared(t)
	want := newLedger()
	require.NoError(t, want.collect(t.Context(), s.source(github.APIAuto, medicines), time.Time{}))
	wide := regexp.MustCompile(`"nested":\d+`)
	s.ask = func(body []byte) []byte { return wide.ReplaceAll(body, []byte(`"nested":1`)) }
	l := newLedger()
	require.NoError(t, l.collect(t.Context(), s.source(github.APIGraphQL, medicines), time.Time{}))
	for id, c := range of[*dora.Change](want) {
		assert.Equal(t, c.Files, of[*dora.Change](l)[id].Files, id)
	}

	s.ask = nil
	counted := regexp.MustCompile(`"changedFiles":\d+`)
	s.answer = func(body []byte) []byte { return counted.ReplaceAll(body, []byte(`"changedFiles":4000`)) }
	require.NoError(t, l.collect(t.Context(), s.source(github.APIGraphQL, medicines), time.Time{}))
	l = newLedger()
	require.NoError(t, l.collect(t.Context(), s.source(github.APIGraphQL, medicines), time.Time{}))
	for _, c := range of[*dora.Change](l) {
		if c.Repository == medicines {
			assert.True(t, c.Files.Cut, c.ID)
		}
	}
}

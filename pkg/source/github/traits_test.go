package github_test

import (
	"bytes"
	"encoding/json"
	"io"
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

// described is an organisation whose repositories are described otherwise from one reading to the next.
type described struct {
	http.Handler
	topicless  bool              // it knows no topics
	instead    *strings.Replacer // of what it answers
	properties []any             // of its repositories; nil: there are none
	forbidden  bool              // its properties may not be read
	asked      map[string]int    // how often it was asked for topics, and for properties
}

func (d *described) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch {
	case strings.HasSuffix(r.URL.Path, "/properties/values"):
		d.asked["properties"]++
		switch {
		case d.forbidden:
			w.WriteHeader(http.StatusForbidden)
			_, _ = io.WriteString(w, `{"message": "Resource not accessible by personal access token"}`)
		case d.properties == nil:
			http.NotFound(w, r)
		default:
			_ = json.NewEncoder(w).Encode(d.properties)
		}
		return
	case bytes.Contains(body, []byte("repositoryTopics")):
		d.asked["topics"]++
		if d.topicless {
			_, _ = io.WriteString(w, `{"errors": [{"path": ["query", "owner", "repositoryTopics"], "extensions": {"code": "undefinedField"}, "message": "Field 'repositoryTopics' doesn't exist on type 'Repository'"}]}`)
			return
		}
	}
	if d.instead == nil {
		d.Handler.ServeHTTP(w, r)
		return
	}
	r.Header.Del("If-None-Match")
	answer := httptest.NewRecorder()
	d.Handler.ServeHTTP(answer, r)
	for name, values := range answer.Header() {
		if name != "Content-Length" {
			w.Header()[name] = values
		}
	}
	w.WriteHeader(answer.Code)
	_, _ = io.WriteString(w, d.instead.Replace(answer.Body.String()))
}

func describe(t *testing.T, api github.API, properties bool) (*described, func() (*ledger, error)) {
	t.Helper()
	w := world.New(world.Options{Seed: 3, Months: 1})
	d := &described{Handler: w.Handler("world-secret"), asked: map[string]int{}}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	s := open(configured{
		ID: "github", URL: server.URL, API: api, Repositories: []string{world.Organization + "/*"}, Properties: properties,
		Secrets: map[string]string{"token": "world-secret"},
	}, server.Client(), github.WithRetries(1, time.Millisecond, time.Millisecond))
	l := newLedger()
	return d, func() (*ledger, error) { return l, l.collect(t.Context(), s, time.Now().Add(-7*24*time.Hour)) }
}

const booking = world.Organization + "/booking"

func TestARepositoryIsToldAgainWhenItsTopicsChangeAndNothingElse(t *testing.T) {
	t.Parallel()
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		t.Run(string(api), func(t *testing.T) {
			t.Parallel()
			d, read := describe(t, api, false)
			l, err := read()
			require.NoError(t, err)
			before := of[*dora.Repository](l)[booking]
			assert.Equal(t, dora.Traits{Group: world.Organization, Topics: []string{"team-appointments"}}, before.Traits)
			assert.Equal(t, []string{"team-records"}, of[*dora.Repository](l)[world.Organization+"/consent"].Topics)

			_, err = read()
			require.NoError(t, err)
			assert.Equal(t, before, of[*dora.Repository](l)[booking], "nothing is told again that is as it was")

			d.instead = strings.NewReplacer("team-appointments", "team-front-door", `"isArchived":false`, `"isArchived":true`, `"archived":false`, `"archived":true`)
			_, err = read()
			require.NoError(t, err)
			after := of[*dora.Repository](l)[booking]
			assert.Equal(t, dora.Traits{Group: world.Organization, Topics: []string{"team-front-door"}, Archived: true}, after.Traits)
			assert.True(t, after.NewerThan(before.Header))
			assert.Equal(t, before.HeadSHA, after.HeadSHA)
		})
	}
}

func TestAServerWithoutTopicsIsReadWithoutThem(t *testing.T) {
	t.Parallel()
	d, read := describe(t, github.APIGraphQL, false)
	d.topicless = true
	l, err := read()
	require.NoError(t, err)
	assert.Equal(t, dora.Traits{Group: world.Organization}, of[*dora.Repository](l)[booking].Traits)
	_, err = read()
	require.NoError(t, err)
	assert.Equal(t, 1, d.asked["topics"], "it is not asked in vain at every reading")
}

func TestCustomPropertiesAreReadWhereSomethingGoesByThem(t *testing.T) {
	t.Parallel()
	d, read := describe(t, github.APIGraphQL, true)
	entry := func(repository string, properties ...any) any {
		return map[string]any{"repository_id": 1, "repository_name": "x", "repository_full_name": repository, "properties": properties}
	}
	property := func(name string, value any) any { return map[string]any{"property_name": name, "value": value} }
	d.properties = []any{entry(booking, property("team", "front-door"), property("tiers", []string{"b", "a"}), property("unset", nil))}
	l, err := read()
	require.NoError(t, err)
	known := []dora.Property{{Name: "team", Values: []string{"front-door"}}, {Name: "tiers", Values: []string{"a", "b"}}}
	assert.Equal(t, known, of[*dora.Repository](l)[booking].Properties)
	assert.Equal(t, []string{"front-door"}, of[*dora.Repository](l)[booking].Values("Team"))
	assert.Equal(t, 1, d.asked["properties"])

	d.forbidden = true
	_, err = read()
	require.NoError(t, err, "a permission that is missing costs the properties alone")
	assert.Contains(t, l.last.Remark, "custom properties of "+world.Organization)
	assert.Contains(t, l.last.Remark, "Custom properties (read)")
	assert.Equal(t, known, of[*dora.Repository](l)[booking].Properties, "and none that was known")

	d.forbidden, d.properties = false, []any{entry(booking, property("team", "records"))}
	_, err = read()
	require.NoError(t, err)
	assert.Equal(t, []dora.Property{{Name: "team", Values: []string{"records"}}}, of[*dora.Repository](l)[booking].Properties)
	assert.Empty(t, l.last.Remark)
}

func TestCustomPropertiesAreNotAskedForInVain(t *testing.T) {
	t.Parallel()
	d, read := describe(t, github.APIGraphQL, false)
	_, err := read()
	require.NoError(t, err)
	assert.Zero(t, d.asked["properties"])
}

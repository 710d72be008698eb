package github_test

import (
	"context"
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

// staffed is an organisation with teams: by slug, the one above each and what it may do.
type staffed struct {
	http.Handler
	above     map[string]string
	may       map[string]map[string]string
	forbidden bool
	asked     int
}

func (s *staffed) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, path, is := strings.Cut(r.URL.Path, "/orgs/"+world.Organization+"/teams")
	if !is {
		s.Handler.ServeHTTP(w, r)
		return
	}
	s.asked++
	rows := []any{}
	slug := strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/repos")
	switch {
	case s.forbidden:
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message": "Resource not accessible by personal access token"}`))
		return
	case slug == "":
		for slug := range s.may {
			row := map[string]any{"id": 1, "slug": slug, "parent": nil}
			if above := s.above[slug]; above != "" {
				row["parent"] = map[string]any{"slug": above}
			}
			rows = append(rows, row)
		}
	default:
		for repository, permission := range s.may[slug] {
			level := map[string]int{"pull": 0, "triage": 1, "push": 2, "maintain": 3, "admin": 4}[permission]
			rows = append(rows, map[string]any{"full_name": repository, "role_name": permission, "permissions": map[string]any{
				"pull": true, "triage": level > 0, "push": level > 1, "maintain": level > 2, "admin": level > 3,
			}})
		}
	}
	_ = json.NewEncoder(w).Encode(rows)
}

func TestTeamsAreReadWithWhatTheyMayDoWhereSomethingGoesByThem(t *testing.T) {
	t.Parallel()
	w := world.New(world.Options{Seed: 3, Months: 1})
	consent := world.Organization + "/consent"
	s := &staffed{
		Handler: w.Handler("world-secret"), above: map[string]string{"front-door": "access"},
		may: map[string]map[string]string{
			"access": {booking: "push", consent: "admin"}, "front-door": {booking: "maintain", consent: "admin"}, "everybody": {booking: "pull", consent: "triage"},
		},
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	l, now := newLedger(), time.Now()
	read := func(wanted bool) {
		t.Helper()
		source := open(configured{
			ID: "github", URL: server.URL, Repositories: []string{world.Organization + "/*"}, Teams: wanted, Secrets: map[string]string{"token": "world-secret"},
		}, server.Client(), github.WithRetries(1, time.Millisecond, time.Millisecond), github.WithClock(func() time.Time { return now }, func(context.Context, time.Duration) error { return nil }))
		require.NoError(t, l.collect(t.Context(), source, time.Now().Add(-7*24*time.Hour)))
	}
	teams := func(repository string) map[string]string {
		found := map[string]string{}
		for _, each := range of[*dora.Repository](l)[repository].Teams {
			found[each.Name] = each.Values[0]
		}
		return found
	}
	read(false)
	assert.Zero(t, s.asked)
	read(true)
	assert.Equal(t, map[string]string{"access": "write", "front-door": "maintain"}, teams(booking), "who may do more than the team above has it for itself")
	assert.Equal(t, map[string]string{"access": "admin"}, teams(consent), "what a team has from the one above it is that one's")
	assert.Equal(t, 4, s.asked)

	delete(s.may["access"], consent)
	delete(s.may["front-door"], consent)
	read(true)
	assert.Equal(t, 4, s.asked, "teams are asked for once an hour")
	now = now.Add(61 * time.Minute)
	s.forbidden = true
	read(true)
	assert.Contains(t, l.last.Remark, "Members (read)")
	assert.Equal(t, map[string]string{"access": "admin"}, teams(consent), "a permission that is missing takes nothing away")
	s.forbidden = false
	read(true)
	assert.Empty(t, teams(consent))
	assert.Equal(t, map[string]string{"access": "write", "front-door": "maintain"}, teams(booking))
}

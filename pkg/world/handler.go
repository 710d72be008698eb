package world

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	hourlyLimit  = 5000
	longestQuery = 1 << 20
)

// api is the world behind HTTP, with the budget of whoever holds the token.
type api struct {
	world *World
	token string

	mu     sync.Mutex
	used   map[string]int // points spent in this hour, by resource
	resets time.Time
}

// Handler speaks GitHub's API: at the root as api.github.com does (/graphql, /repos/…), and as an Enterprise server does
// (/api/graphql, /api/v3/…). Requests must carry the token, as `Authorization: Bearer …` or `token …`.
//
// Points are counted by the wall clock's hours, 5,000 for each of GraphQL and REST; each handler has its own count.
func (w *World) Handler(token string) http.Handler {
	a := &api{world: w, token: token, used: map[string]int{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /graphql", a.graphql)
	mux.HandleFunc("POST /api/graphql", a.graphql)
	a.routes(mux, "")
	a.routes(mux, "/api/v3")
	mux.HandleFunc("/", func(rw http.ResponseWriter, _ *http.Request) {
		answer(rw, http.StatusNotFound, map[string]any{"message": "Not Found", "documentation_url": "https://docs.github.com/rest", "status": "404"})
	})
	return a.authorised(mux)
}

func (a *api) authorised(next http.Handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		known := strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "token")
		if !known || subtle.ConstantTimeCompare([]byte(strings.TrimSpace(token)), []byte(a.token)) != 1 {
			answer(rw, http.StatusUnauthorized, map[string]any{
				"message": "Bad credentials", "documentation_url": "https://docs.github.com/rest", "status": "401",
			})
			return
		}
		rw.Header().Set("X-GitHub-Media-Type", "github.v3; format=json")
		next.ServeHTTP(rw, r)
	})
}

// spend takes points from the hour's budget of a resource, sets the rate limit's headers, and says whether there were enough.
func (a *api) spend(h http.Header, resource string, points int) (quota, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := time.Now()
	if !now.Before(a.resets) {
		a.resets, a.used = now.Add(time.Hour), map[string]int{}
	}
	enough := a.used[resource]+points <= hourlyLimit
	if enough {
		a.used[resource] += points
	}
	q := quota{limit: hourlyLimit, used: a.used[resource], resets: a.resets}
	remaining := hourlyLimit - q.used
	if !enough {
		remaining = 0
	}
	h.Set("X-RateLimit-Limit", strconv.Itoa(hourlyLimit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(remaining))
	h.Set("X-RateLimit-Used", strconv.Itoa(q.used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(a.resets.Unix(), 10))
	h.Set("X-RateLimit-Resource", resource)
	return q, enough
}

func (a *api) graphql(rw http.ResponseWriter, r *http.Request) {
	var req graphqlRequest
	if err := json.NewDecoder(http.MaxBytesReader(rw, r.Body, longestQuery)).Decode(&req); err != nil || req.Query == "" {
		answer(rw, http.StatusBadRequest, map[string]any{"message": "Problems parsing JSON", "documentation_url": "https://docs.github.com/graphql"})
		return
	}
	x, invalid := a.world.prepare(req)
	if len(invalid) > 0 {
		a.spend(rw.Header(), "graphql", 1)
		answer(rw, http.StatusOK, object{keys: []string{"errors"}, values: []any{invalid}})
		return
	}
	var enough bool
	if x.quota, enough = a.spend(rw.Header(), "graphql", x.cost()); !enough {
		answer(rw, http.StatusOK, object{keys: []string{"errors"}, values: []any{[]graphqlError{{Type: "RATE_LIMITED", Message: "API rate limit exceeded"}}}})
		return
	}
	a.world.mu.RLock()
	data, errs := x.run()
	a.world.mu.RUnlock()
	out := object{keys: []string{"data"}, values: []any{data}}
	if len(errs) > 0 {
		out.keys, out.values = append(out.keys, "errors"), append(out.values, errs)
	}
	answer(rw, http.StatusOK, out)
}

func answer(rw http.ResponseWriter, code int, body any) {
	encoded, err := appendJSON(nil, body)
	if err != nil {
		http.Error(rw, `{"message":"Server Error"}`, http.StatusInternalServerError)
		return
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	rw.WriteHeader(code)
	_, _ = rw.Write(encoded)
}

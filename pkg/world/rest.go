package world

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// restCall is one REST request, answered under the world's read lock.
type restCall struct {
	*http.Request
	world  *World
	repo   *repository // where the path names one
	host   string      // scheme and host that the caller used
	base   string      // the API's own address, https://api.github.com or https://HOST/api/v3
	header http.Header
}

// restError is an error with GitHub's status and message.
type restError struct {
	status  int
	message string
}

func (e restError) Error() string { return e.message }

var errNotFound = restError{http.StatusNotFound, "Not Found"}

// restRoutes are the paths that this world knows, below the API's root.
var restRoutes = map[string]func(*restCall) (any, error){
	"/user":                                           (*restCall).user,
	"/orgs/{owner}/repos":                             (*restCall).organizationRepositories,
	"/repos/{owner}/{repo}":                           (*restCall).repository,
	"/repos/{owner}/{repo}/deployments":               (*restCall).deployments,
	"/repos/{owner}/{repo}/deployments/{id}":          (*restCall).deployment,
	"/repos/{owner}/{repo}/deployments/{id}/statuses": (*restCall).statuses,
	"/repos/{owner}/{repo}/pulls":                     (*restCall).pulls,
	"/repos/{owner}/{repo}/pulls/{number}":            (*restCall).pull,
	"/repos/{owner}/{repo}/pulls/{number}/commits":    (*restCall).pullCommits,
	"/repos/{owner}/{repo}/pulls/{number}/reviews":    (*restCall).pullReviews,
	"/repos/{owner}/{repo}/pulls/{number}/files":      (*restCall).pullFiles,
	"/repos/{owner}/{repo}/commits":                   (*restCall).commits,
	"/repos/{owner}/{repo}/commits/{ref...}":          (*restCall).commit,
	"/repos/{owner}/{repo}/issues":                    (*restCall).issues,
	"/repos/{owner}/{repo}/issues/{number}":           (*restCall).issue,
	"/repos/{owner}/{repo}/tags":                      (*restCall).tags,
	"/repos/{owner}/{repo}/releases":                  (*restCall).releases,
	"/repos/{owner}/{repo}/compare/{basehead...}":     (*restCall).compare,
	"/repos/{owner}/{repo}/actions/runs":              (*restCall).runs,
}

// routes adds the REST API below a prefix.
func (a *api) routes(mux *http.ServeMux, prefix string) {
	for path, handle := range restRoutes {
		mux.HandleFunc("GET "+prefix+path, func(rw http.ResponseWriter, r *http.Request) { a.rest(rw, r, prefix, handle) })
	}
	mux.HandleFunc("GET "+prefix+"/rate_limit", a.rateLimit)
}

func (a *api) rest(rw http.ResponseWriter, r *http.Request, prefix string, handle func(*restCall) (any, error)) {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	host := scheme + "://" + r.Host
	call := &restCall{Request: r, world: a.world, host: host, base: host + prefix, header: rw.Header()}
	encoded, err := call.encode(handle)
	var known restError
	switch {
	case errors.As(err, &known):
		a.spend(rw.Header(), "core", 1)
		answer(rw, known.status, map[string]any{
			"message": known.message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(known.status),
		})
		return
	case err != nil:
		answer(rw, http.StatusInternalServerError, map[string]any{"message": "Server Error"})
		return
	}
	digest := sha256.Sum256(append([]byte(a.token+"\n"), encoded...))
	tag := `W/"` + hex.EncodeToString(digest[:]) + `"`
	rw.Header().Set("ETag", tag)
	rw.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
	if r.Header.Get("If-None-Match") == tag {
		a.spend(rw.Header(), "core", 0) // an unchanged answer is free
		rw.WriteHeader(http.StatusNotModified)
		return
	}
	if _, enough := a.spend(rw.Header(), "core", 1); !enough {
		answer(rw, http.StatusForbidden, map[string]any{
			"message": "API rate limit exceeded for user ID 70000001.", "documentation_url": "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api",
		})
		return
	}
	rw.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = rw.Write(encoded)
}

// encode answers the call and writes it as JSON, while nothing can happen.
func (c *restCall) encode(handle func(*restCall) (any, error)) ([]byte, error) {
	c.world.mu.RLock()
	defer c.world.mu.RUnlock()
	if name := c.PathValue("repo"); name != "" {
		if c.repo = c.world.repository(c.PathValue("owner"), name); c.repo == nil {
			return nil, errNotFound
		}
	}
	body, err := handle(c)
	if err != nil {
		return nil, err
	}
	return appendJSON(nil, body)
}

func (a *api) rateLimit(rw http.ResponseWriter, _ *http.Request) {
	graphql, _ := a.spend(rw.Header(), "graphql", 0)
	core, _ := a.spend(rw.Header(), "core", 0)
	show := func(q quota) map[string]any {
		return map[string]any{"limit": q.limit, "used": q.used, "remaining": q.limit - q.used, "reset": q.resets.Unix()}
	}
	answer(rw, http.StatusOK, map[string]any{
		"resources": map[string]any{"core": show(core), "graphql": show(graphql)}, "rate": show(core),
	})
}

const (
	standardPage = 30
	commitFiles  = 300
	comparePage  = 250
)

// part is the page of a list that page and per_page ask for; the Link header says where the others are.
func part[T any](c *restCall, list []T, standard int) []T {
	query := c.URL.Query()
	size, err := strconv.Atoi(query.Get("per_page"))
	if err != nil || size < 1 {
		size = standard
	}
	size = min(size, max(pageLimit, standard))
	number, err := strconv.Atoi(query.Get("page"))
	if err != nil || number < 1 {
		number = 1
	}
	lastPage := max(1, (len(list)+size-1)/size)
	var links []string
	link := func(rel string, n int) {
		q := url.Values{}
		for k, v := range query {
			q[k] = v
		}
		q.Set("page", strconv.Itoa(n))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel=%q`, c.host, c.URL.EscapedPath(), q.Encode(), rel))
	}
	if number > 1 {
		link("prev", min(number-1, lastPage))
	}
	if number < lastPage {
		link("next", number+1)
		link("last", lastPage)
	}
	if number > 1 {
		link("first", 1)
	}
	if len(links) > 0 {
		c.header.Set("Link", strings.Join(links, ", "))
	}
	from := min((number-1)*size, len(list))
	return list[from:min(from+size, len(list))]
}

func shown[T any](list []T, show func(T) any) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = show(v)
	}
	return out
}

func (c *restCall) since(name string) (time.Time, error) {
	text := c.URL.Query().Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, restError{http.StatusUnprocessableEntity, fmt.Sprintf("%s: %q is no ISO 8601 time", name, text)}
	}
	return t, nil
}

// choice is a query parameter out of the allowed ones; the first is the default.
func (c *restCall) choice(name string, allowed ...string) (string, error) {
	value := c.URL.Query().Get(name)
	if value == "" {
		return allowed[0], nil
	}
	for _, a := range allowed {
		if a == value {
			return value, nil
		}
	}
	return "", restError{http.StatusUnprocessableEntity, fmt.Sprintf("%s: %q is not one of %s", name, value, strings.Join(allowed, ", "))}
}

func (c *restCall) number(name string) int64 {
	n, _ := strconv.ParseInt(c.PathValue(name), 10, 64)
	return n
}

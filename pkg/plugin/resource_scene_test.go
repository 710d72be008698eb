package plugin_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/plugin"
)

// program is who calls the REST API. Each of its answers is checked against the description that the API gives of itself.
type program struct {
	*testing.T
	instance *plugin.Instance
	role     string // empty: nobody
	login    string // empty: made of the role
	headers  http.Header
	router   routers.Router
}

// programs makes one of each role.
func programs(t *testing.T, i *plugin.Instance) (viewer, editor, admin *program) {
	t.Helper()
	as := func(role string) *program { return &program{T: t, instance: i, role: role, headers: http.Header{}} }
	viewer, editor, admin = as("Viewer"), as("Editor"), as("Admin")
	openapi3filter.RegisterBodyDecoder("application/x-ndjson", openapi3filter.PlainBodyDecoder)
	loader := openapi3.NewLoader()
	described, err := loader.LoadFromData(viewer.send("GET", "v1/openapi.json", nil).body)
	require.NoError(t, err)
	require.NoError(t, described.Validate(loader.Context))
	described.Servers = nil // the router matches by path alone
	router, err := legacy.NewRouter(described)
	require.NoError(t, err)
	viewer.router, editor.router, admin.router = router, router, router
	return viewer, editor, admin
}

// headers are an answer's, found by whatever case.
type headers map[string][]string

func (h headers) Get(key string) string { return http.Header(h).Get(key) }

type answered struct {
	*testing.T
	status  int
	headers headers
	body    []byte
}

func (p *program) get(path string) answered { p.Helper(); return p.send("GET", path, nil) }

func (p *program) post(path, body string) answered {
	p.Helper()
	return p.send("POST", path, []byte(body))
}

// send calls the plugin as Grafana does.
func (p *program) send(method, path string, body []byte) answered {
	p.Helper()
	var user *backend.User
	if p.role != "" {
		user = &backend.User{Login: cmp.Or(p.login, "sa-"+strings.ToLower(p.role)), Role: p.role}
	}
	bare, _, _ := strings.Cut(path, "?")
	answer := answered{T: p.T}
	from := backend.PluginContext{OrgID: 1, User: user}
	err := p.instance.CallResource(backend.WithPluginContext(p.Context(), from), &backend.CallResourceRequest{
		PluginContext: from, Method: method, Path: bare, URL: path, Headers: p.headers, Body: body,
	}, backend.CallResourceResponseSenderFunc(func(r *backend.CallResourceResponse) error {
		if answer.headers == nil {
			answer.status, answer.headers = r.Status, r.Headers
		}
		answer.body = append(answer.body, r.Body...)
		return nil
	}))
	require.NoError(p, err)
	assert.NotContains(p, string(answer.body), token)
	p.check(method, path, answer)
	return answer
}

// check holds an answer against the description.
func (p *program) check(method, path string, a answered) {
	p.Helper()
	if p.router == nil {
		return
	}
	if a.status >= 400 {
		var problem struct{ Error string }
		require.NoError(p, json.Unmarshal(a.body, &problem), "%s %s: %d %s", method, path, a.status, a.body)
		require.NotEmpty(p, problem.Error)
	}
	request, err := http.NewRequestWithContext(p.Context(), method, "/"+path, http.NoBody)
	require.NoError(p, err)
	route, parameters, err := p.router.FindRoute(request)
	if a.status == http.StatusNotFound || a.status == http.StatusMethodNotAllowed {
		return // what is not there is not described
	}
	require.NoError(p, err, "%s %s is not described", method, path)
	err = openapi3filter.ValidateResponse(p.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: request, PathParams: parameters, Route: route},
		Status:                 a.status, Header: http.Header(a.headers), Body: io.NopCloser(bytes.NewReader(a.body)),
		Options: &openapi3filter.Options{IncludeResponseStatus: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	})
	require.NoError(p, err, "%s %s", method, path)
}

// is reads an answer that must have a status.
func (a answered) is(status int, into any) answered {
	a.Helper()
	require.Equal(a, status, a.status, string(a.body))
	if into != nil {
		require.NoError(a, json.Unmarshal(a.body, into), string(a.body))
	}
	return a
}

// refused reads the problem of an answer that must have a status.
func (a answered) refused(status int, field, says string) {
	a.Helper()
	var problem struct{ Error, Field string }
	a.is(status, &problem)
	assert.Equal(a, field, problem.Field, problem.Error)
	assert.Contains(a, problem.Error, says)
}

// listed are the items of a page, each as one of its texts.
func (a answered) listed(key string) []string {
	a.Helper()
	var page struct{ Items []map[string]any }
	a.is(http.StatusOK, &page)
	texts := []string{}
	for _, item := range page.Items {
		texts = append(texts, fmt.Sprint(item[key]))
	}
	return texts
}

package world_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

const token = "a-token-for-tests"

// thursday is a working day in the middle of the morning.
var thursday = time.Date(2026, 11, 12, 10, 30, 0, 0, time.UTC)

// grow is a world of the test's own, behind HTTP.
func grow(t *testing.T) (*world.World, *httptest.Server) {
	t.Helper()
	w := world.New(world.Options{Seed: 7, Now: thursday})
	server := httptest.NewServer(w.Handler(token))
	t.Cleanup(server.Close)
	return w, server
}

// reply is a GraphQL answer.
type reply struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Type       string         `json:"type"`
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

func post(t *testing.T, server *httptest.Server, path, query string, variables map[string]any) (*http.Response, []byte) {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	require.NoError(t, err)
	req, err := http.NewRequest(http.MethodPost, server.URL+path, bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return res, raw
}

// ask expects an answer without errors, and decodes its data.
func ask[T any](t *testing.T, server *httptest.Server, query string, variables map[string]any) T {
	t.Helper()
	res, raw := post(t, server, "/graphql", query, variables)
	require.Equal(t, http.StatusOK, res.StatusCode, string(raw))
	var r reply
	require.NoError(t, json.Unmarshal(raw, &r))
	require.Empty(t, r.Errors)
	var data T
	require.NoError(t, json.Unmarshal(r.Data, &data))
	return data
}

// refused expects errors, and returns the answer.
func refused(t *testing.T, server *httptest.Server, query string) reply {
	t.Helper()
	res, raw := post(t, server, "/graphql", query, nil)
	require.Equal(t, http.StatusOK, res.StatusCode)
	var r reply
	require.NoError(t, json.Unmarshal(raw, &r))
	require.NotEmpty(t, r.Errors)
	return r
}

type pageInfo struct {
	HasNextPage bool
	EndCursor   string
}

type connection[T any] struct {
	TotalCount int
	PageInfo   pageInfo
	Nodes      []T
}

// everything pages through one connection of a repository that does not change meanwhile.
func everything[T any](t *testing.T, server *httptest.Server, repository, query string) []T {
	t.Helper()
	all, total := pages[T](t, server, repository, query)
	require.Equal(t, total, len(all), "nodes of %s", repository)
	return all
}

// pages reads a connection of a repository, called x in the query, which takes $after; total is the last page's count.
func pages[T any](t *testing.T, server *httptest.Server, repository, query string) (all []T, total int) {
	t.Helper()
	variables := map[string]any{"name": repository}
	for {
		page := ask[struct{ Repository struct{ X connection[T] } }](t, server, query, variables).Repository.X
		all = append(all, page.Nodes...)
		if !page.PageInfo.HasNextPage {
			return all, page.TotalCount
		}
		variables["after"] = page.PageInfo.EndCursor
	}
}

func repositoryNames() []string {
	return []string{"medicines-api", "booking", "reminders", "patient-records", "consent"}
}

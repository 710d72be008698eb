package rest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestEveryRouteIsDescribedAsItIs(t *testing.T) {
	text, err := document()
	require.NoError(t, err)
	var described struct {
		OpenAPI    string
		Paths      map[string]map[string]operation
		Components struct{ Parameters map[string]parameter }
	}
	require.NoError(t, json.Unmarshal(text, &described))
	assert.True(t, strings.HasPrefix(described.OpenAPI, "3.1."), described.OpenAPI)
	count := 0
	for path, methods := range described.Paths {
		count += len(methods)
		assert.NotContains(t, path, "{", "identifiers are parameters")
	}
	assert.Equal(t, len(routes), count, "nothing is described that is not there")
	for i := range routes {
		r := &routes[i]
		name := r.method + " " + r.path
		is, there := described.Paths["/"+r.path][strings.ToLower(r.method)]
		if !assert.True(t, there, "%s is not described", name) {
			continue
		}
		assert.Equal(t, string(r.role), is.Role, name)
		var parameters []string
		for _, p := range is.Parameters {
			if referred, ok := strings.CutPrefix(p.Ref, "#/components/parameters/"); ok {
				p = described.Components.Parameters[referred]
			}
			if p.In == "query" {
				parameters = append(parameters, p.Name)
			}
		}
		slices.Sort(parameters)
		want := slices.Clone(r.parameters)
		slices.Sort(want)
		assert.Equal(t, want, parameters, "the parameters of %s", name)
		assert.Contains(t, is.Responses, "default", "%s does not tell of problems", name)
	}
}

type parameter struct {
	Ref  string `json:"$ref"`
	Name string
	In   string
}

type operation struct {
	Role       string `json:"x-role"`
	Parameters []parameter
	Responses  map[string]any
}

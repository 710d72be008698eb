package plugin_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/rest"
)

func TestTheEditorShowsWhatUnsavedServicesWouldMatch(t *testing.T) {
	viewer, _, _ := api(t)
	var seen history.Preview
	viewer.post("v1/preview", `{"production":"^staging$","services":[{"name":"booking","deployments":[{"source":"github","repository":"example-health/booking"}],
		"incidents":[{"source":"github","repository":"example-health/booking"}]}]}`).is(http.StatusOK, &seen)
	require.Len(t, seen.Services, 1)
	assert.Equal(t, []int{2}, seen.Services[0].Incidents)
	require.Len(t, seen.Services[0].Deployments, 1)
	for _, place := range seen.Services[0].Deployments[0].Places {
		assert.Equal(t, "staging", place.Environment)
	}
	require.NotEmpty(t, seen.Unmatched)
	assert.Equal(t, "production", seen.Unmatched[0].Environment)

	viewer.post("v1/preview", `{}`).is(http.StatusOK, &seen)
	assert.NotEmpty(t, seen.Services, "without services every repository is one")
	viewer.post("v1/preview", `{"production":"("}`).refused(http.StatusBadRequest, "production", "missing closing )")
	viewer.post("v1/preview", `{"services":[{"name":"x","colour":"red"}]}`).refused(http.StatusBadRequest, "services[0].colour", "allowed")
	viewer.post("v1/preview", `[]`).refused(http.StatusBadRequest, "", "not a JSON object")
}

func TestTheEditorShowsWhatARuleWouldMakeAndWhichFiguresChange(t *testing.T) {
	viewer, _, _ := api(t)
	rule := `{"services":[{"match":{"repository":"example-health/book{rest}"},"name":"book{rest}","team":"access"},{"match":{"repository":"example-wealth/*"}}]}`
	var seen history.Preview
	viewer.post("v1/preview", rule).is(http.StatusOK, &seen)
	require.Len(t, seen.Rules, 2)
	assert.Equal(t, "booking", seen.Rules[0].Services[0].Name)
	assert.Positive(t, seen.Rules[0].Deployments)
	assert.Contains(t, seen.Rules[1].Empty, `repository: "example-wealth/*" fits nothing; `)
	assert.Positive(t, seen.Others.Count)

	var changed rest.Remapped
	viewer.post("v1/preview/figures", rule).is(http.StatusOK, &changed)
	assert.NotEmpty(t, changed.Services.Items, "services are called otherwise")
	for _, each := range changed.Services.Items {
		assert.Contains(t, []string{"appears", "vanishes", "differs"}, each.Change)
	}
	viewer.post("v1/preview/figures", `{"services":[{"match":{"repository":"^x$"}}]}`).refused(http.StatusBadRequest, "services[0].match.repository", "it is no regular expression")
}

func TestTheEditorTriesOneSource(t *testing.T) {
	_, url, _ := invented(t)
	g := start(t)
	viewer, _, _ := programs(t, g.save("dora", settings(url)))
	var checked struct {
		OK      bool
		Message string
	}
	viewer.get("v1/check?source=github").is(http.StatusOK, &checked)
	assert.True(t, checked.OK, checked.Message)
	viewer.get("v1/check?source=nobody").refused(http.StatusNotFound, "source", "there is no saved source")

	wrong, _, _ := programs(t, g.save("wrong", settings(url+"/nothing-here")))
	wrong.get("v1/check?source=github").is(http.StatusOK, &checked)
	assert.False(t, checked.OK)
	assert.Contains(t, checked.Message, "github", "the sentence says which and what to do")
}

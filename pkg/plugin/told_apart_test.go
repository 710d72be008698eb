package plugin_test

import (
	"encoding/json"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADeploymentThatTwoServicesCountIsToldOfWhereSettingsAreMade(t *testing.T) {
	g := start(t)
	of := func(source string) string {
		return `{"source":"` + source + `","repository":"example-health/api"}`
	}
	mapping := func(services string) string { return `"services":[` + services + `]` }
	apart := mapping(`{"name":"api","deployments":[` + of("ci") + `]},{"name":"api-forge","deployments":[` + of("forge") + `]}`)
	one := mapping(`{"name":"api","deployments":[` + of("ci") + `,` + of("forge") + `]}`)
	store, err := json.Marshal(map[string]string{"path": filepath.Join(t.TempDir(), "dora.db")})
	require.NoError(t, err)
	i := g.save("dora", `{"store":`+string(store)+`,"sources":[{"id":"ci","type":"webhook"},{"id":"forge","type":"webhook"}],`+apart+`}`)
	_, editor, _ := programs(t, i)
	editor.post("v1/deployments?source=ci", success("1", 1, 0, "")).is(http.StatusOK, nil)
	editor.post("v1/deployments?source=forge", success("7", 1, time.Minute, "")).is(http.StatusOK, nil)
	says := "The services api and api-forge both count one deployment into production, which has the same commit at about the same time, the one as told by ci and the other by forge. If two systems "
	require.Eventually(t, func() bool { return strings.Contains(g.health(i).Message, says) }, time.Minute, 20*time.Millisecond)
	assert.Equal(t, 1, strings.Count(g.health(i).Message, says))

	rows := g.one(i, `{"queryType":"collection"}`)[0].Fields[4]
	assert.Contains(t, rows.At(0), says)
	assert.NotContains(t, rows.At(1), says, "it is told once")

	var shown struct{ ToldApart []struct{ Text string } }
	editor.post("v1/preview", `{`+apart+`}`).is(http.StatusOK, &shown)
	require.Len(t, shown.ToldApart, 1)
	assert.Contains(t, shown.ToldApart[0].Text, says)
	editor.post("v1/preview", `{`+one+`}`).is(http.StatusOK, &shown)
	assert.Empty(t, shown.ToldApart)
}

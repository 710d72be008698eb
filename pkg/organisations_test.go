package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
)

// of is a data source as it is in an organisation, asked by one of its administrators.
func of(organisation int64, from backend.PluginContext) backend.PluginContext {
	from.OrgID = organisation //nolint:staticcheck // it is what names the dataset
	from.User = &backend.User{Login: fmt.Sprintf("admin-of-%d", organisation), Role: "Admin"}
	return from
}

// attacks are what an administrator may do to the data of their own organisation.
var attacks = []struct{ method, path, body string }{
	{"GET", "v1/services", ""},
	{"GET", "v1/facts", ""},
	{"GET", "v1/collection", ""},
	{"POST", "v1/deployments?source=ci", `{"id":"77","repository":"example-health/booking","environment":"production","sha":"0123456789012345678901234567890123456789","status":"success","at":"2026-01-20T10:01:00Z"}`},
	{"POST", "v1/refresh?source=github", ""},
	{"DELETE", "v1/sources?source=github", ""},
}

// Who administers another organisation of the same Grafana knows the path of the store and the name of the dataset, and has
// a source of the same id.
func TestAnotherOrganisationNeitherReadsNorWritesADataset(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dora.db")
	more := func(dataset string) string {
		return fmt.Sprintf(`{"sources":[{"id":"github","type":"github","url":%q,"repositories":["example-health/*"]},{"id":"ci","type":"webhook"}],
			"store":{"path":%q%s},"collect":{"backfill":"3650d"}}`, quiet(t), path, dataset)
	}
	for name, dataset := range map[string]string{"the name that nobody chose": "1/dora", "a name of choice": "platform"} {
		t.Run(name, func(t *testing.T) {
			datasettest.Fill(t, path, dataset, datasettest.Events()...)
			p := start(t)
			mine := of(1, source("dora", more(fmt.Sprintf(`,"dataset":%q`, dataset)), 1))
			before := p.figures(mine)
			require.Contains(t, before, "booking")

			stranger := of(2, source("strange", more(fmt.Sprintf(`,"dataset":%q`, dataset)), 1))
			for _, attack := range attacks {
				status, answer, err := p.call(stranger, attack.method, attack.path, http.Header{"Content-Type": {"application/json"}}, []byte(attack.body))
				require.NoError(t, err)
				assert.Equal(t, http.StatusServiceUnavailable, status, attack.path)
				assert.Contains(t, string(answer), "belongs to another organisation", attack.path)
				assert.NotContains(t, string(answer), "booking", attack.path)
			}
			status, says := p.health(stranger)
			assert.Equal(t, backend.HealthStatusError, status)
			assert.Contains(t, says, "belongs to another organisation, which alone may use it: name another dataset, or leave store.dataset out")
			assert.Equal(t, before, p.figures(mine))

			same := of(1, source("colleague", more(fmt.Sprintf(`,"dataset":%q`, dataset)), 1))
			assert.Equal(t, before, p.figures(same), "data sources of one organisation share what they like")
			own := of(2, source("theirs", more(""), 1))
			code, answer, err := p.call(own, "GET", "v1/services", nil, nil)
			require.NoError(t, err)
			assert.Equal(t, http.StatusOK, code, "a dataset of its own may lie in the same file")
			assert.NotContains(t, string(answer), "booking")
		})
	}
}

func TestADataSourceWithoutOrganisationOrUIDIsRefused(t *testing.T) {
	p := start(t)
	for _, nobodys := range []backend.PluginContext{of(0, source("dora", settings(quiet(t), ""), 1)), of(1, source("", settings(quiet(t), ""), 1))} {
		status, says := p.health(nobodys)
		assert.Equal(t, backend.HealthStatusError, status)
		assert.Contains(t, says, "the data source has no organisation or no uid")
	}
}

// Any organisation's administrator writes store.path, and it is Grafana's user who makes the file.
func TestWithinGrafanaAStoreLiesInTheFolderForStores(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	require.NoError(t, os.Symlink(outside, filepath.Join(root, "away")))
	t.Setenv(storeRoot, root)
	p := start(t)
	at := func(uid, path string) backend.PluginContext {
		return of(1, source(uid, settings(quiet(t), fmt.Sprintf(`,"store":{"path":%q}`, path)), 1))
	}
	for uid, path := range map[string]string{
		"a": filepath.Join(outside, "new", "dora.db"), "bb": filepath.Join(root, "away", "new", "dora.db"), "ccc": "../" + filepath.Base(outside) + "/dora.db",
		"dddd": root + "/../../../../../../../../etc/dora.db",
	} {
		status, answer, err := p.call(at(uid, path), "GET", "v1/services", nil, nil)
		require.NoError(t, err)
		says := string(answer)
		assert.Equal(t, http.StatusServiceUnavailable, status, path)
		assert.Contains(t, says, "lies outside "+root+", the folder in which stores may lie", path)
		assert.Contains(t, says, "set store_root in the section [plugin.livedora-dora-datasource] of Grafana's configuration", path)
	}
	left, err := os.ReadDir(outside)
	require.NoError(t, err)
	assert.Empty(t, left)

	_ = p.column(at("eeeee", "teams/dora.db"), "state")
	assert.FileExists(t, filepath.Join(root, "teams", "dora.db"), "a path that is not absolute begins there")

	datasettest.Fill(t, filepath.Join(outside, "dora.db"), "1/dora", datasettest.Events()...)
	run := exec.Command(program, "facts", "--settings", provisioned(t, quiet(t), filepath.Join(outside, "dora.db")))
	said, err := run.CombinedOutput()
	require.NoError(t, err, "the command line is not confined: %s", said)
}

// The command line is trusted with the file, and still does not mix what belongs to two organisations.
func TestTheCommandLineWorksForTheOrganisationOfItsSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "platform", datasettest.Events()...)
	facts := func(organisation string) string {
		file := filepath.Join(t.TempDir(), "live-dora.yaml")
		require.NoError(t, os.WriteFile(file, fmt.Appendf(nil, "datasources: [{name: dora, type: livedora-dora-datasource, uid: dora, %sjsonData: {store: {path: %q, dataset: platform}, sources: [{id: github, type: github, url: %q, repositories: [a/b]}]}}]",
			organisation, path, quiet(t)), 0o600))
		said, err := exec.Command(program, "facts", "--settings", file).CombinedOutput()
		if err == nil {
			return "ok"
		}
		return string(said)
	}
	assert.Equal(t, "ok", facts("orgId: 3, "))
	assert.Contains(t, facts("orgId: 4, "), "it is organisation 3's, and orgId in ")
	assert.Contains(t, facts(""), "says 1")
	assert.Equal(t, "ok", facts("orgId: 3, "))
}

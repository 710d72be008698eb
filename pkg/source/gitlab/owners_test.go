package gitlab_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// readsOwners collects where something goes by files.
func (g *tiny) readsOwners(t *testing.T, l *sourcetest.Ledger, wanted source.Wanted, project string) (dora.Traits, error) {
	t.Helper()
	own := incidents(project)
	own.URL, own.API = g.URL, gitlab.APIREST
	g.hour++
	given := given()
	given.Wanted = wanted
	err := l.Collect(t.Context(), open(given, own, at("2026-11-05T00:00:00Z")), when("01 00:00"))
	return sourcetest.Of[*dora.Repository](l)[project].Traits, err
}

func TestTheFilesThatSayWhoOwnsAProjectAreReadWhereSomethingGoesByThem(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/care/api")
	p.files = map[string]string{".gitlab/CODEOWNERS": "* @hidden", "docs/CODEOWNERS": "* @health/wards", "catalog-info.yaml": "kind: Component"}
	g, l := newTiny(t, p), sourcetest.NewLedger()
	nothing, both := source.Wanted{}, source.Wanted{CodeOwners: true, CatalogInfo: true}
	asked := func() int {
		files := slices.DeleteFunc(slices.Clone(g.asked), func(path string) bool { return !strings.Contains(path, "/repository/files/") })
		g.asked = nil
		return len(files)
	}
	traits, err := g.readsOwners(t, l, nothing, p.path)
	require.NoError(t, err)
	assert.Equal(t, dora.Traits{Group: "health/care"}, traits)
	assert.Zero(t, asked())

	want := dora.Traits{Group: "health/care", CodeOwners: "* @health/wards", SectionedOwners: true, CatalogInfo: "kind: Component"}
	traits, err = g.readsOwners(t, l, both, p.path)
	require.NoError(t, err)
	assert.Equal(t, want, traits, "the first that there is")
	assert.Equal(t, 3, asked())
	traits, err = g.readsOwners(t, l, both, p.path)
	require.NoError(t, err)
	assert.Equal(t, want, traits)
	assert.Zero(t, asked(), "a head that was read says nothing new")

	head := row{"id": sha("next"), "parent_ids": []string{p.commits[0]["id"].(string)}, "message": "owners", "authored_date": when("03 08:00"), "committed_date": when("03 08:00")}
	g.change(func() {
		p.commits = append([]row{head}, p.commits...)
		p.files["CODEOWNERS"] = "* @health/lab"
	})
	g.before = func(w http.ResponseWriter, _ *http.Request, path string) bool {
		if strings.HasSuffix(path, "/catalog-info.yaml") {
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	traits, err = g.readsOwners(t, l, both, p.path)
	require.Error(t, err, "a file that may not be read is told")
	assert.Equal(t, want, traits, "and takes nobody's ownership away")
	g.before = nil
	delete(p.files, "catalog-info.yaml")
	traits, err = g.readsOwners(t, l, both, p.path)
	require.NoError(t, err)
	assert.Equal(t, dora.Traits{Group: "health/care", CodeOwners: "* @health/lab", SectionedOwners: true}, traits)
}

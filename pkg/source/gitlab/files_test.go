package gitlab_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func TestTheFilesOfChangesAreReadWhereServicesShareAProject(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/api")
	commit := func(label, parent string, at string) row {
		return row{"id": sha(label), "parent_ids": []string{sha(parent)}, "message": label, "author_name": "dev-1", "authored_date": when(at), "committed_date": when(at)}
	}
	p.commits = []row{commit("b", "a", "02 10:00"), commit("a", "health/api", "02 09:00"), p.commits[0]}
	p.request(5, "02 10:00") // it landed b
	g := newTiny(t, p)
	own := incidents("health/api")
	own.URL, own.API = g.URL, gitlab.APIREST
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(given(), own, at(afterAll)), time.Time{}))
	assert.Nil(t, sourcetest.Of[*dora.Change](l)["health/api:merge_request:5"].Files)

	shared := given()
	shared.Shared = []string{"health/api"}
	for range 2 {
		require.NoError(t, l.Collect(t.Context(), open(shared, own, at(afterAll)), time.Time{}))
		assert.Equal(t, &dora.Files{Paths: []string{"packages/y/a", "packages/y/b"}}, sourcetest.Of[*dora.Change](l)["health/api:merge_request:5"].Files)
		commits := sourcetest.Of[*dora.Commit](l)
		assert.Equal(t, &dora.Files{Paths: []string{"packages/x/" + sha("a")[:4]}}, commits["health/api@"+sha("a")].Files)
		assert.Nil(t, commits["health/api@"+sha("b")].Files, "its merge request has them")
	}
	assert.Less(t, l.Last().Requests, 8, "once each")
}

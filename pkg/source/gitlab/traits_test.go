package gitlab_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func TestAProjectIsToldAgainWhenItsTopicsChangeAndNothingElse(t *testing.T) {
	t.Parallel()
	p := newProject(1, "health/care/api")
	g, l := newTiny(t, p), sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "health/care/api"))
	before := sourcetest.Of[*dora.Repository](l)["health/care/api"]
	assert.Equal(t, dora.Traits{Group: "health/care"}, before.Traits)

	p.traits = row{"topics": []string{"team-wards", "go"}, "archived": true, "forked_from_project": row{"id": 3}}
	require.NoError(t, g.reads(t, l, "health/care/api"))
	after := sourcetest.Of[*dora.Repository](l)["health/care/api"]
	assert.Equal(t, dora.Traits{Group: "health/care", Topics: []string{"go", "team-wards"}, Archived: true, Fork: true}, after.Traits)
	assert.True(t, after.NewerThan(before.Header))

	require.NoError(t, g.reads(t, l, "health/care/api"))
	assert.Equal(t, after, sourcetest.Of[*dora.Repository](l)["health/care/api"], "nothing is told again that is as it was")
}

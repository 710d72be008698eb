package azuredevops_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func TestARepositoryThatIsDisabledIsArchivedAndKeepsWhatWasRead(t *testing.T) {
	t.Parallel()
	p := newProject("p1", "health")
	g, l := &tiny{projects: []*tinyProject{p}}, sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, afterAll, nil))
	before := sourcetest.Of[*dora.Repository](l)["health/api"]
	assert.Equal(t, dora.Traits{Group: "health"}, before.Traits)
	p.repositories[0].disabled = true
	for range 2 {
		require.NoError(t, g.reads(t, l, afterAll, nil))
	}
	after := sourcetest.Of[*dora.Repository](l)["health/api"]
	assert.Equal(t, dora.Traits{Group: "health", Archived: true}, after.Traits)
	assert.Equal(t, before.HeadSHA, after.HeadSHA)
	assert.False(t, after.Withdrawn)
	p.repositories[0].disabled = false
	require.NoError(t, g.reads(t, l, afterAll, nil))
	assert.False(t, sourcetest.Of[*dora.Repository](l)["health/api"].Archived)
}

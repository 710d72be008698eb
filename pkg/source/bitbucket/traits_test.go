package bitbucket_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func TestARepositoryThatMovesToAnotherProjectIsToldWithoutAPush(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	group := func() string { return sourcetest.Of[*dora.Repository](l)["health/api"].Group }
	r.project = "CARE"
	g.read(t, l, time.Time{})
	assert.Equal(t, "CARE", group())
	r.project = "WARDS"
	g.read(t, l, time.Time{})
	assert.Equal(t, "WARDS", group())
}

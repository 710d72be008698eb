package store_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/store"
)

func TestADatasetBelongsToOneOrganisation(t *testing.T) {
	for name, c := range map[string]struct {
		dataset                       string
		recorded, organisation, owner int64 // owner 0: refused
	}{
		"its own, never opened before":              {"2/dora", 0, 2, 2},
		"its own":                                   {"2/dora", 2, 2, 2},
		"another's by its name, never opened":       {"1/livedora", 0, 2, 0},
		"another's by its name, whatever follows":   {"1/", 0, 2, 0},
		"another's by what is recorded":             {"platform", 1, 2, 0},
		"what is recorded outweighs the name":       {"1/livedora", 2, 1, 0},
		"a chosen name, never opened":               {"platform", 0, 2, 2},
		"a name that is only a number":              {"1", 0, 2, 2},
		"a name in whose middle there is a number":  {"team/1/dora", 0, 2, 2},
		"a number that no organisation has":         {"99999999999999999999/dora", 0, 2, 2},
		"a sign is part of no number":               {"+1/dora", 0, 2, 2},
		"a data source of no organisation":          {"0/dora", 0, 0, 0},
		"of no organisation, with a name of choice": {"platform", 0, -1, 0},
	} {
		owner, err := store.OwnerOf(c.dataset, c.recorded, c.organisation)
		assert.Equal(t, c.owner, owner, name)
		assert.Equal(t, c.owner == 0, err != nil, name)
	}
	_, err := store.OwnerOf("platform", 41, 2)
	var foreign *store.Foreign
	require.ErrorAs(t, err, &foreign)
	assert.Equal(t, int64(41), foreign.Owner)
	assert.NotContains(t, err.Error(), "41", "whose it is stays among them")
}

package postgres_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
)

const addsColumn = `ALTER TABLE livedora_events ADD COLUMN IF NOT EXISTS weight bigint`

// Grafanas are updated one after another: a node of the version before goes on beside one that migrated the database, as
// long as it was only added to.
func TestAnOlderNodeGoesOnBesideANewerOne(t *testing.T) {
	d := database(t)
	older := open(t, d, "team")
	apply(t, older, "P1")
	newer := open(t, d, "team", postgres.Later(false, addsColumn))
	apply(t, newer, "P2")
	apply(t, older, "P3")
	for _, s := range []*postgres.Store{older, newer, open(t, d, "team")} {
		assert.Equal(t, []string{"P1", "P2", "P3"}, idsOf(t, s))
	}
}

// After a migration that it has to know, an older node says why it neither reads on nor writes. Nothing of it gets in.
func TestAnOlderNodeWritesNothingThatANewerOneCannotRead(t *testing.T) {
	d := database(t)
	older := open(t, d, "team")
	apply(t, older, "P1")
	newer := open(t, d, "team", postgres.Later(true, addsColumn, `UPDATE livedora_events SET weight = 1`))
	_, err := older.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P2", monday, "late")}})
	require.ErrorIs(t, err, store.ErrNewerStore)
	_, err = older.Forgets(t.Context())
	require.ErrorIs(t, err, store.ErrNewerStore, "which is asked before each reading")
	_, err = postgres.Open(t.Context(), d, "team")
	require.ErrorContains(t, err, "store.address "+d.Address+": the store was written by a newer version of Live DORA: update the plugin")
	apply(t, newer, "P3")
	assert.Equal(t, []string{"P1", "P3"}, idsOf(t, newer))
}

func TestADatabaseOfEachEarlierVersionIsMigratedAndKeepsWhatItHas(t *testing.T) {
	for version := range postgres.Versions + 1 {
		t.Run(fmt.Sprint("version ", version), func(t *testing.T) {
			d := database(t)
			if version > 0 {
				apply(t, open(t, d, "team", postgres.Earlier(version)), "P1")
			}
			s := open(t, d, "team", postgres.Later(false, addsColumn))
			apply(t, s, "P2")
			want := []string{"P1", "P2"}
			if version == 0 {
				want = want[1:]
			}
			assert.Equal(t, want, idsOf(t, s))
		})
	}
}

// A newer node on a replica cannot migrate, and says who has to.
func TestANodeOnAReplicaOfAnEarlierVersionSaysWhoHasToMigrate(t *testing.T) {
	d := database(t)
	apply(t, open(t, d, "team"), "P1")
	d.Replica = true // whether it is one or not
	_, err := postgres.Open(t.Context(), d, "team", postgres.Later(false, addsColumn))
	require.ErrorContains(t, err, fmt.Sprintf("has tables of version %d, and this version of Live DORA needs %d: update a Grafana that uses the primary first", postgres.Versions, postgres.Versions+1))
	assert.Equal(t, []string{"P1"}, idsOf(t, open(t, d, "team")))
}

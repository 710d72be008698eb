package postgres_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
)

func TestManyNodesMakeTheTablesAtOnce(t *testing.T) {
	d := database(t)
	var opening sync.WaitGroup
	for range 6 {
		opening.Go(func() {
			s, err := postgres.Open(t.Context(), d, "team")
			if assert.NoError(t, err) {
				assert.NoError(t, s.Close())
			}
		})
	}
	opening.Wait()
}

func TestAStoreOfANewerVersionIsReadAsLongAsThatAllowsIt(t *testing.T) {
	d := database(t)
	s := open(t, d, "team")
	write := func() error {
		_, err := s.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P1", monday, "new")}})
		return err
	}
	require.NoError(t, server.Exec(t.Context(), d.Name, `UPDATE livedora_schema SET version = 99`))
	require.NoError(t, write(), "it has more than we know, and nothing that we must know")
	open(t, d, "another")

	require.NoError(t, server.Exec(t.Context(), d.Name, `UPDATE livedora_schema SET needs = 99`))
	require.ErrorIs(t, write(), store.ErrNewerStore)
	_, err := s.Forgets(t.Context())
	require.ErrorIs(t, err, store.ErrNewerStore)
	_, err = postgres.Open(t.Context(), d, "team")
	require.ErrorIs(t, err, store.ErrNewerStore)
}

func TestADatasetBelongsToOneOrganisation(t *testing.T) {
	d := database(t)
	open(t, d, "platform", postgres.OwnedBy(2))
	open(t, d, "platform", postgres.OwnedBy(2))
	for _, dataset := range []string{"platform", "2/dora"} {
		_, err := postgres.Open(t.Context(), d, dataset, postgres.OwnedBy(1))
		var foreign *store.Foreign
		require.ErrorAs(t, err, &foreign, dataset)
	}
}

func TestABadRowCostsOneRow(t *testing.T) {
	for name, spoil := range map[string]string{
		"its body is nonsense":           `UPDATE livedora_events SET body = '\x01ffffffff' WHERE id = 'P3'`,
		"its body is empty":              `UPDATE livedora_events SET body = '' WHERE id = 'P3'`,
		"its body has no identity":       `UPDATE livedora_events SET body = '{}' WHERE id = 'P3'`,
		"its kind is of a newer version": `UPDATE livedora_events SET kind = 'sprint' WHERE id = 'P3'`,
	} {
		t.Run(name, func(t *testing.T) {
			d := database(t)
			s := open(t, d, "team")
			events := []dora.Event{incident("P1", monday, ""), incident("P2", monday, ""), incident("P3", monday, ""), incident("P4", monday, "")}
			_, err := s.Apply(t.Context(), store.Batch{Events: events})
			require.NoError(t, err)
			require.NoError(t, server.Exec(t.Context(), d.Name, spoil))
			read := func(s *postgres.Store) (ids []string) {
				for change, err := range s.Changes(t.Context(), 0) {
					require.NoError(t, err)
					ids = append(ids, change.Event.Head().ID)
				}
				return ids
			}
			assert.Equal(t, []string{"P1", "P2", "P4"}, read(s))
			found, err := open(t, d, "team").Unreadable(t.Context())
			require.NoError(t, err)
			require.Len(t, found, 1, "every node tells of it")
			assert.Equal(t, "P3", found[0].ID)
			assert.NotEmpty(t, found[0].Why)

			_, err = s.Apply(t.Context(), store.Batch{Events: events}) // the same versions
			require.NoError(t, err)
			assert.Equal(t, []string{"P1", "P2", "P4", "P3"}, read(s), "whoever tells of it again mends it")
			found, err = s.Unreadable(t.Context())
			require.NoError(t, err)
			if !strings.Contains(spoil, "kind") { // it is called otherwise now
				assert.Empty(t, found)
			}
		})
	}
}

func TestAnyNameIsKept(t *testing.T) {
	s := open(t, database(t), "team/\xff")
	events := []dora.Event{incident("zero\x00byte", monday, "a\x00b"), incident("no UTF-8 \xff\xfe", monday, "\xff"), incident(strings.Repeat("long", 400), monday, "long")}
	for range 2 {
		_, err := s.Apply(t.Context(), store.Batch{Events: events})
		require.NoError(t, err)
	}
	var ids []string
	for change, err := range s.Changes(t.Context(), 0) {
		require.NoError(t, err)
		ids = append(ids, change.Event.Head().ID)
	}
	assert.Equal(t, []string{events[0].Head().ID, events[1].Head().ID, events[2].Head().ID}, ids)
}

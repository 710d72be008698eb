package copying_test

import (
	"context"
	"fmt"
	"iter"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/copying"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func incident(id int, updated time.Time, title string) *dora.Incident {
	return &dora.Incident{Header: dora.Header{Source: "pagerduty", ID: fmt.Sprint("P", id), Updated: updated}, Title: title, Opened: monday}
}

// fill has a store have 2,500 incidents, a correction, and where two sources go on.
func fill(t *testing.T, s store.Store) {
	t.Helper()
	lease, err := s.Acquire(t.Context(), "pagerduty", "one", time.Hour)
	require.NoError(t, err)
	var events []dora.Event
	for i := range 2500 {
		events = append(events, incident(i, monday, "as it was"))
	}
	events = append(events, &dora.Correction{Header: dora.Header{Source: dora.CorrectionsSource, ID: "c1", Updated: monday}, Incident: "pagerduty:P1", Verdict: dora.VerdictIgnored, Made: monday})
	_, err = s.Apply(t.Context(), store.Batch{Events: events, Source: "pagerduty", Cursor: []byte("page 3"), Epoch: lease.Epoch})
	require.NoError(t, err)
	require.NoError(t, s.Rewind(t.Context(), "github", []byte("page 9")))
}

func file(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "live-dora.db"), "team")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}

func copied(t *testing.T, from, to store.Store) (copying.Copied, error) {
	t.Helper()
	return copying.Copy(t.Context(), from, to, []string{"github", "pagerduty", "never read", dora.CorrectionsSource}, func(int) {})
}

func TestAStoreIsCarriedOverFromAnyTypeToAnyOther(t *testing.T) {
	server := postgrestest.ForTest(t)
	d, err := server.Database(t.Context())
	require.NoError(t, err)
	database, err := postgres.Open(t.Context(), d, "team")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, database.Close()) })

	first := file(t)
	fill(t, first)
	from := first
	for _, to := range []store.Store{database, memory.New(), file(t)} {
		c, err := copied(t, from, to)
		require.NoError(t, err)
		assert.Equal(t, copying.Copied{
			Events:  map[dora.Kind]int{dora.KindIncident: 2500, dora.KindCorrection: 1},
			Written: 2501, Sources: []string{"github", "pagerduty"},
		}, c)
		for source, place := range map[string]string{"github": "page 9", "pagerduty": "page 3", "never read": ""} {
			cursor, err := to.Cursor(t.Context(), source)
			require.NoError(t, err)
			assert.Equal(t, place, string(cursor), source)
		}
		again, err := copied(t, from, to)
		require.NoError(t, err)
		assert.Zero(t, again.Written, "twice changes nothing")
		from = to
	}
	was, err := copying.Check(t.Context(), first)
	require.NoError(t, err)
	is, err := copying.Check(t.Context(), from)
	require.NoError(t, err)
	assert.Equal(t, was, is)
}

// breaking is a store whose writing fails after some batches.
type breaking struct {
	store.Store
	left int
}

func (b *breaking) Apply(ctx context.Context, batch store.Batch) (store.Applied, error) {
	if b.left == 0 {
		return store.Applied{}, context.DeadlineExceeded
	}
	b.left--
	return b.Store.Apply(ctx, batch)
}

func TestACopyThatWasBrokenOffGoesOn(t *testing.T) {
	from, to := file(t), memory.New()
	fill(t, from)
	c, err := copied(t, from, &breaking{to, 1})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Equal(t, 1000, c.Written)
	cursor, err := to.Cursor(t.Context(), "pagerduty")
	require.NoError(t, err)
	assert.Nil(t, cursor, "a source goes on only from where all is there")
	c, err = copied(t, from, to)
	require.NoError(t, err)
	assert.Equal(t, 1501, c.Written)
}

func TestWhatIsNewerInTheCopyStays(t *testing.T) {
	from, to := file(t), memory.New()
	fill(t, from)
	_, err := to.Apply(t.Context(), store.Batch{Events: []dora.Event{incident(1, monday.Add(time.Hour), "newer"), incident(9999, monday, "another")}})
	require.NoError(t, err)
	require.NoError(t, to.Rewind(t.Context(), "github", []byte("page 11")))
	c, err := copied(t, from, to)
	require.NoError(t, err)
	assert.Equal(t, 1, c.Newer)
	assert.Equal(t, 1, c.More)
	assert.Equal(t, []string{"github"}, c.Kept)
	cursor, err := to.Cursor(t.Context(), "github")
	require.NoError(t, err)
	assert.Equal(t, "page 11", string(cursor))
}

// forgetful is a store that loses an event without a word.
type forgetful struct{ store.Store }

func (f forgetful) Changes(ctx context.Context, after store.Sequence) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		for change, err := range f.Store.Changes(ctx, after) {
			if err == nil && change.Event.Head().ID == "P7" {
				continue
			}
			if !yield(change, err) {
				return
			}
		}
	}
}

func TestACopyThatIsNotWholeIsAnError(t *testing.T) {
	from := file(t)
	fill(t, from)
	_, err := copied(t, from, forgetful{memory.New()})
	require.ErrorContains(t, err, "the copy is not whole: 1 events are not there")
}

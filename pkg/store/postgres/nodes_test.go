package postgres_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func incident(id string, updated time.Time, title string) *dora.Incident {
	return &dora.Incident{Header: dora.Header{Source: "pagerduty", ID: id, Updated: updated}, Title: title, Opened: monday}
}

// follower reads a feed on and on, as a node does.
type follower struct {
	s      *postgres.Store
	behind store.Sequence
	titles map[string]string
}

func (f *follower) follow(t *testing.T) {
	t.Helper()
	for change, err := range f.s.Changes(t.Context(), f.behind) {
		require.NoError(t, err)
		f.behind = change.Sequence
		if i, ok := change.Event.(*dora.Incident); ok {
			f.titles[i.ID] = i.Title
		}
	}
}

func TestAFollowerMissesNothingOfTwoWritersAtOnce(t *testing.T) {
	d := database(t)
	collector, webhook := open(t, d, "team"), open(t, d, "team")
	f := &follower{s: open(t, d, "team"), titles: map[string]string{}}
	lease, err := collector.Acquire(t.Context(), "pagerduty", "one", time.Hour)
	require.NoError(t, err)

	const rounds = 60
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := range rounds {
			_, err := collector.Apply(t.Context(), store.Batch{Source: "pagerduty", Epoch: lease.Epoch, Cursor: fmt.Append(nil, i), Events: []dora.Event{
				incident(fmt.Sprint("read ", i), monday, "read"), incident("both", monday.Add(time.Duration(2*i)*time.Second), fmt.Sprint("read ", i))}})
			assert.NoError(t, err)
		}
	})
	writing.Go(func() {
		for i := range rounds {
			_, err := webhook.Apply(t.Context(), store.Batch{Events: []dora.Event{
				incident(fmt.Sprint("told ", i), monday, "told"), incident("both", monday.Add(time.Duration(2*i+1)*time.Second), fmt.Sprint("told ", i))}})
			assert.NoError(t, err)
		}
	})
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	for ended := false; !ended; f.follow(t) {
		select {
		case <-done:
			ended = true
		default:
		}
	}
	assert.Len(t, f.titles, 2*rounds+1)
	assert.Equal(t, fmt.Sprint("told ", rounds-1), f.titles["both"], "the newest version, whoever wrote it")
}

func TestAWriterWaitsForTheOneBeforeIt(t *testing.T) {
	d := database(t)
	s := open(t, d, "team")
	conn, err := pgx.Connect(t.Context(), fmt.Sprintf("host=127.0.0.1 port=%d user=postgres dbname=%s sslmode=disable", server.Port, d.Name))
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	slow, err := conn.Begin(t.Context())
	require.NoError(t, err)
	_, err = slow.Exec(t.Context(), `UPDATE livedora_datasets SET sequence = sequence + 1 WHERE dataset = 'team'`)
	require.NoError(t, err)

	written := make(chan store.Sequence, 1)
	go func() {
		applied, err := s.Apply(context.Background(), store.Batch{Events: []dora.Event{incident("P1", monday, "later")}})
		assert.NoError(t, err)
		written <- applied.Sequence
	}()
	f := &follower{s: open(t, d, "team"), titles: map[string]string{}}
	for range 5 {
		f.follow(t)
	}
	assert.Empty(t, f.titles, "nobody passes the one that took a lower number")
	require.NoError(t, slow.Commit(t.Context()))
	assert.Equal(t, store.Sequence(2), <-written)
	f.follow(t)
	assert.Contains(t, f.titles, "P1")
}

func TestALeaseThatRanOutIsTakenAnewEvenByWhoHadIt(t *testing.T) {
	s := open(t, database(t), "team")
	first, err := s.Acquire(t.Context(), "github", "one", 200*time.Millisecond)
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now(), first.Until, 10*time.Second, "by the database's clock, which is this machine's")
	require.Eventually(t, func() bool {
		again, err := s.Acquire(t.Context(), "github", "one", 200*time.Millisecond)
		require.NoError(t, err)
		if again.Epoch == first.Epoch { // renewed in time
			time.Sleep(250 * time.Millisecond)
			return false
		}
		return again.Epoch == first.Epoch+1
	}, 10*time.Second, time.Millisecond)
	_, err = s.Apply(t.Context(), store.Batch{Source: "github", Epoch: first.Epoch, Cursor: []byte("late")})
	require.ErrorIs(t, err, store.ErrLeaseLost)
}

func TestALeaseThatLastsLongerThanAnyIsDamaged(t *testing.T) {
	d := database(t)
	s := open(t, d, "team")
	_, err := s.Acquire(t.Context(), "github", "one", time.Minute)
	require.NoError(t, err)
	require.NoError(t, server.Exec(t.Context(), d.Name, `UPDATE livedora_leases SET until = 'infinity'`))
	taken, err := s.Acquire(t.Context(), "github", "two", time.Minute)
	require.NoError(t, err)
	assert.Equal(t, int64(2), taken.Epoch)
}

func TestWhoTakesALeaseOverWaitsForTheBatchUnderWay(t *testing.T) {
	d := database(t)
	s, other := open(t, d, "team"), open(t, d, "team")
	lease, err := s.Acquire(t.Context(), "github", "one", time.Millisecond)
	require.NoError(t, err)
	applying, took := make(chan struct{}), make(chan store.Lease, 1)
	_, err = s.Apply(t.Context(), store.Batch{
		Source: "github", Epoch: lease.Epoch, Cursor: []byte("page 1"),
		Events: []dora.Event{incident("P1", monday, "told"), incident("P1", monday.Add(1), "told again")},
		Merge: func(_, told dora.Event) (dora.Event, error) { // within the transaction
			close(applying)
			go func() {
				next, err := other.Acquire(context.Background(), "github", "two", time.Minute)
				assert.NoError(t, err)
				took <- next
			}()
			select {
			case <-took:
				assert.Fail(t, "the lease passed on while a batch was written under it")
			case <-time.After(100 * time.Millisecond):
			}
			return told, nil
		},
	})
	require.NoError(t, err)
	<-applying
	assert.Equal(t, lease.Epoch+1, (<-took).Epoch)
	cursor, err := other.Cursor(t.Context(), "github")
	require.NoError(t, err)
	assert.Equal(t, "page 1", string(cursor), "who took over goes on from there")
}

func TestWhoFollowsIsCalledWhenAnotherWrites(t *testing.T) {
	d := database(t)
	writer, reader := open(t, d, "team"), open(t, d, "team")
	another := open(t, d, "another")
	woken := reader.Woken()
	n := 0
	require.Eventually(t, func() bool { // it listens after a moment
		n++
		_, err := writer.Apply(t.Context(), store.Batch{Events: []dora.Event{incident(fmt.Sprint(n), monday, "new")}})
		require.NoError(t, err)
		select {
		case <-woken:
			return true
		case <-time.After(50 * time.Millisecond):
			return false
		}
	}, 20*time.Second, time.Millisecond)
	for drained := false; !drained; {
		select {
		case <-woken:
		case <-time.After(200 * time.Millisecond):
			drained = true
		}
	}
	_, err := another.Apply(t.Context(), store.Batch{Events: []dora.Event{incident("P1", monday, "of another data set")}})
	require.NoError(t, err)
	select {
	case <-woken:
		assert.Fail(t, "another data set's writing calls nobody")
	case <-time.After(200 * time.Millisecond):
	}
}

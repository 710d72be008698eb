package collect_test

import (
	"context"
	"encoding/base64"
	"errors"
	"path/filepath"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

func TestOfTwoInstancesOneCollectsAndTheOtherTakesOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		first, second := &script{steps: []step{page(1), page(2)}}, &script{steps: []step{nothing}}
		one := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("github", first)}, Every: time.Hour})
		two := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("github", second)}, Every: time.Hour})
		stop := started(t, one)
		defer started(t, two)()

		pass(90 * time.Minute)
		assert.Len(t, first.visits(), 2)
		assert.Empty(t, second.visits())
		assert.Equal(t, collect.StatusOK, one.State()[0].State)
		state := two.State()[0]
		assert.Equal(t, collect.StatusWaiting, state.State)
		assert.Equal(t, "Another instance collects this source; this one reads what it stores.", state.Message)
		assert.Zero(t, state.Next)

		stop()
		pass(time.Minute)
		require.Len(t, second.visits(), 1)
		assert.Equal(t, "page 2", second.visits()[0].cursor)
		assert.Equal(t, collect.StatusOK, two.State()[0].State)
	})
}

func TestAnInstanceWithNewSettingsGoesOnWhereTheOldOneWasStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		old := &script{steps: []step{then(page(1), page(2), lasting(10*time.Hour), page(3))}}
		next := &script{steps: []step{page(3)}}
		stop := started(t, collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("github", old)}}))
		successor := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("github", next)}})
		defer started(t, successor)()
		pass(5 * time.Second)
		assert.Equal(t, collect.StatusWaiting, successor.State()[0].State)

		stopped := time.Now()
		stop()
		assert.Zero(t, time.Since(stopped), "a run ends with its context")
		pass(8 * time.Second)
		require.Len(t, next.visits(), 1)
		assert.Equal(t, "page 2", next.visits()[0].cursor)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 3}, storetest.Counts(t, shared))
	})
}

func TestTheLeaseOfAnInstanceThatDiedIsTakenOverWhenItRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		_, err := shared.Acquire(t.Context(), "github", "an instance that died", time.Minute)
		require.NoError(t, err)
		github := &script{steps: []step{nothing}}
		c := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("github", github)}})
		defer started(t, c)()
		pass(59 * time.Second)
		assert.Empty(t, github.visits())
		pass(2 * time.Second)
		assert.Len(t, github.visits(), 1, "at once, and not when it would have asked again")
	})
}

// flaky is a store that can be cut off from renewing leases.
type flaky struct {
	*memory.Store
	cutOff atomic.Bool
}

func (f *flaky) Acquire(ctx context.Context, source, holder string, lasting time.Duration) (store.Lease, error) {
	if f.cutOff.Load() {
		return store.Lease{}, errors.New("the store cannot be reached")
	}
	return f.Store.Acquire(ctx, source, holder, lasting)
}

func TestAnInstanceThatLostItsLeaseWritesNothingMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		slow := &flaky{Store: shared}
		first := &script{steps: []step{then(page(1), lasting(5*time.Minute), page(99)), nothing}}
		second := &script{steps: []step{page(2), nothing}}
		one := collect.New(collect.Options{Store: slow, Sources: []collect.Source{named("github", first)}})
		two := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("github", second)}})
		defer started(t, one)()
		defer started(t, two)()

		slow.cutOff.Store(true)
		pass(4 * time.Minute)
		assert.Len(t, second.visits(), 1, "the lease ran out")
		pass(2 * time.Minute)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 2}, storetest.Counts(t, shared), "what the first had to say came too late")
		cursor, err := shared.Cursor(t.Context(), "github")
		require.NoError(t, err)
		assert.Contains(t, string(cursor), `"cursor":"`+base64.StdEncoding.EncodeToString([]byte("page 2"))+`"`)
		assert.Equal(t, collect.StatusFailing, one.State()[0].State)
		assert.Contains(t, one.State()[0].Message, "the store cannot be reached")

		slow.cutOff.Store(false)
		pass(time.Minute)
		assert.Equal(t, collect.StatusWaiting, one.State()[0].State)
		assert.Len(t, first.visits(), 1)
	})
}

func TestARunEndsWhenItsRenewerLearnsThatTheLeaseIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		slow := &flaky{Store: shared}
		var why error
		github := &script{steps: []step{func(ctx context.Context, _ source.Request) error {
			<-ctx.Done()
			why = context.Cause(ctx)
			return ctx.Err()
		}}}
		c := collect.New(collect.Options{Store: slow, Sources: []collect.Source{named("github", github)}})
		defer started(t, c)()
		slow.cutOff.Store(true)
		pass(2 * time.Minute)
		_, err := shared.Acquire(t.Context(), "github", "another", time.Hour)
		require.NoError(t, err)
		slow.cutOff.Store(false)
		pass(30 * time.Second)
		require.ErrorIs(t, why, store.ErrLeaseLost)
		assert.Equal(t, collect.StatusWaiting, c.State()[0].State)
		assert.Empty(t, c.State()[0].Errors)
	})
}

func TestCollectorsOnAFileHandOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "live-dora.db")
	var visits []visit
	for number := 1; number <= 3; number++ {
		kept, err := sqlite.Open(t.Context(), path, "team")
		require.NoError(t, err)
		changed := make(chan struct{}, 1)
		github := &script{steps: []step{then(page(number), lasting(time.Hour))}}
		c := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", github)}, Changed: func() { changed <- struct{}{} }})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- c.Run(ctx) }() // ends with stop
		<-changed
		stop()
		require.NoError(t, <-ended)
		visits = append(visits, github.visits()...)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: number}, storetest.Counts(t, kept))
		require.NoError(t, kept.Close())
	}
	require.Len(t, visits, 3)
	assert.Equal(t, []string{"", "page 1", "page 2"}, []string{visits[0].cursor, visits[1].cursor, visits[2].cursor})
}

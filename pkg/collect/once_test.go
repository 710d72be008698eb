package collect_test

import (
	"context"
	"encoding/json"
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
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

func TestOnceSumsUpEverySource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		github := &script{steps: []step{then(page(1), page(2), lasting(1500*time.Millisecond), failing("example-health/records")), nothing}}
		pagerduty := &script{steps: []step{nothing}}
		c := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", github), named("pagerduty", pagerduty)}})

		summary, err := c.Once(t.Context())
		var failed *source.Error
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, "example-health/records", failed.Part)
		line, err := json.Marshal(summary)
		require.NoError(t, err)
		assert.Equal(t, `{"sources":[`+
			`{"id":"github","type":"scripted","events":{"deployment":2},"requests":2,"points":3,`+
			`"errors":["github (example-health/records): the token may not read this"],"durationSeconds":1.5},`+
			`{"id":"pagerduty","type":"scripted","events":{},"requests":0,"points":0,"errors":[],"durationSeconds":0}],`+
			`"ok":false}`, string(line))
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 2}, storetest.Counts(t, kept))

		summary, err = c.Once(t.Context())
		require.NoError(t, err)
		assert.True(t, summary.OK)
		assert.Empty(t, summary.Sources[0].Events, "nothing new")
		assert.Zero(t, summary.Sources[0].Requests, "of this run alone")
		assert.Equal(t, "page 2", github.visits()[1].cursor)
		_, err = kept.Acquire(t.Context(), "github", "another", time.Minute)
		require.NoError(t, err, "the lease was given back")
	})
}

func TestOnceWithoutSourcesIsFine(t *testing.T) {
	summary, err := collect.New(collect.Options{Store: memory.New()}).Once(t.Context())
	require.NoError(t, err)
	line, err := json.Marshal(summary)
	require.NoError(t, err)
	assert.Equal(t, `{"sources":[],"ok":true}`, string(line))
}

func TestOnceGivesUpOnASourceThatAnotherInstanceGoesOnCollecting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		running := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("github", &script{steps: []step{nothing}})}})
		defer started(t, running)()

		pagerduty := &script{steps: []step{nothing}}
		summary, err := collect.New(collect.Options{Store: shared, Sources: []collect.Source{
			named("github", &script{steps: []step{nothing}}), named("pagerduty", pagerduty),
		}}).Once(t.Context())
		require.ErrorIs(t, err, store.ErrLeaseHeld)
		assert.False(t, summary.OK)
		assert.Equal(t, []string{"github: the source was not read [another instance collects this source]"}, summary.Sources[0].Errors)
		assert.Empty(t, summary.Sources[1].Errors)
		assert.Len(t, pagerduty.visits(), 1)
	})
}

func TestOnceEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", &script{steps: []step{lasting(time.Hour)}})}})
		summary, err := c.Once(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		assert.False(t, summary.OK)
		assert.Len(t, summary.Sources[0].Errors, 1)
		assert.InDelta(t, 60, summary.Sources[0].DurationSeconds, 0)
	})
}

func TestAnEventThatCannotHaveBeenCostsOneEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		impossible, after := deployment(2), deployment(3)
		impossible.Statuses[0].At = time.Date(-1200, 1, 1, 0, 0, 0, 0, time.UTC)
		s := &script{steps: []step{func(ctx context.Context, request source.Request) error {
			return request.Emit(ctx, source.Batch{Events: []dora.Event{deployment(1), impossible, after}})
		}, page(4)}}
		c := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", s)}})
		_, err := c.Once(t.Context())
		require.NoError(t, err)
		stored := 0
		for change, err := range kept.Changes(t.Context(), 0) {
			require.NoError(t, err)
			assert.NotEqual(t, impossible.ID, change.Event.Head().ID)
			stored++
		}
		assert.Equal(t, 2, stored)
		assert.Equal(t, 1, c.State()[0].LeftOut)
		assert.Contains(t, c.State()[0].Message, "1 events that are left out")
		_, err = c.Once(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "Up to date.", c.State()[0].Message)
	})
}

func TestWhatASourceRemarksIsSaidWhereAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		remark := "Access rules hide 2 of 40 records of incident."
		s := &script{steps: []step{func(_ context.Context, request source.Request) error {
			request.Report(source.Progress{Requests: 3})
			request.Report(source.Progress{Requests: 4, Remark: remark})
			return nil
		}, page(1)}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("servicenow", s)}})
		_, err := c.Once(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "Up to date. "+remark, c.State()[0].Message)
		assert.Equal(t, collect.StatusOK, c.State()[0].State)
		_, err = c.Once(t.Context())
		require.NoError(t, err)
		assert.Equal(t, "Up to date.", c.State()[0].Message, "the next run has nothing to remark")
	})
}

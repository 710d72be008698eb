package collect_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

func TestSourcesAreReadHourlyButNotInStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		github := &script{steps: []step{then(page(1), lasting(10*time.Minute)), page(2), nothing}}
		pagerduty := &script{steps: []step{nothing}}
		c := collect.New(collect.Options{
			Store: memory.New(), Sources: []collect.Source{named("github", github), named("pagerduty", pagerduty)}, Every: time.Hour, Backfill: 90 * 24 * time.Hour,
		})
		assert.Equal(t, collect.StatusIdle, c.State()[0].State)
		defer started(t, c)()
		pass(5*time.Hour + 30*time.Minute)

		visits := github.visits()
		require.Len(t, visits, 6)
		assert.Equal(t, began, visits[0].at, "the first run is at once")
		assert.Equal(t, began.AddDate(0, 0, -90), visits[0].since)
		assert.Equal(t, []string{"", "page 1", "page 2"}, []string{visits[0].cursor, visits[1].cursor, visits[2].cursor})
		for _, gap := range append(github.gaps(), pagerduty.gaps()...) {
			assert.GreaterOrEqual(t, gap, time.Hour)
			assert.LessOrEqual(t, gap, 63*time.Minute)
		}
		assert.NotEqual(t, github.gaps()[1], pagerduty.gaps()[1])

		state := c.State()[0]
		assert.Equal(t, collect.StatusOK, state.State)
		assert.Equal(t, visits[5].at, state.LastSuccess)
		assert.Equal(t, visits[5].at.Add(github.gaps()[1]), state.Next)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 2}, state.Events)
		assert.Equal(t, []int{4, 6}, []int{state.Requests, state.Points}, "all runs together")
	})
}

// fleeting is a source whose system shows things for a minute.
type fleeting struct{ *script }

func (fleeting) Every() time.Duration { return time.Minute }

func TestASourceThatShowsThingsForAShortWhileIsReadMoreOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		argo, github := &script{steps: []step{nothing}}, &script{steps: []step{nothing}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("argo", fleeting{argo}), named("github", github)}, Every: time.Hour})
		defer started(t, c)()
		pass(30*time.Minute + 30*time.Second)
		assert.Len(t, github.visits(), 1)
		for _, gap := range argo.gaps() {
			assert.GreaterOrEqual(t, gap, time.Minute)
			assert.LessOrEqual(t, gap, 63*time.Second)
		}
		assert.Greater(t, len(argo.visits()), 25)
	})
}

func TestAFailureKeepsWhatCameAndIsTriedAgainLessAndLessOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		broken := then(page(1), failing("example-health/records"))
		github := &script{steps: []step{broken, broken, broken, broken, broken, broken, broken, broken, nothing, broken, nothing}}
		c := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()

		state := c.State()[0]
		assert.Equal(t, collect.StatusFailing, state.State)
		assert.Equal(t, "github (example-health/records): the token may not read this", state.Message)
		assert.Equal(t, []*source.Error{failure("example-health/records")}, state.Errors)
		assert.Zero(t, state.LastSuccess)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 1}, storetest.Counts(t, kept))

		pass(3*time.Hour + 30*time.Minute)
		gaps := github.gaps()
		require.Len(t, gaps, 8)
		for i, minutes := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			assert.Greater(t, gaps[i], minutes*time.Minute, "sources that failed together do not come back together")
			assert.LessOrEqual(t, gaps[i], minutes*time.Minute*21/20)
		}
		assert.Equal(t, "page 1", github.visits()[1].cursor)
		state = c.State()[0]
		assert.Equal(t, collect.StatusOK, state.State)
		assert.Equal(t, github.visits()[8].at, state.LastSuccess)
		assert.Empty(t, state.Errors)

		pass(time.Hour + 10*time.Minute)
		require.Len(t, github.gaps(), 10)
		assert.Equal(t, gaps[0], github.gaps()[9], "after a success, patience begins anew")
	})
}

func TestEachPartThatFailedIsListed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		github := &script{steps: []step{nothing, func(context.Context, source.Request) error {
			return errors.Join(failure("example-health/api"), failure("example-health/records"))
		}}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()
		success := c.State()[0].LastSuccess
		assert.Equal(t, time.Now(), success)
		pass(time.Hour + 5*time.Minute)

		state := c.State()[0]
		assert.Equal(t, collect.StatusFailing, state.State)
		assert.Len(t, state.Errors, 2)
		assert.Equal(t, "github (example-health/api): the token may not read this (and 1 more)", state.Message)
		assert.Equal(t, success, state.LastSuccess, "a failed run does not move it")
		assert.True(t, state.LastAttempt.After(success))
	})
}

func TestAFailureOfSomePartsIsToldFromOneOfAll(t *testing.T) {
	offline := &source.Error{Cause: source.CauseNetwork, Source: "github", Part: "example-health/api", Advice: "GitHub cannot be reached"}
	for _, c := range []struct {
		parts    int
		failures []error
		inPart   bool
	}{
		{3, []error{failure("example-health/api"), failure("example-health/api"), failure("example-health/records")}, true},
		{2, []error{failure("example-health/api"), failure("example-health/records")}, false},
		{1, []error{failure("example-health/api")}, false},
		{3, []error{failure("")}, false},
		{3, []error{failure("example-health/records"), offline}, false},
		{0, []error{failure("example-health/api")}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			github := &script{steps: []step{func(_ context.Context, request source.Request) error {
				request.Report(source.Progress{Parts: c.parts})
				return errors.Join(c.failures...)
			}, then(lasting(time.Minute), nothing)}}
			collector := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour})
			defer started(t, collector)()
			assert.Equal(t, c.inPart, collector.State()[0].InPart, "%v", c)
			collector.Refresh()
			pass(time.Second)
			assert.Equal(t, c.inPart, collector.State()[0].InPart, "nothing is known yet of the run that is on")
			pass(time.Minute)
			assert.False(t, collector.State()[0].InPart)
		})
	}
}

func TestASourceThatIsTriedAgainStillSaysWhatFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const says = "github (example-health/api): the token may not read this"
		github := &script{steps: []step{failing("example-health/api"), then(lasting(time.Minute), failing("example-health/api")), lasting(time.Minute)}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()
		for range 2 {
			assert.Equal(t, collect.StatusFailing, c.State()[0].State)
			assert.Equal(t, says, c.State()[0].Failure)
			c.Refresh()
			pass(time.Second)
			assert.Equal(t, collect.StatusCollecting, c.State()[0].State)
			assert.Equal(t, "Reading.", c.State()[0].Message)
			assert.Equal(t, says, c.State()[0].Failure, "nothing is better yet")
			pass(time.Minute)
		}
		assert.Equal(t, collect.StatusOK, c.State()[0].State)
		assert.Empty(t, c.State()[0].Failure)
	})
}

func TestProgressAndWaitingAreShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		limited := time.Now().Add(40 * time.Minute)
		github := &script{steps: []step{func(ctx context.Context, request source.Request) error {
			request.Report(source.Progress{Part: "example-health/api", Done: 1, Total: 4, Requests: 7, Points: 70})
			_ = lasting(10*time.Minute)(ctx, request)
			request.Report(source.Progress{Part: "example-health/api", Done: 2, Total: 4, Requests: 8, Points: 80, WaitingUntil: limited})
			_ = lasting(30*time.Minute)(ctx, request)
			request.Report(source.Progress{Part: "example-health/records", Requests: 9, Points: 90})
			return lasting(10*time.Minute)(ctx, request)
		}}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()

		state := c.State()[0]
		assert.Equal(t, collect.StatusCollecting, state.State)
		assert.Equal(t, "Reading example-health/api (1 of 4).", state.Message)
		assert.InDelta(t, 0.25, state.Progress, 0)
		assert.Equal(t, 7, state.Requests)
		assert.Zero(t, state.Next)

		pass(20 * time.Minute)
		state = c.State()[0]
		assert.Equal(t, collect.StatusWaiting, state.State)
		assert.Equal(t, "The rate limit is used up until 00:40:00 UTC.", state.Message)
		assert.Equal(t, limited, state.WaitingUntil)
		assert.InDelta(t, 0.5, state.Progress, 0)

		pass(25 * time.Minute)
		state = c.State()[0]
		assert.Equal(t, collect.StatusCollecting, state.State)
		assert.Equal(t, "Reading example-health/records.", state.Message)
		assert.Zero(t, state.Progress, "unknown")
		assert.Zero(t, state.WaitingUntil)

		pass(10 * time.Minute)
		state = c.State()[0]
		assert.Equal(t, collect.StatusOK, state.State)
		assert.Equal(t, "Up to date.", state.Message)
		assert.InDelta(t, 1, state.Progress, 0)
		assert.Equal(t, []int{9, 90}, []int{state.Requests, state.Points})
	})
}

func TestARefreshRunsAtOnceAndManyAreOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		github := &script{steps: []step{nothing, lasting(time.Minute), nothing}}
		pagerduty := &script{steps: []step{nothing}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github), named("pagerduty", pagerduty)}, Every: time.Hour})
		defer started(t, c)()
		pass(time.Minute)
		require.Len(t, github.visits(), 1)

		c.Refresh("github", "no such source")
		pass(30 * time.Second)
		require.Len(t, github.visits(), 2)
		for range 5 {
			c.Refresh("github") // while it runs
		}
		pass(10 * time.Minute)
		assert.Len(t, github.visits(), 3, "once more after the run, for all five")
		assert.Len(t, pagerduty.visits(), 1)

		c.Refresh()
		synctest.Wait()
		assert.Len(t, github.visits(), 4)
		assert.Len(t, pagerduty.visits(), 2)
	})
}

func TestARefreshDoesNotWaitForTheNextRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		github := &script{steps: []step{failing(""), nothing}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()
		assert.Equal(t, collect.StatusFailing, c.State()[0].State)
		c.Refresh()
		synctest.Wait()
		assert.Equal(t, collect.StatusOK, c.State()[0].State)
	})
}

func TestFollowersAreToldWhenTheStoreChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := 0
		same := deployment(1)
		again := func(ctx context.Context, request source.Request) error {
			return request.Emit(ctx, source.Batch{Events: []dora.Event{same}, Cursor: []byte("page 1")})
		}
		github := &script{steps: []step{then(again, again), again, page(2)}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour, Changed: func() { told++ }})
		stop := started(t, c)
		pass(2*time.Hour + 10*time.Minute)
		stop()
		require.Len(t, github.visits(), 3)
		assert.Equal(t, 2, told)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 2}, c.State()[0].Events)
	})
}

func TestAPanicIsAFailureOfItsSourceAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const secret = "ghp_secret"
		kept := memory.New()
		var none map[string]int
		github := &script{steps: []step{
			then(page(1), func(context.Context, source.Request) error { none["x"]++; return nil }),
			func(context.Context, source.Request) error { panic(secret) },
			nothing,
		}}
		pagerduty := &script{steps: []step{nothing}}
		c := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", github), named("pagerduty", pagerduty)}, Every: time.Hour})
		defer started(t, c)()

		states := c.State()
		assert.Equal(t, collect.StatusFailing, states[0].State)
		assert.Contains(t, states[0].Message, "a defect in Live DORA")
		assert.Contains(t, states[0].Message, "nil map")
		assert.Equal(t, collect.StatusOK, states[1].State)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 1}, storetest.Counts(t, kept))

		pass(2 * time.Minute)
		assert.NotContains(t, c.State()[0].Message, secret)
		assert.Contains(t, c.State()[0].Message, "a value of type string")
		pass(3 * time.Minute)
		assert.Equal(t, collect.StatusOK, c.State()[0].State)
	})
}

func TestACollectorRunsOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", &script{steps: []step{nothing}})}})
		stop := started(t, c)
		require.Error(t, c.Run(t.Context()))
		_, err := c.Once(t.Context())
		require.Error(t, err)
		stop()
		_, err = c.Once(t.Context())
		require.NoError(t, err)
	})
}

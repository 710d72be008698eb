package collect_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/store/memory"
)

func TestTheBooksTellWhatCollectionCostAndWhatWentWrong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		renewed := time.Now().Add(time.Hour)
		github := &script{steps: []step{
			func(ctx context.Context, request source.Request) error {
				request.Report(source.Progress{Requests: 4, Points: 6, Limit: source.Limit{Total: 5000, Remaining: 1250, Reset: renewed}})
				request.Report(source.Progress{Requests: 5, Points: 7})
				return errors.Join(lasting(2*time.Minute)(ctx, request), failure("example-health/api"), failure("example-health/records"))
			},
			failing("example-health/api"),
			then(page(1), lasting(30*time.Second)),
			lasting(time.Hour),
		}}
		var spans []string
		c := collect.New(collect.Options{
			Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour,
			Trace: func(ctx context.Context, id string) (context.Context, func(error)) {
				return ctx, func(err error) {
					outcome := "read"
					if err != nil {
						outcome = "not read"
					}
					spans = append(spans, id+" "+outcome)
				}
			},
		})
		stop := started(t, c)
		pass(2 * time.Minute)
		state := c.State()[0]
		assert.Equal(t, collect.Runs{Failed: 1, FailedInRow: 1}, state.Runs)
		assert.Equal(t, map[source.Cause]int{source.CausePermission: 2}, state.Causes)
		assert.Equal(t, collect.Run{Duration: 2 * time.Minute, Requests: 5, Points: 7}, state.LastRun)
		assert.Equal(t, source.Limit{Total: 5000, Remaining: 1250, Reset: renewed}, state.Limit, "a report without a limit keeps what is known")
		left, known := state.Limit.Left()
		assert.True(t, known)
		assert.InDelta(t, 0.25, left, 0)

		pass(4 * time.Minute)
		state = c.State()[0]
		assert.Equal(t, collect.Runs{Succeeded: 1, Failed: 2}, state.Runs, "a success ends the row of failures")
		assert.Equal(t, map[source.Cause]int{source.CausePermission: 3}, state.Causes)
		assert.Equal(t, 2*time.Minute+30*time.Second, state.Spent)

		pass(65 * time.Minute)
		stop()
		assert.Equal(t, collect.Runs{Succeeded: 1, Failed: 2, Interrupted: 1}, c.State()[0].Runs)
		assert.Equal(t, []string{"github not read", "github not read", "github read", "github not read"}, spans)
	})
}

func TestALimitThatIsNotToldHasNothingLeftToTell(t *testing.T) {
	_, known := source.Limit{}.Left()
	assert.False(t, known)
}

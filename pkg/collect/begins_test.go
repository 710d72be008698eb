package collect_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/store/memory"
)

// recent is a source that shows the newest of its incidents only, as its first page tells.
type recent struct{ *script }

var oldest = time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)

func (recent) Begins(cursor []byte) time.Time {
	if string(cursor) == "page 1" {
		return oldest
	}
	return time.Time{}
}

func TestASourceThatShowsTheNewestIncidentsSaysSinceWhenAlsoAfterAStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		open := func(steps ...step) *collect.Collector {
			return collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("status", recent{&script{steps: steps}})}})
		}
		c := open(page(1))
		assert.Zero(t, c.State()[0].Begins, "nothing was read")
		_, err := c.Once(t.Context())
		require.NoError(t, err)
		assert.Equal(t, oldest, c.State()[0].Begins)
		const said = "Up to date. Its incidents are known since 2026-03-01 10:00 UTC, since no earlier ones are shown."
		assert.Equal(t, said, c.State()[0].Message)

		late := open(page(2))
		require.NoError(t, late.Recall(t.Context()))
		assert.Equal(t, oldest, late.State()[0].Begins)
		assert.Equal(t, said, late.State()[0].Message)
		_, err = late.Once(t.Context())
		require.NoError(t, err)
		assert.Zero(t, late.State()[0].Begins, "now they are all known")
	})
}

func TestAnInstanceThatFollowsKnowsWhatTheOtherHasRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := memory.New()
		leader := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("status", recent{&script{steps: []step{then(lasting(5*time.Minute), page(1))}}})}})
		follower := collect.New(collect.Options{Store: shared, Sources: []collect.Source{named("status", recent{&script{steps: []step{nothing}}})}})
		defer started(t, leader)()
		defer started(t, follower)()
		pass(time.Minute)
		assert.True(t, follower.State()[0].LastSuccess.IsZero())
		pass(5 * time.Minute)
		assert.Equal(t, oldest, follower.State()[0].Begins)
		assert.False(t, follower.State()[0].LastSuccess.IsZero())
	})
}

package collect_test

import (
	"context"
	"fmt"
	"strings"
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

// asked are the parts of each run; * where it was everything.
type asked struct {
	script
	parts []string
}

func (a *asked) Collect(ctx context.Context, request source.Request) error {
	parts := strings.Join(request.Only, " ")
	if parts == "" {
		parts = "*"
	}
	a.mu.Lock()
	a.parts = append(a.parts, parts)
	a.mu.Unlock()
	return a.script.Collect(ctx, request)
}

func TestPartsAreReadSoonTogetherAndNotTooOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		github := &asked{script: script{steps: []step{page(1), page(2)}}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()
		next, success := c.State()[0].Next, c.State()[0].LastSuccess
		pass(time.Minute)

		c.RefreshParts("github", "example-health/web")
		c.RefreshParts("github", "example-health/api", "example-health/web")
		c.RefreshParts("unheard of", "example-health/api")
		c.RefreshParts("github")
		pass(1500 * time.Millisecond)
		assert.Equal(t, []string{"*", "example-health/api example-health/web"}, github.parts)
		for range 30 { // a webhook a second
			c.RefreshParts("github", "example-health/api")
			pass(time.Second)
		}
		assert.InDelta(t, 5, len(github.parts), 1, "not more often than every ten seconds")
		assert.Equal(t, next, c.State()[0].Next, "the schedule stays")
		assert.Equal(t, success, c.State()[0].LastSuccess, "not everything was read")
		assert.Equal(t, collect.StatusOK, c.State()[0].State)
		assert.InDelta(t, 1, c.State()[0].Progress, 0, "what is up to date is whole")

		pass(time.Minute)
		had := len(github.parts)
		var many []string
		for i := range 60 {
			many = append(many, fmt.Sprintf("example-health/repository-%d", i))
		}
		c.RefreshParts("github", many...)
		pass(15 * time.Second)
		assert.Equal(t, []string{"*"}, github.parts[had:], "so many that looking at everything costs less")
	})
}

func TestPartsOfASourceThatWasNeverReadWaitForItsFirstRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		github := &asked{script: script{steps: []step{failing("example-health"), page(1)}}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()
		c.RefreshParts("github", "example-health/api")
		pass(5 * time.Second)
		assert.Equal(t, []string{"*"}, github.parts)
		assert.Equal(t, collect.StatusFailing, c.State()[0].State)
		pass(2 * time.Minute)
		assert.Equal(t, []string{"*", "*"}, github.parts)
	})
}

func TestAPartThatFailsIsTriedAgainWithEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		github := &asked{script: script{steps: []step{page(1), failing("example-health/api"), page(2)}}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: 24 * time.Hour})
		defer started(t, c)()
		c.RefreshParts("github", "example-health/api")
		pass(3 * time.Minute)
		assert.Equal(t, []string{"*", "example-health/api", "*"}, github.parts)
	})
}

func TestASourceIsReadAgainFromADateEvenWhileItIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		github := &script{steps: []step{then(page(1), lasting(time.Hour), page(2)), then(page(3), lasting(time.Minute)), nothing}}
		c := collect.New(collect.Options{Store: memory.New(), Sources: []collect.Source{named("github", github)}, Every: 2 * time.Hour, Backfill: 30 * 24 * time.Hour})
		defer started(t, c)()
		pass(time.Minute)
		from := time.Now().AddDate(0, 0, -3)
		require.NoError(t, c.Again(t.Context(), "github", from))
		require.ErrorIs(t, c.Again(t.Context(), "gitlab", from), collect.ErrUnknownSource)
		pass(4 * time.Hour)
		visits := github.visits()
		require.GreaterOrEqual(t, len(visits), 3)
		assert.Empty(t, visits[1].cursor, "from its beginning")
		assert.True(t, visits[1].since.Equal(from))
		assert.Equal(t, "page 3", visits[2].cursor)
		assert.True(t, visits[2].since.Before(from), "and from then on as ever")
		assert.Less(t, visits[1].at.Sub(visits[0].at), 2*time.Minute, "the run that was under way is ended")
	})
}

func TestAForgottenSourceIsGoneAndReadAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		github := &script{steps: []step{page(1), nothing, page(2)}}
		c := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", github)}, Every: time.Hour})
		defer started(t, c)()
		_, err := kept.Apply(t.Context(), store.Batch{Events: []dora.Event{deployment(7)}})
		require.NoError(t, err)
		forgotten, err := c.Forget(t.Context(), "github")
		require.NoError(t, err)
		assert.Equal(t, 2, forgotten)
		assert.Empty(t, storetest.Counts(t, kept))
		pass(time.Minute)
		assert.Equal(t, map[dora.Kind]int{dora.KindDeployment: 1}, storetest.Counts(t, kept))
		visits := github.visits()
		assert.Empty(t, visits[len(visits)-1].cursor)
	})
}

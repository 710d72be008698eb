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

func TestALaterProcessKnowsWhenASourceWasLastRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		read := func(s *script) *collect.Collector {
			return collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", s)}})
		}
		_, err := read(&script{steps: []step{then(page(1), failing("example-health/records"))}}).Once(t.Context())
		require.Error(t, err)
		early := read(&script{})
		require.NoError(t, early.Recall(t.Context()))
		assert.True(t, early.State()[0].LastSuccess.IsZero(), "it was never read to the end")

		_, err = read(&script{steps: []step{page(2)}}).Once(t.Context())
		require.NoError(t, err)
		finished := time.Now()
		time.Sleep(time.Hour)
		late := read(&script{})
		require.NoError(t, late.Recall(t.Context()))
		assert.True(t, finished.Equal(late.State()[0].LastSuccess))
		assert.Equal(t, "Up to date.", late.State()[0].Message)
	})
}

func TestALongerBackfillReadsTheSourceAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := memory.New()
		s := &script{steps: []step{page(1), nothing, nothing, nothing}}
		read := func(backfill time.Duration) {
			_, err := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", s)}, Backfill: backfill}).Once(t.Context())
			require.NoError(t, err)
			time.Sleep(30 * 24 * time.Hour)
		}
		read(90 * 24 * time.Hour)
		read(90 * 24 * time.Hour)
		assert.Equal(t, "page 1", s.visits()[1].cursor, "the same reach goes on")
		read(365 * 24 * time.Hour)
		assert.Empty(t, s.visits()[2].cursor, "what was never asked for is read now")
		read(30 * 24 * time.Hour)
		assert.Empty(t, s.visits()[3].cursor, "the script handed over no cursor since")
	})
}

func TestABookmarkThatIsDamagedIsReadFromTheBeginning(t *testing.T) {
	for _, damaged := range []string{"\x00", "{", "null and void", `{"since":"9999-01-01T00:00:00Z"}`, `{"since":"2000-01-01T00:00:00Z","finished":"2200-01-01T00:00:00Z"}`, `{"cursor":7}`} {
		synctest.Test(t, func(t *testing.T) {
			kept := memory.New()
			require.NoError(t, kept.Rewind(t.Context(), "github", []byte(damaged)))
			s := &script{steps: []step{page(1)}}
			c := collect.New(collect.Options{Store: kept, Sources: []collect.Source{named("github", s)}})
			require.NoError(t, c.Recall(t.Context()), "it ends nothing: %s", damaged)
			assert.True(t, c.State()[0].LastSuccess.IsZero())
			_, err := c.Once(t.Context())
			require.NoError(t, err)
			assert.Empty(t, s.visits()[0].cursor)
		})
	}
}

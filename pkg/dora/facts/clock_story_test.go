package facts_test

import (
	"math/rand"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func at(clock string) time.Time {
	t, err := time.Parse(time.TimeOnly, clock)
	if err != nil {
		panic(err)
	}
	return doratest.Monday.Add(t.Sub(t.Truncate(24 * time.Hour)))
}

func TestWhatLandsFinishesInTheOrderInWhichItLanded(t *testing.T) {
	for name, story := range map[string]struct{ clocks, finish []string }{
		"two minutes fast": {
			[]string{"09:00:00", "10:02:00", "10:01:00", "11:00:00"},
			[]string{"09:00:00", "10:02:00", "10:02:00", "11:00:00"},
		},
		"an hour slow": {
			[]string{"09:00:00", "10:00:00", "09:05:00", "10:05:00"},
			[]string{"09:00:00", "10:00:00", "10:00:00", "10:05:00"},
		},
		"fast by more than two others": {
			[]string{"09:00:00", "15:00:00", "10:00:00", "11:00:00", "16:00:00"},
			[]string{"09:00:00", "15:00:00", "15:00:00", "15:00:00", "16:00:00"},
		},
		"all within one second": {
			[]string{"09:00:00", "09:00:00", "09:00:00"},
			[]string{"09:00:00", "09:00:00", "09:00:00"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			repo := doratest.NewRepo(t)
			var wanted []string
			for i, clock := range story.clocks {
				name := string(rune('a' + i))
				repo.Land(name, at(clock))
				wanted = append(wanted, doratest.SHA(name)+" "+stamp(at(story.finish[i])))
			}
			rand.New(rand.NewSource(1)).Shuffle(len(repo.Events), func(i, j int) { //nolint:gosec // any order will do
				repo.Events[i], repo.Events[j] = repo.Events[j], repo.Events[i]
			})
			var landed []string
			for _, d := range repo.Facts().Deployments {
				assert.False(t, d.Rollback, "pushes cannot go back")
				assert.False(t, d.Failed())
				assert.Empty(t, d.Rework)
				landed = append(landed, d.Event.SHA+" "+stamp(d.Finished))
			}
			assert.Equal(t, wanted, landed)
		})
	}
}

func TestATimeThatHasNotComeTakesNothingWithIt(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Land("a", at("09:00:00"))
	repo.Land("future", time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC))
	repo.Land("b", at("11:00:00"))
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	head := &dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)}
	head.Updated = at("12:00:00") // when the head was read
	h.Apply(head)
	var finished []time.Time
	for _, d := range h.Derive(repo.Def).Services[0].Deployments {
		finished = append(finished, d.Finished)
	}
	assert.Equal(t, []time.Time{at("09:00:00"), at("09:00:00"), at("11:00:00")}, finished)
}

func TestALandingIsDatedAgainWhenMoreOfItsHistoryComes(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Land("fast", at("10:02:00"))
	repo.Land("b", at("10:01:00"))
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
	h.Apply(repo.Events[2:]...) // the newest is read first
	require.Equal(t, at("10:01:00"), h.Derive(repo.Def).Services[0].Deployments[0].Finished)
	h.Apply(repo.Events[:2]...)
	f := h.Derive(repo.Def).Services[0]
	assert.Equal(t, doratest.SHA("b"), f.Deployments[1].Event.SHA)
	assert.Equal(t, at("10:02:00"), f.Deployments[1].Finished)
	h = restarted(t, h, repo.Mapping, repo.Def, true)
	assert.Equal(t, at("10:02:00"), h.Derive(repo.Def).Services[0].Deployments[1].Finished, "also after a start")
}

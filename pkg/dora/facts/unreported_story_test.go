package facts_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// day is the beginning of the nth day of a story, from 0.
func day(n float64) time.Time { return doratest.Hour(24 * n) }

func TestARunThatNobodyReportsOnIsCountedAfterAWeek(t *testing.T) {
	for name, story := range map[string]struct {
		statuses []dora.DeploymentStatus
		lastWord time.Time
	}{
		"no status at all":     {nil, day(1)},
		"only inactive":        {[]dora.DeploymentStatus{{State: dora.StateRetired, At: day(2)}}, day(2)},
		"pending for ever":     {[]dora.DeploymentStatus{{State: dora.StateWaiting, At: day(1)}}, day(1)},
		"running for ever":     {[]dora.DeploymentStatus{{State: dora.StateWaiting, At: day(1)}, {State: dora.StateRunning, At: day(3)}}, day(3)},
		"retired while it ran": {[]dora.DeploymentStatus{{State: dora.StateRunning, At: day(1)}, {State: dora.StateRetired, At: day(4)}}, day(4)},
	} {
		t.Run(name, func(t *testing.T) {
			repo := doratest.Versions(t)
			run := repo.Deploy("production", "V1", day(1))
			run.Created, run.Statuses = day(1), story.statuses
			s := repo.Snapshot()
			all := func(now time.Time) map[facts.Reason]int { return s.Unmeasured(nil, time.Time{}, time.Time{}, now) }
			due := story.lastWord.Add(7 * 24 * time.Hour)
			assert.Empty(t, all(due.Add(-time.Second)), "it may still say something")
			assert.Equal(t, map[facts.Reason]int{facts.ReasonUnreportedRun: 1}, all(due), "without any new event")
			f := s.Services[0]
			assert.Empty(t, f.UnmeasuredBy(due.Add(-time.Second)))
			assert.Equal(t, map[facts.Reason]int{facts.ReasonUnreportedRun: 1}, f.UnmeasuredBy(due))
			assert.Equal(t, []facts.UndecidedRun{{Event: run, LastWord: story.lastWord}}, f.Unreported(due))
			assert.Equal(t, 1, f.Coverage(nil, day(0), day(9), due).Unreported)
			assert.Empty(t, f.FailedRuns)
			assert.Empty(t, f.Deployments)
		})
	}
}

func TestAnUnreportedRunCountsInTheRangeOfItsLastWord(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", day(1)).Statuses = nil
	repo.Deploy("staging", "V2", day(2)).Statuses = nil
	late := repo.Deploy("production", "V2", day(40))
	late.Statuses = []dora.DeploymentStatus{{State: dora.StateRunning, At: day(40)}}
	s := repo.Snapshot()
	in := func(from, to time.Time) int { return s.Unmeasured(nil, from, to, day(400))[facts.ReasonUnreportedRun] }
	assert.Equal(t, 2, in(day(0), day(41)), "not the one that was no production")
	assert.Equal(t, 1, in(day(0), day(40)))
	assert.Equal(t, 1, in(day(40), day(41)))
}

func TestASilentRunThatSpeaksAfterAllIsWhatItSays(t *testing.T) {
	repo := doratest.Versions(t)
	run := repo.Deploy("production", "V1", day(1))
	success := run.Statuses
	run.Statuses = nil
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	require.Equal(t, 1, h.Derive(repo.Def).Services[0].UnmeasuredBy(day(30))[facts.ReasonUnreportedRun])
	spoken := *run
	spoken.Statuses, spoken.Rank = success, 2
	h.Apply(&spoken)
	f := h.Derive(repo.Def).Services[0]
	assert.Empty(t, f.UnmeasuredBy(day(30))[facts.ReasonUnreportedRun])
	assert.Len(t, f.Deployments, 1)
}

func TestASavedHistoryKnowsItsSilentRuns(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", day(1))
	repo.Deploy("production", "V2", day(2)).Statuses = nil
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
	var file bytes.Buffer
	_, err := h.Saving(repo.Def).WriteTo(&file)
	require.NoError(t, err)
	restored, err := facts.Restore(bytes.NewReader(file.Bytes()), int64(file.Len()), repo.Mapping, repo.Def, true)
	require.NoError(t, err)
	f := restored.Derive(repo.Def).Services[0]
	assert.Equal(t, map[facts.Reason]int{facts.ReasonUnreportedRun: 1, facts.ReasonFirstDeployment: 1}, f.UnmeasuredBy(day(30)))
	assert.Empty(t, f.UnmeasuredBy(day(3))[facts.ReasonUnreportedRun])
}

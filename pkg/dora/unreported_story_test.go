package dora_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// day is the beginning of the nth day of a story, from 0.
func day(n float64) time.Time { return hour(24 * n) }

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
			repo := versions(t)
			run := repo.deploy("production", "V1", day(1))
			run.Created, run.Statuses = day(1), story.statuses
			s := repo.snapshot()
			all := func(now time.Time) map[dora.Reason]int { return s.Unmeasured(nil, time.Time{}, time.Time{}, now) }
			due := story.lastWord.Add(7 * 24 * time.Hour)
			assert.Empty(t, all(due.Add(-time.Second)), "it may still say something")
			assert.Equal(t, map[dora.Reason]int{dora.ReasonUnreportedRun: 1}, all(due), "without any new event")
			f := s.Services[0]
			assert.Empty(t, f.UnmeasuredBy(due.Add(-time.Second)))
			assert.Equal(t, map[dora.Reason]int{dora.ReasonUnreportedRun: 1}, f.UnmeasuredBy(due))
			assert.Equal(t, []dora.UndecidedRun{{Event: run, LastWord: story.lastWord}}, f.Unreported(due))
			assert.Equal(t, 1, f.Coverage(nil, day(0), day(9), due).Unreported)
			assert.Empty(t, f.FailedRuns)
			assert.Empty(t, f.Deployments)
		})
	}
}

func TestAnUnreportedRunCountsInTheRangeOfItsLastWord(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", day(1)).Statuses = nil
	repo.deploy("staging", "V2", day(2)).Statuses = nil
	late := repo.deploy("production", "V2", day(40))
	late.Statuses = []dora.DeploymentStatus{{State: dora.StateRunning, At: day(40)}}
	s := repo.snapshot()
	in := func(from, to time.Time) int { return s.Unmeasured(nil, from, to, day(400))[dora.ReasonUnreportedRun] }
	assert.Equal(t, 2, in(day(0), day(41)), "not the one that was no production")
	assert.Equal(t, 1, in(day(0), day(40)))
	assert.Equal(t, 1, in(day(40), day(41)))
}

func TestASilentRunThatSpeaksAfterAllIsWhatItSays(t *testing.T) {
	repo := versions(t)
	run := repo.deploy("production", "V1", day(1))
	success := run.Statuses
	run.Statuses = nil
	h := dora.NewHistory(repo.mapping)
	h.Apply(repo.events...)
	require.Equal(t, 1, h.Derive(repo.def).Services[0].UnmeasuredBy(day(30))[dora.ReasonUnreportedRun])
	spoken := *run
	spoken.Statuses, spoken.Rank = success, 2
	h.Apply(&spoken)
	f := h.Derive(repo.def).Services[0]
	assert.Empty(t, f.UnmeasuredBy(day(30))[dora.ReasonUnreportedRun])
	assert.Len(t, f.Deployments, 1)
}

func TestASavedHistoryKnowsItsSilentRuns(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", day(1))
	repo.deploy("production", "V2", day(2)).Statuses = nil
	h := dora.NewHistory(repo.mapping)
	h.Apply(repo.events...)
	h.Apply(&dora.Repository{Header: repo.header("repository"), Name: repo.repository, DefaultBranch: "main", HeadSHA: sha(repo.head)})
	var file bytes.Buffer
	_, err := h.Saving(repo.def).WriteTo(&file)
	require.NoError(t, err)
	restored, err := dora.Restore(bytes.NewReader(file.Bytes()), int64(file.Len()), repo.mapping, repo.def, true)
	require.NoError(t, err)
	f := restored.Derive(repo.def).Services[0]
	assert.Equal(t, map[dora.Reason]int{dora.ReasonUnreportedRun: 1, dora.ReasonFirstDeployment: 1}, f.UnmeasuredBy(day(30)))
	assert.Empty(t, f.UnmeasuredBy(day(3))[dora.ReasonUnreportedRun])
}

package dora_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestWhatCouldNotBeMeasuredIsCountedInTheRange(t *testing.T) {
	repo := versions(t)
	repo.squash(11, "V6").Author = "dependabot[bot]"
	repo.deploy("production", "V1", hour(10))
	repo.deploy("production", "V6", hour(30))
	run := repo.deploy("production", "V6", hour(50))
	run.Statuses = []dora.DeploymentStatus{{State: dora.StateFailure, At: hour(50)}}
	s := repo.snapshot()
	all := map[dora.Reason]int{dora.ReasonFirstDeployment: 1, dora.ReasonBot: 1, dora.ReasonFailedRun: 1}
	assert.Equal(t, all, s.Unmeasured(nil, time.Time{}, time.Time{}, hour(100)))
	assert.Equal(t, map[dora.Reason]int{dora.ReasonFirstDeployment: 1, dora.ReasonBot: 1}, s.Unmeasured(nil, hour(10), hour(50), hour(100)), "from is in, to is out")
	assert.Equal(t, map[dora.Reason]int{dora.ReasonFailedRun: 1}, s.Unmeasured(nil, hour(30.1), time.Time{}, hour(100)))
	assert.Empty(t, s.Unmeasured(nil, hour(51), hour(99), hour(100)))
	of := func(field dora.Field, value string) map[dora.Reason]int {
		return s.Unmeasured([]dora.Filter{{Field: field, Values: []string{value}}}, time.Time{}, time.Time{}, hour(100))
	}
	assert.Equal(t, all, of(dora.ByEnvironment, "production"))
	assert.Empty(t, of(dora.ByEnvironment, "moon"))
	assert.Empty(t, of(dora.ByService, "nobody"))
	assert.Equal(t, all, of(dora.BySeverity, "1"), "nothing of it is an incident")
}

func TestARunThatWasRunAgainCountsOnceByItsFirstSuccessOrAsUnknown(t *testing.T) {
	repo := versions(t)
	repo.deploy("production", "V1", hour(10))
	unsure := repo.deploy("production", "V2", hour(20))
	unsure.Statuses, unsure.Retried = []dora.DeploymentStatus{{State: dora.StateWaiting, At: hour(19)}}, true
	repo.deploy("production", "V3", hour(30)).Retried = true
	s := repo.snapshot()
	require.Len(t, s.Services[0].Deployments, 2, "where a success is known it does not matter what else is not")
	assert.Equal(t, map[dora.Reason]int{dora.ReasonFirstDeployment: 1, dora.ReasonRetriedRun: 1}, s.Unmeasured(nil, time.Time{}, time.Time{}, hour(40)))
	assert.Equal(t, map[dora.Reason]int{dora.ReasonRetriedRun: 1}, s.Unmeasured(nil, unsure.LastWord(), hour(30), hour(40)), "at the time at which it was made")
}

func TestRangesAddUpToAllThatCouldNotBeMeasured(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		snapshot := snapshotOf(drawMapping(draw), drawDefinition(draw), drawWorld(draw).events)
		total := map[dora.Reason]int{}
		now := worldStart.Add(time.Duration(draw("now", -200, 1000)) * time.Hour)
		for _, f := range snapshot.Services {
			for reason, n := range f.UnmeasuredBy(now) {
				total[reason] += n
			}
		}
		cut := worldStart.Add(time.Duration(draw("hours", -200, 600)) * time.Hour)
		parts := snapshot.Unmeasured(nil, time.Time{}, cut, now)
		for reason, n := range snapshot.Unmeasured(nil, cut, time.Time{}, now) {
			parts[reason] += n
		}
		require.Equal(t, total, parts)
	})
}

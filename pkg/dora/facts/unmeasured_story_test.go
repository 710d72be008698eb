package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func TestWhatCouldNotBeMeasuredIsCountedInTheRange(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Squash(11, "V6").Author = "dependabot[bot]"
	repo.Deploy("production", "V1", doratest.Hour(10))
	repo.Deploy("production", "V6", doratest.Hour(30))
	run := repo.Deploy("production", "V6", doratest.Hour(50))
	run.Statuses = []dora.DeploymentStatus{{State: dora.StateFailure, At: doratest.Hour(50)}}
	s := repo.Snapshot()
	all := map[facts.Reason]int{facts.ReasonFirstDeployment: 1, facts.ReasonBot: 1, facts.ReasonFailedRun: 1}
	assert.Equal(t, all, s.Unmeasured(nil, time.Time{}, time.Time{}, doratest.Hour(100)))
	assert.Equal(t, map[facts.Reason]int{facts.ReasonFirstDeployment: 1, facts.ReasonBot: 1}, s.Unmeasured(nil, doratest.Hour(10), doratest.Hour(50), doratest.Hour(100)), "from is in, to is out")
	assert.Equal(t, map[facts.Reason]int{facts.ReasonFailedRun: 1}, s.Unmeasured(nil, doratest.Hour(30.1), time.Time{}, doratest.Hour(100)))
	assert.Empty(t, s.Unmeasured(nil, doratest.Hour(51), doratest.Hour(99), doratest.Hour(100)))
	of := func(field dora.Field, value string) map[facts.Reason]int {
		return s.Unmeasured([]dora.Filter{{Field: field, Values: []string{value}}}, time.Time{}, time.Time{}, doratest.Hour(100))
	}
	assert.Equal(t, all, of(dora.ByEnvironment, "production"))
	assert.Empty(t, of(dora.ByEnvironment, "moon"))
	assert.Empty(t, of(dora.ByService, "nobody"))
	assert.Equal(t, all, of(dora.BySeverity, "1"), "nothing of it is an incident")
}

func TestARunThatWasRunAgainCountsOnceByItsFirstSuccessOrAsUnknown(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", doratest.Hour(10))
	unsure := repo.Deploy("production", "V2", doratest.Hour(20))
	unsure.Statuses, unsure.Retried = []dora.DeploymentStatus{{State: dora.StateWaiting, At: doratest.Hour(19)}}, true
	repo.Deploy("production", "V3", doratest.Hour(30)).Retried = true
	s := repo.Snapshot()
	require.Len(t, s.Services[0].Deployments, 2, "where a success is known it does not matter what else is not")
	assert.Equal(t, map[facts.Reason]int{facts.ReasonFirstDeployment: 1, facts.ReasonRetriedRun: 1}, s.Unmeasured(nil, time.Time{}, time.Time{}, doratest.Hour(40)))
	assert.Equal(t, map[facts.Reason]int{facts.ReasonRetriedRun: 1}, s.Unmeasured(nil, unsure.LastWord(), doratest.Hour(30), doratest.Hour(40)), "at the time at which it was made")
}

func TestRangesAddUpToAllThatCouldNotBeMeasured(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		snapshot := doratest.SnapshotOf(doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw).Events)
		total := map[facts.Reason]int{}
		now := doratest.WorldStart.Add(time.Duration(draw("now", -200, 1000)) * time.Hour)
		for _, f := range snapshot.Services {
			for reason, n := range f.UnmeasuredBy(now) {
				total[reason] += n
			}
		}
		cut := doratest.WorldStart.Add(time.Duration(draw("hours", -200, 600)) * time.Hour)
		parts := snapshot.Unmeasured(nil, time.Time{}, cut, now)
		for reason, n := range snapshot.Unmeasured(nil, cut, time.Time{}, now) {
			parts[reason] += n
		}
		require.Equal(t, total, parts)
	})
}

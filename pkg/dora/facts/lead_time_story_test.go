package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// review is a review by somebody at an hour of the story.
func review(author, state string, at float64) dora.Review {
	return dora.Review{Author: author, State: state, At: doratest.Hour(at)}
}

// released is a pull request, authored at hour 0, opened at 1, merged at 2, deployed at hour 20 after a base at hour 10.
func released(t *testing.T) (*doratest.Repo, *dora.Change) {
	r := doratest.NewRepo(t)
	r.Commit("base")
	c := r.Squash(11, "x")
	r.DeployAll("base", "x")
	return r, c
}

// only is the only change of the second deployment.
func only(t *testing.T, f *facts.Service) *facts.Change {
	t.Helper()
	require.Len(t, f.Deployments, 2)
	require.Len(t, ChangesOf(f, 1), 1)
	return ChangesOf(f, 1)[0]
}

// stages are those that a change has, in hours by key.
func stages(c *facts.Change) map[string]float64 {
	lengths := map[string]float64{}
	for stage, name := range facts.StageNames {
		if length, ok := c.Stages.Of(facts.Stage(stage)); ok {
			lengths[name] = length.Hours()
		}
	}
	return lengths
}

func TestLeadTimeIsCutIntoStages(t *testing.T) {
	for _, story := range []struct {
		name    string
		start   dora.LeadTimeStart
		tell    func(c *dora.Change)
		lead    float64
		stages  map[string]float64
		clamped int
	}{
		{"all of them", dora.StartFirstCommit, func(c *dora.Change) { c.Reviews = []dora.Review{review("dev-02", "commented", 1.5)} },
			20, map[string]float64{"coding": 1, "pickup": 0.5, "review": 0.5, "deploy": 18}, 0},
		{"no review: pickup is part of review", dora.StartFirstCommit, func(*dora.Change) {},
			20, map[string]float64{"coding": 1, "review": 1, "deploy": 18}, 0},
		{"a review after the merge is missing", dora.StartFirstCommit, func(c *dora.Change) { c.Reviews = []dora.Review{review("dev-02", "approved", 3)} },
			20, map[string]float64{"coding": 1, "review": 1, "deploy": 18}, 0},
		{"from opened", dora.StartOpened, func(c *dora.Change) { c.Reviews = []dora.Review{review("dev-02", "commented", 1.5)} },
			19, map[string]float64{"pickup": 0.5, "review": 0.5, "deploy": 18}, 0},
		{"from merged", dora.StartMerged, func(c *dora.Change) { c.Reviews = []dora.Review{review("dev-02", "commented", 1.5)} },
			18, map[string]float64{"deploy": 18}, 0},
		{"opened before its first commit", dora.StartFirstCommit, func(c *dora.Change) { c.Opened = doratest.Hour(-1) },
			20, map[string]float64{"coding": 0, "review": 2, "deploy": 18}, 1},
		{"reviewed before it was opened", dora.StartFirstCommit, func(c *dora.Change) { c.Reviews = []dora.Review{review("dev-02", "commented", 0.5)} },
			20, map[string]float64{"coding": 1, "pickup": 0, "review": 1, "deploy": 18}, 1},
		{"merged after it was deployed", dora.StartFirstCommit, func(c *dora.Change) { c.Merged = doratest.Hour(21) },
			20, map[string]float64{"coding": 1, "review": 19, "deploy": 0}, 1},
		{"a commit's time is unknown", dora.StartFirstCommit, func(c *dora.Change) { c.Commits = append(c.Commits, dora.ChangeCommit{SHA: "5ca1ab1e"}) },
			20, map[string]float64{"coding": 1, "review": 1, "deploy": 18}, 0},
		{"two clocks are wrong", dora.StartFirstCommit, func(c *dora.Change) { c.Opened, c.Merged = doratest.Hour(30), doratest.Hour(31) },
			20, map[string]float64{"coding": 20, "review": 0, "deploy": 0}, 2},
	} {
		t.Run(story.name, func(t *testing.T) {
			repo, change := released(t)
			repo.Def.LeadTimeStart = story.start
			story.tell(change)
			derived := repo.Facts()
			c := only(t, derived)
			assert.InDelta(t, story.lead, c.Lead.Hours(), 1e-9)
			assert.Equal(t, story.stages, stages(c))
			assert.Equal(t, story.clamped, derived.Unmeasured[facts.ReasonClamped])
		})
	}
}

func TestOwnReviewsAndBotsReviewsDoNotCount(t *testing.T) {
	repo, change := released(t)
	change.Reviews = []dora.Review{
		review("dev-01", "commented", 1.1), review("linter[bot]", "approved", 1.2), review("dev-03", "commented", 1.8), review("dev-02", "changes_requested", 1.5),
		review("dev-03", "approved", 1.9), review("dev-02", "approved", 2.5),
	}
	c := only(t, repo.Facts())
	assert.Equal(t, doratest.Hour(1.5), c.FirstReview)
	assert.Equal(t, doratest.Hour(1.9), c.Approved)
}

func TestANegativeLeadTimeIsCountedAndNotClamped(t *testing.T) {
	repo, change := released(t)
	change.Commits[0].Authored = doratest.Hour(21)
	derived := repo.Facts()
	assert.Equal(t, facts.ReasonNegative, only(t, derived).Excluded)
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonNegative])
	assert.Zero(t, doratest.Total(t, repo.Snapshot(), dora.LeadTime, dora.N))
}

func TestALeadTimeOfNothingIsMeasured(t *testing.T) {
	repo, change := released(t)
	change.Commits[0].Authored = doratest.Hour(20)
	c := only(t, repo.Facts())
	assert.Empty(t, c.Excluded)
	assert.Zero(t, c.Lead)
}

func TestAPullRequestWithoutCommitsHasNoStart(t *testing.T) {
	repo, change := released(t)
	change.Commits = nil
	assert.Equal(t, facts.ReasonNoStart, only(t, repo.Facts()).Excluded)

	repo.Def.LeadTimeStart = dora.StartOpened
	assert.Equal(t, 19*time.Hour, only(t, repo.Facts()).Lead)
}

func TestBotsAreLeftOutOfLeadTimeUnlessAskedFor(t *testing.T) {
	repo, change := released(t)
	change.Author = "dependabot[bot]"
	derived := repo.Facts()
	assert.Equal(t, facts.ReasonBot, only(t, derived).Excluded)
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonBot])
	assert.True(t, derived.Deployments[1].BotsOnly)
	assert.InDelta(t, 2, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)

	repo.Def.Bots.LeadTime = dora.Include
	assert.Equal(t, 20*time.Hour, only(t, repo.Facts()).Lead)

	repo.Def.Bots.Frequency = dora.Exclude
	assert.InDelta(t, 1, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestADeploymentIsABotsOnlyByItsChangesNotItsCreator(t *testing.T) {
	repo, _ := released(t)
	repo.Deploy("production", "x", doratest.Hour(30)).Creator = "deployer[bot]"
	repo.Def.Bots.Frequency = dora.Exclude
	assert.InDelta(t, 3, doratest.Total(t, repo.Snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

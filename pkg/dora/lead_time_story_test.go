package dora_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// review is a review by somebody at an hour of the story.
func review(author, state string, at float64) dora.Review {
	return dora.Review{Author: author, State: state, At: hour(at)}
}

// released is a pull request, authored at hour 0, opened at 1, merged at 2, deployed at hour 20 after a base at hour 10.
func released(t *testing.T) (*repo, *dora.Change) {
	r := newRepo(t)
	r.commit("base")
	c := r.squash(11, "x")
	r.deployAll("base", "x")
	return r, c
}

// only is the only change of the second deployment.
func only(t *testing.T, f *dora.Facts) *dora.ChangeFact {
	t.Helper()
	require.Len(t, f.Deployments, 2)
	require.Len(t, changesOf(f, 1), 1)
	return changesOf(f, 1)[0]
}

// stages are those that a change has, in hours by key.
func stages(c *dora.ChangeFact) map[string]float64 {
	lengths := map[string]float64{}
	for stage, name := range dora.StageNames {
		if length, ok := c.Stages.Of(dora.Stage(stage)); ok {
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
		{"opened before its first commit", dora.StartFirstCommit, func(c *dora.Change) { c.Opened = hour(-1) },
			20, map[string]float64{"coding": 0, "review": 2, "deploy": 18}, 1},
		{"reviewed before it was opened", dora.StartFirstCommit, func(c *dora.Change) { c.Reviews = []dora.Review{review("dev-02", "commented", 0.5)} },
			20, map[string]float64{"coding": 1, "pickup": 0, "review": 1, "deploy": 18}, 1},
		{"merged after it was deployed", dora.StartFirstCommit, func(c *dora.Change) { c.Merged = hour(21) },
			20, map[string]float64{"coding": 1, "review": 19, "deploy": 0}, 1},
		{"a commit's time is unknown", dora.StartFirstCommit, func(c *dora.Change) { c.Commits = append(c.Commits, dora.ChangeCommit{SHA: "5ca1ab1e"}) },
			20, map[string]float64{"coding": 1, "review": 1, "deploy": 18}, 0},
		{"two clocks are wrong", dora.StartFirstCommit, func(c *dora.Change) { c.Opened, c.Merged = hour(30), hour(31) },
			20, map[string]float64{"coding": 20, "review": 0, "deploy": 0}, 2},
	} {
		t.Run(story.name, func(t *testing.T) {
			repo, change := released(t)
			repo.def.LeadTimeStart = story.start
			story.tell(change)
			facts := repo.facts()
			c := only(t, facts)
			assert.InDelta(t, story.lead, c.Lead.Hours(), 1e-9)
			assert.Equal(t, story.stages, stages(c))
			assert.Equal(t, story.clamped, facts.Unmeasured[dora.ReasonClamped])
		})
	}
}

func TestOwnReviewsAndBotsReviewsDoNotCount(t *testing.T) {
	repo, change := released(t)
	change.Reviews = []dora.Review{
		review("dev-01", "commented", 1.1), review("linter[bot]", "approved", 1.2), review("dev-03", "commented", 1.8), review("dev-02", "changes_requested", 1.5),
		review("dev-03", "approved", 1.9), review("dev-02", "approved", 2.5),
	}
	c := only(t, repo.facts())
	assert.Equal(t, hour(1.5), c.FirstReview)
	assert.Equal(t, hour(1.9), c.Approved)
}

func TestANegativeLeadTimeIsCountedAndNotClamped(t *testing.T) {
	repo, change := released(t)
	change.Commits[0].Authored = hour(21)
	facts := repo.facts()
	assert.Equal(t, dora.ReasonNegative, only(t, facts).Excluded)
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonNegative])
	assert.Zero(t, total(t, repo.snapshot(), dora.LeadTime, dora.N))
}

func TestALeadTimeOfNothingIsMeasured(t *testing.T) {
	repo, change := released(t)
	change.Commits[0].Authored = hour(20)
	c := only(t, repo.facts())
	assert.Empty(t, c.Excluded)
	assert.Zero(t, c.Lead)
}

func TestAPullRequestWithoutCommitsHasNoStart(t *testing.T) {
	repo, change := released(t)
	change.Commits = nil
	assert.Equal(t, dora.ReasonNoStart, only(t, repo.facts()).Excluded)

	repo.def.LeadTimeStart = dora.StartOpened
	assert.Equal(t, 19*time.Hour, only(t, repo.facts()).Lead)
}

func TestBotsAreLeftOutOfLeadTimeUnlessAskedFor(t *testing.T) {
	repo, change := released(t)
	change.Author = "dependabot[bot]"
	facts := repo.facts()
	assert.Equal(t, dora.ReasonBot, only(t, facts).Excluded)
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonBot])
	assert.True(t, facts.Deployments[1].BotsOnly)
	assert.InDelta(t, 2, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)

	repo.def.Bots.LeadTime = dora.Include
	assert.Equal(t, 20*time.Hour, only(t, repo.facts()).Lead)

	repo.def.Bots.Frequency = dora.Exclude
	assert.InDelta(t, 1, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

func TestADeploymentIsABotsOnlyByItsChangesNotItsCreator(t *testing.T) {
	repo, _ := released(t)
	repo.deploy("production", "x", hour(30)).Creator = "deployer[bot]"
	repo.def.Bots.Frequency = dora.Exclude
	assert.InDelta(t, 3, total(t, repo.snapshot(), dora.DeploymentFrequency, dora.CountOf), 0)
}

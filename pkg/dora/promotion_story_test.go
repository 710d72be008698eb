package dora_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// merged is a pull request whose merge commit and own commits are named, merged hours into the story.
func (r *repo) merged(number int, base string, at float64, landed string, own ...string) *dora.Change {
	c := r.pull(number, landed)
	c.Base, c.Opened, c.Merged, c.Commits = base, hour(at-0.5), hour(at), nil
	for _, name := range own {
		c.Commits = append(c.Commits, dora.ChangeCommit{SHA: sha(name), Authored: r.commits[name].Authored})
	}
	return c
}

// gitFlow is a hotfix that is merged to main and back to develop, and the release after it.
func gitFlow(t *testing.T) *repo {
	repo := newRepo(t)
	repo.commit("base")
	repo.branch("f1", "base")
	repo.commit("R1", "f1")
	repo.merged(8, "main", 2, "R1", "f1")
	repo.branch("f9", "f1")
	repo.branch("m9", "f1", "f9")
	repo.merged(9, "develop", 3, "m9", "f9")
	repo.branch("fix", "R1")
	repo.commit("H1", "fix")
	repo.merged(10, "main", 12, "H1", "fix").Branch = "hotfix/rounding"
	repo.branch("H2", "m9", "fix")
	repo.merged(11, "develop", 13, "H2", "fix").Branch = "hotfix/rounding"
	repo.commit("R2", "H2")
	repo.merged(12, "main", 33, "R2", "f9", "m9", "H2")
	return repo
}

func TestAHotfixThatIsMergedBackIsOneHotfix(t *testing.T) {
	repo := gitFlow(t)
	repo.deployAll("base", "R1", "H1", "R2")
	facts := repo.facts()
	assert.Equal(t, []string{"2 by remedy"}, failed(facts))
	assert.Equal(t, []string{"3: hotfix"}, reworked(facts))
	assert.Equal(t, []string{"#8"}, contents(facts, 1))
	assert.Equal(t, []string{"#10"}, contents(facts, 2))
	assert.Equal(t, []string{"#9"}, contents(facts, 3), "neither the merge back nor the release request is a change of its own")
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonPromotion])
	assert.Equal(t, map[dora.Reason]int{dora.ReasonPromotion: 2}, repo.snapshot().Unmeasured(nil, hour(40), hour(41), hour(99)), "they count when they ship")
}

func TestWhatAPromotionBroughtWaits(t *testing.T) {
	repo := gitFlow(t)
	repo.deployAll("base", "R1", "H1")
	facts := repo.facts()
	if assert.Len(t, facts.Waiting, 1) {
		assert.Equal(t, 9, facts.Waiting[0].Number, "it waits itself, and not the request that brought it")
	}
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonPromotion])
	assert.Zero(t, facts.Unmeasured[dora.ReasonNotOnMainLine])
}

func TestARequestWithWorkOfItsOwnIsAChange(t *testing.T) {
	repo := gitFlow(t)
	repo.branch("polish", "H2")
	repo.head = "H1"
	repo.commit("R2 polished", "polish")
	repo.merged(13, "main", 34, "R2 polished", "f9", "m9", "H2", "polish")
	repo.deployAll("base", "R1", "H1", "R2 polished")
	assert.Equal(t, []string{"#9", "#13"}, contents(repo.facts(), 3), "its polish belongs to nothing that was merged before")
}

func TestAMergeBackOfMainTakesNothingFromItsCommits(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.branch("d1", "base")
	repo.commit("pushed to main")
	repo.branch("back", "d1", "pushed to main")
	repo.merged(11, "develop", 3, "back", "pushed to main")
	repo.deployAll("base", "pushed to main")
	facts := repo.facts()
	assert.Equal(t, []string{"pushed to main"}, contents(facts, 1), "the request lists it, but it was on main before")
	assert.Equal(t, 1, facts.Unmeasured[dora.ReasonPromotion])
}

func TestABranchThatLandedAsItWasHasNoMergeCommit(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	repo.branch("own", "base")
	repo.squash(10, "x").Merged = hour(1)
	repo.branch("tip", "own", "x") // main merged into the branch, and the branch pushed to main
	repo.merged(11, "main", 3, "tip", "own", "tip")
	repo.head = "tip"
	repo.deployAll("base", "tip")
	facts := repo.facts()
	assert.Equal(t, []string{"#10", "#11"}, contents(facts, 1))
	assert.Zero(t, facts.Unmeasured[dora.ReasonPromotion])
}

func TestAPromotionIsKnownWhateverArrivesFirst(t *testing.T) {
	repo := gitFlow(t)
	repo.deployAll("base", "R1", "H1", "R2")
	want := tell(repo.snapshot())
	h := dora.NewHistory(repo.mapping)
	h.Apply(&dora.Repository{Header: repo.header("repository"), Name: repo.repository, DefaultBranch: "main", HeadSHA: sha("R2")})
	for i := range repo.events {
		h.Apply(repo.events[len(repo.events)-1-i])
		h.Derive(repo.def)
	}
	assert.Equal(t, want, tell(h.Derive(repo.def)))
}

func TestARevertOfAReleaseBlamesWhatShippedIt(t *testing.T) {
	repo := gitFlow(t)
	repo.squash(20, "undo").Title = `Revert "Add R2 (#12)"`
	repo.deployAll("base", "R1", "H1", "R2", "undo")
	assert.Contains(t, failed(repo.facts()), "4 by remedy")
}

func TestALongPromotionIsToldAtOnce(t *testing.T) {
	repo := newRepo(t)
	repo.commit("base")
	tip := "base"
	const length = 3000
	for i := range length {
		own, landed := "own "+time.Duration(i).String(), "landed "+time.Duration(i).String()
		repo.branch(own, tip)
		repo.branch(landed, tip, own)
		repo.merged(i+1, "develop", float64(i)/1000, landed, own)
		tip = landed
	}
	repo.commit("release", tip)
	repo.merged(length+1, "main", 10, "release", "own 0s")
	repo.branch("back", tip, "release")
	repo.merged(length+2, "develop", 11, "back", "own 0s")
	repo.deployAll("base", "release")
	facts := repo.facts()
	assert.Len(t, changesOf(facts, 1), length)
	assert.Equal(t, 2, facts.Unmeasured[dora.ReasonPromotion])
}

package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// gitFlow is a hotfix that is merged to main and back to develop, and the release after it.
func gitFlow(t *testing.T) *doratest.Repo {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Branch("f1", "base")
	repo.Commit("R1", "f1")
	repo.Merged(8, "main", 2, "R1", "f1")
	repo.Branch("f9", "f1")
	repo.Branch("m9", "f1", "f9")
	repo.Merged(9, "develop", 3, "m9", "f9")
	repo.Branch("fix", "R1")
	repo.Commit("H1", "fix")
	repo.Merged(10, "main", 12, "H1", "fix").Branch = "hotfix/rounding"
	repo.Branch("H2", "m9", "fix")
	repo.Merged(11, "develop", 13, "H2", "fix").Branch = "hotfix/rounding"
	repo.Commit("R2", "H2")
	repo.Merged(12, "main", 33, "R2", "f9", "m9", "H2")
	return repo
}

func TestAHotfixThatIsMergedBackIsOneHotfix(t *testing.T) {
	repo := gitFlow(t)
	repo.DeployAll("base", "R1", "H1", "R2")
	derived := repo.Facts()
	assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(derived))
	assert.Equal(t, []string{"3: hotfix"}, doratest.Reworked(derived))
	assert.Equal(t, []string{"#8"}, contents(derived, 1))
	assert.Equal(t, []string{"#10"}, contents(derived, 2))
	assert.Equal(t, []string{"#9"}, contents(derived, 3), "neither the merge back nor the release request is a change of its own")
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonPromotion])
	assert.Equal(t, map[facts.Reason]int{facts.ReasonPromotion: 2}, repo.Snapshot().Unmeasured(nil, doratest.Hour(40), doratest.Hour(41), doratest.Hour(99)), "they count when they ship")
}

func TestWhatAPromotionBroughtWaits(t *testing.T) {
	repo := gitFlow(t)
	repo.DeployAll("base", "R1", "H1")
	derived := repo.Facts()
	if assert.Len(t, derived.Waiting, 1) {
		assert.Equal(t, 9, derived.Waiting[0].Number, "it waits itself, and not the request that brought it")
	}
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonPromotion])
	assert.Zero(t, derived.Unmeasured[facts.ReasonNotOnMainLine])
}

func TestARequestWithWorkOfItsOwnIsAChange(t *testing.T) {
	repo := gitFlow(t)
	repo.Branch("polish", "H2")
	repo.Head = "H1"
	repo.Commit("R2 polished", "polish")
	repo.Merged(13, "main", 34, "R2 polished", "f9", "m9", "H2", "polish")
	repo.DeployAll("base", "R1", "H1", "R2 polished")
	assert.Equal(t, []string{"#9", "#13"}, contents(repo.Facts(), 3), "its polish belongs to nothing that was merged before")
}

func TestAMergeBackOfMainTakesNothingFromItsCommits(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Branch("d1", "base")
	repo.Commit("pushed to main")
	repo.Branch("back", "d1", "pushed to main")
	repo.Merged(11, "develop", 3, "back", "pushed to main")
	repo.DeployAll("base", "pushed to main")
	derived := repo.Facts()
	assert.Equal(t, []string{"pushed to main"}, contents(derived, 1), "the request lists it, but it was on main before")
	assert.Equal(t, 1, derived.Unmeasured[facts.ReasonPromotion])
}

func TestABranchThatLandedAsItWasHasNoMergeCommit(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Branch("own", "base")
	repo.Squash(10, "x").Merged = doratest.Hour(1)
	repo.Branch("tip", "own", "x") // main merged into the branch, and the branch pushed to main
	repo.Merged(11, "main", 3, "tip", "own", "tip")
	repo.Head = "tip"
	repo.DeployAll("base", "tip")
	derived := repo.Facts()
	assert.Equal(t, []string{"#10", "#11"}, contents(derived, 1))
	assert.Zero(t, derived.Unmeasured[facts.ReasonPromotion])
}

func TestAPromotionIsKnownWhateverArrivesFirst(t *testing.T) {
	repo := gitFlow(t)
	repo.DeployAll("base", "R1", "H1", "R2")
	want := tell(repo.Snapshot())
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA("R2")})
	for i := range repo.Events {
		h.Apply(repo.Events[len(repo.Events)-1-i])
		h.Derive(repo.Def)
	}
	assert.Equal(t, want, tell(h.Derive(repo.Def)))
}

func TestARevertOfAReleaseBlamesWhatShippedIt(t *testing.T) {
	repo := gitFlow(t)
	repo.Squash(20, "undo").Title = `Revert "Add R2 (#12)"`
	repo.DeployAll("base", "R1", "H1", "R2", "undo")
	assert.Contains(t, doratest.Failed(repo.Facts()), "4 by remedy")
}

func TestALongPromotionIsToldAtOnce(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	tip := "base"
	const length = 3000
	for i := range length {
		own, landed := "own "+time.Duration(i).String(), "landed "+time.Duration(i).String()
		repo.Branch(own, tip)
		repo.Branch(landed, tip, own)
		repo.Merged(i+1, "develop", float64(i)/1000, landed, own)
		tip = landed
	}
	repo.Commit("release", tip)
	repo.Merged(length+1, "main", 10, "release", "own 0s")
	repo.Branch("back", tip, "release")
	repo.Merged(length+2, "develop", 11, "back", "own 0s")
	repo.DeployAll("base", "release")
	derived := repo.Facts()
	assert.Len(t, ChangesOf(derived, 1), length)
	assert.Equal(t, 2, derived.Unmeasured[facts.ReasonPromotion])
}

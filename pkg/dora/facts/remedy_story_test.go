package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// shipped is a repository in which pull request 11 ships with the second deployment and 12 with the fourth; the third
// ships something else.
func shipped(t *testing.T) (r *doratest.Repo, undoes *dora.Change) {
	r = doratest.NewRepo(t)
	r.Commit("base")
	r.Squash(11, "x")
	r.Commit("other")
	undoes = r.Squash(12, "undo")
	undoes.Title, undoes.Body = "Something else", ""
	r.DeployAll("base", "x", "other", "undo")
	return r, undoes
}

func TestARevertBlamesWhatShippedTheChangeThatItTakesBack(t *testing.T) {
	for _, story := range []struct{ name, title, body string }{
		{"its title quotes the other's number, not its own", `Revert "Add x (#11)" (#12)`, ""},
		{"of several numbers the last inside the quotes counts", `Revert "Fix #3: add x (#11)" (#12)`, ""},
		{"its body names the number", "Undo x", "Reverts example-health/api#11"},
		{"the body counts before the title", `Revert "Fix for (#9)"`, "Reverts example-health/api#11\n\nIt was slow."},
		{"its body names the commit that landed", "Undo x", "This reverts commit " + doratest.SHA("x") + "."},
		{"its body names a merge request of the same project", `Revert "Add x"`, "This reverts merge request !11"},
		{"its body names a merge request with its project", `Revert "Add x"`, "This reverts merge request example-health/api!11"},
		{"its title quotes a merge request's number", `Revert "Add x (!11)"`, ""},
		{"its body names one of the commits before the squash", "Undo x", "This reverts commit " + doratest.SHA("x's own") + "."},
	} {
		t.Run(story.name, func(t *testing.T) {
			repo, undoes := shipped(t)
			undoes.Title, undoes.Body = story.title, story.body
			derived := repo.Facts()
			assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(derived))
			assert.Equal(t, []string{"4: revert"}, doratest.Reworked(derived))
			assert.Equal(t, 12, derived.Deployments[1].Evidence[0].Change)
			require.NotNil(t, derived.Deployments[1].Recovered)
			assert.Equal(t, doratest.Hour(40), derived.Deployments[1].Recovered.At)
			assert.Zero(t, derived.Unmeasured[facts.ReasonRevertUnresolved])
		})
	}
}

func TestOfTwoDeploymentsThatEndAFailureAtOnceTheFirstIsTold(t *testing.T) {
	repo, undoes := shipped(t)
	undoes.Body = "Reverts example-health/api#11"
	repo.Deploy("production", "base", doratest.Hour(40)) // a rollback of the same, at the same moment
	failed := repo.Facts().Deployments[1]
	require.Len(t, failed.Evidence, 2)
	assert.Equal(t, dora.EvidenceRollback, failed.Evidence[0].Kind)
	require.NotNil(t, failed.Recovered)
	assert.Equal(t, "github:example-health/api:deployment:9004", failed.Recovered.By)
}

func TestWhatIsNoRevertBlamesNobody(t *testing.T) {
	for _, story := range []struct {
		name, title, body string
		unresolved        int
	}{
		{"a title that only speaks of reverting", "Revert the colour of #11", "", 0},
		{"no number", `Revert "Add x"`, "", 1},
		{"only its own number", `Revert "Add x" (#12)`, "", 1},
		{"a number that nobody knows", `Revert "Add x (#99)"`, "", 1},
		{"another repository's number", "Undo", "Reverts example-health/web#11", 1},
		{"another project's number", "Undo", "This reverts merge request example-health/sub/web!11", 1},
		{"a number without a repository", "Undo", "It reverts #11 in part.", 0},
		{"a number after an exclamation", `Revert "Add x!11"`, "", 1},
	} {
		t.Run(story.name, func(t *testing.T) {
			repo, undoes := shipped(t)
			undoes.Title, undoes.Body = story.title, story.body
			derived := repo.Facts()
			assert.Empty(t, doratest.Failed(derived))
			assert.Empty(t, doratest.Reworked(derived))
			assert.Equal(t, story.unresolved, derived.Unmeasured[facts.ReasonRevertUnresolved])
		})
	}
}

func TestACommitOfTwoPullRequestsIsTheFirstOnesWhicheverArrivedFirst(t *testing.T) {
	for name, order := range map[string][]int{"the inner first": {11, 12}, "the outer first": {12, 11}} {
		t.Run(name, func(t *testing.T) {
			repo := doratest.NewRepo(t)
			repo.Commit("base")
			repo.Branch("shared", "base")
			repo.Commit("eleven", "shared")
			repo.Commit("twelve")
			landed := map[int]string{11: "eleven", 12: "twelve"}
			for _, number := range order {
				repo.Pull(number, landed[number]).Commits = []dora.ChangeCommit{{SHA: doratest.SHA("shared"), Authored: doratest.Monday}}
			}
			repo.Squash(13, "undo").Body = "This reverts commit " + doratest.SHA("shared") + "."
			repo.DeployAll("base", "eleven", "twelve", "undo")
			assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(repo.Facts()))
		})
	}
}

func TestAPlainCommitRevertsAPlainCommit(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Commits["V4"].Message = "Revert \"V2\"\n\nThis reverts commit " + doratest.SHA("V2") + "."
	repo.DeployAll("V1", "V2", "V3", "V4")
	facts := repo.Facts()
	assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(facts))
	assert.Zero(t, facts.Deployments[1].Evidence[0].Change)
}

func TestARevertOfARevertIsALandingAgain(t *testing.T) {
	for name, text := range map[string][2]string{
		"by the title":              {`Revert "Revert "Add x (#11)" (#12)" (#13)`, ""},
		"by the body":               {"Reapply x", "Reverts example-health/api#12"},
		"by a title with no number": {`Revert "Revert "Add x""`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			repo, undoes := shipped(t)
			undoes.Title = `Revert "Add x (#11)" (#12)`
			again := repo.Squash(13, "again")
			again.Title, again.Body = text[0], text[1]
			repo.Deploy("production", "again", doratest.Hour(50))
			derived := repo.Facts()
			assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(derived), "the revert's own deployment did not fail")
			assert.Equal(t, []string{"4: revert"}, doratest.Reworked(derived))
			assert.Zero(t, derived.Unmeasured[facts.ReasonRevertUnresolved])
		})
	}
}

func TestARevertOfALandingAgainTakesItBack(t *testing.T) {
	repo, undoes := shipped(t)
	undoes.Title = `Revert "Add x (#11)" (#12)`
	repo.Squash(13, "again").Body = "Reverts example-health/api#12"
	repo.Squash(14, "gone").Body = "Reverts example-health/api#13"
	repo.Deploy("production", "again", doratest.Hour(50))
	repo.Deploy("production", "gone", doratest.Hour(60))
	assert.Equal(t, []string{"2 by remedy", "5 by remedy"}, doratest.Failed(repo.Facts()))
}

func TestATitleThatRevertsThriceTakesSomethingBack(t *testing.T) {
	repo, undoes := shipped(t)
	undoes.Title = `Revert "Revert "Revert "Add x"""`
	assert.Equal(t, 1, repo.Facts().Unmeasured[facts.ReasonRevertUnresolved])
}

func TestARevertThatShipsWithWhatItRevertsIsNothing(t *testing.T) {
	repo := doratest.NewRepo(t)
	repo.Commit("base")
	repo.Squash(11, "x")
	repo.Squash(12, "undo").Body = "Reverts example-health/api#11"
	repo.DeployAll("base", "undo")
	derived := repo.Facts()
	assert.Empty(t, doratest.Failed(derived))
	assert.Empty(t, doratest.Reworked(derived))
	assert.Empty(t, derived.Unmeasured[facts.ReasonRevertUnresolved])
}

func TestAHotfixBlamesTheDeploymentJustBefore(t *testing.T) {
	for _, story := range []struct {
		name     string
		versions []string
		failed   []string
	}{
		{"the one before", []string{"V1", "V2", "fix"}, []string{"2 by remedy"}},
		{"past redeploys", []string{"V1", "V2", "V2", "fix"}, []string{"2 by remedy"}},
		{"after a rollback what the rollback blamed", []string{"V1", "V2", "V3", "V1", "fix"}, []string{"2 by rollback, remedy"}},
		{"after a rollback and a redeploy likewise", []string{"V1", "V2", "V1", "V1", "fix"}, []string{"2 by rollback, remedy"}},
		{"past a rollback that blames nobody", []string{"V2", "V1", "fix"}, []string{"1 by remedy"}},
		{"after a roll-forward the roll-forward", []string{"V1", "V2", "V1", "V2", "fix"}, []string{"2 by rollback", "4 by remedy"}},
	} {
		t.Run(story.name, func(t *testing.T) {
			repo := doratest.Versions(t)
			repo.Squash(11, "fix").Labels = []string{"HOTFIX"}
			repo.DeployAll(story.versions...)
			derived := repo.Facts()
			assert.Equal(t, story.failed, doratest.Failed(derived))
			last := derived.Deployments[len(derived.Deployments)-1]
			assert.Equal(t, facts.ReworkHotfix, last.Rework)
		})
	}
}

func TestABranchMarksAHotfixAsALabelDoes(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Squash(11, "fix").Branch = "hotfix/login"
	repo.DeployAll("V1", "V2", "fix")
	assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(repo.Facts()))
}

func TestARevertMarkedHotfixIsARevertWhereThatResolves(t *testing.T) {
	repo, undoes := shipped(t)
	undoes.Labels = []string{"hotfix"}
	undoes.Title = `Revert "Add x (#11)" (#12)`
	assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(repo.Facts()))
	assert.Equal(t, []string{"4: revert"}, doratest.Reworked(repo.Facts()))

	undoes.Title = `Revert "Add x"`
	derived := repo.Facts()
	assert.Equal(t, []string{"3 by remedy"}, doratest.Failed(derived))
	assert.Equal(t, []string{"4: hotfix"}, doratest.Reworked(derived))
	assert.Zero(t, derived.Unmeasured[facts.ReasonRevertUnresolved])
}

func TestAnIncidentMustStandBehindReworkWhereTheDefinitionAsks(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Squash(11, "fix").Labels = []string{"hotfix"}
	repo.DeployAll("V1", "V2", "fix", "V1")
	repo.Def.Rework = dora.ReworkIncident
	assert.Empty(t, doratest.Reworked(repo.Facts()))

	repo.Incident(doratest.Hour(21), "Errors")
	assert.Equal(t, []string{"3: hotfix", "4: rollback"}, doratest.Reworked(repo.Facts()), "both blame the second, which the incident followed")
}

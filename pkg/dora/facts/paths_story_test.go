package facts_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// monorepo is a repository whose one pipeline deploys the services x and y.
func monorepo(t *testing.T) *doratest.Repo {
	r := doratest.NewRepo(t)
	service := func(name string) dora.Service {
		return dora.Service{
			Name:        name,
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: r.Repository, Paths: doratest.Globs("services/" + name + "/**")}},
		}
	}
	r.Mapping.Services = []dora.Service{service("x"), service("y")}
	r.Commit("base")
	return r
}

// delivered tells which deployments are a service's and what each shipped, such as "2: #1 #3".
func delivered(f *facts.Service) []string {
	list := []string{}
	for _, d := range f.Deployments {
		text := fmt.Sprintf("%d:", d.Event.Number-9000)
		for _, c := range f.Shipments().Of(d) {
			if !d.First {
				text += fmt.Sprintf(" #%d", c.Number)
			}
		}
		list = append(list, text)
	}
	return list
}

func TestADeploymentOfASharedPipelineIsOfTheServicesWhosePathsItMoves(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "x")
	r.Lands(2, "two", "y")
	r.Lands(3, "three", "x", "y")
	r.Lands(4, "four")
	r.DeployAll("base", "one", "two", "three", "four")
	x, y := r.Services()
	assert.Equal(t, []string{"1:", "2: #1", "4: #3"}, delivered(x))
	assert.Equal(t, []string{"1:", "3: #2", "4: #3"}, delivered(y))
	assert.Equal(t, []int{1, 1}, []int{x.Deployments[1].Commits, x.Deployments[2].Commits})
	assert.Empty(t, x.Unmeasured[facts.ReasonUnknownFiles])
}

func TestAChangeOfAnotherServiceThatShipsAlongIsNoneOfThisOne(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "y")
	r.Lands(2, "two", "x")
	r.Lands(3, "three", "y")
	r.Lands(4, "four", "x")
	r.DeployAll("base", "two")
	x, y := r.Services()
	assert.Equal(t, []string{"1:", "2: #2"}, delivered(x))
	assert.Equal(t, []string{"1:", "2: #1"}, delivered(y))
	require.Len(t, x.Waiting, 1)
	assert.Equal(t, 4, x.Waiting[0].Number)
	require.Len(t, y.Waiting, 1)
	assert.Equal(t, 3, y.Waiting[0].Number)
}

func TestARollbackBlamesEachServiceForItsOwn(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "x")
	r.Lands(2, "two", "x")
	r.Lands(3, "three", "y")
	r.DeployAll("one", "two", "three", "one")
	x, y := r.Services()
	assert.Equal(t, []string{"2 by rollback"}, doratest.Failed(x))
	assert.Equal(t, []string{"3 by rollback"}, doratest.Failed(y))

	r = monorepo(t)
	r.Lands(1, "one", "x")
	r.Lands(2, "two", "y")
	r.DeployAll("base", "one", "two", "one")
	x, y = r.Services()
	assert.Empty(t, doratest.Failed(x), "what was taken back is the other's")
	assert.Equal(t, []string{"1:", "2: #1"}, delivered(x))
	assert.Equal(t, []string{"3 by rollback"}, doratest.Failed(y))
}

func TestARepeatedDeploymentIsOfTheServicesThatTheFirstWasOf(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "x")
	r.Lands(2, "two", "y")
	r.DeployAll("base", "one", "one", "two", "two")
	x, y := r.Services()
	assert.Equal(t, []string{"1:", "2: #1", "3:"}, delivered(x))
	assert.Equal(t, []string{"1:", "4: #2", "5:"}, delivered(y))
	assert.True(t, x.Deployments[2].Redeploy)
}

func TestARevertMendsTheServiceThatItTouches(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "x")
	r.Lands(2, "two", "y")
	revert := r.Lands(3, "three", "x")
	revert.Title = `Revert "Add one (#1)"`
	r.DeployAll("base", "one", "two", "three")
	x, y := r.Services()
	assert.Equal(t, []string{"2 by remedy"}, doratest.Failed(x))
	assert.Equal(t, []string{"4: revert"}, doratest.Reworked(x))
	assert.Empty(t, doratest.Failed(y))
	assert.Empty(t, y.Unmeasured[facts.ReasonRevertUnresolved])
}

func TestAChangeWhoseFilesAreNotKnownIsCountedAndNotGuessed(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "x").Files = nil
	r.Lands(2, "two", "x")
	r.Lands(3, "three", "y").Files.Cut = true
	r.Lands(4, "four", "x").Files.Cut = true
	r.DeployAll("base", "one", "two", "three", "four")
	x, y := r.Services()
	assert.Equal(t, []string{"1:", "3: #2", "5: #4"}, delivered(x), "of a list that was cut, what is there counts")
	assert.Equal(t, 2, x.Unmeasured[facts.ReasonUnknownFiles])
	assert.Equal(t, 2, x.Unmeasured[facts.ReasonUnknownContents], "the deployments that may have brought something")
	assert.Equal(t, []string{"1:", "4: #3"}, delivered(y))
	assert.Equal(t, 2, y.Unmeasured[facts.ReasonUnknownFiles])
}

func TestAPlainCommitIsKnownByItsFilesOnceTheyAreRead(t *testing.T) {
	r := monorepo(t)
	plain := r.Commit("plain")
	r.DeployAll("base", "plain")
	x, _ := r.Services()
	assert.Equal(t, []string{"1:"}, delivered(x))
	assert.Equal(t, 1, x.Unmeasured[facts.ReasonUnknownFiles])

	h := facts.NewDeriver(r.Mapping)
	h.Apply(append(slices.Clone(r.Events), &dora.Repository{Header: r.Header("repository"), Name: r.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA("plain")})...)
	h.Derive(r.Def)
	read := *plain
	read.Rank, read.Files = 1, &dora.Files{Paths: []string{"services/x/main.go"}}
	h.Apply(&read)
	assert.Equal(t, []string{"1:", "2: #0"}, delivered(h.Derive(r.Def).Services[0]))
}

func TestARunThatFailedIsOfTheServicesThatItWasToChange(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "x")
	r.DeployAll("base")
	r.Deploy("production", "one", doratest.Hour(20)).Statuses[1].State = dora.StateFailure
	x, y := r.Services()
	assert.Len(t, x.FailedRuns, 1)
	assert.Empty(t, y.FailedRuns)
}

func TestAVersionThatIsNotKnownIsNobodys(t *testing.T) {
	r := monorepo(t)
	r.Lands(1, "one", "x")
	r.Lands(2, "two", "x")
	r.DeployAll("base", "nowhere", "one", "two")
	x, _ := r.Services()
	assert.Equal(t, []string{"1:", "4: #2"}, delivered(x), "the first change may have come with either of two deployments")
	assert.Equal(t, 2, x.Unmeasured[facts.ReasonUnknownContents])
	assert.Empty(t, x.Waiting)
}

func TestGlobsPickFiles(t *testing.T) {
	for glob, files := range map[string]map[string]bool{
		"packages/x/**": {"packages/x/a.go": true, "packages/x/deep/a.go": true, "packages/x": false, "packages/xy/a.go": false, "other/packages/x/a.go": false},
		"**/x/*.go":     {"x/a.go": true, "deep/er/x/a.go": true, "x/deep/a.go": false, "ax/a.go": false},
		"go.mod":        {"go.mod": true, "x/go.mod": false, "goXmod": false},
		"x/?.go":        {"x/a.go": true, "x/ab.go": false, "x//.go": false},
		"*":             {"a": true, "x/a": false},
		"**":            {"a": true, "x/y/a": true},
	} {
		rule := dora.MustGlob(glob)
		for file, picked := range files {
			assert.Equal(t, picked, rule.Picks(file), "%s of %s", file, glob)
		}
	}
	for _, wrong := range []string{"", "!", "/x/**", "./x", "x/", `x\y`} {
		var g dora.Glob
		assert.ErrorContains(t, g.UnmarshalText([]byte(wrong)), "allowed: a path from the repository's root", wrong)
	}
}

package dora_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// monorepo is a repository whose one pipeline deploys the services x and y.
func monorepo(t *testing.T) *repo {
	r := newRepo(t)
	service := func(name string) dora.Service {
		return dora.Service{
			Name:        name,
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: r.repository, Paths: globs("services/" + name + "/**")}},
		}
	}
	r.mapping.Services = []dora.Service{service("x"), service("y")}
	r.commit("base")
	return r
}

// lands squashes a pull request that changed a file of each of the services named by a letter.
func (r *repo) lands(number int, name string, services ...string) *dora.Change {
	c := r.squash(number, name)
	c.Files = &dora.Files{}
	for _, service := range services {
		c.Files.Paths = append(c.Files.Paths, "services/"+service+"/main.go")
	}
	return c
}

// delivered tells which deployments are a service's and what each shipped, such as "2: #1 #3".
func delivered(f *dora.Facts) []string {
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

func (r *repo) services() (x, y *dora.Facts) {
	r.t.Helper()
	s := r.snapshot()
	require.Len(r.t, s.Services, 2)
	return s.Services[0], s.Services[1]
}

func TestADeploymentOfASharedPipelineIsOfTheServicesWhosePathsItMoves(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "x")
	r.lands(2, "two", "y")
	r.lands(3, "three", "x", "y")
	r.lands(4, "four")
	r.deployAll("base", "one", "two", "three", "four")
	x, y := r.services()
	assert.Equal(t, []string{"1:", "2: #1", "4: #3"}, delivered(x))
	assert.Equal(t, []string{"1:", "3: #2", "4: #3"}, delivered(y))
	assert.Equal(t, []int{1, 1}, []int{x.Deployments[1].Commits, x.Deployments[2].Commits})
	assert.Empty(t, x.Unmeasured[dora.ReasonUnknownFiles])
}

func TestAChangeOfAnotherServiceThatShipsAlongIsNoneOfThisOne(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "y")
	r.lands(2, "two", "x")
	r.lands(3, "three", "y")
	r.lands(4, "four", "x")
	r.deployAll("base", "two")
	x, y := r.services()
	assert.Equal(t, []string{"1:", "2: #2"}, delivered(x))
	assert.Equal(t, []string{"1:", "2: #1"}, delivered(y))
	require.Len(t, x.Waiting, 1)
	assert.Equal(t, 4, x.Waiting[0].Number)
	require.Len(t, y.Waiting, 1)
	assert.Equal(t, 3, y.Waiting[0].Number)
}

func TestARollbackBlamesEachServiceForItsOwn(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "x")
	r.lands(2, "two", "x")
	r.lands(3, "three", "y")
	r.deployAll("one", "two", "three", "one")
	x, y := r.services()
	assert.Equal(t, []string{"2 by rollback"}, failed(x))
	assert.Equal(t, []string{"3 by rollback"}, failed(y))

	r = monorepo(t)
	r.lands(1, "one", "x")
	r.lands(2, "two", "y")
	r.deployAll("base", "one", "two", "one")
	x, y = r.services()
	assert.Empty(t, failed(x), "what was taken back is the other's")
	assert.Equal(t, []string{"1:", "2: #1"}, delivered(x))
	assert.Equal(t, []string{"3 by rollback"}, failed(y))
}

func TestARepeatedDeploymentIsOfTheServicesThatTheFirstWasOf(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "x")
	r.lands(2, "two", "y")
	r.deployAll("base", "one", "one", "two", "two")
	x, y := r.services()
	assert.Equal(t, []string{"1:", "2: #1", "3:"}, delivered(x))
	assert.Equal(t, []string{"1:", "4: #2", "5:"}, delivered(y))
	assert.True(t, x.Deployments[2].Redeploy)
}

func TestARevertMendsTheServiceThatItTouches(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "x")
	r.lands(2, "two", "y")
	revert := r.lands(3, "three", "x")
	revert.Title = `Revert "Add one (#1)"`
	r.deployAll("base", "one", "two", "three")
	x, y := r.services()
	assert.Equal(t, []string{"2 by remedy"}, failed(x))
	assert.Equal(t, []string{"4: revert"}, reworked(x))
	assert.Empty(t, failed(y))
	assert.Empty(t, y.Unmeasured[dora.ReasonRevertUnresolved])
}

func TestAChangeWhoseFilesAreNotKnownIsCountedAndNotGuessed(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "x").Files = nil
	r.lands(2, "two", "x")
	r.lands(3, "three", "y").Files.Cut = true
	r.lands(4, "four", "x").Files.Cut = true
	r.deployAll("base", "one", "two", "three", "four")
	x, y := r.services()
	assert.Equal(t, []string{"1:", "3: #2", "5: #4"}, delivered(x), "of a list that was cut, what is there counts")
	assert.Equal(t, 2, x.Unmeasured[dora.ReasonUnknownFiles])
	assert.Equal(t, 2, x.Unmeasured[dora.ReasonUnknownContents], "the deployments that may have brought something")
	assert.Equal(t, []string{"1:", "4: #3"}, delivered(y))
	assert.Equal(t, 2, y.Unmeasured[dora.ReasonUnknownFiles])
}

func TestAPlainCommitIsKnownByItsFilesOnceTheyAreRead(t *testing.T) {
	r := monorepo(t)
	plain := r.commit("plain")
	r.deployAll("base", "plain")
	x, _ := r.services()
	assert.Equal(t, []string{"1:"}, delivered(x))
	assert.Equal(t, 1, x.Unmeasured[dora.ReasonUnknownFiles])

	h := dora.NewHistory(r.mapping)
	h.Apply(append(slices.Clone(r.events), &dora.Repository{Header: r.header("repository"), Name: r.repository, DefaultBranch: "main", HeadSHA: sha("plain")})...)
	h.Derive(r.def)
	read := *plain
	read.Rank, read.Files = 1, &dora.Files{Paths: []string{"services/x/main.go"}}
	h.Apply(&read)
	assert.Equal(t, []string{"1:", "2: #0"}, delivered(h.Derive(r.def).Services[0]))
}

func TestARunThatFailedIsOfTheServicesThatItWasToChange(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "x")
	r.deployAll("base")
	r.deploy("production", "one", hour(20)).Statuses[1].State = dora.StateFailure
	x, y := r.services()
	assert.Len(t, x.FailedRuns, 1)
	assert.Empty(t, y.FailedRuns)
}

func TestAVersionThatIsNotKnownIsNobodys(t *testing.T) {
	r := monorepo(t)
	r.lands(1, "one", "x")
	r.lands(2, "two", "x")
	r.deployAll("base", "nowhere", "one", "two")
	x, _ := r.services()
	assert.Equal(t, []string{"1:", "4: #2"}, delivered(x), "the first change may have come with either of two deployments")
	assert.Equal(t, 2, x.Unmeasured[dora.ReasonUnknownContents])
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

package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// byVersion is what was told elsewhere, with the versions of images in place of shas, in the order of deployment.
func byVersion(t *testing.T, versions ...string) (code, deployments []dora.Event, repo *doratest.Repo) {
	code, deployments, repo = toldElsewhere(t, "example-health/api")
	for i, e := range deployments {
		d := e.(*dora.Deployment)
		d.SHA, d.Ref = dora.VersionSHA(versions[i]), versions[i]
	}
	return code, deployments, repo
}

// tag is a release of the code's own repository, which no service counts.
func tag(repo *doratest.Repo, name, label string) dora.Event {
	return &dora.Deployment{
		Header: repo.Header("tag:" + name + label), Repository: repo.Repository, Environment: "release", SHA: doratest.SHA(label), Ref: name, RefKind: dora.RefTag, Created: doratest.Monday,
		Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: doratest.Monday}},
	}
}

func TestAVersionIsTheCommitOfItsTag(t *testing.T) {
	code, deployments, repo := byVersion(t, "v1.0.0", "1.1.0", "v1.0.0")
	all := append(append([]dora.Event{}, code...), deployments...)
	rule := ofCI(dora.DeploymentRule{Repository: repo.Repository})
	unknown := deriveOf(rule, all...)
	assert.Equal(t, 3, unknown.Unmeasured[facts.ReasonUnknownCommit], "nobody told of the tags")
	assert.False(t, unknown.Deployments[2].Rollback || unknown.Deployments[2].Redeploy)
	assertJoined(t, deriveOf(rule, append(all, tag(repo, "v1.0.0", "base"), tag(repo, "v1.1.0", "x"))...))
}

func TestATagThatComesLaterFillsItIn(t *testing.T) {
	code, deployments, repo := byVersion(t, "v1.0.0", "v1.1.0", "v1.0.0")
	h := facts.NewDeriver(ofCI(dora.DeploymentRule{Repository: repo.Repository}))
	h.Apply(append(append([]dora.Event{}, code...), deployments...)...)
	assert.Equal(t, 3, h.Derive(dora.DefaultDefinition()).Services[0].Unmeasured[facts.ReasonUnknownCommit])
	h.Apply(tag(repo, "v1.0.0", "base"))
	h.Derive(dora.DefaultDefinition())
	h.Apply(tag(repo, "v1.1.0", "x"))
	assertJoined(t, h.Derive(dora.DefaultDefinition()).Services[0])
}

func TestAVersionMayBeTheBeginningOfASha(t *testing.T) {
	base, x := doratest.SHA("base"), doratest.SHA("x")
	for _, versions := range [][]string{
		{"sha-" + base[:7], "main-" + x[:8], base[:12]}, {"v1.0.0-2-g" + base[:7], "sha-" + x, "g" + base[:9]},
	} {
		code, deployments, repo := byVersion(t, versions...)
		assertJoined(t, deriveOf(ofCI(dora.DeploymentRule{Repository: repo.Repository}), append(code, deployments...)...))
	}
}

func TestAVersionThatIsNotOneCommitIsUnknown(t *testing.T) {
	code, deployments, repo := byVersion(t, "v1.0.0", "v1.1.0", "latest")
	all := append(append([]dora.Event{}, code...), deployments...)
	f := deriveOf(ofCI(dora.DeploymentRule{Repository: repo.Repository}), append(all, tag(repo, "v1.0.0", "base"), tag(repo, "v1.1.0", "x"), tag(repo, "v1.1.0", "base"))...)
	assert.Equal(t, 2, f.Unmeasured[facts.ReasonUnknownCommit], "one tag was moved, the other names nothing")
	for _, d := range f.Deployments {
		assert.False(t, d.Redeploy || d.Rollback)
	}
}

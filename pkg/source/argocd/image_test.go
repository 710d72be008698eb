package argocd_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/argocd"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

const sidecar = "docker.io/envoyproxy/envoy:v1.30.4"

func image(tag string) string { return "ghcr.io/example-health/api:" + tag }

// configured is made from a repository of configuration.
func configured() *tinyApplication {
	a := newApplication("api")
	a.source = row{"repoURL": config, "path": "apps/api", "targetRevision": "main"}
	return a
}

func ofImages(own *argocd.Settings) {
	own.Version = argocd.Version{From: argocd.FromImage, Image: dora.MustPattern(`^ghcr\.io/(example-health/[^/]+)$`)}
}

// versions are those of what is told, in order; empty where none is known.
func versions(l *sourcetest.Ledger) (found []string) {
	for _, d := range told(l) {
		version, is := dora.VersionOf(d.SHA)
		if !is {
			version = ""
		}
		found = append(found, version)
	}
	return found
}

func TestTheVersionIsThatOfTheImageWhenTheSyncHasEnded(t *testing.T) {
	t.Parallel()
	a, l := configured(), sourcetest.NewLedger()
	a.sync("02 10:00", sha("c1"))
	a.images = []string{image("v1.0.0"), sidecar}
	read(t, l, a, ofImages)
	a.operate("Running", "02 11:00", sha("c2"))
	a.images = []string{image("v1.0.0"), image("v1.1.0"), sidecar}
	read(t, l, a, ofImages)
	assert.Equal(t, []string{"v1.0.0", ""}, versions(l))
	a.sync("02 11:00", sha("c2"))
	a.images = []string{image("v1.1.0") + "@sha256:" + sha("digest"), sidecar}
	read(t, l, a, ofImages)
	require.Equal(t, []string{"v1.0.0", "v1.1.0"}, versions(l))
	d := told(l)[1]
	assert.Equal(t, api, d.Repository)
	assert.Equal(t, "v1.1.0", d.Ref)
	assert.Equal(t, dora.RefTag, d.RefKind, "an incident may name it")
}

// Images may be none, those that ran before, or both. None of it is a version, and what ran before is no redeploy.
func TestImagesThatDoNotNameOneNewVersionNameNoneUntilTheyDo(t *testing.T) {
	t.Parallel()
	for name, late := range map[string][]string{
		"none": nil, "a sidecar alone": {sidecar}, "what ran before": {image("v1.0.0"), sidecar}, "both": {image("v1.0.0"), image("v1.1.0")}, "one without a tag": {image("v1.1.0"), "ghcr.io/example-health/api@sha256:" + sha("x")},
	} {
		a, l := configured(), sourcetest.NewLedger()
		a.sync("02 10:00", sha("c1"))
		a.images = []string{image("v1.0.0"), sidecar}
		read(t, l, a, ofImages)
		a.sync("02 11:00", sha("c2"))
		a.images = late
		read(t, l, a, ofImages)
		read(t, l, a, ofImages)
		require.Equal(t, []string{"v1.0.0", ""}, versions(l), name)
		assert.NotEqual(t, told(l)[0].SHA, told(l)[1].SHA)
		a.images = []string{image("v1.1.0"), sidecar}
		read(t, l, a, ofImages)
		assert.Equal(t, []string{"v1.0.0", "v1.1.0"}, versions(l), "%s: a later reading fills it in", name)
		a.images = []string{image("v1.2.0")}
		read(t, l, a, ofImages)
		assert.Equal(t, []string{"v1.0.0", "v1.1.0"}, versions(l), "what it was at its end it stays")
	}
}

func TestWhatWasMissedWhileAnotherSyncBeganStaysOpen(t *testing.T) {
	t.Parallel()
	a, l := configured(), sourcetest.NewLedger()
	a.sync("02 10:00", sha("c1"))
	a.images = []string{image("v1.0.0")}
	read(t, l, a, ofImages)
	a.sync("02 11:00", sha("c2"))
	a.sync("02 12:00", sha("c3"))
	a.images = []string{image("v1.2.0")}
	read(t, l, a, ofImages)
	assert.Equal(t, []string{"v1.0.0", "", "v1.2.0"}, versions(l))
}

// The same commit of the configuration leads to the same version: it is deployed again, or gone back to.
func TestTheSameConfigurationLeadsToTheSameVersion(t *testing.T) {
	t.Parallel()
	a, l := configured(), sourcetest.NewLedger()
	for _, step := range [][3]string{{"02 10:00", "c1", "v1.0.0"}, {"02 11:00", "c2", "v1.1.0"}, {"02 12:00", "c2", "v1.1.0"}, {"02 13:00", "c1", "v1.1.0"}} {
		a.sync(step[0], sha(step[1]))
		a.images = []string{image(step[2])} // of the last the old ones are still there
		read(t, l, a, ofImages)
	}
	assert.Equal(t, []string{"v1.0.0", "v1.1.0", "v1.1.0", "v1.0.0"}, versions(l))
}

func TestWhatNoImageNamesYetIsCountedAllTheSame(t *testing.T) {
	t.Parallel()
	a, l := configured(), sourcetest.NewLedger()
	a.sync("02 10:00", sha("c1"))
	read(t, l, a, ofImages)
	a.sync("02 11:00", sha("c2"))
	read(t, l, a, ofImages)
	require.Len(t, told(l), 2)
	assert.Equal(t, "example-health/config", told(l)[0].Repository, "nothing names another")
	a.images = []string{image("v1.1.0")}
	read(t, l, a, ofImages)
	require.Len(t, told(l), 2)
	assert.Equal(t, []string{"", "v1.1.0"}, versions(l))
	assert.Equal(t, api, told(l)[0].Repository, "what was told is of the same application")

	named := sourcetest.NewLedger()
	a.images = nil
	read(t, named, a, func(own *argocd.Settings) { ofImages(own); own.Repositories = []string{"Example-Health/API"} })
	assert.Equal(t, "Example-Health/API", told(named)[0].Repository, "settings name one")
}

func TestTheTagMayHoldMoreThanTheVersion(t *testing.T) {
	t.Parallel()
	a, l := configured(), sourcetest.NewLedger()
	a.sync("02 10:00", sha("c1"))
	a.images = []string{image("v1.0.0-20261102")}
	withTag := func(own *argocd.Settings) { ofImages(own); own.Version.Tag = dora.MustPattern(`^(v[\d.]+)-\d+$`) }
	read(t, l, a, withTag)
	a.sync("02 11:00", sha("c2"))
	a.images = []string{image("latest")}
	read(t, l, a, withTag)
	assert.Equal(t, []string{"v1.0.0", ""}, versions(l), "a tag that does not match names no version")

	l = sourcetest.NewLedger()
	a.images = []string{image(sha("whole"))}
	read(t, l, a, ofImages)
	assert.Equal(t, sha("whole"), told(l)[1].SHA, "a tag may be a commit")
}

func TestImagesOfSeveralRepositoriesAreADeploymentOfEach(t *testing.T) {
	t.Parallel()
	a, l := configured(), sourcetest.NewLedger()
	a.sync("02 10:00", sha("c1"))
	a.images = []string{image("v1.0.0"), "ghcr.io/example-health/worker:v3.1.0", sidecar}
	read(t, l, a, ofImages)
	require.Len(t, told(l), 2)
	assert.ElementsMatch(t, []string{"v1.0.0", "v3.1.0"}, versions(l))
}

func TestWhereVersionsCameFromMayChange(t *testing.T) {
	t.Parallel()
	a, l := configured(), sourcetest.NewLedger()
	a.sync("02 10:00", sha("c1"))
	a.images = []string{image("v1.0.0")}
	read(t, l, a, nil)
	require.Len(t, told(l), 1)
	assert.Equal(t, "example-health/config", told(l)[0].Repository)
	read(t, l, a, ofImages)
	require.Len(t, told(l), 1, "what was told of the configuration is withdrawn")
	assert.Equal(t, api, told(l)[0].Repository)
	read(t, l, a, nil)
	require.Len(t, told(l), 1)
	assert.Equal(t, "example-health/config", told(l)[0].Repository)
}

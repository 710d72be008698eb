package facts_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// A repository becomes a service with its first deployment, and is none again once that is taken back.
func TestARepositoryIsAServiceFromItsFirstDeploymentOn(t *testing.T) {
	mapping := selecting("acme/*")
	h := facts.NewDeriver(mapping)
	h.Apply(repositoryOf("acme/api", 1)...)
	h.Apply(repositoryOf("acme/lib")...)
	archived := repositoryOf("acme/attic")
	archived[0].(*dora.Repository).Archived = true
	h.Apply(archived...)
	assert.Equal(t, map[string]string{"acme/api": "1"}, alsoRestarted(t, h, mapping))
	assert.Equal(t, map[string][]string{"github": {"acme/lib"}}, h.Undeployed(), "which is told, but not of what is archived")

	first := repositoryOf("acme/lib", 7)[1].(*dora.Deployment)
	h.Apply(first)
	assert.Equal(t, map[string]string{"acme/api": "1", "acme/lib": "7"}, alsoRestarted(t, h, mapping))
	assert.Empty(t, h.Undeployed())

	opened := &dora.Incident{Header: dora.Header{Source: "github", ID: "acme/ops:issue:1", Updated: noon}, Repository: "acme/ops", Number: 1, Opened: noon}
	h.Apply(repositoryOf("acme/ops")...)
	assert.Equal(t, map[string][]string{"github": {"acme/ops"}}, h.Undeployed())
	h.Apply(opened)
	assert.Equal(t, map[string]string{"acme/api": "1", "acme/lib": "7", "acme/ops": ""}, alsoRestarted(t, h, mapping), "its incidents have figures")
	assert.Empty(t, h.Undeployed())

	withdrawn := *first
	withdrawn.Rank, withdrawn.Withdrawn = first.Rank+1, true
	h.Apply(&withdrawn)
	assert.Equal(t, map[string]string{"acme/api": "1", "acme/ops": ""}, alsoRestarted(t, h, mapping))
	assert.Equal(t, map[string][]string{"github": {"acme/lib"}}, h.Undeployed())

	mapping.Services, mapping.KeepOthers = []dora.Service{{Name: "library", Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/Lib"}}}}, true
	h = facts.NewDeriver(mapping)
	h.Apply(append(repositoryOf("acme/api", 1), repositoryOf("acme/lib")...)...)
	assert.Equal(t, map[string]string{"acme/api": "1", "library": ""}, deployed(h), "the settings name it")
	assert.Empty(t, h.Undeployed())
}

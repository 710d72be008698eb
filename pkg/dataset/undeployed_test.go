package dataset_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestRepositoriesThatWereNeverDeployedAreCountedAndNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dora.db")
	events := datasettest.Events()
	for n := range 12 {
		name := fmt.Sprintf("example-health/lib-%02d", n)
		events = append(events, &dora.Repository{Header: dora.Header{Source: "github", ID: name, Updated: datasettest.At("Jan 01 09:00")}, Name: name, DefaultBranch: "main"})
	}
	datasettest.Fill(t, path, "1/dora", events...)
	s := parse(t, silent(t), `,"store":{"type":"sqlite","path":"`+path+`"}`)
	s.Services = []dora.Service{{Name: "library", Deployments: []dora.DeploymentRule{{Source: "github", Repository: "example-health/lib-00"}}}}
	d, err := dataset.Open(t.Context(), options(t, "1/dora", s))
	require.NoError(t, err)
	defer func() { assert.NoError(t, d.Close()) }()
	text := d.Undeployed("github")
	assert.Contains(t, text, "Read, never deployed (11): example-health/lib-01, example-health/lib-02, ")
	assert.Contains(t, text, " and 1 more.")
	assert.NotContains(t, text, "booking", "which is deployed")
	assert.Empty(t, d.Undeployed("other"))
}

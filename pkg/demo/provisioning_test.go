package demo_test

import (
	"cmp"
	"encoding/json"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/world"
)

func provisioned(t *testing.T) *settings.File {
	t.Helper()
	t.Setenv("LIVEDORA_GITHUB_URL", "http://127.0.0.1:1")
	t.Setenv("LIVEDORA_GITHUB_TOKEN", "demo-token")
	t.Setenv("LIVEDORA_STORE_PATH", "/somewhere/live-dora.db")
	file, err := settings.ReadFile(systems.All, filepath.Join(root, "provisioning", "datasources", "livedora.yaml"), "")
	require.NoError(t, err)
	return file
}

func TestTheProvisionedDataSourceIsTheDemos(t *testing.T) {
	file := provisioned(t)
	assert.Equal(t, "livedora", file.UID)
	assert.Equal(t, "Live DORA", file.Name)
	assert.Equal(t, settings.Store{Type: settings.StoreSQLite, Path: "/somewhere/live-dora.db"}, file.Settings.Store)
	source := file.Settings.Sources[0]
	assert.Equal(t, "http://127.0.0.1:1", source.Own.(*github.Settings).URL)
	assert.Equal(t, map[string]string{"token": "demo-token", "webhookSecret": "demo-token"}, source.Secrets)
	var spoken, read []string
	for _, each := range world.Speakers {
		spoken = append(spoken, each.Type)
	}
	for _, each := range file.Settings.Sources {
		read = append(read, each.Type)
	}
	assert.ElementsMatch(t, spoken, read, "everything that the organisation speaks is read")
	backfill := time.Duration(file.Settings.Collect.Backfill)
	grown := world.New(world.Options{Months: 18})
	assert.Greater(t, backfill, grown.Now().Sub(grown.Now().AddDate(0, -18, 0)), "the whole history is read")
	assert.Equal(t, dora.DefaultDefinition(), file.Settings.Definition)
}

func TestTheSettingsSurviveGrafanasJSON(t *testing.T) {
	file := provisioned(t)
	text, err := json.Marshal(file.Settings)
	require.NoError(t, err)
	object := map[string]any{}
	require.NoError(t, json.Unmarshal(text, &object))
	secrets := map[string]string{}
	for _, source := range file.Settings.Sources {
		for name, secret := range source.Secrets {
			secrets["sources."+source.ID+"."+name] = secret
		}
	}
	parsed, err := settings.Parse(systems.All, object, secrets)
	require.NoError(t, err)
	assert.Equal(t, file.Settings, parsed)
}

func TestTheProvisionedServicesAreTheOrganisations(t *testing.T) {
	file := provisioned(t)
	invented := world.New(world.Options{Months: 1, Elsewhere: true}).Services()
	require.Len(t, file.Settings.Services, len(invented))
	ids := map[string]string{} // of the sources, by type
	for _, source := range file.Settings.Sources {
		ids[source.Type] = source.ID
	}
	for i, want := range invented {
		service := file.Settings.Services[i]
		assert.Equal(t, []string{want.Name, want.Team}, []string{service.Name, service.Team})
		for j, other := range invented {
			matches := func(environment string) bool {
				d := &dora.Deployment{Header: dora.Header{Source: ids[other.Deployer]}, Repository: other.Repository, Environment: environment, Ref: other.TagPrefix + "1.0.0"}
				return service.Deployments[0].Matches(d, dora.Pattern{})
			}
			assert.Equal(t, i == j, matches(other.Production), "%s and %s's production", want.Name, other.Name)
			assert.False(t, matches(other.Staging), "%s and %s's staging", want.Name, other.Name)
			incident := &dora.Incident{Header: dora.Header{Source: ids[other.Tracker]}, Repository: cmp.Or(other.Filed, other.Repository), Service: other.Afflicted, Labels: append([]string{"sev2"}, other.IncidentLabels...)}
			assert.Equal(t, i == j, service.Incidents[0].Matches(incident), "%s and an incident of %s", want.Name, other.Name)
		}
	}
}

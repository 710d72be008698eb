package gitlab_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const (
	replayToken = "replay-secret"
	plain       = "NHSDigital/immunisation-fhir-api"
	synthetic   = "NHSDigital/synthetic/immunisation-fhir-api-synthetic"
	afterAll    = standintest.AfterAll
)

// subject is GitLab by an interface, with what it is given and stand-ins started with more arguments.
func subject(api gitlab.API, secret string, arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "gitlab", Token: replayToken, Arguments: arguments,
		Called: func(h *replaytest.History) {
			h.Source = "gitlab"
			if h.Overlay {
				owner, name, _ := strings.Cut(h.Name, "/")
				h.Name = owner + "/synthetic/" + name
			}
		},
		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
			given, own := at.Given(), incidents(h.Name)
			given.Secrets["webhookSecret"] = secret
			own.URL, own.API = at.URL, api
			return open(given, own, gitlab.WithPace(pace))
		},
	}
}

// replay is a stand-in for GitLab that replays real histories, with a clock that tests move. It belongs to one test.
type replay struct{ *standintest.StandIn }

// startReplay starts one with histories, both of those there are where none are named.
func startReplay(t *testing.T, now string, arguments ...string) *replay {
	t.Helper()
	if !slices.Contains(arguments, "--data") {
		arguments = append(arguments, "--data", "data/immunisation-fhir-api", "--data", "data/immunisation-fhir-api+synthetic")
	}
	return &replay{standintest.Start(t, "gitlab", replayToken, now, arguments...)}
}

func (r *replay) source(own gitlab.Settings, options ...gitlab.Option) *gitlab.Source {
	if own.URL == "" {
		own.URL = r.URL
	}
	return open(given(), own, options...)
}

// open makes a source that is patient for no longer than a test.
func open(given source.Given, own gitlab.Settings, options ...gitlab.Option) *gitlab.Source {
	given.ID, given.Client = "gitlab", &http.Client{Timeout: time.Minute}
	return gitlab.New(given, own, append([]gitlab.Option{gitlab.WithPace(standintest.Fast)}, options...)...)
}

// at is a clock that stands at an instant and does not wait.
func at(now string) gitlab.Option { return gitlab.WithPace(standintest.At(now)) }

// incidents are the settings of a project whose incidents are those of GitLab.
func incidents(projects ...string) gitlab.Settings {
	return gitlab.Settings{Repositories: projects}
}

func TestDeploymentsThatWereReportedGiveTheSameFacts(t *testing.T) {
	t.Parallel()
	reported := subject(gitlab.APIAuto, "", "--external-deployments", "prod")
	h := reported.History(t, standintest.Synthetic(t))
	l := reported.Fresh(t, reported.Start(t, h, afterAll), h, time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC))
	t.Logf("%d requests", l.Last().Requests)
	h.Check(t, l.All())
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		assert.NotEmpty(t, d.RefKind)
	}
}

func TestRealHistoriesAreCollectedWithTheFactsThatGitGives(t *testing.T) {
	for _, instance := range []struct{ version, edition string }{{"17.2.0", "ce"}, {"19.2.0", "ee"}} {
		for _, api := range []gitlab.API{gitlab.APIGraphQL, gitlab.APIREST} {
			t.Run(instance.version+" "+instance.edition+" "+string(api), func(t *testing.T) {
				t.Parallel()
				subject(api, "", "--gitlab-version", instance.version, "--edition", instance.edition).Histories(t)
			})
		}
	}
}

func TestBothInterfacesTellTheSame(t *testing.T) {
	t.Parallel()
	r := startReplay(t, afterAll)
	var collected []*sourcetest.Ledger
	for _, api := range []gitlab.API{gitlab.APIGraphQL, gitlab.APIREST} {
		own := incidents(plain, synthetic)
		own.API = api
		l := sourcetest.NewLedger()
		require.NoError(t, l.Collect(t.Context(), r.source(own, at(afterAll)), time.Time{}))
		collected = append(collected, l)
	}
	sourcetest.Same(t, collected[0], collected[1])
}

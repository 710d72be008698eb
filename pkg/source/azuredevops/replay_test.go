package azuredevops_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const (
	replayToken = "replay-secret"
	synthetic   = "immunisation-fhir-api-synthetic"
	afterAll    = standintest.AfterAll
)

type row map[string]any

// subject is Azure DevOps with stand-ins started with more arguments.
func subject(own azuredevops.Settings, arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "azuredevops", Token: replayToken, Arguments: arguments,
		Called: func(h *replaytest.History) { // a project with a repository of the same name
			_, name, _ := strings.Cut(h.Name, "/")
			h.Source, h.Name = "azure", name+"/"+name
		},
		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
			own := own
			own.URL, own.Repositories = at.URL+"/NHSDigital", []string{h.Name}
			return open(given(), own, azuredevops.WithPace(pace))
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			repos.Lock()
			repos.events[h.Dir] = events
			repos.Unlock()
			h.Check(t, events)
		},
	}
}

// repos is what was read of the histories whose code is in Azure Repos, by directory: reading one takes thousands of requests.
var repos = struct {
	sync.Mutex
	events map[string][]dora.Event
}{events: map[string][]dora.Event{}}

// code is that of a history as another source reads it: what Azure Repos has of it, under GitHub's name.
func code(t *testing.T, h *replaytest.History) (events []dora.Event) {
	t.Helper()
	repos.Lock()
	read := repos.events[h.Dir]
	repos.Unlock()
	if read == nil {
		s := subject(tagged(""))
		own := s.History(t, h.Dir)
		read = s.Fresh(t, s.Start(t, own, afterAll), own, when("30 12:00")).All()
	}
	for _, e := range read {
		switch e := e.(type) {
		case *dora.Commit:
			c := *e
			c.Source, c.Repository, c.ID = "github", h.Name, h.Name+"@"+e.SHA
			events = append(events, &c)
		case *dora.Change:
			c := *e
			c.Source, c.Repository, c.ID = "github", h.Name, fmt.Sprintf("%s#%d", h.Name, e.Number)
			events = append(events, &c)
		case *dora.Repository:
			r := *e
			r.Source, r.Name, r.ID = "github", h.Name, h.Name
			events = append(events, &r)
		}
	}
	return events
}

// replay is a stand-in for Azure DevOps that replays real histories, with a clock that tests move. It belongs to one test.
type replay struct{ *standintest.StandIn }

func startReplay(t *testing.T, now string, arguments ...string) *replay {
	t.Helper()
	return &replay{standintest.Start(t, "azuredevops", replayToken, now, arguments...)}
}

func (r *replay) source(own azuredevops.Settings, options ...azuredevops.Option) *azuredevops.Source {
	if own.URL == "" {
		own.URL = r.URL + "/NHSDigital"
	}
	return open(given(), own, options...)
}

func given() source.Given {
	return source.Given{Secrets: map[string]string{"token": replayToken, "webhookSecret": hookSecret}}
}

// open makes a source that is patient for no longer than a test.
func open(given source.Given, own azuredevops.Settings, options ...azuredevops.Option) *azuredevops.Source {
	given.ID, given.Client = "azure", &http.Client{Timeout: time.Minute}
	return azuredevops.New(given, own, append([]azuredevops.Option{azuredevops.WithPace(standintest.Fast)}, options...)...)
}

// at is a clock that stands at an instant and does not wait.
func at(now string) azuredevops.Option { return azuredevops.WithPace(standintest.At(now)) }

// tagged are the settings of a project whose incidents are work items with the tag incident.
func tagged(project string) azuredevops.Settings {
	return azuredevops.Settings{Repositories: []string{project + "/*"}, Incidents: azuredevops.Incidents{From: azuredevops.IncidentsByTags, Tags: []string{"incident"}}}
}

func TestRealHistoriesAreCollectedWithTheFactsThatGitGives(t *testing.T) {
	subject(tagged("")).Histories(t)
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	subject(tagged("")).Kills(t, "2023-12-01T00:00:00Z", 3)
}

// overGitHub is Azure DevOps whose pipelines deploy a repository on GitHub, of which the code is read there.
func overGitHub(own azuredevops.Settings, arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "azuredevops", Token: replayToken, Arguments: append(arguments, "--github-repository"),
		Called: func(h *replaytest.History) { h.Source = "azure" },
		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
			own := own
			_, project, _ := strings.Cut(h.Name, "/")
			own.URL, own.Repositories, own.GitHub = at.URL+"/NHSDigital", []string{project + "/*"}, []string{"NHSDigital/*"}
			return open(given(), own, azuredevops.WithPace(pace))
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			h.Check(t, append(events, code(t, h)...))
		},
	}
}

func TestPipelinesOverARepositoryOnGitHubJoinItsCode(t *testing.T) {
	overGitHub(tagged("")).Histories(t)
}

func TestClassicReleasesGiveTheSameFacts(t *testing.T) {
	own := tagged("")
	own.Deployments.From = azuredevops.FromReleases
	overGitHub(own, "--deployments", "releases").Histories(t)
}

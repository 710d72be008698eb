package bitbucket_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/bitbucket"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const replayToken = "replay-secret"

type row = map[string]any

// subject is Bitbucket, which has no limit unless a test says so.
func subject() standintest.Subject {
	return standintest.Subject{
		System: "bitbucket", Token: replayToken, Arguments: []string{"--limit", "0"},
		Called: func(h *replaytest.History) { h.Source, h.Name = "bitbucket", strings.ToLower(h.Name) },
		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
			return open(at, bitbucket.Settings{Repositories: []string{strings.ToLower(h.Name)}}, pace)
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			var all []dora.Event
			labels := map[int][]string{} // Bitbucket has none
			for _, e := range h.Events {
				switch e := e.(type) {
				case *dora.Change:
					labels[e.Number] = e.Labels
				case *dora.Incident: // another system's
					i := *e
					i.Source, i.Repository = h.Source, h.Name
					all = append(all, &i)
				}
			}
			for _, e := range events {
				switch e := e.(type) {
				case *dora.Change:
					c := *e
					c.Labels = labels[c.Number]
					all = append(all, &c)
				case *dora.Deployment: // whose number is within its environment, and the recording's is in its id
					d := *e
					d.Number, _ = strconv.ParseInt(d.ID[strings.LastIndexByte(d.ID, '-')+1:], 10, 64)
					all = append(all, &d)
				default:
					all = append(all, e)
				}
			}
			h.Check(t, all)
		},
	}
}

func open(at *standintest.StandIn, own bitbucket.Settings, pace standintest.Pace) source.Source {
	own.URL = at.URL
	if !strings.HasSuffix(own.URL, "/2.0") {
		own.URL += "/2.0"
	}
	given := at.Given()
	given.ID = "bitbucket"
	return bitbucket.New(given, own, bitbucket.WithPace(pace))
}

func TestRealHistoriesAreCollectedWithTheFactsThatGitGives(t *testing.T) { subject().Histories(t) }

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	subject().Kills(t, "2023-12-01T00:00:00Z", 3)
}

func TestAHistoryThatIsReadInStepsEndsWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	s := subject()
	s.Until = "2024-05-01T00:00:00Z"
	s.Steps(t, time.Date(2023, 4, 1, 0, 0, 0, 0, time.UTC), 90)
}

func TestFaultsOnTheWayCostNothing(t *testing.T) {
	t.Parallel()
	subject().Faults(t, "2023-06-01T00:00:00Z",
		row{"kind": "http500", "every": 7}, row{"kind": "http502_html", "every": 7}, row{"kind": "http503_retry_after", "every": 7, "retry_after": 1},
		row{"kind": "http429", "every": 20}, row{"kind": "connection_reset", "every": 7}, row{"kind": "duplicate_across_pages", "every": 2})
}

func TestAFortnightThatIsToldEndsWhereOneThatIsReadDoes(t *testing.T) {
	t.Parallel()
	subject().Told(t, time.Date(2024, 1, 13, 0, 0, 0, 0, time.UTC), 14, standintest.Hook{
		Register: row{"secret": standintest.Secret, "drop": 0.2, "duplicate": 0.2, "bad_signature": 0.1}, Kinds: []string{"repo:push", "repo:commit_status_updated", "pullrequest:fulfilled"}, Forged: true,
	})
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	const name = "nhsdigital/immunisation-fhir-api-synthetic"
	of := func(repositories, token, email string) func(*standintest.StandIn, standintest.Pace) source.Source {
		return func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			own := bitbucket.Settings{URL: strings.TrimSuffix(at.URL, "/2.0") + "/2.0", Email: email, Repositories: []string{repositories}}
			return bitbucket.New(source.Given{ID: "bitbucket", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": token, "apiToken": token}}, own, bitbucket.WithPace(pace))
		}
	}
	subject().BadDays(t, "2023-06-01T00:00:00Z", []standintest.BadDay{
		{Name: "a token that expired", Control: row{"faults": []row{{"kind": "token_expired"}}}, Cause: source.CauseCredentials, Says: []string{"does not accept the token", "app passwords"}},
		{Name: "a token that nobody knows", Open: of(name, "wrong-"+replayToken, ""), Cause: source.CauseCredentials, Says: []string{"does not accept the token"}},
		{Name: "an app password", Open: of(name, replayToken, "someone"), Cause: source.CauseCredentials, Says: []string{"app passwords are not accepted any more"}},
		{Name: "a scope that is missing", Control: row{"faults": []row{{"kind": "secondary_limit", "path": "pipelines"}}}, Cause: source.CausePermission, Says: []string{"Pipelines: Read"}, Unnoticed: true},
		{Name: "a repository that nobody sees", Open: of("nhsdigital/secret", replayToken, ""), Cause: source.CauseNotFound, Says: []string{"there is no repository nhsdigital/secret"}},
		{Name: "a workspace that is not there", Open: of("elsewhere/*", replayToken, ""), Cause: source.CauseNotFound, Says: []string{"check the workspace"}},
		{Name: "a server that fails", Control: row{"faults": []row{{"kind": "http500"}}}, Cause: source.CauseServer, Says: []string{"Bitbucket fails"}},
		{Name: "a limit that outlasts the run", Control: row{"faults": []row{{"kind": "http429"}}}, Cause: source.CauseRateLimit, Says: []string{"the next run goes on from here"}},
		{Name: "no token", Open: of(name, "", ""), Cause: source.CauseCredentials, Says: []string{"no token is set"}},
		{Name: "a pattern for workspaces", Open: of("*/api", replayToken, ""), Cause: source.CauseConfiguration, Says: []string{"not of the form workspace/repository"}},
	}...)
}

package jenkins_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jenkins"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const (
	replayToken = "replay-secret"
	replayUser  = "live-dora"
	afterAll    = standintest.AfterAll
)

// byName are lines that go by the names of jobs, in the folders of a history.
func byName(h *replaytest.History) []string {
	return []string{h.Name + "/deploy-internal-dev/* -> internal-dev", h.Name + "/release -> prod", h.Name + "/release-worker -> prod-worker"}
}

// subject is Jenkins by some lines, with stand-ins started with more arguments.
func subject(lines func(*replaytest.History) []string, arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "jenkins", Token: replayToken, Arguments: arguments,
		Called: func(h *replaytest.History) { h.Source = "jenkins" },
		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
			return open(given(), jenkins.Settings{URL: at.URL, User: replayUser, Repositories: []string{h.Name}, Jobs: lines(h)}, jenkins.WithPace(pace))
		},
		Check: check,
	}
}

// check joins the builds with the code and the pull requests that GitHub has of the same history. Its issues are told as if they
// were Jenkins', since the values beside a history are of one source.
func check(t *testing.T, h *replaytest.History, events []dora.Event) {
	t.Helper()
	all := slices.Concat(events, standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange))
	for _, e := range standintest.Join(t, h, dora.KindIncident) {
		issue := *e.(*dora.Incident)
		issue.Source = h.Source
		all = append(all, &issue)
	}
	h.Check(t, all)
}

func given() source.Given {
	return source.Given{Secrets: map[string]string{"token": replayToken, "webhookSecret": standintest.Secret}}
}

// open makes a source that is patient for no longer than a test.
func open(given source.Given, own jenkins.Settings, options ...jenkins.Option) *jenkins.Source {
	given.ID, given.Client = "jenkins", &http.Client{Timeout: time.Minute}
	return jenkins.New(given, own, append([]jenkins.Option{jenkins.WithPace(standintest.Fast)}, options...)...)
}

func TestRealHistoriesAreDeployedAsGitSays(t *testing.T) {
	subject(byName).Histories(t)
}

// byParameter are lines that go by what builds were told, where they were.
func byParameter(h *replaytest.History) []string {
	return []string{h.Name + "/*, parameter ENVIRONMENT -> *", h.Name + "/deploy-*/master -> internal-dev", "!**, parameter DRY_RUN=true"}
}

func TestParametersSayTheSameAsNames(t *testing.T) { subject(byParameter).Histories(t) }

func TestReadingsFromMonthToMonthEndWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	subject(byName).Steps(t, time.Date(2025, 9, 30, 12, 0, 0, 0, time.UTC), 23)
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	subject(byName).Kills(t, afterAll, 4)
}

func TestWhatFailsOnTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	subject(byName).Faults(t, afterAll,
		standintest.Row{"kind": "http500", "every": 3}, standintest.Row{"kind": "http502_html", "every": 3}, standintest.Row{"kind": "http503_retry_after", "every": 4, "retry_after": 1},
		standintest.Row{"kind": "http503_retry_after", "every": 3}, standintest.Row{"kind": "http429", "every": 4, "retry_after": 1}, standintest.Row{"kind": "connection_reset", "every": 3},
		standintest.Row{"kind": "truncated_json", "every": 3}, standintest.Row{"kind": "truncated_body", "every": 3}, standintest.Row{"kind": "duplicate_across_pages", "every": 2, "shift": 3},
	)
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	of := func(change func(*source.Given, *jenkins.Settings)) func(*standintest.StandIn, standintest.Pace) source.Source {
		return func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			given, own := given(), jenkins.Settings{URL: at.URL, User: replayUser, Repositories: []string{"NHSDigital/*"}, Jobs: []string{"NHSDigital/*/release -> prod"}}
			change(&given, &own)
			return open(given, own, jenkins.WithPace(pace))
		}
	}
	subject(byName).BadDays(t, afterAll,
		standintest.BadDay{Name: "a token that expired", Control: standintest.Row{"faults": []standintest.Row{{"kind": "token_expired"}}}, Cause: source.CauseCredentials, Says: []string{"does not accept the user and token"}},
		standintest.BadDay{Name: "a token that nobody knows", Open: of(func(g *source.Given, _ *jenkins.Settings) { g.Secrets["token"] = "wrong-" + replayToken }), Cause: source.CauseCredentials, Says: []string{"does not accept the user and token"}},
		standintest.BadDay{Name: "no token", Open: of(func(g *source.Given, _ *jenkins.Settings) { g.Secrets["token"] = "" }), Cause: source.CauseCredentials, Says: []string{"no user and token are set"}},
		standintest.BadDay{Name: "a server that fails", Control: standintest.Row{"faults": []standintest.Row{{"kind": "http500"}}}, Cause: source.CauseServer, Says: []string{"Jenkins fails"}},
		standintest.BadDay{Name: "Jenkins starts", Control: standintest.Row{"faults": []standintest.Row{{"kind": "http503_retry_after"}}}, Cause: source.CauseServer, Says: []string{"Jenkins fails"}},
		standintest.BadDay{Name: "a proxy's limit", Control: standintest.Row{"faults": []standintest.Row{{"kind": "http429", "retry_after": 7200}}}, Cause: source.CauseRateLimit, Says: []string{"the next run goes on from here"}},
		standintest.BadDay{Name: "a proxy that asks to log in", Control: standintest.Row{"faults": []standintest.Row{{"kind": "secondary_limit"}}}, Cause: source.CauseConfiguration, Says: []string{"a page for people came", "proxy"}},
		standintest.BadDay{Name: "beside the path that Jenkins lies beneath", Open: of(func(_ *source.Given, own *jenkins.Settings) { own.URL += "/jenkins"; own.Jobs = []string{"** -> prod"} }), Cause: source.CauseNotFound, Says: []string{"not at this address"}},
		standintest.BadDay{Name: "a folder that nobody sees", Open: of(func(_ *source.Given, own *jenkins.Settings) { own.Jobs = []string{"secret/** -> prod"} }), Cause: source.CauseNotFound, Says: []string{"there is no folder or job secret", "Job/Read"}},
		standintest.BadDay{Name: "jobs that nobody has", Open: of(func(_ *source.Given, own *jenkins.Settings) { own.Jobs = []string{"NHSDigital/**/other -> prod"} }), Cause: source.CauseNotFound, Says: []string{"no job that the user sees is what jobs takes", "NHSDigital/immunisation-fhir-api-synthetic/release"}},
		standintest.BadDay{Name: "no host", Open: of(func(_ *source.Given, own *jenkins.Settings) { own.URL = "http://127.0.0.1:1" }), Cause: source.CauseNetwork, Says: []string{"cannot be reached"}},
	)
}

package jira_test

import (
	"net/http"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
	"github.com/livedora/dora-datasource/pkg/source/jira"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const (
	replayToken = "replay-secret-0123456789"
	replayEmail = "collector@example.invalid"
	hookSecret  = standintest.Secret
	afterAll    = standintest.AfterAll
	amid        = "2025-09-01T00:00:00Z"

	cloud, dataCenter = "cloud", "datacenter"
)

// open makes a source that is patient for no longer than a test.
func open(own jira.Settings, options ...jira.Option) *jira.Source {
	given := source.Given{ID: "jira", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"webhookSecret": hookSecret, "token": replayToken}}
	if own.Email != "" {
		delete(given.Secrets, "token")
		given.Secrets["apiToken"] = replayToken
	}
	return jira.New(given, own, append([]jira.Option{jira.WithPace(standintest.Fast)}, options...)...)
}

func settings(address, edition string) jira.Settings {
	own := jira.Settings{URL: address, Projects: []string{"*"}}
	if edition == cloud {
		own.Email = replayEmail
	}
	return own
}

// subject is an edition of Jira with stand-ins started with more arguments. Jira holds incidents alone: what else figures need is
// read from GitHub.
func subject(edition string, arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "jira", Token: replayToken, Arguments: append([]string{"--edition", edition, "--limit", "100000"}, arguments...), Overlays: true,
		Open: func(at *standintest.StandIn, _ *replaytest.History, pace standintest.Pace) source.Source {
			return open(settings(at.URL, edition), jira.WithPace(pace))
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			all := standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange, dora.KindDeployment)
			for _, e := range events {
				there := *e.(*dora.Incident)
				there.Source, there.Repository = h.Source, h.Name // the history's services have GitHub's issues
				all = append(all, &there)
			}
			h.CheckIncidents(t, all)
		},
	}
}

// sites are both editions as they come, and with what workflows, accounts and servers differ in.
var sites = map[string]standintest.Subject{
	"cloud":               subject(cloud),
	"data center":         subject(dataCenter),
	"another cloud":       subject(cloud, "--no-resolutions", "--service-project-names", "--page-cap", "7", "--time-zone", "America/New_York", "--index-lag", "300"),
	"another data center": subject(dataCenter, "--no-resolutions", "--service-project-names", "--page-cap", "7", "--time-zone", "America/New_York", "--index-lag", "300"),
}

func TestIncidentsGiveTheFailuresAndRecoveriesOfTheHistory(t *testing.T) {
	t.Parallel()
	for name, s := range sites {
		t.Run(name, func(t *testing.T) { s.Histories(t) })
	}
}

func TestAHistoryThatIsReadStepByStepEndsWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"another cloud", "another data center"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sites[name].Steps(t, time.Date(2023, 4, 1, 0, 0, 0, 0, time.UTC), 40)
		})
	}
}

// What is closed or reopened within the hour in which the index lags, by a clock that is hours behind UTC, is there soon after.
func TestWhatHappensBetweenTwoReadingsIsNeverSkipped(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"another cloud", "another data center"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := sites[name]
			h := s.History(t, standintest.Synthetic(t))
			at, l := s.Start(t, h, amid), sourcetest.NewLedger()
			var ends []time.Time
			for _, e := range h.Events {
				if i, is := e.(*dora.Incident); is && !i.Resolved.IsZero() {
					ends = append(ends, i.Resolved)
				}
			}
			slices.SortFunc(ends, time.Time.Compare)
			for _, end := range ends[len(ends)-12:] {
				for _, after := range []time.Duration{-30 * time.Minute, time.Minute, 4 * time.Minute, 30 * time.Minute} {
					now := end.Add(after)
					at.Move(now)
					s.Read(t, l, at, h, now)
					sourcetest.Same(t, s.Fresh(t, at, h, now), l, end, after)
				}
			}
		})
	}
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	for _, edition := range []string{cloud, dataCenter} {
		subject(edition, "--page-cap", "3").Kills(t, afterAll, 2)
	}
}

func TestWhatFailsOnTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	for _, edition := range []string{cloud, dataCenter} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			subject(edition, "--page-cap", "7").Faults(t, afterAll,
				standintest.Row{"kind": "http429", "every": 3, "retry_after": 5}, standintest.Row{"kind": "http429", "every": 3, "bare": true}, standintest.Row{"kind": "secondary_limit", "every": 4},
				standintest.Row{"kind": "http500", "every": 3}, standintest.Row{"kind": "http502_html", "every": 5}, standintest.Row{"kind": "http503_retry_after", "every": 5},
				standintest.Row{"kind": "duplicate_across_pages", "every": 3}, standintest.Row{"kind": "clock_skew", "every": 1, "seconds": 7200},
			)
		})
	}
}

func TestADayOnWhichJiraCannotBeReadCostsNothing(t *testing.T) {
	t.Parallel()
	wrong := func(edition string) func(*standintest.StandIn, standintest.Pace) source.Source {
		return func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			own := settings(at.URL, edition)
			given := source.Given{ID: "jira", Client: http.DefaultClient, Secrets: map[string]string{"token": "an-old-token", "apiToken": "an-old-token"}}
			if edition == cloud {
				delete(given.Secrets, "token")
			}
			return jira.New(given, own, jira.WithPace(pace))
		}
	}
	for _, edition := range []string{cloud, dataCenter} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			subject(edition).BadDays(t, amid,
				standintest.BadDay{Name: "a token that has expired", Control: standintest.Row{"faults": []standintest.Row{{"kind": "token_expired", "every": 1}}}, Cause: source.CauseCredentials, Says: []string{"does not accept"}},
				standintest.BadDay{Name: "a token that is wrong", Open: wrong(edition), Cause: source.CauseCredentials, Says: []string{"does not accept"}},
				standintest.BadDay{Name: "a page to log in", Control: standintest.Row{"faults": []standintest.Row{{"kind": "http502_html", "page": "login", "every": 1}}}, Cause: source.CauseConfiguration, Says: []string{"a page for people"}},
				standintest.BadDay{Name: "all projects are gone", Control: standintest.Row{"faults": []standintest.Row{{"kind": "repo_vanished", "every": 1}}}, Cause: source.CauseNotFound, Says: []string{"Browse Projects"}},
				standintest.BadDay{Name: "a server that fails", Control: standintest.Row{"faults": []standintest.Row{{"kind": "http500", "every": 1}}}, Cause: source.CauseServer},
				standintest.BadDay{Name: "a condition that cannot be read", Cause: source.CauseConfiguration, Says: []string{"incidents.jql", "Field 'landscape' does not exist"}, Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
					own := settings(at.URL, edition)
					own.Incidents.JQL = "type = Bug AND landscape = live"
					return open(own, jira.WithPace(pace))
				}},
				standintest.BadDay{Name: "a type that is not there", Cause: source.CauseConfiguration, Says: []string{"incidents.types", "called Outage", "Bug, Change, Incident, Task"}, Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
					own := settings(at.URL, edition)
					own.Incidents.Types = []string{"Outage"}
					return open(own, jira.WithPace(pace))
				}},
				standintest.BadDay{Name: "a project that is not there", Cause: source.CauseNotFound, Says: []string{"(NONE)", "there is no project with the key NONE", "Browse Projects"}, Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
					own := settings(at.URL, edition)
					own.Projects = []string{"*", "NONE"}
					return open(own, jira.WithPace(pace))
				}},
			)
		})
	}
}

func TestALoginOfTheWrongKindIsToldSo(t *testing.T) {
	t.Parallel()
	for edition, own := range map[string]jira.Settings{cloud: settings("", dataCenter), dataCenter: settings("", cloud)} {
		at := standintest.Start(t, "jira", replayToken, amid, "--data", standintest.Synthetic(t), "--edition", edition)
		own.URL = at.URL
		err := open(own).Check(t.Context())
		failures := source.Failures("", err)
		if len(failures) != 1 || failures[0].Cause != source.CausePermission {
			t.Fatal(edition, err)
		}
	}
}

// The cloud answers a login that fails with status 200, and with nothing.
func TestALoginThatFailsWithinARunTakesNothingBack(t *testing.T) {
	t.Parallel()
	s := subject(cloud)
	h := s.History(t, standintest.Synthetic(t))
	at := s.Start(t, h, amid)
	good := sourcetest.NewLedger()
	require.NoError(t, good.Collect(t.Context(), s.Open(at, h, standintest.At(amid)), time.Time{}))
	for nth := range 5 { // the sixth is the last
		at.Control(standintest.Row{"faults": []standintest.Row{{"kind": "token_expired", "nth": nth + 1}}})
		for _, from := range []*sourcetest.Ledger{good, sourcetest.NewLedger()} {
			l := sourcetest.NewLedger()
			l.Take(from.All())
			l.Cursor = from.Cursor
			failures := source.Failures("", l.Collect(t.Context(), s.Open(at, h, standintest.At(amid)), time.Time{}))
			require.Len(t, failures, 1, nth)
			assert.Equal(t, source.CauseCredentials, failures[0].Cause)
			if from == good {
				sourcetest.Same(t, good, l, nth)
			}
		}
		at.Reset()
	}
}

func TestAMonthThatJiraTellsEndsWhereAFirstReadingDoes(t *testing.T) {
	t.Parallel()
	for _, edition := range []string{cloud, dataCenter} {
		t.Run(edition, func(t *testing.T) {
			t.Parallel()
			arguments := []string{}
			if edition == cloud { // of which the index lags; it is asked to look issues up
				arguments = []string{"--index-lag", "300"}
			}
			subject(edition, arguments...).Told(t, time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC), 60, standintest.Hook{
				Register: standintest.Row{"secret": hookSecret, "drop": 0.1, "duplicate": 0.2, "bad_signature": 0.2, "seed": 3},
				Kinds:    []string{"jira:issue_created", "jira:issue_updated"}, Forged: true,
			})
		})
	}
}

func TestMain(m *testing.M) {
	code := m.Run()
	replayserver.CleanUp()
	os.Exit(code)
}

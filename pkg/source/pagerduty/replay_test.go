package pagerduty_test

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pagerduty"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const replayToken = "replay-secret"

// subject is PagerDuty with the incidents of the histories, whose deployments GitHub has.
func subject(arguments ...string) standintest.Subject {
	var running sync.Map // by directory
	return standintest.Subject{
		System: "pagerduty", Arguments: arguments, Token: replayToken, Overlays: true,
		Open: func(at *standintest.StandIn, h *replaytest.History, pace standintest.Pace) source.Source {
			running.Store(h.Dir, at)
			return pagerduty.New(at.Given(), pagerduty.Settings{URL: at.URL}, pace)
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			at, _ := running.Load(h.Dir)
			h.CheckIncidents(t, append(standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange, dora.KindDeployment), issues(t, at.(*standintest.StandIn), h, events)...))
		},
	}
}

// ask asks the stand-in itself.
func ask(t *testing.T, at *standintest.StandIn, path string, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at.URL+path, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Token token="+replayToken)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	defer func() { require.NoError(t, response.Body.Close()) }()
	require.Equal(t, http.StatusOK, response.StatusCode, path)
	require.NoError(t, json.NewDecoder(response.Body).Decode(into))
}

// issues are the incidents as the history has them: by the numbers of the issues that they were, in the service that they are of.
func issues(t *testing.T, at *standintest.StandIn, h *replaytest.History, events []dora.Event) (found []dora.Event) {
	t.Helper()
	var services struct {
		Services []struct{ ID, Name string }
	}
	ask(t, at, "/services?limit=100", &services)
	names := map[string]string{}
	for _, each := range services.Services {
		names[each.ID] = each.Name
	}
	keys := map[string]string{}
	for offset, more := 0, true; more; offset += 100 {
		var page struct {
			Incidents []struct {
				ID  string
				Key string `json:"incident_key"`
			}
			More bool
		}
		ask(t, at, "/incidents?date_range=all&limit=100&offset="+strconv.Itoa(offset), &page)
		for _, each := range page.Incidents {
			keys["incident:"+each.ID] = each.Key
		}
		more = page.More
	}
	_, repository, _ := strings.Cut(h.Name, "/")
	for _, e := range events {
		as := *e.(*dora.Incident)
		_, number, _ := strings.Cut(keys[as.ID], "#")
		var err error
		as.Number, err = strconv.ParseInt(number, 10, 64)
		require.NoError(t, err)
		as.Source, as.Repository = h.Source, h.Name
		if label := strings.TrimPrefix(names[as.Service], repository); label != "" {
			as.Labels = append(as.Labels, "service:"+strings.TrimSpace(label))
		}
		found = append(found, &as)
	}
	return found
}

func TestIncidentsOfRealHistoriesGiveTheFailuresOfTheirDeployments(t *testing.T) {
	subject("--account-zone", "America/New_York").Histories(t)
}

func TestReadingsFromMonthToMonthEndWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	subject("--reopen-entry", "unacknowledge_log_entry").Steps(t, time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC), 17)
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	subject("--limit", "0").Kills(t, standintest.AfterAll, 2)
}

func TestWhatFailsOnTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	subject().Faults(t, standintest.AfterAll,
		standintest.Row{"kind": "http500", "every": 4}, standintest.Row{"kind": "http502_html", "every": 4}, standintest.Row{"kind": "http503_retry_after", "every": 3},
		standintest.Row{"kind": "http429", "every": 3, "retry_after": 7}, standintest.Row{"kind": "secondary_limit", "every": 3}, standintest.Row{"kind": "duplicate_across_pages"},
		standintest.Row{"kind": "truncated_json", "every": 4}, standintest.Row{"kind": "connection_reset", "every": 4},
	)
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	faults := func(kind string) standintest.Row { return standintest.Row{"faults": []standintest.Row{{"kind": kind}}} }
	subject().BadDays(t, standintest.AfterAll,
		standintest.BadDay{Name: "a key that was deleted", Control: standintest.Row{"tokens": []string{"another"}}, Cause: source.CauseCredentials, Says: []string{"API key", "region"}},
		standintest.BadDay{Name: "a key that expires", Control: faults("token_expired"), Cause: source.CauseCredentials, Says: []string{"API key"}},
		standintest.BadDay{Name: "PagerDuty fails", Control: faults("http500"), Cause: source.CauseServer},
		standintest.BadDay{Name: "a connection that breaks", Control: faults("connection_reset"), Cause: source.CauseNetwork},
		standintest.BadDay{Name: "another address", Cause: source.CauseConfiguration, Says: []string{"https://api.eu.pagerduty.com"}, Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			return pagerduty.New(at.Given(), pagerduty.Settings{URL: at.URL + "/_nothing"}, pace)
		}},
	)
}

func TestAQuarterThatIsToldEndsWhereOneThatIsReadDoes(t *testing.T) {
	t.Parallel()
	subject().Told(t, time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), 90, standintest.Hook{
		Register: standintest.Row{"secrets": []string{"an older one", hookSecret}, "drop": 0.2, "duplicate": 0.2, "bad_signature": 0.3, "seed": 5}, Forged: true,
		Kinds: []string{"incident.triggered", "incident.acknowledged", "incident.resolved"},
	})
}

func TestWhatIsDeletedIsTakenBackByTheNextCompleteReading(t *testing.T) {
	t.Parallel()
	s := subject()
	h := s.History(t, standintest.Synthetic(t))
	at, now := s.Start(t, h, standintest.AfterAll), time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	l := s.Fresh(t, at, h, now)
	before := sourcetest.NewLedger()
	before.Take(l.All())
	at.Control(standintest.Row{"faults": []standintest.Row{{"kind": "repo_vanished", "repo": h.Name}}})
	s.Read(t, l, at, h, now)
	s.Read(t, l, at, h, now)
	assert.Empty(t, sourcetest.Of[*dora.Incident](l))
	assert.Len(t, l.Events, len(before.Events), "a store is told, and forgets nothing by itself")
	at.Control(standintest.Row{"faults": []standintest.Row{}, "restore_repositories": true})
	s.Read(t, l, at, h, now)
	sourcetest.Same(t, before, l, "what is there again counts again")
}

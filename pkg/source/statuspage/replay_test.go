package statuspage_test

import (
	"encoding/json"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github/replayserver"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
	"github.com/livedora/dora-datasource/pkg/source/statuspage"
)

const (
	replayToken = "replay-secret-0123456789"
	amid        = "2025-09-01T00:00:00Z"
)

func open(address, token string, pages []string, options ...statuspage.Option) *statuspage.Source {
	given := source.Given{ID: "statuspage", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": token, "webhookSecret": standintest.Secret}}
	return statuspage.New(given, statuspage.Settings{URL: address, Pages: pages, Incidents: statuspage.Incidents{Same: []string{"tracker.issue"}}}, options...)
}

// pageOf asks a stand-in for the id of its page.
func pageOf(address string) []string {
	request, _ := http.NewRequest(http.MethodGet, address+"/v1/pages", nil)
	request.Header.Set("Authorization", "OAuth "+replayToken)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		panic(err)
	}
	defer func() { _ = response.Body.Close() }()
	var pages []struct{ ID string }
	if err := json.NewDecoder(response.Body).Decode(&pages); err != nil || len(pages) == 0 {
		return []string{"none"}
	}
	return []string{pages[0].ID}
}

// subject is Statuspage, which holds incidents alone: what else figures need is read from GitHub.
func subject() standintest.Subject {
	pages := map[string][]string{}
	return standintest.Subject{
		System: "statuspage", Token: replayToken, Arguments: []string{"--limit", "100000"}, Overlays: true,
		Open: func(at *standintest.StandIn, _ *replaytest.History, pace standintest.Pace) source.Source {
			if pages[at.URL] == nil {
				pages[at.URL] = pageOf(at.URL)
			}
			return open(at.URL, replayToken, pages[at.URL], statuspage.WithPace(pace))
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			numbers := map[string]int64{} // which an incident here has not
			for _, e := range h.Events {
				if i, is := e.(*dora.Incident); is {
					numbers[i.Title+i.Opened.String()] = i.Number
				}
			}
			all := standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange, dora.KindDeployment)
			for _, e := range events {
				there := *e.(*dora.Incident)
				number, known := numbers[there.Title+there.Opened.String()]
				require.True(t, known, there.Title)
				there.Source, there.Repository, there.Number = h.Source, h.Name, number
				all = append(all, &there)
			}
			h.CheckIncidents(t, all)
		},
	}
}

func TestIncidentsGiveTheFailuresAndRecoveriesOfTheHistory(t *testing.T) {
	t.Parallel()
	subject().Histories(t)
}

func TestAHistoryThatIsReadStepByStepEndsWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	subject().Steps(t, time.Date(2023, 4, 1, 0, 0, 0, 0, time.UTC), 40)
}

func TestWhatFailsOnTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	subject().Faults(t, standintest.AfterAll,
		standintest.Row{"kind": "http429", "nth": 1}, standintest.Row{"kind": "http500", "nth": 1}, standintest.Row{"kind": "http502_html", "nth": 1},
		standintest.Row{"kind": "http503_retry_after", "nth": 1, "retry_after": 3},
	)
}

func TestADayOnWhichStatuspageCannotBeReadCostsNothing(t *testing.T) {
	t.Parallel()
	faults := func(kind string) standintest.Row {
		return standintest.Row{"faults": []standintest.Row{{"kind": kind}}}
	}
	subject().BadDays(t, amid,
		standintest.BadDay{Name: "a key that is wrong", Cause: source.CauseCredentials, Says: []string{"does not accept the API key"}, Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			return open(at.URL, "another-key-0123456789", pageOf(at.URL), statuspage.WithPace(pace))
		}},
		standintest.BadDay{Name: "a page that is not there", Cause: source.CauseNotFound, Says: []string{"there is no page nowhere"}, Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			return open(at.URL, replayToken, []string{"nowhere"}, statuspage.WithPace(pace))
		}},
		standintest.BadDay{Name: "a server that fails", Control: faults("http500"), Cause: source.CauseServer},
		standintest.BadDay{Name: "a key that was revoked", Control: faults("token_expired"), Cause: source.CauseCredentials},
	)
}

func TestMain(m *testing.M) {
	code := m.Run()
	replayserver.CleanUp()
	os.Exit(code)
}

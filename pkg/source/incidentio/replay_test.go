package incidentio_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/incidentio"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const replayToken = "replay-secret"

// subject is incident.io with the incidents of the histories, whose deployments GitHub has.
func subject(arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "incidentio", Arguments: arguments, Token: replayToken, Overlays: true,
		Open: func(at *standintest.StandIn, _ *replaytest.History, pace standintest.Pace) source.Source {
			given := at.Given()
			given.Secrets["webhookSecret"] = hookSecret
			return incidentio.New(given, incidentio.Settings{URL: at.URL}, pace)
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			all := standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange, dora.KindDeployment)
			_, repository, _ := strings.Cut(h.Name, "/")
			for _, e := range events { // as the history has them: by the issues that they were, in the service that they are of
				as := *e.(*dora.Incident)
				require.Len(t, as.Same, 2)
				_, number, _ := strings.Cut(as.Same[1], "#")
				var err error
				as.Number, err = strconv.ParseInt(number, 10, 64)
				require.NoError(t, err)
				as.Source, as.Repository = h.Source, h.Name
				if label := strings.TrimPrefix(as.Service, repository); label != "" {
					as.Labels = append(as.Labels, "service:"+strings.TrimSpace(label))
				}
				all = append(all, &as)
			}
			h.CheckIncidents(t, all)
		},
	}
}

func TestIncidentsOfRealHistoriesGiveTheFailuresOfTheirDeployments(t *testing.T) {
	subject().Histories(t)
}

func TestReadingsFromMonthToMonthEndWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	subject().Steps(t, time.Date(2023, 6, 1, 0, 0, 0, 0, time.UTC), 17)
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	subject("--limit", "0").Kills(t, standintest.AfterAll, 2)
}

func TestWhatFailsOnTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	subject().Faults(t, standintest.AfterAll,
		standintest.Row{"kind": "http500", "every": 2}, standintest.Row{"kind": "http502_html", "every": 2}, standintest.Row{"kind": "http429", "every": 2, "retry_after": 7},
		standintest.Row{"kind": "truncated_json", "every": 2}, standintest.Row{"kind": "connection_reset", "every": 2},
	)
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	faults := func(kind string) standintest.Row { return standintest.Row{"faults": []standintest.Row{{"kind": kind}}} }
	subject().BadDays(t, standintest.AfterAll,
		standintest.BadDay{Name: "a key that was deleted", Control: standintest.Row{"tokens": []string{"another"}}, Cause: source.CauseCredentials, Says: []string{"API key", "may view data"}},
		standintest.BadDay{Name: "a key that expires", Control: faults("token_expired"), Cause: source.CauseCredentials},
		standintest.BadDay{Name: "incident.io fails", Control: faults("http500"), Cause: source.CauseServer},
		standintest.BadDay{Name: "a connection that breaks", Control: faults("connection_reset"), Cause: source.CauseNetwork},
	)
}

func TestAQuarterThatIsToldEndsWhereOneThatIsReadDoes(t *testing.T) {
	t.Parallel()
	subject().Told(t, time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), 90, standintest.Hook{
		Register: standintest.Row{"secrets": []string{"whsec_b2xkZXI=", hookSecret}, "drop": 0.2, "duplicate": 0.2},
		Kinds:    []string{"public_incident.incident_created_v2", "public_incident.incident_updated_v2", "public_incident.incident_status_updated_v2"},
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

package grafanairm_test

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
	"github.com/livedora/dora-datasource/pkg/source/grafanairm"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const replayToken = "replay-secret"

// subject is Grafana IRM with the incidents of the histories, whose deployments GitHub has.
func subject() standintest.Subject {
	return standintest.Subject{
		System: "grafanairm", Token: replayToken, Overlays: true,
		Open: func(at *standintest.StandIn, _ *replaytest.History, pace standintest.Pace) source.Source {
			return grafanairm.New(at.Given(), grafanairm.Settings{URL: at.URL, Incidents: grafanairm.Incidents{References: true}}, pace)
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			all := standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange, dora.KindDeployment)
			_, repository, _ := strings.Cut(h.Name, "/")
			for _, e := range events { // as the history has them: by the issues that they were, in the service that they are of
				as := *e.(*dora.Incident)
				require.Len(t, as.Same, 2)
				_, number, _ := strings.Cut(as.Same[0], "#")
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
	subject().Kills(t, standintest.AfterAll, 2)
}

func TestWhatFailsOnTheWayIsTriedAgain(t *testing.T) {
	t.Parallel()
	subject().Faults(t, standintest.AfterAll,
		standintest.Row{"kind": "http500", "every": 3}, standintest.Row{"kind": "http502_html", "every": 3}, standintest.Row{"kind": "http429", "every": 3, "retry_after": 7},
		standintest.Row{"kind": "truncated_json", "every": 3}, standintest.Row{"kind": "connection_reset", "every": 3},
	)
}

func TestBadDaysAreToldInSentencesAndCostNothingThatWasCollected(t *testing.T) {
	t.Parallel()
	faults := func(kind string) standintest.Row { return standintest.Row{"faults": []standintest.Row{{"kind": kind}}} }
	subject().BadDays(t, standintest.AfterAll,
		standintest.BadDay{Name: "a token that was deleted", Control: standintest.Row{"tokens": []string{"another"}}, Cause: source.CauseCredentials, Says: []string{"service account", "Viewer"}},
		standintest.BadDay{Name: "a token that expires", Control: faults("token_expired"), Cause: source.CauseCredentials},
		standintest.BadDay{Name: "Grafana IRM fails", Control: faults("http500"), Cause: source.CauseServer},
		standintest.BadDay{Name: "another address", Cause: source.CauseConfiguration, Says: []string{"no Grafana IRM at this address"}, Open: func(at *standintest.StandIn, pace standintest.Pace) source.Source {
			return grafanairm.New(at.Given(), grafanairm.Settings{URL: at.URL + "/grafana"}, pace)
		}},
	)
}

func TestAQuarterThatIsToldEndsWhereOneThatIsReadDoes(t *testing.T) {
	t.Parallel()
	subject().Told(t, time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC), 90, standintest.Hook{
		Register: standintest.Row{"secrets": []string{"an older one", hookSecret}, "drop": 0.2, "duplicate": 0.2, "bad_signature": 0.2}, Forged: true,
		Kinds: []string{"grafana.incident.created", "grafana.incident.closed"},
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

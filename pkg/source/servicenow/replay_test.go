package servicenow_test

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/servicenow"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const (
	secret   = "servicenow-replay-secret"
	afterAll = standintest.AfterAll
	worker   = "prod-worker"
)

type row = standintest.Row

func given() source.Given {
	return source.Given{
		ID: "servicenow", Client: &http.Client{Timeout: time.Minute},
		Secrets: map[string]string{"token": secret, "webhookSecret": standintest.Secret},
	}
}

// withChanges are settings in which change requests are deployments.
func withChanges() servicenow.Settings {
	return servicenow.Settings{Deployments: servicenow.Deployments{From: servicenow.FromChanges}}
}

// subject is ServiceNow, with what GitHub has of the same history.
func subject(own servicenow.Settings, arguments ...string) standintest.Subject {
	return standintest.Subject{
		System: "servicenow", Token: secret, Arguments: arguments, Overlays: own.Deployments.From != servicenow.FromChanges,
		Called: func(h *replaytest.History) { h.Source = "servicenow" },
		Open: func(at *standintest.StandIn, _ *replaytest.History, pace standintest.Pace) source.Source {
			own := own
			own.URL = at.URL
			return servicenow.New(given(), own, servicenow.WithPace(pace))
		},
		Check: func(t *testing.T, h *replaytest.History, events []dora.Event) {
			deployed := own.Deployments.From == servicenow.FromChanges
			check := h.CheckIncidents
			if deployed {
				check = h.Check
			}
			check(t, append(asRecorded(t, h, events), fromGitHub(t, h, deployed)...))
		},
	}
}

// fromGitHub is what GitHub has of a history, told by the same source so that the history's own services have it all. Where
// changes are deployments, those into production are theirs.
func fromGitHub(t *testing.T, h *replaytest.History, deployed bool) (events []dora.Event) {
	for _, e := range standintest.Join(t, h, dora.KindRepository, dora.KindCommit, dora.KindChange, dora.KindDeployment) {
		switch e := e.(type) {
		case *dora.Repository:
			copied := *e
			copied.Source = h.Source
			events = append(events, &copied)
		case *dora.Commit:
			copied := *e
			copied.Source = h.Source
			events = append(events, &copied)
		case *dora.Change:
			copied := *e
			copied.Source = h.Source
			events = append(events, &copied)
		case *dora.Deployment:
			copied := *e
			copied.Source = h.Source
			if !deployed || !strings.HasPrefix(e.Environment, "prod") {
				events = append(events, &copied)
			}
		}
	}
	return events
}

// asRecorded gives events the numbers and labels that the recording has: of changes, which are numbered by when they were made,
// those of the deployments; of incidents the label of the second service.
func asRecorded(t *testing.T, h *replaytest.History, events []dora.Event) (found []dora.Event) {
	t.Helper()
	var made []*dora.Deployment
	for _, e := range h.Events {
		if d, is := e.(*dora.Deployment); is && strings.HasPrefix(d.Environment, "prod") {
			made = append(made, d)
		}
	}
	slices.SortFunc(made, func(a, b *dora.Deployment) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Number, b.Number))
	})
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Deployment:
			copied := *e
			copied.Number = made[e.Number-30001].Number
			found = append(found, &copied)
		case *dora.Incident:
			copied := *e
			require.True(t, strings.HasPrefix(e.Service, "immunisation-fhir-api"), e.Service)
			if strings.HasSuffix(e.Service, " "+worker) {
				copied.Labels = append(slices.Clone(e.Labels), "service:"+worker)
			}
			found = append(found, &copied)
		}
	}
	return found
}

func TestIncidentsAreHeldAgainstTheDeploymentsOfAnotherSystemAsTheRecordingHasIt(t *testing.T) {
	subject(servicenow.Settings{}).Histories(t)
}

func TestChangeRequestsAreTheDeploymentsOfTheRecording(t *testing.T) {
	subject(withChanges()).Histories(t)
}

func TestAHistoryThatIsReadInStepsEndsWhereOneReadingDoes(t *testing.T) {
	t.Parallel()
	from, err := time.Parse(time.RFC3339, "2023-03-01T00:00:00Z")
	require.NoError(t, err)
	subject(withChanges()).Steps(t, from, 60)
	subject(withChanges(), "--stale-resolved-at", "--acl-every", "4").Steps(t, from, 110)
}

func TestAReadingThatIsBrokenOffGoesOn(t *testing.T) {
	t.Parallel()
	subject(withChanges()).Kills(t, afterAll, 2)
}

// The cause of an incident is filled in ten minutes after it opened. Until then it is held against what was deployed last.
func TestACauseThatIsFilledInLaterMovesTheLinkAndNotTheOpening(t *testing.T) {
	t.Parallel()
	s := subject(servicenow.Settings{})
	h := s.History(t, standintest.Synthetic(t))
	at := s.Start(t, h, "2024-01-26T17:10:00Z")
	l := sourcetest.NewLedger()
	code := fromGitHub(t, h, false)
	linked := func(minute string) (kinds []dora.EvidenceKind, opened time.Time) {
		now, err := time.Parse(time.RFC3339, "2024-01-26T17:"+minute+":00Z")
		require.NoError(t, err)
		at.Move(now)
		s.Read(t, l, at, h, now)
		d := facts.NewDeriver(dora.Mapping{Services: []dora.Service{{
			Name: "api", Deployments: []dora.DeploymentRule{{Source: "servicenow", Repository: h.Name, Environment: dora.MustPattern("^prod$")}},
			Incidents: []dora.IncidentRule{{Source: "servicenow"}},
		}}})
		d.Apply(code...)
		d.Apply(l.All()...)
		for _, each := range d.Derive(dora.DefaultDefinition()).Services[0].Deployments {
			for _, evidence := range each.Evidence {
				if i, is := l.Events["incident "+strings.TrimPrefix(evidence.By, "servicenow:")].(*dora.Incident); is && i.Key == "INC0000097" {
					kinds, opened = append(kinds, evidence.Kind), i.Opened
				}
			}
		}
		return kinds, opened
	}
	before, opened := linked("10")
	assert.Equal(t, []dora.EvidenceKind{dora.EvidenceIncident}, before)
	after, still := linked("17")
	assert.Equal(t, []dora.EvidenceKind{dora.EvidenceExplicit}, after)
	assert.Equal(t, opened, still)
}

func TestTimesAreReadInUTCWhateverZoneTheUserHas(t *testing.T) {
	t.Parallel()
	read := func(arguments ...string) *sourcetest.Ledger {
		s := subject(servicenow.Settings{}, arguments...)
		h := s.History(t, standintest.Synthetic(t))
		l := s.Fresh(t, s.Start(t, h, afterAll), h, when("30 12:00"))
		for _, i := range sourcetest.Of[*dora.Incident](l) {
			i.URL = "" // each instance has its own
		}
		return l
	}
	london := read()
	sourcetest.Same(t, london, read("--time-zone", "America/New_York"))
	assert.Len(t, sourcetest.Of[*dora.Incident](london), 42)
}

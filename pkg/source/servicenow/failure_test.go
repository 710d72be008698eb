package servicenow_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/servicenow"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// theForges are deployments of the till that GitHub tells, one each morning.
func theForges() (deployments []dora.Event) {
	for n, at := range []string{"02 08:30", "03 08:30", "04 08:30", "05 08:30"} {
		number := int64(9001 + n)
		deployments = append(deployments, &dora.Deployment{
			Header: dora.Header{Source: "github", ID: "shop/till:deployment:" + string(rune('1'+n)), Updated: when(at)}, Repository: "shop/till", Number: number, Environment: "prod",
			SHA: strings.Repeat(string(rune('1'+n)), 40), Created: when(at), Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: when(at)}},
		})
	}
	return deployments
}

// held derives what is held against GitHub's deployments.
func held(t *testing.T, l *sourcetest.Ledger) *facts.Service {
	t.Helper()
	h := facts.NewDeriver(dora.Mapping{Services: []dora.Service{{Name: "till", Deployments: []dora.DeploymentRule{{Source: "github", Environment: dora.MustPattern("^prod$")}}, Incidents: []dora.IncidentRule{{Source: "servicenow", Service: "Sales"}}}}})
	h.Apply(append(theForges(), l.All()...)...)
	return h.Derive(dora.DefaultDefinition()).Services[0]
}

func TestAChangeThatClosedUnsuccessfullySpeaksAgainstTheForgesDeployment(t *testing.T) {
	t.Parallel()
	own := servicenow.Settings{}
	own.Deployments.From = servicenow.FromElsewhere
	own.Deployments.FailedInProduction = []string{"unsuccessful_backed_out"}
	g, l := newTiny(), sourcetest.NewLedger()
	g.change(1, "02 08:00", "02 09:00", "successful")
	g.change(2, "03 08:00", "03 09:00", "unsuccessful")
	backedOut := g.change(3, "04 08:00", "04 11:00", "unsuccessful_backed_out")
	g.change(4, "05 08:00", "05 09:00", "canceled")
	g.change(5, "05 08:00", "05 09:00", "rejected")["correlation_id"] = "9004"
	g.change(6, "05 08:00", "05 09:00", "unsuccessful")["state"] = "4"
	g.reads(t, l, own)
	f := held(t, l)
	require.Equal(t, []string{"2 by explicit", "3 by explicit"}, doratest.Failed(f), "nothing was deployed that was canceled or rejected")
	assert.Empty(t, f.Incidents, "and no change is an incident")
	assert.Nil(t, f.Deployments[1].Recovered)
	assert.Equal(t, when("04 11:00"), f.Deployments[2].Recovered.At, "what failed in production was restored when the work ended")
	assert.Empty(t, sourcetest.Of[*dora.Deployment](l), "another source tells of those")

	backedOut.set("12 10:00", record{"correlation_id": "9004", "u_commit": strings.Repeat("3", 40)})
	g.change(7, "05 08:00", "05 09:00", "successful").set("12 11:00", record{"close_code": "unsuccessful", "correlation_id": "#9004"})
	g.reads(t, l, own)
	assert.Equal(t, []string{"2 by explicit", "3 by explicit", "4 by explicit"}, doratest.Failed(held(t, l)), "an id that finished once the work had ended is none of it")

	g.tables["change_request"][1].set("13 10:00", record{"close_code": "successful_issues"})
	g.remove("change_request", id("c7"))
	g.reads(t, l, own)
	assert.Equal(t, []string{"3 by explicit"}, doratest.Failed(held(t, l)), "a code that was mended, and a change that was deleted, speak no more")

	own.Deployments.From = servicenow.FromChanges
	g.reads(t, l, own)
	assert.Empty(t, doratest.Failed(held(t, l)), "as deployments of their own they speak of themselves")
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 6)
	own.Deployments.From = servicenow.FromElsewhere
	g.reads(t, l, own)
	assert.Equal(t, []string{"3 by explicit"}, doratest.Failed(held(t, l)))
	assert.Empty(t, sourcetest.Of[*dora.Deployment](l))
}

// TestWhatCausedAnIncidentIsTheForgesDeployment has the change that an incident says caused it name the deployment, whichever
// was the latest.
func TestWhatCausedAnIncidentIsTheForgesDeployment(t *testing.T) {
	t.Parallel()
	own := servicenow.Settings{}
	own.Deployments.From = servicenow.FromElsewhere
	g, l := newTiny(), sourcetest.NewLedger()
	g.change(2, "03 08:00", "03 09:00", "successful")
	g.change(3, "04 08:00", "04 09:00", "unsuccessful")
	g.incident(1, "04 10:00").set("04 12:00", record{"caused_by": id("c2"), "state": "6", "resolved_at": stamp("04 11:00")})
	g.reads(t, l, own)
	f := held(t, l)
	assert.Equal(t, []string{"2 by explicit", "3 by explicit"}, doratest.Failed(f), "the incident's by its cause, the other by its own code")
	assert.Equal(t, when("04 11:00"), f.Deployments[1].Recovered.At)
	assert.Nil(t, f.Deployments[2].Recovered)
}

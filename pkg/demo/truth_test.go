package demo_test

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/cli"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/world"
)

// measured is what the product says of one service, in the words of the plan.
type measured struct {
	deployments, failedRuns, redeploys, rollbacks int
	incidents                                     []int
	failures                                      []string
	shipped                                       map[string][]int
}

// kindsOf are the kinds of evidence as the product tells them.
var kindsOf = map[world.EvidenceKind]dora.EvidenceKind{
	world.ByRollback: dora.EvidenceRollback, world.ByRevert: dora.EvidenceRemedy, world.ByHotfix: dora.EvidenceRemedy, world.ByHotfixBranch: dora.EvidenceRemedy,
	world.ByIncidentID: dora.EvidenceExplicit, world.ByIncidentSHA: dora.EvidenceExplicit, world.ByIncidentVersion: dora.EvidenceExplicit, world.ByIncidentTime: dora.EvidenceIncident,
}

func plannedOf(truth world.ServiceTruth) *measured {
	m := &measured{
		deployments: truth.Deployments, failedRuns: truth.FailedRuns, redeploys: truth.Redeploys, rollbacks: truth.Rollbacks,
		incidents: slices.Clone(truth.Incidents), shipped: map[string][]int{},
	}
	for _, f := range truth.Failures {
		for _, e := range f.Evidence {
			m.failures = append(m.failures, fmt.Sprintf("%d failed by %s of %d", f.Deployment, kindsOf[e.Kind], e.By))
		}
	}
	for deployment, numbers := range truth.Shipped {
		m.shipped[fmt.Sprint(deployment)] = slices.Sorted(slices.Values(numbers))
	}
	slices.Sort(m.failures)
	slices.Sort(m.incidents)
	return m
}

var numberOf = regexp.MustCompile(`\d+$`)

// measuredBy reads the lines of the facts command.
func measuredBy(t *testing.T, lines string) map[string]*measured {
	t.Helper()
	services, numbers := map[string]*measured{}, map[string]string{}
	for line := range strings.Lines(lines) {
		var incident struct {
			Kind, ID string
			Number   int
		}
		require.NoError(t, json.Unmarshal([]byte(line), &incident))
		if incident.Kind == "incident" { // which has its number here, whatever its system calls it
			numbers[incident.ID] = cmp.Or(strings.TrimPrefix(fmt.Sprint(incident.Number), "0"), numberOf.FindString(incident.ID))
		}
	}
	for line := range strings.Lines(lines) {
		var fact struct {
			Kind, ID, Service  string
			Number             int
			Redeploy, Rollback bool
			Changes            []struct{ Number int }
			Failed             json.RawMessage // of a failed run it is a time
		}
		require.NoError(t, json.Unmarshal([]byte(line), &fact))
		if services[fact.Service] == nil {
			services[fact.Service] = &measured{shipped: map[string][]int{}}
		}
		m, number := services[fact.Service], numberOf.FindString(fact.ID)
		switch fact.Kind {
		case "failed_run":
			m.failedRuns++
		case "incident":
			if fact.Number == 0 { // Statuspage counts none: in the organisation its ids end in one
				fact.Number, _ = strconv.Atoi(number)
			}
			m.incidents = append(m.incidents, fact.Number)
		case "deployment":
			m.deployments++
			if fact.Redeploy {
				m.redeploys++
			}
			if fact.Rollback {
				m.rollbacks++
			}
			for _, c := range fact.Changes {
				if c.Number > 0 {
					m.shipped[number] = append(m.shipped[number], c.Number)
				}
			}
			slices.Sort(m.shipped[number])
			var failed struct{ Evidence []struct{ Kind, By string } }
			require.NoError(t, json.Unmarshal(fact.Failed, &failed))
			for _, e := range failed.Evidence {
				m.failures = append(m.failures, fmt.Sprintf("%s failed by %s of %s", number, e.Kind, cmp.Or(numbers[e.By], numberOf.FindString(e.By))))
			}
		}
	}
	for _, m := range services {
		slices.Sort(m.failures)
		slices.Sort(m.incidents)
	}
	return services
}

func byUnmergedBranch(f world.Failure) bool {
	return slices.ContainsFunc(f.Evidence, func(e world.Evidence) bool { return e.Kind == world.ByHotfixBranch })
}

func withoutRemedies(failures []string) []string {
	return slices.DeleteFunc(failures, func(f string) bool { return strings.Contains(f, "failed by "+string(dora.EvidenceRemedy)) })
}

// same holds what is said of a service against what was planned, as far as the demo's way of reading it can tell.
func same(t *testing.T, s world.Service, truth world.ServiceTruth, is *measured, about any) {
	t.Helper()
	planned := plannedOf(truth)
	if len(s.Paths) > 0 { // the demo does not tell the services of one repository apart by their files
		planned.shipped, is.shipped = nil, nil
	}
	if s.Deployer == "argocd" { // which tells of what failed until the next operation begins
		planned.failedRuns, is.failedRuns = 0, 0
	}
	if slices.ContainsFunc(truth.Failures, byUnmergedBranch) { // what counts as its remedy is the reader's definition
		planned.failures, is.failures = withoutRemedies(planned.failures), withoutRemedies(is.failures)
	}
	assert.Equal(t, planned, is, "%s, %s", s.Name, about)
}

// What was planned for the organisation's services is what the demo's data source says of them, whichever systems tell of
// their code, their deployments and their incidents; and it says so still when it has read on.
func TestTheDemoMeasuresWhatWasPlanned(t *testing.T) {
	w := world.New(world.Options{Seed: 7, Months: 6, Elsewhere: true, Now: time.Now().AddDate(0, 0, -30)})
	server := httptest.NewServer(w.Speak("demo-token"))
	defer server.Close()
	t.Setenv("LIVEDORA_GITHUB_URL", server.URL)
	t.Setenv("LIVEDORA_GITHUB_TOKEN", "demo-token")
	t.Setenv("LIVEDORA_STORE_PATH", filepath.Join(t.TempDir(), "live-dora.db"))
	file := filepath.Join(root, "provisioning", "datasources", "livedora.yaml")
	run := func(words ...string) string {
		var out, log bytes.Buffer
		require.Zero(t, cli.Run(t.Context(), append(words, "--settings", file), &out, &log), log.String())
		assert.Empty(t, strings.TrimSpace(log.String()), "nothing is amiss")
		return out.String()
	}
	for _, passed := range []time.Duration{0, 30 * 24 * time.Hour} {
		w.Pass(passed)
		run("collect", "--once")
		found, truth := measuredBy(t, run("facts")), w.Truth()
		for _, s := range w.Services() {
			same(t, s, truth.Services[s.Name], found[s.Name], passed)
		}
	}
}

package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Untaken says of events that were stored which of them no service takes, so that they are in no figure, and what will show
// them; empty where services take all. A later version of the settings counts them.
func (d *Dataset) Untaken(events ...dora.Event) string {
	var incidents, deployments []string
	lost, gone := 0, 0
	note := func(list *[]string, text string) {
		if !slices.Contains(*list, text) && len(*list) < untakenLimit {
			*list = append(*list, text)
		}
	}
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Incident:
			if !d.takesIncident(e) {
				lost++
				note(&incidents, entryFor(e))
			}
		case *dora.Deployment:
			if !d.takesDeployment(e) {
				gone++
				note(&deployments, strconv.Quote(e.Environment))
			}
		}
	}
	var sentences []string
	if lost > 0 {
		sentences = append(sentences, fmt.Sprintf("no service takes %d of these incidents, so that no figure has them: one that says %s in the settings does, and shows them from then on",
			lost, strings.Join(incidents, " or ")))
	}
	if gone > 0 {
		sentences = append(sentences, fmt.Sprintf("no service counts %d of these deployments, into the environment %s: the table of unmatched environments shows them, and a service whose entry matches it counts them",
			gone, strings.Join(deployments, ", ")))
	}
	return strings.Join(sentences, "; ")
}

// untakenLimit is how many different ones are named.
const untakenLimit = 3

func (d *Dataset) takesIncident(e *dora.Incident) bool {
	if len(d.options.Settings.Services) == 0 {
		return e.Repository != "" // each repository is a service
	}
	return slices.ContainsFunc(d.options.Settings.Services, func(s dora.Service) bool {
		return slices.ContainsFunc(s.Incidents, func(rule dora.IncidentRule) bool { return rule.Matches(e) })
	})
}

func (d *Dataset) takesDeployment(e *dora.Deployment) bool {
	production := d.options.Settings.Production
	if len(d.options.Settings.Services) == 0 {
		return production.Match(e.Environment)
	}
	return slices.ContainsFunc(d.options.Settings.Services, func(s dora.Service) bool {
		return slices.ContainsFunc(s.Deployments, func(rule dora.DeploymentRule) bool { return rule.Matches(e, production) })
	})
}

// entryFor is the entry of a service's incidents that takes an incident.
func entryFor(e *dora.Incident) string {
	switch {
	case e.Service != "":
		return fmt.Sprintf("incidents: [{ source: %s, service: %q }]", e.Source, e.Service)
	case e.Repository != "":
		return fmt.Sprintf("incidents: [{ source: %s, repository: %s }]", e.Source, e.Repository)
	case len(e.Labels) > 0:
		return fmt.Sprintf("incidents: [{ source: %s, labels: [%q] }]", e.Source, e.Labels[0])
	}
	return fmt.Sprintf("incidents: [{ source: %s }]", e.Source)
}

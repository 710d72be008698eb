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
	taken, named := false, false
	d.eachService(func(s *dora.Service) {
		for i := range s.Incidents {
			taken = taken || s.Incidents[i].Matches(e)
		}
		named = named || s.Names(e.Repository)
	})
	return taken || e.Repository != "" && !named && d.options.Settings.KeepsOthers() // a repository without an entry is a service
}

func (d *Dataset) takesDeployment(e *dora.Deployment) bool {
	taken, named, production := false, false, d.options.Settings.Production
	d.eachService(func(s *dora.Service) {
		for i := range s.Deployments {
			taken = taken || s.Deployments[i].Matches(e, production)
		}
		named = named || s.Names(e.Repository)
	})
	return taken || !named && d.options.Settings.KeepsOthers() && production.MatchFold(e.Environment)
}

// eachService yields the services of the settings, and those that were made of what is known.
func (d *Dataset) eachService(yield func(*dora.Service)) {
	for i := range d.options.Settings.Services {
		if s := &d.options.Settings.Services[i]; s.Match == nil {
			yield(s)
		}
	}
	for _, f := range d.Snapshot().Services {
		yield(&f.Service)
	}
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

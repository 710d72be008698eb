package dataset

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source"
)

const (
	// quietNews is for how long after its last deployment it is told that a service has gone quiet.
	quietNews = 60 * 24 * time.Hour
	// archivedNews is for how long after its last deployment it is told that all repositories of a service are archived: when
	// they were is not known.
	archivedNews = 90 * 24 * time.Hour
)

// News says of a source what became of its services lately: which are new, have gone quiet, were archived, came to another
// team, or are owned by nobody. A sentence each. It waits for nobody who works on the history.
func (d *Dataset) News(id string, now time.Time) (sentences []string) {
	s := d.Snapshot()
	here := map[string]bool{}
	var fresh, quiet, archived, unowned []string
	asked := len(d.options.Settings.Owners)+len(d.options.Settings.Teams) > 0
	for _, f := range s.Services {
		if len(f.Service.Deployments) == 0 || f.Service.Deployments[0].Source != id {
			continue
		}
		name := f.Service.Name
		here[name] = true
		if asked && slices.Equal(s.Teams(f), []string{dora.Unowned}) {
			unowned = append(unowned, name)
		}
		if d.isArchived(name) {
			if count := len(f.Deployments); count > 0 && now.Sub(f.Deployments[count-1].Finished) < archivedNews {
				archived = append(archived, name)
			}
			continue // it is no wonder that it is quiet
		}
		switch pace, since := s.PaceOf(f, now); {
		case pace == facts.PaceNew:
			fresh = append(fresh, name)
		case pace == facts.PaceQuiet && now.Sub(since) < quietNews:
			quiet = append(quiet, name)
		}
	}
	say := func(what string, services []string) {
		if len(services) > 0 {
			sentences = append(sentences, what+": "+source.Listed(services)+".")
		}
	}
	say("New here", fresh)
	say("Gone quiet, against their habit", quiet)
	say("Archived, and deployed in the last 90 days", archived)
	if text := d.newsOfHanded(here, now); text != "" {
		sentences = append(sentences, text)
	}
	say("Owned by nobody", unowned)
	return sentences
}

// isArchived says that all repositories of a service are archived.
func (d *Dataset) isArchived(service string) bool {
	archived := d.archived.Load()
	return archived != nil && (*archived)[service]
}

// noteArchived keeps which services' repositories are all archived. d.mu is held.
func (d *Dataset) noteArchived() {
	archived := map[string]bool{}
	for _, one := range d.history.InForce() {
		if one.Archived {
			archived[one.Name] = true
		}
	}
	d.archived.Store(&archived)
}

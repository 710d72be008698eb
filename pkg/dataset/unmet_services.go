package dataset

import (
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// ofService says which entries of a service match no deployment, and why as far as can be told.
func (u *unmet) ofService(index int) {
	s := u.settings.Services[index]
	if s.Match != nil {
		u.ofRule(index)
		return
	}
	shown := u.shown(index)
	entry := func(list string, n int, format string, args ...any) {
		u.entries = append(u.entries, fmt.Sprintf("services[%d] (%s): %s[%d] %s", index, s.Name, list, n, fmt.Sprintf(format, args...)))
	}
	for n, rule := range s.Deployments {
		if shown.Deployments[n].Count > 0 || u.empty(rule.Source) {
			continue
		}
		here := func(p history.Place) bool {
			return p.Source == rule.Source && (rule.Repository == "" || strings.EqualFold(p.Repository, rule.Repository))
		}
		environments, wanted, key := u.environments(here), rule.Environment, "environment"
		if wanted.IsZero() && rule.Tier == "" {
			wanted, key = u.settings.Production, "production"
		}
		switch {
		case rule.Repository != "" && !u.knows(rule.Source, rule.Repository):
			entry("deployments", n, "names a repository that source %s does not read: %q; %s.", rule.Source, rule.Repository, strict.Among(rule.Repository, u.repositories[rule.Source]))
		case len(environments) == 0:
			entry("deployments", n, "matches nothing: there is no deployment of it.")
		case !wanted.IsZero() && !slices.ContainsFunc(environments, wanted.Match):
			entry("deployments", n, "matches nothing: %s %q is none of the environments that it is deployed to: %s.", key, wanted, quoted(environments))
		default:
			entry("deployments", n, "matches nothing: no deployment has the%s.", traits(rule))
		}
	}
	for n, rule := range s.Incidents {
		if rule.Repository != "" && !u.empty(rule.Source) && !u.knows(rule.Source, rule.Repository) {
			entry("incidents", n, "names a repository that source %s does not read: %q; %s.", rule.Source, rule.Repository, strict.Among(rule.Repository, slices.Concat(u.selectedOf(rule.Source), u.repositories[rule.Source])))
		}
	}
}

// ofRule says that a rule takes nothing, and why as far as can be told.
func (u *unmet) ofRule(index int) {
	for _, rule := range u.preview.Rules {
		if rule.Entry == index && rule.Empty != "" && len(u.repositories) > 0 {
			u.entries = append(u.entries, fmt.Sprintf("services[%d] (%s): match takes nothing. %s", index, u.settings.Services[index].NameTemplate(), rule.Empty))
		}
	}
}

// shown is what an entry that is a service matches.
func (u *unmet) shown(index int) history.ServicePreview {
	for _, shown := range u.preview.Services {
		if shown.Entry != nil && *shown.Entry == index {
			return shown
		}
	}
	return history.ServicePreview{}
}

// traits are what an entry demands of a deployment beside its place.
func traits(rule dora.DeploymentRule) string {
	var texts []string
	if rule.TagPrefix != "" {
		texts = append(texts, fmt.Sprintf(" tagPrefix %q", rule.TagPrefix))
	}
	if rule.Tier != "" {
		texts = append(texts, fmt.Sprintf(" tier %q", rule.Tier))
	}
	if rule.Task != "" {
		texts = append(texts, fmt.Sprintf(" task %q", rule.Task))
	}
	return strings.Join(texts, " and the")
}

// ofLabels says which labels and services of incident systems no incident has. A service without incidents is fine; a word
// that no incident of any service has is likely to be misspelt.
func (u *unmet) ofLabels() {
	type word struct{ source, key, text string }
	var words []word
	probe := dora.Mapping{Production: u.settings.Production}
	ask := func(w word, rule dora.IncidentRule) {
		if !slices.Contains(words, w) && u.counts[w.source][dora.KindIncident] > 0 {
			words = append(words, w)
			probe.Services = append(probe.Services, dora.Service{Name: w.text, Incidents: []dora.IncidentRule{rule}})
		}
	}
	for _, s := range u.settings.Services {
		if s.Match != nil {
			continue // its words are made of names
		}
		for _, rule := range s.Incidents {
			for _, label := range rule.Labels {
				ask(word{rule.Source, "labels", label}, dora.IncidentRule{Source: rule.Source, Labels: []string{label}})
			}
			if rule.Service != "" {
				ask(word{rule.Source, "service", rule.Service}, dora.IncidentRule{Source: rule.Source, Service: rule.Service})
			}
		}
	}
	if len(words) == 0 {
		return
	}
	missing := map[string][]string{}
	for i, shown := range u.probe(probe).Services {
		if key := words[i].key + " of source " + words[i].source; shown.Incidents[0] == 0 {
			missing[key] = append(missing[key], words[i].text)
		}
	}
	for _, w := range words {
		key := w.key + " of source " + w.source
		if texts := missing[key]; len(texts) > 0 {
			u.say("services: no incident yet has the %s: %s.", key, source.Listed(texts))
			delete(missing, key)
		}
	}
}

// ofPaths says which services have deployments that are theirs by place, and nothing in them that touches their paths. The
// first deployment of all is every service's.
func (u *unmet) ofPaths(s *facts.Snapshot) {
	for i := range u.settings.Services {
		if u.settings.Services[i].Match != nil {
			continue
		}
		shown := u.shown(i)
		matched, shared := 0, false
		for n, rule := range u.settings.Services[i].Deployments {
			matched += shown.Deployments[n].Count
			shared = shared || len(rule.Paths) > 0
		}
		some := slices.ContainsFunc(s.Services, func(f *facts.Service) bool {
			return f.Service.Name == shown.Name && len(f.Deployments) > 1
		})
		if shared && matched > 1 && !some {
			u.entries = append(u.entries, fmt.Sprintf("services[%d] (%s): none of the %d deployments that its entries match ships a change to its paths.", i, shown.Name, matched))
		}
	}
}

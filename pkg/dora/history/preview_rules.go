package history

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/mapping"
)

// RulePreview is what one rule makes. Lists are cut: an organisation may have thousands of services.
type RulePreview struct {
	Entry        int `json:"entry"`        // which of the mapping's it is
	Repositories int `json:"repositories"` // that it takes, or parts of
	Deployments  int `json:"deployments"`  // of the services that it makes
	// ServiceCount is how many services it makes, or adds to; Services are the first of them.
	ServiceCount int           `json:"serviceCount"`
	Services     []MadeService `json:"services"`
	// LostCount is how many repositories fit it that an entry before takes; Lost are the first of them.
	LostCount int    `json:"lostCount"`
	Lost      []Lost `json:"lost"`
	// Empty says why it takes nothing, and which names there are that are nearest; empty where it takes something.
	Empty string `json:"empty,omitempty"`
}

// MadeService is a service that rules make, or a repository that no entry takes.
type MadeService struct {
	Name         string   `json:"name"`
	Team         string   `json:"team,omitempty"`
	Repositories []string `json:"repositories"` // the first of them
	Deployments  int      `json:"deployments"`
	Incidents    int      `json:"incidents"`
}

// Lost is a repository that a rule fits and an entry before takes.
type Lost struct {
	Repository string `json:"repository"`
	To         int    `json:"to"` // the entry
}

// OthersPreview are the repositories that no entry takes and that are services all the same.
type OthersPreview struct {
	Count       int           `json:"count"`
	Deployments int           `json:"deployments"`
	Services    []MadeService `json:"services"` // the first of them
}

// TeamConflict is a service to which entries give several teams. The first counts.
type TeamConflict struct {
	Service string   `json:"service"`
	Teams   []string `json:"teams"`
	Entries []int    `json:"entries"` // that give them
}

// Bounds of what a preview lists.
const (
	madeShown         = 100
	lostShown         = 20
	repositoriesShown = 3
	conflictsShown    = 50
)

// expand makes services of what was told as another mapping has them.
func (h *History) expand(m *dora.Mapping) (mapping.Expansion, []mapping.Told) {
	told := h.whatWasTold(mapping.NeedsOf(m))
	return mapping.Expand(m, told), told
}

// show sorts what services match by the entries that make them.
func (p *Preview) show(m *dora.Mapping, expansion *mapping.Expansion, told []mapping.Told, whole []ServicePreview) {
	at := map[int]int{} // of entries that are rules, where in p.Rules
	for i := range m.Services {
		if m.Services[i].Match == nil {
			continue
		}
		at[i] = len(p.Rules)
		taking := &expansion.Entries[i]
		rule := RulePreview{Entry: i, Repositories: len(taking.Repositories), Services: []MadeService{}, LostCount: len(taking.Lost), Lost: []Lost{}}
		for _, loss := range taking.Lost[:min(len(taking.Lost), lostShown)] {
			rule.Lost = append(rule.Lost, Lost{told[loss.Repository].Repository, loss.To})
		}
		if rule.Repositories == 0 {
			rule.Empty = mapping.Empty(&m.Services[i], told, rule.LostCount)
		}
		p.Rules = append(p.Rules, rule)
	}
	if len(m.Services) > 0 && m.KeepOthers {
		p.Others = &OthersPreview{Services: []MadeService{}}
	}
	for n := range whole {
		shown, origins := &whole[n], expansion.Origins[n]
		if len(m.Services) == 0 {
			p.Services = append(p.Services, *shown)
			continue
		}
		if len(origins) == 0 {
			one := madeOf(shown, &expansion.Services[n])
			p.Others.Count++
			p.Others.Deployments += one.Deployments
			if len(p.Others.Services) < madeShown {
				p.Others.Services = append(p.Others.Services, one)
			}
			continue
		}
		for _, entry := range origins {
			if m.Services[entry].Match == nil {
				shown.Entry = &entry
				p.Services = append(p.Services, *shown)
				continue
			}
			rule, one := &p.Rules[at[entry]], madeOf(shown, &expansion.Services[n])
			rule.ServiceCount++
			rule.Deployments += one.Deployments
			if len(rule.Services) < madeShown {
				rule.Services = append(rule.Services, one)
			}
		}
	}
	for _, c := range expansion.Conflicts[:min(len(expansion.Conflicts), conflictsShown)] {
		p.Conflicts = append(p.Conflicts, TeamConflict(c))
	}
}

func madeOf(shown *ServicePreview, s *dora.Service) MadeService {
	one := MadeService{Name: shown.Name, Team: shown.Team, Repositories: []string{}}
	for _, d := range shown.Deployments {
		one.Deployments += d.Count
	}
	for _, count := range shown.Incidents {
		one.Incidents += count
	}
	for i := range s.Deployments {
		name := s.Deployments[i].Repository
		if len(one.Repositories) < repositoriesShown && (len(one.Repositories) == 0 || one.Repositories[len(one.Repositories)-1] != name) {
			one.Repositories = append(one.Repositories, name)
		}
	}
	return one
}

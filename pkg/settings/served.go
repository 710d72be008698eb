package settings

import (
	"cmp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// share tells each source of which repositories a service has paths.
func (s *Settings) share() {
	for i := range s.Sources {
		each := &s.Sources[i]
		each.Shared, each.SharedBy = nil, nil
		each.Properties = each.Properties || s.ownersIn(dora.OwnersInProperties, each.ID) || slices.ContainsFunc(s.Services, func(service dora.Service) bool { return service.Match != nil && len(service.Match.Property) > 0 })
		each.CodeOwners = s.ownersIn(dora.OwnersInCodeOwners, each.ID)
		each.Teams = s.ownersIn(dora.OwnersInTeams, each.ID)
		each.CatalogInfo = s.ownersIn(dora.OwnersInCatalog, each.ID)
		for _, service := range s.Services {
			if service.Match != nil {
				each.shareRule(&service)
				continue
			}
			for _, rule := range service.Deployments {
				from, name := rule.Source, rule.Repository
				if rule.Code != nil {
					from, name = rule.Code.Source, cmp.Or(rule.Code.Repository, rule.Repository)
				}
				if repository := cmp.Or(strings.ToLower(name), source.AnyRepository); from == each.ID && len(rule.Paths) > 0 && !slices.Contains(each.Shared, repository) {
					each.Shared = append(each.Shared, repository)
				}
			}
		}
	}
}

// shareRule tells the source of which repositories a rule tells services apart by paths: those that may fit it.
func (s *Source) shareRule(service *dora.Service) {
	told := !service.Match.Path.IsZero()
	for _, entry := range service.Deployments {
		told = told || len(entry.Paths) > 0
	}
	if told && (service.Match.Source.IsZero() || service.Match.Source.Fits(s.ID)) {
		s.SharedBy = append(s.SharedBy, service.Match.Repository)
	}
}

var anyEnvironment = dora.MustPattern(".*")

// serve tells each source which of its deployments a service counts. What none counts is read all the same, but not
// followed to its commits.
func (s *Settings) serve() {
	for i := range s.Sources {
		source := &s.Sources[i]
		source.Served = []dora.Service{}
		if len(s.Services) == 0 { // every repository is one
			everything := dora.DeploymentRule{Source: source.ID, Environment: s.Production}
			source.Served = append(source.Served, dora.Service{Deployments: []dora.DeploymentRule{everything}})
		} else if s.KeepsOthers() {
			source.Rest = s.Production
		}
		for _, service := range s.Services {
			served := dora.Service{Name: service.Name, Match: service.Match}
			entries := service.Deployments
			if served.Match != nil {
				served.Name = service.NameTemplate()
				if !served.Match.Source.IsZero() && !served.Match.Source.Fits(source.ID) {
					continue
				}
				if len(entries) == 0 {
					entries = []dora.DeploymentRule{{}}
				}
			}
			for _, rule := range entries {
				if rule.Source == "" && served.Match != nil {
					rule.Source = source.ID
					if rule.Environment.IsZero() && rule.Tier == "" {
						rule.Environment, rule.Tier = served.Match.Environment.Pattern(), served.Match.Tier.String()
					}
				}
				if rule.Source != source.ID {
					continue
				}
				switch {
				case rule.Environment.IsZero() && rule.Tier != "":
					rule.Environment = anyEnvironment
				case rule.Environment.IsZero():
					rule.Environment = s.Production
				}
				rule.Paths = nil
				served.Deployments = append(served.Deployments, rule)
			}
			if len(served.Deployments) > 0 {
				source.Served = append(source.Served, served)
			}
		}
	}
}

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
		each.Shared = nil
		for _, service := range s.Services {
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
		}
		for _, service := range s.Services {
			served := dora.Service{Name: service.Name}
			for _, rule := range service.Deployments {
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

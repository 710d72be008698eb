package settings

import (
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

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
				if rule.Environment.IsZero() {
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

// Counts says whether a service may count deployments of a repository into an environment, whatever they were made of.
func (s *Source) Counts(repository, environment string) bool {
	if s.Served == nil {
		return true
	}
	for i := range s.Served {
		for j := range s.Served[i].Deployments {
			rule := &s.Served[i].Deployments[j]
			if (rule.Repository == "" || strings.EqualFold(rule.Repository, repository)) && rule.Environment.MatchFold(environment) {
				return true
			}
		}
	}
	return false
}

// Serving is what decides of a repository which of its deployments count, to tell whether it has changed.
func (s *Source) Serving(repository string) string {
	var text strings.Builder
	for i := range s.Served {
		for j := range s.Served[i].Deployments {
			rule := &s.Served[i].Deployments[j]
			if rule.Repository == "" || strings.EqualFold(rule.Repository, repository) {
				for _, part := range []string{s.Served[i].Name, rule.Environment.String(), rule.TagPrefix, rule.Task} {
					text.WriteString(part)
					text.WriteByte(0)
				}
			}
		}
	}
	return text.String()
}

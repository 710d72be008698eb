package source

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Wanted is what the services need of a source. It follows from the settings of the services.
type Wanted struct {
	// Shared are the repositories, owner/name in lower case, whose changes' files are read because a service tells its own
	// by their paths; * is every repository.
	Shared []string
	// Served are the services, as far as deployments of this source are theirs; nil where that is not known, so that every
	// deployment may count.
	Served []dora.Service
	// Properties says that something goes by the properties of repositories, which take requests of their own.
	Properties bool
}

// AnyRepository stands for all of a source among those that are shared.
const AnyRepository = "*"

// IsShared says whether the files of a repository's changes are read.
func (w *Wanted) IsShared(repository string) bool {
	return slices.Contains(w.Shared, AnyRepository) || slices.Contains(w.Shared, strings.ToLower(repository))
}

// Counts says whether a service may count deployments of a repository into an environment, whatever they were made of.
func (w *Wanted) Counts(repository, environment string) bool {
	if w.Served == nil {
		return true
	}
	for i := range w.Served {
		for j := range w.Served[i].Deployments {
			rule := &w.Served[i].Deployments[j]
			if (rule.Repository == "" || strings.EqualFold(rule.Repository, repository)) && rule.Environment.MatchFold(environment) {
				return true
			}
		}
	}
	return false
}

// ServedBy names the services that count a deployment; where it is not known which do, there is one without a name.
func (w *Wanted) ServedBy(d *dora.Deployment) (services []string) {
	if w.Served == nil {
		return []string{""}
	}
	for i := range w.Served {
		service := &w.Served[i]
		if slices.ContainsFunc(service.Deployments, func(rule dora.DeploymentRule) bool { return rule.Matches(d, dora.Pattern{}) }) {
			services = append(services, service.Name)
		}
	}
	return services
}

// Serving is a digest of what decides of a repository which of its deployments count, to tell whether it has changed; empty
// where nothing is known of it.
func (w *Wanted) Serving(repository string) string {
	text := fnv.New64a()
	empty := true
	for i := range w.Served {
		for j := range w.Served[i].Deployments {
			rule := &w.Served[i].Deployments[j]
			if rule.Repository == "" || strings.EqualFold(rule.Repository, repository) {
				for _, part := range []string{w.Served[i].Name, rule.Environment.String(), rule.TagPrefix, rule.Task} {
					_, _ = text.Write(append([]byte(part), 0)) // it cannot fail
				}
				if rule.Tier != "" {
					_, _ = text.Write([]byte("tier " + rule.Tier))
				}
				empty = false
			}
		}
	}
	if empty {
		return ""
	}
	return strconv.FormatUint(text.Sum64(), 36)
}

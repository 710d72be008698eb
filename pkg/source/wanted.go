package source

import (
	"hash/fnv"
	"iter"
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
	// SharedBy are shapes of names of more of them; one that is empty is every repository.
	SharedBy []dora.Shape
	// Served are the services, as far as deployments of this source are theirs, and the rules that make some; nil where that is
	// not known, so that every deployment may count.
	Served []dora.Service
	// Rest matches the environments that count of repositories that none of these names; zero: none do.
	Rest dora.Pattern
	// Properties says that something goes by the properties of repositories, which take requests of their own.
	Properties bool
	// CodeOwners says that something goes by the files CODEOWNERS of repositories.
	CodeOwners bool
	// Teams says that something goes by what GitHub's teams may do in them.
	Teams bool
	// CatalogInfo says that something goes by their files catalog-info.yaml.
	CatalogInfo bool
}

// AnyRepository stands for all of a source among those that are shared.
const AnyRepository = "*"

// IsShared says whether the files of a repository's changes are read.
func (w *Wanted) IsShared(repository string) bool {
	return slices.Contains(w.Shared, AnyRepository) || slices.Contains(w.Shared, strings.ToLower(repository)) ||
		slices.ContainsFunc(w.SharedBy, func(shape dora.Shape) bool { return shape.IsZero() || shape.Fits(repository) })
}

// entries yields what may count of a repository's deployments, and the service or the rule whose it is.
func (w *Wanted) entries(repository string) iter.Seq2[*dora.Service, *dora.DeploymentRule] {
	return func(yield func(*dora.Service, *dora.DeploymentRule) bool) {
		named := false
		for i := range w.Served {
			service := &w.Served[i]
			if service.Match != nil && !service.Match.Repository.IsZero() && !service.Match.Repository.Fits(repository) {
				continue
			}
			for j := range service.Deployments {
				rule := &service.Deployments[j]
				exact := rule.Repository != "" && len(dora.WordsIn(rule.Repository)) == 0
				if exact && !strings.EqualFold(rule.Repository, repository) {
					continue
				}
				named = named || exact
				if !yield(service, rule) {
					return
				}
			}
		}
		if !named && !w.Rest.IsZero() {
			yield(&dora.Service{}, &dora.DeploymentRule{Environment: w.Rest})
		}
	}
}

// Counts says whether a service may count deployments of a repository into an environment, whatever they were made of.
func (w *Wanted) Counts(repository, environment string) bool {
	if w.Served == nil {
		return true
	}
	for _, rule := range w.entries(repository) {
		if rule.Environment.MatchFold(environment) {
			return true
		}
	}
	return false
}

// ServedBy names the services that count a deployment; where it is not known which do, there is one without a name.
func (w *Wanted) ServedBy(d *dora.Deployment) (services []string) {
	if w.Served == nil {
		return []string{""}
	}
	for service, rule := range w.entries(d.Repository) {
		name := service.Name
		entry := *rule
		entry.Source = d.Source
		if service.Match != nil {
			known, fits := service.Match.TakesPart(d.Environment, d.Tier, d.Task, d.Ref, nil)
			if !fits {
				continue
			}
			name = known.Named(d.Repository).Fill(name, func(text string) string { return text })
			entry.Repository, entry.Tier, entry.Task, entry.TagPrefix = "", "", "", "" // which may stand for anything
		}
		if !slices.Contains(services, name) && entry.Matches(d, dora.Pattern{}) {
			services = append(services, name)
		}
	}
	return services
}

// Serving is a digest of what decides of a repository which of its deployments count, to tell whether it has changed; empty
// where nothing is known of it.
func (w *Wanted) Serving(repository string) string {
	text := fnv.New64a()
	empty := true
	for service, rule := range w.entries(repository) {
		for _, part := range []string{service.Name, rule.Environment.String(), rule.TagPrefix, rule.Task} {
			_, _ = text.Write(append([]byte(part), 0)) // it cannot fail
		}
		if rule.Tier != "" {
			_, _ = text.Write([]byte("tier " + rule.Tier))
		}
		empty = false
	}
	if empty {
		return ""
	}
	return strconv.FormatUint(text.Sum64(), 36)
}

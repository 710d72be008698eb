package mapping

import (
	"cmp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Told is what a source told of one repository, as far as entries go by it.
type Told struct {
	Source, Repository string
	dora.Traits
	// Strands are the kinds of deployments that it has, and Folders those of the files that its changes changed, from the
	// root, each with all above it; both in order, and only where Needs asks for them.
	Strands []Strand
	Folders []string
	// Deployed says that it has any deployment, and Reported that it has any incident.
	Deployed, Reported bool
}

// Strand are deployments that entries cannot tell apart.
type Strand struct{ Environment, Tier, Task, Ref string }

func (s Strand) compare(other Strand) int {
	return cmp.Or(cmp.Compare(s.Environment, other.Environment), cmp.Compare(s.Tier, other.Tier), cmp.Compare(s.Task, other.Task), cmp.Compare(s.Ref, other.Ref))
}

// SortStrands puts strands in order, each once.
func SortStrands(strands []Strand) []Strand {
	slices.SortFunc(strands, Strand.compare)
	return slices.Compact(strands)
}

// Needs is what entries go by beside the repositories' names.
type Needs struct {
	Strands bool // which kinds of deployments there are
	Refs    bool // and what they were made of
	Folders bool // which folders there are
	Traits  bool // topics, properties or groups
	Told    bool // anything: what they make depends on what was told
}

// NeedsOf says what a mapping goes by.
func NeedsOf(m *dora.Mapping) Needs {
	needs := Needs{Told: len(m.Services) == 0 || m.KeepOthers}
	for i := range m.Services {
		s := &m.Services[i]
		if r := s.Match; r != nil {
			needs.Told = true
			needs.Strands = needs.Strands || r.OfDeployments()
			needs.Refs = needs.Refs || !r.TagPrefix.IsZero()
			needs.Folders = needs.Folders || !r.Path.IsZero()
			needs.Traits = needs.Traits || !r.Topic.IsZero() || !r.Group.IsZero() || len(r.Property) > 0
		}
	}
	for i := range m.Services {
		for j := range m.Services[i].Deployments {
			if rule := &m.Services[i].Deployments[j]; m.Services[i].Match == nil && rule.Repository == "" && needs.Told { // which repositories it takes is seen by what it matches
				needs.Strands = true
				needs.Refs = needs.Refs || rule.TagPrefix != ""
			}
		}
	}
	return needs
}

// deployedOf says of repositories, by their keys, that any source told a deployment of them.
func deployedOf(told []Told) map[string]bool {
	deployed := map[string]bool{}
	for at := range told {
		if t := &told[at]; t.Deployed {
			deployed[t.key()] = true
		}
	}
	return deployed
}

// FoldersOf are the folders above a file, from the root.
func FoldersOf(path string) (folders []string) {
	for at := range path {
		if path[at] == '/' && at > 0 {
			folders = append(folders, path[:at])
		}
	}
	return folders
}

// key is a repository's name as vendors hold it; of several sources it is one.
func (t *Told) key() string { return strings.ToLower(t.Repository) }

func (s Strand) deployment(t *Told) *dora.Deployment {
	return &dora.Deployment{Header: dora.Header{Source: t.Source}, Repository: t.Repository, Environment: s.Environment, Tier: s.Tier, Task: s.Task, Ref: s.Ref}
}

package history

import (
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/mapping"
)

// kinds are how many deployments of each kind a repository has. Most deployments are of a kind that there is already, and
// change nothing of which services there are.
type kinds struct {
	refs bool // what they were made of tells them apart
	of   map[mapping.Strand]int
}

func (k *kinds) kind(d *dora.Deployment) mapping.Strand {
	kind := mapping.Strand{Environment: dora.FoldEnvironment(d.Environment), Tier: d.Tier, Task: d.Task}
	if k.refs {
		kind.Ref = d.Ref
	}
	return kind
}

// strands are the kinds of deployments that a repository has.
func (r *Repository) strands(refs bool) []mapping.Strand {
	if r.kinds == nil || r.kinds.refs != refs {
		r.kinds = &kinds{refs, map[mapping.Strand]int{}}
		for _, d := range r.Deployments {
			r.kinds.replace(nil, d)
		}
	}
	return mapping.SortStrands(slices.Collect(maps.Keys(r.kinds.of)))
}

// replace puts a deployment, or none, in the place of another, or of none, and says whether there are other kinds now. Where
// nobody asked which there are, there may be.
func (k *kinds) replace(old, next *dora.Deployment) (others bool) {
	if k == nil {
		return true
	}
	before := len(k.of)
	gone := mapping.Strand{}
	if old != nil && old.Unseen == 0 {
		if gone = k.kind(old); k.of[gone] > 1 {
			k.of[gone]--
		} else {
			delete(k.of, gone)
		}
	}
	if next != nil && next.Unseen == 0 {
		k.of[k.kind(next)]++
	}
	return len(k.of) != before || old != nil && old.Unseen == 0 && k.of[gone] == 0
}

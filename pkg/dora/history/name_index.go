package history

import (
	"hash/maphash"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// nameIndex finds deployments by what a text may call them, as mention.go reads it. It keeps a hash of each name, and
// looks at the deployment itself to be sure.
type nameIndex struct {
	seed maphash.Seed
	one  map[uint64]*dora.Deployment
	more map[uint64][]*dora.Deployment // where several have a name
}

func newNameIndex() nameIndex {
	return nameIndex{seed: maphash.MakeSeed(), one: map[uint64]*dora.Deployment{}, more: map[uint64][]*dora.Deployment{}}
}

// grow makes room for the names of so many more deployments, where there are none yet.
func (n *nameIndex) grow(deployments int) {
	if len(n.one) == 0 {
		n.one = make(map[uint64]*dora.Deployment, namesEach*deployments)
	}
}

// namesEach is how many names most deployments have.
const namesEach = 2

// of lists the deployments that a text may mean by a name.
func (n *nameIndex) of(name string) []*dora.Deployment {
	hash := maphash.String(n.seed, name)
	found := n.more[hash]
	if d := n.one[hash]; d != nil {
		found = []*dora.Deployment{d}
	}
	named := func(d *dora.Deployment) bool { return slices.Contains(deploymentNames(d), name) }
	for _, d := range found {
		if !named(d) { // two names have one hash
			return slices.DeleteFunc(slices.Clone(found), func(d *dora.Deployment) bool { return !named(d) })
		}
	}
	return found
}

// add enters a deployment, and gives its names.
func (n *nameIndex) add(d *dora.Deployment) []string {
	names := deploymentNames(d)
	for _, name := range names {
		hash := maphash.String(n.seed, name)
		switch before := n.one[hash]; {
		case n.more[hash] != nil:
			n.more[hash] = append(n.more[hash], d)
		case before != nil:
			delete(n.one, hash)
			n.more[hash] = []*dora.Deployment{before, d}
		default:
			n.one[hash] = d
		}
	}
	return names
}

// remove takes a deployment out, and gives the names that it had.
func (n *nameIndex) remove(d *dora.Deployment) []string {
	is := func(other *dora.Deployment) bool { return other == d }
	names := deploymentNames(d)
	for _, name := range names {
		hash := maphash.String(n.seed, name)
		if n.one[hash] == d {
			delete(n.one, hash)
		}
		if left := slices.DeleteFunc(n.more[hash], is); len(left) > 0 {
			n.more[hash] = left
		} else {
			delete(n.more, hash)
		}
	}
	return names
}

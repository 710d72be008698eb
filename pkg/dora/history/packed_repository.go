package history

import (
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
)

// PackedRepository is what is known of a repository at one time, whatever comes to it after.
type PackedRepository struct {
	key         Key
	name        string
	event       *dora.Repository
	deployments []*dora.Deployment
	packed      code.Packed
}

// AsPacked is the repository as it is now.
func (r *Repository) AsPacked() PackedRepository {
	if r.listed == nil {
		r.listed = slices.Collect(maps.Values(r.Deployments))
	}
	return PackedRepository{r.Key, r.Name, r.Event, r.listed, r.Packed.Copied()}
}

// OfPacked is a history of what some repositories were, and what people said.
func OfPacked(mapping dora.Mapping, said Words, repositories []PackedRepository) *History {
	h := New(mapping)
	h.said = said
	for _, at := range repositories {
		r := &Repository{Key: at.key, Name: at.name, Event: at.event, Deployments: make(map[string]*dora.Deployment, len(at.deployments))}
		r.Unpacked, r.Size = at.packed.Unpack(), at.packed.Size.Size
		for _, d := range at.deployments {
			r.Deployments[within(d.ID, d.Repository)] = d
		}
		h.repositories[at.key] = r
	}
	return h
}

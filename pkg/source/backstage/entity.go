package backstage

import (
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
)

// entities are the components among some records, by full name. An owner that the catalogue has no group of is told as lost, if it
// shows any group at all.
func entities(rows []*entityRecord) map[string]*dora.Entity {
	groups := map[string]string{} // what they are called
	for _, row := range rows {
		if strings.EqualFold(row.Kind, kindGroup) {
			groups[row.ref()] = row.called()
		}
	}
	found := map[string]*dora.Entity{}
	for _, row := range rows {
		if !strings.EqualFold(row.Kind, kindComponent) {
			continue
		}
		e := &dora.Entity{From: dora.OwnersInBackstage, Name: row.Metadata.Name}
		e.Repositories, e.Folder = owners.Located(row.Metadata.Annotations)
		for _, ref := range row.owners() {
			switch called, there := groups[ref.String()]; {
			case there:
				e.Owners = append(e.Owners, called)
			case ref.IsGroup() && len(groups) > 0:
				e.Lost = append(e.Lost, ref.Called())
			default:
				e.Owners = append(e.Owners, ref.Called())
			}
		}
		found[row.ref()] = e
	}
	return found
}

// owners are those by the relations that Backstage makes, else by what was written.
func (e *entityRecord) owners() (refs []owners.Ref) {
	for _, relation := range e.Relations {
		if relation.Type == ownedBy {
			if ref := owners.RefTo(relation.Target, e.Metadata.Namespace); !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	if len(refs) == 0 && e.Spec.Owner != "" {
		refs = append(refs, owners.RefTo(e.Spec.Owner, e.Metadata.Namespace))
	}
	return refs
}

package backstage

import (
	"cmp"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
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
		e := &dora.Entity{Name: row.Metadata.Name}
		e.Repositories, e.Folder = located(row.Metadata.Annotations)
		for _, ref := range row.owners() {
			switch called, there := groups[ref.String()]; {
			case ref.kind == kindUser:
				e.Owners = append(e.Owners, "@"+calledIn(ref.namespace, ref.name))
			case there:
				e.Owners = append(e.Owners, called)
			case len(groups) > 0:
				e.Lost = append(e.Lost, calledIn(ref.namespace, ref.name))
			default:
				e.Owners = append(e.Owners, calledIn(ref.namespace, ref.name))
			}
		}
		found[row.ref()] = e
	}
	return found
}

// owners are those by the relations that Backstage makes, else by what was written.
func (e *entityRecord) owners() (refs []ownerRef) {
	for _, relation := range e.Relations {
		if relation.Type == ownedBy {
			if ref := referenceTo(relation.Target, e.Metadata.Namespace); !slices.Contains(refs, ref) {
				refs = append(refs, ref)
			}
		}
	}
	if len(refs) == 0 && e.Spec.Owner != "" {
		refs = append(refs, referenceTo(e.Spec.Owner, e.Metadata.Namespace))
	}
	return refs
}

// ownerRef is a reference to an owner, in lower case.
type ownerRef struct{ kind, namespace, name string }

func (r ownerRef) String() string { return r.kind + ":" + r.namespace + "/" + r.name }

// referenceTo reads [kind:][namespace/]name. An owner is a group unless it says otherwise, of the entity's own namespace.
func referenceTo(text, namespace string) ownerRef {
	text = strings.ToLower(strings.TrimSpace(text))
	r := ownerRef{kindGroup, strings.ToLower(cmp.Or(namespace, defaultNamespace)), text}
	if kind, rest, is := strings.Cut(text, ":"); is {
		r.kind, r.name = kind, rest
	}
	if space, name, is := strings.Cut(r.name, "/"); is {
		r.namespace, r.name = space, name
	}
	return r
}

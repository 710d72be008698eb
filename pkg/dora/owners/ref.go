package owners

import (
	"cmp"
	"strings"
)

// Ref is Backstage's reference to an owner.
type Ref struct{ kind, namespace, name string }

const (
	defaultNamespace = "default"
	kindGroup        = "group"
	kindUser         = "user"
)

// RefTo reads [kind:][namespace/]name, whose upper and lower case are one. An owner is a group unless it says otherwise, of the
// namespace of the entity that names it.
func RefTo(text, namespace string) Ref {
	text = strings.ToLower(strings.TrimSpace(text))
	r := Ref{kindGroup, strings.ToLower(cmp.Or(namespace, defaultNamespace)), text}
	if kind, rest, is := strings.Cut(text, ":"); is {
		r.kind, r.name = kind, rest
	}
	if space, name, is := strings.Cut(r.name, "/"); is {
		r.namespace, r.name = space, name
	}
	return r
}

// String is the whole reference.
func (r Ref) String() string { return r.kind + ":" + r.namespace + "/" + r.name }

// IsGroup says that it is no person.
func (r Ref) IsGroup() bool { return r.kind == kindGroup }

// Called is what people call the owner: one of another namespace than the default has that in front, and a person an @.
func (r Ref) Called() string {
	name := CalledIn(r.namespace, r.name)
	if r.kind == kindUser {
		return "@" + name
	}
	return name
}

// CalledIn is what people call something of a namespace.
func CalledIn(namespace, name string) string {
	if namespace == "" || strings.EqualFold(namespace, defaultNamespace) {
		return name
	}
	return namespace + "/" + name
}

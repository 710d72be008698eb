package code

import (
	"container/list"
	"maps"
)

// Repository is the code of one repository: all of it packed, and unpacked as well while it is worked on.
type Repository struct {
	*Unpacked        // nil while it is only packed
	Packed    Packed // everything that code was made from
	// Size is how much code there is, as of the last time that it was unpacked.
	Size Size
	// Told says that something came while it was only packed.
	Told bool
	// place is where it stands among those that are unpacked, weight how much it counts there, and kept are those who have
	// what they made of it at hand until then.
	place  *list.Element
	weight int
	kept   map[Key]keeper
}

// Key names what someone keeps: what of a service, under which reading of its definition.
type Key struct {
	Service string
	Reading int
}

// keeper has something at hand that was made of unpacked code, and lets go of it once that is packed.
type keeper interface{ LetGo() }

// Keep tells a keeper when the code is packed again, in place of the one that had the key before.
func (r *Repository) Keep(key Key, by keeper) {
	if r.kept == nil {
		r.kept = map[Key]keeper{}
	}
	r.kept[key] = by
}

// Forget forgets the keepers of one reading.
func (r *Repository) Forget(reading int) {
	maps.DeleteFunc(r.kept, func(key Key, _ keeper) bool { return key.Reading == reading })
}

// Take takes a commit or a change in; false: it changes nothing.
func (r *Repository) Take(t *Told) bool {
	switch {
	case r.Unpacked == nil:
		r.Told = true
	case !r.take(t):
		return false
	default:
		r.Size = r.size() // of a repository that no service counts, nothing else would tell
	}
	r.Packed.add(t)
	return true
}

// unpack works code out of what is packed, where it is not unpacked.
func (r *Repository) unpack() {
	if r.Unpacked != nil {
		return
	}
	r.Unpacked = r.Packed.Unpack()
	r.Size, r.Told = r.size(), false
	if r.Packed.wasteful(r.Size) {
		r.Packed.compact()
	}
}

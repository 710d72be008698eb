package history

// bundle is incidents that lie together, in any order. Where they are many it knows the place of each: a hundred thousand may
// have one name, and each may come in one version after another.
type bundle struct {
	all   []*Incident
	place map[*Incident]int // nil while they are few
}

const fewIncidents = 32

// add puts one with those under a key, once.
func add[K comparable](to map[K]bundle, key K, i *Incident) {
	b := to[key]
	if _, there := b.find(i); there {
		return
	}
	b.all = append(b.all, i)
	switch {
	case b.place != nil:
		b.place[i] = len(b.all) - 1
	case len(b.all) > fewIncidents:
		b.place = make(map[*Incident]int, len(b.all))
		for at, one := range b.all {
			b.place[one] = at
		}
	}
	to[key] = b
}

// remove takes one from those under a key, if it is there.
func remove[K comparable](from map[K]bundle, key K, i *Incident) {
	b := from[key]
	at, found := b.find(i)
	if !found {
		return
	}
	last := len(b.all) - 1
	b.all[at] = b.all[last]
	b.all[last] = nil
	b.all = b.all[:last]
	if b.place != nil {
		if at < last {
			b.place[b.all[at]] = at
		}
		delete(b.place, i)
	}
	if last == 0 {
		delete(from, key)
	} else {
		from[key] = b
	}
}

func (b *bundle) find(i *Incident) (at int, found bool) {
	if b.place != nil {
		at, found = b.place[i]
		return at, found
	}
	for at, one := range b.all {
		if one == i {
			return at, true
		}
	}
	return 0, false
}

package facts

import (
	"cmp"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// One interruption is one incident, however many records tell of it: those that their system says belong to another, and
// those of several systems of which one names the other. The names that any of them has are names that the one has.

// Part is a record that tells of an incident that another record stands for.
type Part struct {
	Event *dora.Incident
	// Of is the full id of the record that it belongs to: the one that counts, where that is among the service's.
	Of string
}

// interruption is what some records tell of, the one that stands for the others first.
type interruption struct {
	records []*history.Incident
	within  []int // the numbers of those of other systems that it names, one of each system
	group   int   // a number of one that it is joined with; its own: it speaks for those
}

func (i *interruption) event() *dora.Incident { return i.records[0].Event }

// interruptions sorts a service's records into interruptions, and notes those that are parts of others.
func (d *Deriver) interruptions(f *Service, records []*history.Incident) []*interruption {
	all := make([]*interruption, 0, len(records))
	of := map[*history.Incident]*interruption{} // by the record that stands for it
	var parts []*history.Incident
	for _, i := range records {
		if d.saidOn(f, i).Says(dora.VerdictIgnored) {
			f.leave(ReasonIgnored, samples.NoLane, i.Event.Opened, 1)
			continue
		}
		if _, id := d.Whole(i); id != "" {
			parts = append(parts, i)
			continue
		}
		of[i] = &interruption{records: []*history.Incident{i}}
		all = append(all, of[i])
	}
	for _, i := range parts {
		whole, id := d.Whole(i)
		switch one := of[whole]; {
		case one != nil:
			one.records = append(one.records, i)
		case d.saidOn(f, i).Says(dora.VerdictLinked): // a person holds it against this service, wherever the other belongs
			all = append(all, &interruption{records: []*history.Incident{i}})
		default:
			f.Parts = append(f.Parts, Part{i.Event, id})
		}
	}
	all = join(all)
	for _, one := range all {
		slices.SortFunc(one.records[1:], func(a, b *history.Incident) int { return byOpened(a.Event, b.Event) })
		for _, i := range one.records[1:] {
			f.Parts = append(f.Parts, Part{i.Event, one.event().FullID()})
		}
	}
	slices.SortFunc(f.Parts, func(a, b Part) int { return byOpened(a.Event, b.Event) })
	for _, p := range f.Parts {
		f.leave(ReasonPartOfAnother, samples.NoLane, p.Event.Opened, 1)
	}
	return all
}

// join makes one of what several systems tell, where a record of one names one of another. Of those that are one the record
// counts that is named and names none; of several, or where each names another, the one that opened first.
func join(all []*interruption) (kept []*interruption) {
	if !slices.ContainsFunc(all, func(i *interruption) bool { return i.event().Source != all[0].event().Source }) {
		return all
	}
	slices.SortFunc(all, func(a, b *interruption) int { return byOpened(a.event(), b.event()) })
	bearers := bearersOf(all)
	for n, i := range all {
		i.find(n, all, bearers)
	}
	root := func(n int) int {
		for all[n].group != n {
			all[n].group = all[all[n].group].group
			n = all[n].group
		}
		return n
	}
	for n, i := range all {
		for _, other := range i.within {
			all[root(n)].group = root(other)
		}
	}
	counts := make([]*interruption, len(all)) // by root
	for n, i := range all {
		if at := root(n); counts[at] == nil || len(counts[at].within) > 0 && len(i.within) == 0 {
			counts[at] = i
		}
	}
	for n, i := range all {
		if one := counts[root(n)]; one == i {
			kept = append(kept, i)
		} else {
			one.records = append(one.records, i.records...)
		}
	}
	return kept
}

// bearersOf finds the interruptions by what other systems may call their records: of each name and system the first.
func bearersOf(ordered []*interruption) map[string][]int {
	bearers := map[string][]int{}
	for n, i := range ordered {
		for _, record := range i.records {
			for _, name := range history.NamesOf(record.Event) {
				if !slices.ContainsFunc(bearers[name], func(other int) bool { return ordered[other].event().Source == i.event().Source }) {
					bearers[name] = append(bearers[name], n)
				}
			}
		}
	}
	return bearers
}

// find notes which interruptions an interruption names: of each other system the one that opened first.
func (i *interruption) find(number int, ordered []*interruption, bearers map[string][]int) {
	i.group = number
	first := map[string]int{} // by system
	for _, record := range i.records {
		for _, names := range [][]string{record.Mentions, record.Same} {
			for _, name := range names {
				for _, other := range bearers[name] {
					source := ordered[other].event().Source
					if known, is := first[source]; source != i.event().Source && (!is || other < known) {
						first[source] = other
					}
				}
			}
		}
	}
	i.within = slices.Sorted(maps.Values(first))
}

// saidOn is a person's word on a record that counts for the service.
func (d *Deriver) saidOn(f *Service, i *history.Incident) *dora.Correction {
	if len(d.words) == 0 {
		return nil
	}
	return d.words.InForce(history.NameOf(i.Event.Header, i.Event.Repository), f.Service.Name)
}

// said is the last word of a person on any of an interruption's records.
func (d *Deriver) said(f *Service, i *interruption) (last *dora.Correction) {
	for _, record := range i.records {
		if c := d.saidOn(f, record); c != nil && (last == nil || c.After(last)) {
			last = c
		}
	}
	return last
}

func byOpened(a, b *dora.Incident) int {
	return cmp.Or(a.Opened.Compare(b.Opened), cmp.Compare(a.FullID(), b.FullID()))
}

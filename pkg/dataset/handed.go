package dataset

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source"
)

// The store has of a repository, and of an entry of a catalogue, what was read last, not what was before. That a service came
// to another team is therefore known only to who saw both, and from when it saw the other one.

const (
	// handedNews is for how long it is told that a service came to another team, and handedLimit of how many.
	handedNews  = 30 * 24 * time.Hour
	handedLimit = 1000
)

// handed is a service that came to other teams.
type handed struct {
	service  string
	from, to []string
	seen     time.Time
}

// allRead says that every source that is read was read to its end once. Until then teams come in piece by piece.
func (d *Dataset) allRead() bool {
	read := map[string]bool{}
	for _, s := range d.collector.State() {
		read[s.ID] = !s.LastSuccess.IsZero()
	}
	for i := range d.options.Settings.Sources {
		if s := &d.options.Settings.Sources[i]; !s.System.Told() && !read[s.ID] {
			return false
		}
	}
	return true
}

// seeHanded notes which services have other teams than before, by the same place: where another place says it first now,
// nothing may have happened but that it was read. Nobody's service has no place, and neither comes from nor goes to anybody.
func (d *Dataset) seeHanded(before, after *facts.Snapshot, now time.Time) {
	was, is := before.Owners(), after.Owners()
	if len(was) > 0 && len(is) > 0 && &was[0] == &is[0] { // they stay the same as long as nothing of them changes
		return
	}
	places := make(map[string]int, len(was))
	for i := range was {
		places[was[i].Service] = i
	}
	told := d.handedOver()
	for _, one := range is {
		i, known := places[one.Service]
		if !known || was[i].From != one.From || slices.Equal(was[i].Teams, one.Teams) {
			continue
		}
		told = slices.DeleteFunc(slices.Clone(told), func(h handed) bool { return h.service == one.Service })
		told = append(told, handed{one.Service, was[i].Teams, one.Teams, now})
	}
	told = slices.DeleteFunc(slices.Clone(told), func(h handed) bool { return now.Sub(h.seen) >= handedNews })
	told = told[max(0, len(told)-handedLimit):]
	d.handed.Store(&told)
}

// handedOver are those that were seen, the oldest first. Nobody may alter them.
func (d *Dataset) handedOver() []handed {
	if told := d.handed.Load(); told != nil {
		return *told
	}
	return nil
}

// newsOfHanded says which of some services came to other teams; nothing of none.
func (d *Dataset) newsOfHanded(services map[string]bool, now time.Time) string {
	var texts []string
	for _, h := range d.handedOver() {
		if services[h.service] && now.Sub(h.seen) < handedNews {
			texts = append(texts, fmt.Sprintf("%s (from %s to %s, seen %s)", h.service, nameless(h.from), nameless(h.to), h.seen.UTC().Format("2006-01-02")))
		}
	}
	if len(texts) == 0 {
		return ""
	}
	slices.Reverse(texts) // the newest are told where there are too many
	return "Came to another team: " + source.Listed(texts) + "."
}

// nameless are teams as they are told of what happened to them: people who own something are not named.
func nameless(teams []string) string {
	names := make([]string, 0, len(teams))
	for _, name := range teams {
		if strings.Contains(name, "@") {
			name = "a person"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

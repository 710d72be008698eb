package census

import (
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Listing is what the lists of owners have said in a run: which parts there are, and what each is called now, by the number
// that it keeps whatever it is called. The zero value has heard nothing.
type Listing struct {
	whole  map[string]bool  // owners
	there  map[string]bool  // names in lower case
	called map[int64]string // by number
}

// Note takes note of a part, whether it is read or not; number 0: it is not told.
func (l *Listing) Note(name string, number int64) {
	if l.there == nil {
		l.there, l.called = map[string]bool{}, map[int64]string{}
	}
	l.there[strings.ToLower(name)] = true
	if number != 0 {
		l.called[number] = name
	}
}

// Whole takes note of whether all of an owner was listed.
func (l *Listing) Whole(owner string, whole bool) {
	if l.whole == nil {
		l.whole = map[string]bool{}
	}
	l.whole[strings.ToLower(owner)] = whole
}

// Lacks says that all of a part's owner was listed and that the part was not among it.
func (l *Listing) Lacks(owner, name string) bool {
	return l.whole[strings.ToLower(owner)] && !l.there[strings.ToLower(name)]
}

// Called is what the part of a number is called; empty where no list told.
func (l *Listing) Called(number int64) string { return l.called[number] }

// Gone tells that a source has no part of a name any more, in a version above one that was handed over; moved is what it is
// called now, where that is known.
func Gone(source, name, moved string, now, above time.Time) *dora.Repository {
	if !now.After(above) {
		now = above.Add(time.Second)
	}
	return &dora.Repository{Header: dora.Header{Source: source, ID: name, Updated: now}, Name: name, Withdrawn: true, Moved: moved}
}

// Moved are, of what the store has of a part under a former name, the deployments that were not taken back, under the present
// one.
func Moved(known []dora.Event, present string) (found []*dora.Deployment) {
	for _, e := range known {
		if d, ok := e.(*dora.Deployment); ok && !d.Withdrawn && strings.HasPrefix(d.ID, d.Repository) {
			moved := *d
			moved.ID, moved.Repository = present+d.ID[len(d.Repository):], present
			found = append(found, &moved)
		}
	}
	return found
}

// Posted are those of Moved that were posted: nobody can read them again.
func Posted(known []dora.Event, present string) []dora.Event {
	var events []dora.Event
	for _, d := range Moved(known, present) {
		if d.Posted() {
			events = append(events, d)
		}
	}
	return events
}

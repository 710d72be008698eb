package census

import (
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Count is how many entries a list had when it was last known to hold what the store has, and the number of the newest.
type Count struct {
	Total  int   `json:"n"`
	Newest int64 `json:"newest,omitempty"`
	// Last is which page was the last one, and ETag what it was, where the list is counted by its pages.
	Last int    `json:"last,omitempty"`
	ETag string `json:"etag,omitempty"`
}

// List is what a run meets of one list.
type List struct {
	// Whole says that what is not met is not there, back to the history limit; Again that the list is read for the second
	// time in this run.
	Whole, Again bool
	// Before is the list's count; Counted says that it is known.
	Before  Count
	Counted bool
	// Total is how many entries there are now; Told says that it is known. Single says that one page holds all there is.
	Total        int
	Told, Single bool
	Newest       int64
	// Young says that something that is missing may have come since the list was read: the next run is to look again.
	Young bool

	met    map[string]dora.Event // by name within the part; nil where no version of it is known
	all    map[int64]bool        // numbers
	fresh  map[int64]bool        // those that are newer than before
	oldest time.Time             // of those that were met
}

// NewList begins a reading. Before is nil where the list was never counted.
func NewList(before *Count) *List {
	l := &List{met: map[string]dora.Event{}, all: map[int64]bool{}, fresh: map[int64]bool{}}
	l.Remembers(before)
	return l
}

// Remembers has the list counted from what is remembered; nil: from nothing.
func (l *List) Remembers(before *Count) {
	l.Before, l.Counted = Count{}, before != nil
	if before != nil {
		l.Before = *before
	}
	l.Newest = l.Before.Newest
}

// Meet takes note of an entry by its name within its part, when it came to be, and its version, where one was made.
func (l *List) Meet(name string, at time.Time, version dora.Event) {
	l.met[name] = version
	if l.oldest.IsZero() || at.Before(l.oldest) {
		l.oldest = at
	}
}

// Number takes note of an entry's number, whatever it means. Numbers rise with time.
func (l *List) Number(number int64) {
	l.Saw(number)
	l.Came(number, number)
}

// Saw takes note of an entry's number where something else tells which have come since.
func (l *List) Saw(number int64) { l.all[number] = true }

// Came takes note of when an entry came, in any unit that rises.
func (l *List) Came(entry, at int64) {
	if at > l.Before.Newest {
		l.fresh[entry] = true
	}
	l.Newest = max(l.Newest, at)
}

// Met is how many numbers were met.
func (l *List) Met() int { return len(l.all) }

// Page takes note of how long the list is, where that is told, and whether this page holds all of it.
func (l *List) Page(total int, told, whole bool) {
	if told && !l.Told {
		l.Total, l.Told = total, true
	}
	l.Whole, l.Single = l.Whole || whole, l.Single || whole
}

// Misses says that there are not as many entries as there were and have come since.
func (l *List) Misses() bool {
	return l.Counted && l.Told && l.Total != l.Before.Total+len(l.fresh)
}

// Restart begins the list anew, to be read whole.
func (l *List) Restart() {
	l.Again, l.Whole = true, true
	l.Before.Newest = l.Newest // what is newer has come since it was counted
	l.Forget()
}

// Forget has nothing met.
func (l *List) Forget() {
	clear(l.fresh)
	clear(l.met)
	clear(l.all)
}

// Count is what to remember of the list now.
func (l *List) Count() Count {
	now := Count{Total: l.Total, Newest: l.Newest, Last: l.Before.Last, ETag: l.Before.ETag}
	if l.Again {
		now.Total += len(l.fresh)
	}
	return now
}

// Older says that something came to be before all that was met.
func (l *List) Older(at time.Time) bool { return l.oldest.IsZero() || at.Before(l.oldest) }

// Compare withdraws what the store has of a part and the list, which was read whole, has not, and brings back what was
// withdrawn and is there again. What came since a time may be missing from the list; what is spared is no word of the list's.
func (l *List) Compare(part string, known []dora.Event, recent time.Time, spared func(e dora.Event, name string) bool) []dora.Event {
	var events []dora.Event
	for _, e := range known {
		name := strings.TrimPrefix(e.Head().ID[min(len(part), len(e.Head().ID)):], ":")
		version, met := l.met[name]
		switch {
		case met && IsWithdrawn(e) && version == nil:
			events = append(events, Restore(e))
		case met && IsWithdrawn(e) && !version.Head().NewerThan(e.Head()):
			events = append(events, Above(version, e))
		case met || IsWithdrawn(e) || spared(e, name):
		case !Happened(e).Before(recent):
			l.Young = true
		default:
			events = append(events, Withdraw(e))
		}
	}
	return events
}

package dora

import (
	"fmt"
	"time"
)

// Times that cannot have been are kept out where events come in, whoever tells of them, and where stored ones are read:
// one of them would stretch every range over all that there is, and RFC 3339 cannot write what is outside of its years.

// The bounds of when things can have happened. The first systems of the kinds that are read are younger than the earliest
// moment. Commits may be older than the system that they lie in now, but Git has no time before 1970.
var (
	Earliest       = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	EarliestCommit = time.Unix(0, 0).UTC()
	After          = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC) // everything is before it
)

var (
	earliestSecond = Earliest.Unix()
	secondsAfter   = After.Unix()
)

// Impossible is a time that cannot have been.
type Impossible struct {
	Field string
	At    time.Time
}

// Error names the field.
func (i *Impossible) Error() string { return i.Field + " " + i.Problem() }

// Problem says what is wrong with the field.
func (i *Impossible) Problem() string {
	return fmt.Sprintf("is in the year %d; allowed: %d to %d", i.At.UTC().Year(), Earliest.Year(), After.Year()-1)
}

// Admit makes an event fit to be kept, or refuses it with an *Impossible. A commit's times are no reason: whatever its clock
// said, it is a part of the graph. An impossible one becomes unknown.
func Admit(e Event) error {
	switch e := e.(type) {
	case *Commit:
		unknown(&e.Updated)
		unknown(&e.Authored)
		unknown(&e.Committed)
		if e.Committed.IsZero() {
			e.Committed = e.Authored
		}
	case *Change:
		for i := range e.Commits {
			unknown(&e.Commits[i].Authored)
		}
		for i := range e.Reviews {
			if !possible(e.Reviews[i].At) {
				return &Impossible{fmt.Sprintf("reviews[%d].at", i), e.Reviews[i].At}
			}
		}
		return impossible(e.Updated, "opened", e.Opened, "merged", e.Merged)
	case *Deployment:
		for i := range e.Statuses {
			if !possible(e.Statuses[i].At) {
				return &Impossible{fmt.Sprintf("statuses[%d].at", i), e.Statuses[i].At}
			}
		}
		return impossible(e.Updated, "created", e.Created, "recovered", e.Recovered)
	case *Incident:
		if !possible(e.Resolved) {
			return &Impossible{"resolved", e.Resolved}
		}
		return impossible(e.Updated, "opened", e.Opened, "acknowledged", e.Acknowledged)
	case *Correction:
		return impossible(e.Updated, "made", e.Made, "", time.Time{})
	case *Repository:
		return impossible(e.Updated, "", time.Time{}, "", time.Time{})
	}
	return nil
}

// impossible finds the first of an event's times that cannot have been.
func impossible(updated time.Time, first string, at time.Time, second string, then time.Time) error {
	switch {
	case !possible(at):
		return &Impossible{first, at}
	case !possible(then):
		return &Impossible{second, then}
	case !storable(updated): // a version, which is no time of anything
		return &Impossible{"updated", updated}
	}
	return nil
}

// possible says whether a time can have been. A zero one is unknown.
func possible(at time.Time) bool {
	seconds := at.Unix()
	return seconds >= earliestSecond && seconds < secondsAfter || at.IsZero()
}

// unknown forgets a commit's time that cannot have been.
func unknown(at *time.Time) {
	if !storable(*at) {
		*at = time.Time{}
	}
}

// storable says whether a commit can have such a time.
func storable(at time.Time) bool {
	seconds := at.Unix()
	return seconds >= 0 && seconds < secondsAfter || at.IsZero()
}

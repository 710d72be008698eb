package dora

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Told is the rank of an event that was told to us rather than read: by a webhook, or by whoever posted it. Of the same
// moment, what was read outweighs it.
const Told = -1 << 20

// PostedBehind is how far behind its creation the version of a deployment is that was posted to a source that is read:
// what is read outweighs it, whatever the clock of whoever posted says.
const PostedBehind = 24 * time.Hour

// Posted says that the deployment was posted to a source that is read, and has not been read since.
func (d *Deployment) Posted() bool {
	return d.Rank < 0 && d.Updated.Equal(d.Created.Add(-PostedBehind))
}

// Contradiction says that what is told of an event cannot be true of the one that is known by its id.
type Contradiction struct {
	ID      string // full
	Field   string
	Problem string
}

// Error names the event, the field and the problem.
func (c *Contradiction) Error() string { return c.ID + ": " + c.Field + ": " + c.Problem }

// Merge puts together what is known of an event and what someone tells of it who need not know the rest. A deployment's
// statuses come one by one and in any order: it has all of them. Of other events the newer version stays; of two that
// were told of the same moment, the one told last. Where nothing is new it returns what was known, the same pointer.
func Merge(known, told Event) (Event, error) {
	switch k := known.(type) {
	case *Deployment:
		if t, ok := told.(*Deployment); ok {
			return mergeDeployment(k, t)
		}
	case *Incident:
		if t, ok := told.(*Incident); ok {
			if err := same(k, keyField{"repository", k.Repository, t.Repository}, keyField{"service", k.Service, t.Service}); err != nil {
				return nil, err
			}
			copied := *t
			return mergeWhole(known, told, &copied, &copied.Header), nil
		}
	case *Change:
		if t, ok := told.(*Change); ok {
			if err := same(k, keyField{"repository", k.Repository, t.Repository}); err != nil {
				return nil, err
			}
			copied := *t
			return mergeWhole(known, told, &copied, &copied.Header), nil
		}
	}
	if told.Head().NewerThan(known.Head()) {
		return told, nil
	}
	return known, nil
}

// keyField is something that an event's id stands for, so that it never changes.
type keyField struct{ name, known, told string }

func same(e Event, fields ...keyField) error {
	for _, f := range fields {
		if !strings.EqualFold(f.known, f.told) && f.known != "" && f.told != "" {
			return &Contradiction{ID: e.Head().FullID(), Field: f.name, Problem: fmt.Sprintf(
				"%q is not what this %s has: %q; it never changes, so give another event an id of its own", f.told, e.Kind(), f.known)}
		}
	}
	return nil
}

// mergeWhole decides between two versions of an event that is told as a whole. copied is a copy of told, and head its
// header.
func mergeWhole(known, told, copied Event, head *Header) Event {
	before := known.Head()
	if head.NewerThan(before) {
		return told
	}
	if !head.Updated.Equal(before.Updated) || before.Rank >= 0 || head.Rank >= 0 {
		return known
	}
	*head = before
	if alike(known, copied) {
		return known
	}
	head.Rank++
	return copied
}

func mergeDeployment(known, told *Deployment) (Event, error) {
	err := same(known, keyField{"repository", known.Repository, told.Repository},
		keyField{"environment", known.Environment, told.Environment}, keyField{"sha", known.SHA, told.SHA}, keyField{"task", known.Task, told.Task})
	if err != nil {
		return nil, err
	}
	older, newer := told, known
	if told.NewerThan(known.Header) {
		older, newer = known, told
	}
	merged := *known
	merged.Tier = cmp.Or(newer.Tier, older.Tier)
	merged.Task, merged.SHA = cmp.Or(newer.Task, older.Task), cmp.Or(newer.SHA, older.SHA)
	merged.Ref, merged.RefKind = cmp.Or(newer.Ref, older.Ref), cmp.Or(newer.RefKind, older.RefKind)
	merged.URL, merged.Creator = cmp.Or(newer.URL, older.URL), cmp.Or(newer.Creator, older.Creator)
	merged.Run, merged.Landing = cmp.Or(newer.Run, older.Run), known.Landing || told.Landing
	merged.Key, merged.Unseen = cmp.Or(newer.Key, older.Key), newer.Unseen
	if merged.Recovered = newer.Recovered; merged.Recovered.IsZero() {
		merged.Recovered = older.Recovered
	}
	if known.Created.IsZero() || (told.Created.Before(known.Created) && !told.Created.IsZero()) {
		merged.Created = told.Created
	}
	merged.Statuses = Statuses(slices.Concat(known.Statuses, told.Statuses))
	if alike(known, &merged) {
		return known, nil
	}
	merged.Header = known.Header
	if told.Updated.After(known.Updated) {
		merged.Updated, merged.Rank = told.Updated, told.Rank
	} else {
		merged.Rank++
	}
	return &merged, nil
}

// alike compares events as they are stored: a list that is empty and one that is not there are the same.
func alike(a, b Event) bool {
	one, err := Encode(a)
	other, failed := Encode(b)
	return err == nil && failed == nil && bytes.Equal(one, other)
}

// Statuses puts statuses into their order, each once.
func Statuses(statuses []DeploymentStatus) []DeploymentStatus {
	slices.SortStableFunc(statuses, func(a, b DeploymentStatus) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(statusOrder[a.State], statusOrder[b.State]))
	})
	return slices.CompactFunc(statuses, func(a, b DeploymentStatus) bool { return a.State == b.State && a.At.Equal(b.At) })
}

// statusOrder is the order in which a deployment goes through states, for those of one instant.
var statusOrder = map[DeploymentState]int{StateWaiting: 0, StateRunning: 1, StateSuccess: 2, StateFailure: 3, StateRetired: 4}

package store

import (
	"errors"
	"fmt"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Key names an event within a dataset. Two events with one key are versions of each other.
type Key struct {
	Source string
	Kind   dora.Kind
	ID     string
}

// KeyOf is the key of an event.
func KeyOf(e dora.Event) Key {
	head := e.Head()
	return Key{Source: head.Source, Kind: e.Kind(), ID: head.ID}
}

// Newest is the newest version of each event in the batch, in the order in which the events first appear. Every store
// writes a batch from here, so that an event that a batch carries twice counts once.
func (b Batch) Newest() []dora.Event {
	events := make([]dora.Event, 0, len(b.Events))
	places := make(map[Key]int, len(b.Events))
	for _, e := range b.Events {
		key := KeyOf(e)
		place, known := places[key]
		switch {
		case !known:
			places[key] = len(events)
			events = append(events, e)
		case e.Head().NewerThan(events[place].Head()):
			events[place] = e
		}
	}
	return events
}

// Validate refuses batches that no store could keep its promises for.
func (b Batch) Validate() error {
	if b.Cursor != nil && (b.Source == "" || b.Epoch == 0) {
		return errors.New("a batch with a cursor needs the source whose cursor it moves and the epoch of its lease")
	}
	if b.Epoch != 0 && b.Source == "" {
		return errors.New("a batch with an epoch needs the source whose lease it belongs to")
	}
	if len(b.Forget) > 0 && b.Epoch == 0 {
		return errors.New("a batch that forgets needs the epoch of the source's lease")
	}
	for i, e := range b.Events {
		if e == nil {
			return fmt.Errorf("event %d of the batch is missing", i)
		}
		if head := e.Head(); head.Source == "" || head.ID == "" {
			return fmt.Errorf("event %d of the batch, a %s, needs a source and an id: it has %q and %q", i, e.Kind(), head.Source, head.ID)
		}
	}
	return nil
}

// PartOf says whether an event belongs to a part of its source and was read: it is called as the part is, or that with
// a colon or an @ behind it and more.
func PartOf(head dora.Header, part string) bool {
	rest, begins := strings.CutPrefix(head.ID, part)
	return begins && head.Rank >= 0 && (rest == "" || rest[0] == ':' || rest[0] == '@')
}

// Prunable says whether Prune may remove events of a kind.
func Prunable(kind dora.Kind) bool {
	return kind == dora.KindDeployment || kind == dora.KindChange || kind == dora.KindIncident
}

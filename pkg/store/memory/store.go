// Package memory keeps a dataset's events in the process. Nothing outlives it: sources are read again on start.
// It knows the store contract and the domain's events, and nothing else of this module.
package memory

import (
	"bytes"
	"context"
	"iter"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
)

// page is how many changes are copied under the lock at once while a feed is read.
const page = 1024

// Store is the events of one dataset. It keeps the events that it is given, not copies: nobody may alter them later.
type Store struct {
	now func() time.Time

	mu       sync.RWMutex
	sequence store.Sequence
	current  map[store.Key]store.Change
	journal  []entry // by rising sequence; entries whose event was rewritten or pruned since are stale
	cursors  map[string][]byte
	leases   map[string]store.Lease // a released one has no holder; it stays for its epoch
	forgets  int64
}

type entry struct {
	sequence store.Sequence
	key      store.Key
}

var _ store.Store = (*Store)(nil)

// Option alters how a store works.
type Option func(*Store)

// WithClock sets the clock by which leases end.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.now = now } }

// New is an empty store.
func New(options ...Option) *Store {
	s := &Store{
		now:     time.Now,
		current: make(map[store.Key]store.Change),
		cursors: make(map[string][]byte),
		leases:  make(map[string]store.Lease),
	}
	for _, option := range options {
		option(s)
	}
	return s
}

// Apply implements store.Store.
func (s *Store) Apply(ctx context.Context, batch store.Batch) (store.Applied, error) {
	if err := ctx.Err(); err != nil {
		return store.Applied{}, err
	}
	if err := batch.Validate(); err != nil {
		return store.Applied{}, err
	}
	events := batch.Newest()

	s.mu.Lock()
	defer s.mu.Unlock()
	if batch.Epoch != 0 {
		if lease := s.leases[batch.Source]; lease.Epoch != batch.Epoch || lease.Holder == "" {
			return store.Applied{}, store.ErrLeaseLost
		}
	}
	var applied store.Applied
	s.forgetParts(batch.Source, batch.Forget)
	if batch.Merge != nil {
		merged, err := s.merge(batch)
		if err != nil {
			return store.Applied{}, err
		}
		events = merged
	}
	for _, e := range events {
		key := store.KeyOf(e)
		if had, known := s.current[key]; known && !e.Head().NewerThan(had.Event.Head()) {
			continue
		}
		applied.Count(key.Kind)
		s.sequence++
		s.current[key] = store.Change{Sequence: s.sequence, Event: e}
		s.journal = append(s.journal, entry{s.sequence, key})
	}
	if batch.Cursor != nil {
		s.cursors[batch.Source] = bytes.Clone(batch.Cursor)
	}
	s.compact()
	applied.Sequence = s.sequence
	return applied, nil
}

// merge is what becomes of a batch's events: one for each key, in the order in which they first appear.
func (s *Store) merge(batch store.Batch) ([]dora.Event, error) {
	var keys []store.Key
	became := map[store.Key]dora.Event{}
	for _, told := range batch.Events {
		key := store.KeyOf(told)
		known := became[key]
		if known == nil {
			keys = append(keys, key)
			known = s.current[key].Event
		}
		if known != nil {
			merged, err := batch.Merge(known, told)
			if err != nil {
				return nil, err
			}
			told = merged
		}
		became[key] = told
	}
	events := make([]dora.Event, len(keys))
	for i, key := range keys {
		events[i] = became[key]
	}
	return events, nil
}

// compact drops stale entries once they are most of the journal.
func (s *Store) compact() {
	if len(s.journal) < page || len(s.journal) < 2*len(s.current) {
		return
	}
	live := make([]entry, 0, len(s.current))
	for _, e := range s.journal {
		if s.current[e.key].Sequence == e.sequence {
			live = append(live, e)
		}
	}
	s.journal = live
}

// Changes implements store.Store.
func (s *Store) Changes(ctx context.Context, after store.Sequence) iter.Seq2[store.Change, error] {
	return func(yield func(store.Change, error) bool) {
		for {
			changes, last := s.read(after)
			for _, change := range changes {
				if err := ctx.Err(); err != nil {
					yield(store.Change{}, err)
					return
				}
				if !yield(change, nil) {
					return
				}
			}
			if last == after {
				return
			}
			after = last
		}
	}
}

// read copies one page of the journal and says how far it got; after itself if there is no more.
func (s *Store) read(after store.Sequence) (changes []store.Change, last store.Sequence) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	last = after
	first := sort.Search(len(s.journal), func(i int) bool { return s.journal[i].sequence > after })
	for _, e := range s.journal[first:] {
		last = e.sequence
		if change := s.current[e.key]; change.Sequence == e.sequence {
			changes = append(changes, change)
		}
		if len(changes) == page {
			break
		}
	}
	return changes, last
}

// Cursor implements store.Store.
func (s *Store) Cursor(_ context.Context, source string) ([]byte, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return bytes.Clone(s.cursors[source]), nil
}

// Acquire implements store.Store.
func (s *Store) Acquire(_ context.Context, source, holder string, lasting time.Duration) (store.Lease, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	lease := s.leases[source]
	switch {
	case lease.Holder == holder:
	case lease.Holder != "" && now.Before(lease.Until):
		return store.Lease{}, &store.Held{Lasts: lease.Until.Sub(now)}
	default:
		lease.Epoch++
	}
	lease.Source, lease.Holder, lease.Until = source, holder, now.Add(lasting)
	s.leases[source] = lease
	return lease, nil
}

// Release implements store.Store.
func (s *Store) Release(_ context.Context, lease store.Lease) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := s.leases[lease.Source]
	if held.Holder == lease.Holder && held.Epoch == lease.Epoch {
		held.Holder = ""
		s.leases[lease.Source] = held
	}
	return nil
}

// Prune implements store.Store.
func (s *Store) Prune(_ context.Context, before time.Time, spent func([]dora.Event) []dora.Event) (int, error) {
	old := make(map[store.Key]store.Sequence)
	var events []dora.Event
	s.mu.RLock()
	for key, change := range s.current {
		if store.Prunable(key.Kind) && change.Event.Head().Updated.Before(before) {
			old[key] = change.Sequence
			events = append(events, change.Event)
		}
	}
	s.mu.RUnlock()

	gone := spent(events)

	s.mu.Lock()
	defer s.mu.Unlock()
	pruned := 0
	for _, e := range gone {
		key := store.KeyOf(e)
		if seen, shown := old[key]; shown && s.current[key].Sequence == seen {
			delete(s.current, key)
			pruned++
		}
	}
	s.compact()
	return pruned, nil
}

// Rewind implements store.Store.
func (s *Store) Rewind(_ context.Context, source string, cursor []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rewind(source, cursor)
	return nil
}

func (s *Store) rewind(source string, cursor []byte) {
	delete(s.cursors, source)
	if cursor != nil {
		s.cursors[source] = bytes.Clone(cursor)
	}
	lease := s.leases[source]
	lease.Holder = ""
	s.leases[source] = lease
}

// Forget implements store.Store.
func (s *Store) Forget(_ context.Context, source string) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rewind(source, nil)
	s.forgets++
	forgotten := 0
	for key := range s.current {
		if key.Source == source {
			delete(s.current, key)
			forgotten++
		}
	}
	s.compact()
	return forgotten, nil
}

// forgetParts removes what was read of parts of a source.
func (s *Store) forgetParts(source string, parts []string) {
	if len(parts) == 0 {
		return
	}
	s.forgets++
	for key, change := range s.current {
		if key.Source == source && slices.ContainsFunc(parts, func(part string) bool { return store.PartOf(change.Event.Head(), part) }) {
			delete(s.current, key)
		}
	}
}

// Forgets implements store.Store.
func (s *Store) Forgets(context.Context) (int64, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.forgets, nil
}

// Durable implements store.Store: a restart forgets everything.
func (s *Store) Durable() bool { return false }

// Close implements store.Store. There is nothing to release.
func (s *Store) Close() error { return nil }

package dataset

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"sync"
	"sync/atomic"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
)

// Registry holds the datasets of one process: one collector for each, whatever Grafana does with instances. Grafana
// makes an instance when a data source is first used or its settings change, disposes of old ones later, and never
// says that a data source was deleted. So a dataset outlives its instances, and passes from one to the next.
type Registry struct {
	mu    sync.Mutex
	slots map[string]*slot
}

// slot is the place of one dataset.
type slot struct {
	mu          sync.Mutex // held while the dataset is opened or replaced
	dataset     *Dataset
	fingerprint string // of the settings and the client, secrets included
	store       store.Store
	storeKey    string
	stop        func() // ends the collector and waits for it
	running     atomic.Pointer[Dataset]
}

// Acquire gives the running dataset of a name under these settings. Where it runs under others, its collector stops,
// and one with the new settings goes on from the same store and cursors: nothing that was collected is lost.
func (r *Registry) Acquire(ctx context.Context, o Options) (*Dataset, error) {
	r.mu.Lock()
	if r.slots == nil {
		r.slots = map[string]*slot{}
	}
	owner := cmp.Or(o.Owner, o.Name)
	s := r.slots[owner]
	if s == nil {
		s = &slot{}
		r.slots[owner] = s
	}
	r.mu.Unlock()

	s.mu.Lock()
	defer s.mu.Unlock()
	fingerprint := fingerprintOf(o)
	if s.dataset != nil && s.fingerprint == fingerprint {
		return s.dataset, nil
	}
	s.end()
	if err := s.openStore(ctx, o); err != nil {
		return nil, err
	}
	o.Store = s.store
	opened, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	s.dataset, s.fingerprint = opened, fingerprint
	s.running.Store(opened)
	running, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { // the dataset's collector and follower, until the settings change or the process ends
		defer close(done)
		if err := opened.Run(running); err != nil {
			opened.options.Logger.Error("collection ended", "dataset", o.Name, "error", err)
		}
	}()
	s.stop = func() { cancel(); <-done }
	return opened, nil
}

func (s *slot) openStore(ctx context.Context, o Options) error {
	key := fmt.Sprintf("%q %q", o.Settings.Store, o.Name) // it stays in memory: there are secrets in it
	replaced, _ := s.store.(interface{ Replaced() bool })
	if s.store != nil && s.storeKey == key && (replaced == nil || !replaced.Replaced()) {
		return nil
	}
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			o.Logger.Warn("the old store could not be closed", "dataset", o.Name, "error", err)
		}
		s.store = nil
	}
	opened, err := o.openStore(ctx)
	if err != nil {
		return err
	}
	s.store, s.storeKey = opened, key
	return nil
}

func (s *slot) end() {
	s.running.Store(nil)
	if s.stop != nil {
		s.stop()
	}
	s.stop, s.dataset, s.fingerprint = nil, nil, ""
}

// Close ends every collector and closes every store.
func (r *Registry) Close() {
	r.mu.Lock()
	slots := maps.Clone(r.slots)
	clear(r.slots)
	r.mu.Unlock()
	for _, s := range slots {
		s.mu.Lock()
		s.end()
		if s.store != nil {
			_ = s.store.Close() // nothing is left to write
		}
		s.mu.Unlock()
	}
}

// fingerprintOf tells options apart. It stays in memory: it contains secrets.
func fingerprintOf(o Options) string {
	secrets := map[string]map[string]string{}
	for _, source := range o.Settings.Sources {
		secrets[source.ID] = source.Secrets
	}
	for _, sink := range o.Settings.Sinks {
		secrets["sinks."+sink.ID] = sink.Secrets
	}
	text, _ := json.Marshal(struct { // plain data: it cannot fail
		Settings settings.Settings
		Secrets  map[string]map[string]string
		Client   string
		Store    [2]string
	}{o.Settings, secrets, o.ClientKey, [2]string{o.Settings.Store.Password, o.Settings.Store.CA}})
	return string(text)
}

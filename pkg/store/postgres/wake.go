package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// Who writes calls out, and who follows hears it within milliseconds. A call is a hint and no more: one that is lost, as all
// are behind a pooler of transactions or in a database that has none, costs the time until the feed is asked again.

// waking is who listens.
type waking struct {
	once  sync.Once
	mu    sync.Mutex
	stop  context.CancelFunc
	done  chan struct{}
	woken chan struct{}
	dumb  atomic.Bool // the database has no calls
}

const (
	callTime = 2 * time.Second
	// restLeast and restMost are how long is waited before a connection that listens is made again.
	restLeast = time.Second
	restMost  = time.Minute
)

// channel is where the dataset's calls are made.
func (s *Store) channel() string {
	sum := sha256.Sum256([]byte(s.dataset))
	return "livedora_" + hex.EncodeToString(sum[:8])
}

// call calls out that something was written.
func (s *Store) call(ctx context.Context) {
	if s.wake.dumb.Load() {
		return
	}
	calling, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	_, err := s.pool.Exec(calling, `SELECT pg_notify($1, '')`, s.channel())
	if code := codeOf(err); code == codeNoFunction || code == codeUnsupported {
		s.wake.dumb.Store(true)
	}
}

// Woken has something to take whenever somebody may have written. The first call has a connection of its own listen.
func (s *Store) Woken() <-chan struct{} {
	if s.database.Replica {
		return nil // a replica passes no calls on
	}
	s.wake.once.Do(func() {
		listening, cancel := context.WithCancel(context.Background())
		s.wake.mu.Lock()
		s.wake.stop, s.wake.done, s.wake.woken = cancel, make(chan struct{}), make(chan struct{}, 1)
		s.wake.mu.Unlock()
		go s.listen(listening)
	})
	return s.wake.woken
}

func (s *Store) listen(ctx context.Context) {
	defer close(s.wake.done)
	for rest := restLeast; ctx.Err() == nil; rest = min(2*rest, restMost) {
		if s.hear(ctx) {
			rest = restLeast
		}
		select {
		case <-ctx.Done():
		case <-time.After(rest):
		}
	}
}

// hear listens until the connection breaks, and says whether it ever listened.
func (s *Store) hear(ctx context.Context) (listened bool) {
	config, err := s.database.config()
	if err != nil {
		return false
	}
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err != nil {
		return false
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), callTime)
		defer cancel()
		_ = conn.Close(closing) // it is of no use any more
	}()
	if _, err := conn.Exec(ctx, `LISTEN `+s.channel()); err != nil {
		return false
	}
	for {
		if _, err := conn.WaitForNotification(ctx); err != nil {
			return true
		}
		select {
		case s.wake.woken <- struct{}{}:
		default: // a call is there already
		}
	}
}

// end has nobody listen any more.
func (w *waking) end() {
	w.once.Do(func() {}) // who asks later gets nothing
	w.mu.Lock()
	stop, done := w.stop, w.done
	w.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
}

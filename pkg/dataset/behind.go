package dataset

import (
	"context"

	"github.com/livedora/dora-datasource/pkg/store"
)

// ErrReplica says that this Grafana only reads, so that nothing can be told to it.
var ErrReplica = store.ErrReplica

// Behind is how far a replica is behind that this Grafana reads from.
type Behind = store.Behind

// writable is nil where what is told is kept, and else says why it is not.
func (d *Dataset) writable() error {
	if !d.store.Durable() {
		return ErrNotDurable
	}
	if d.replica() {
		return ErrReplica
	}
	return nil
}

// replica says that the store is only read.
func (d *Dataset) replica() bool { return d.following.Load() != nil }

// lookBehind sees how far the replica is behind, where one is read.
func (d *Dataset) lookBehind(ctx context.Context) error {
	s, ok := d.store.(interface {
		Behind(ctx context.Context) (*Behind, error)
	})
	if !ok {
		return nil
	}
	now, err := s.Behind(ctx)
	if err != nil {
		return err
	}
	if before := d.following.Swap(now); before != nil && now != nil && before.Cut != now.Cut {
		d.moved.call()
	}
	return nil
}

// Behind is how far the replica that is read was behind the last time; nil where none is.
func (d *Dataset) Behind() *Behind { return d.following.Load() }

package collect

import (
	"context"
	"errors"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/store"
)

const (
	// leaseLasting is how long others wait for a holder that died without giving its lease back.
	leaseLasting = time.Minute
	// leaseRenewed is short enough that a renewal may fail twice.
	leaseRenewed = leaseLasting / 3
	// heldLonger is for how long a lease is left alone after it should have ended: clocks do not tick as one.
	heldLonger = 50 * time.Millisecond
	// leasePatience is how long Once waits: longer than a dead holder's lease lasts.
	leasePatience = leaseLasting + leaseLasting/2
	// releasePatience is how long the end of a run waits for the store.
	releasePatience = 5 * time.Second
)

// acquire takes the source's lease, and waits while another instance has it: at first eagerly, because an instance with
// old settings is about to go. A store that fails is tried again too. With impatient set, it gives up in the end.
func (r *reader) acquire(ctx context.Context, impatient bool) (store.Lease, error) {
	defer r.status.elsewhere(false)
	deadline := time.Now().Add(leasePatience)
	pause := time.Second
	for {
		lease, err := r.store.Acquire(ctx, r.source.ID, r.holder, leaseLasting)
		var held *store.Held
		wait := pause
		switch {
		case err == nil:
			return lease, nil
		case ctx.Err() != nil:
			return store.Lease{}, context.Cause(ctx)
		case errors.As(err, &held), errors.Is(err, store.ErrReplica):
			r.status.elsewhere(true)
			_ = r.recall(ctx) // what that instance has read since; it is asked again
			if impatient && (held == nil || time.Now().After(deadline)) {
				return store.Lease{}, err
			}
			if held != nil { // one that died does not renew it
				wait = min(pause, max(0, held.Lasts)+heldLonger)
			}
		case impatient:
			return store.Lease{}, err
		default:
			r.status.elsewhere(false)
			r.status.failed(source.Failures(r.source.ID, r.storeFailed(err)))
			r.log.Warn("The right to collect the source could not be taken", "error", err)
		}
		if !r.sleep(ctx, time.Now().Add(wait)) {
			return store.Lease{}, context.Cause(ctx)
		}
		pause = min(2*pause, leaseLasting/2)
	}
}

// lead works under a lease, which it renews meanwhile and gives back at the end. The work's context ends with
// store.ErrLeaseLost as its cause once another instance has the lease.
func (r *reader) lead(ctx context.Context, lease store.Lease, work func(context.Context, store.Lease)) {
	ctx, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() { // the lease's renewer: ends with the work
		defer close(renewed)
		r.renew(ctx, lease, stop)
	}()
	work(ctx, lease)
	stop(nil)
	<-renewed

	release, done := context.WithTimeout(context.WithoutCancel(ctx), releasePatience)
	defer done()
	if err := r.store.Release(release, lease); err != nil {
		r.log.Warn("The right to collect the source could not be given back: others wait until it runs out", "error", err)
	}
}

func (r *reader) renew(ctx context.Context, lease store.Lease, stop context.CancelCauseFunc) {
	ticker := time.NewTicker(leaseRenewed)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		renewed, err := r.store.Acquire(ctx, r.source.ID, r.holder, leaseLasting)
		switch {
		case ctx.Err() != nil:
			return
		case errors.Is(err, store.ErrLeaseHeld), err == nil && renewed.Epoch != lease.Epoch: // it was gone in between
			r.log.Warn("Another instance took over the source")
			stop(store.ErrLeaseLost)
			return
		case err != nil:
			r.log.Warn("The right to collect the source could not be renewed", "error", err)
		}
	}
}

package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/source"
)

// checkTime is how long a person who tries a source waits for its answer, and reachTime how long for it to be there at all:
// a dead address is told before anyone doubts the page.
const (
	checkTime = 20 * time.Second
	reachTime = 4 * time.Second
)

// Check asks each source whether its address and credentials work, all at the same time. It gives the failures, by
// the sources' ids.
func (d *Dataset) Check(ctx context.Context) map[string]error {
	failures := make([]error, len(d.sources))
	var work sync.WaitGroup
	for i, s := range d.sources {
		work.Go(func() { failures[i] = d.guarded(func() error { return d.check(ctx, s) }) })
	}
	work.Wait()
	failed := map[string]error{}
	for i, s := range d.sources {
		if failures[i] != nil {
			failed[s.ID] = failures[i]
		}
	}
	return failed
}

// CheckSource asks one source whether its address and credentials work; false: there is none of that id.
func (d *Dataset) CheckSource(ctx context.Context, id string) (failure error, known bool) {
	for _, s := range d.sources {
		if s.ID == id {
			return d.check(ctx, s), true
		}
	}
	return nil, false
}

// check asks a source, together with all who do so at the same time; while collecting waits for the source's rate limit, it
// is not asked at all.
func (d *Dataset) check(ctx context.Context, s collect.Source) error {
	var by learnt
	for _, state := range d.State() {
		if state.ID != s.ID {
			continue
		}
		by = learnt{state.LastAttempt, state.LastSuccess, state.Failure}
		if until := state.WaitingUntil; time.Now().Before(until) {
			return &source.Error{Cause: source.CauseRateLimit, Source: s.ID, Advice: "its rate limit is spent: collection waits until " + until.UTC().Format("15:04:05 UTC") + ", and it is not asked before"}
		}
	}
	return d.trials[s.ID].ask(ctx, by, func() error {
		return d.guarded(func() error { return d.try(context.WithoutCancel(ctx), s) })
	})
}

// try asks a source within a time. Collecting is more patient: it tries again, and waits for limits.
func (d *Dataset) try(ctx context.Context, s collect.Source) error {
	patience, reach := cmp.Or(d.options.CheckTime, checkTime), cmp.Or(d.options.ReachTime, reachTime)
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	door := &knock{}
	early := time.AfterFunc(reach, func() {
		if !door.open.Load() {
			cancel()
		}
	})
	defer early.Stop()
	err := s.Check(door.heard(bounded))
	var told *source.Error
	switch {
	case err == nil || bounded.Err() == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &told) && told.Cause != source.CauseNetwork:
		return err
	case !door.open.Load():
		return &source.Error{
			Cause: source.CauseNetwork, Source: s.ID, Err: door.failure(),
			Advice: "nothing answers at its address: check the address, and whether Grafana's server may reach it",
		}
	}
	return &source.Error{
		Cause: source.CauseNetwork, Source: s.ID,
		Advice: fmt.Sprintf("it did not answer within %s: check its address, and whether Grafana's server may reach it", patience),
	}
}

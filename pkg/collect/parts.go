package collect

import (
	"context"
	"slices"
	"sync"
	"time"
)

const (
	// partsGathered is how long wishes are gathered before they are read, so that those of one happening are one run.
	partsGathered = time.Second
	// partsEvery is the shortest time between the beginnings of two runs that read parts: however many webhooks come in,
	// the vendor's limit lasts.
	partsEvery = 10 * time.Second
	// partsLimit is how many parts one run reads; where more are wished for, everything is looked at, which costs less.
	partsLimit = 50
)

// parts are wishes to read some parts of a source now.
type parts struct {
	mu     *sync.Mutex
	wished map[string]bool
	wake   chan struct{}
	read   time.Time // when a run of parts last began
}

func newParts() parts {
	return parts{mu: &sync.Mutex{}, wished: map[string]bool{}, wake: make(chan struct{}, 1)}
}

// wish takes note of parts, and says whether they are too many to be read one by one.
func (p *parts) wish(names []string) (tooMany bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, name := range names {
		if len(p.wished) >= partsLimit && !p.wished[name] {
			return true
		}
		p.wished[name] = true
	}
	select {
	case p.wake <- struct{}{}:
	default:
	}
	return false
}

// take gives the wishes, which are fulfilled by the run that follows.
func (p *parts) take() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var names []string
	for name := range p.wished {
		names = append(names, name)
	}
	clear(p.wished)
	slices.Sort(names)
	return names
}

// await waits until the source is due, or someone wishes a run. It gives the parts to read, nil for everything, and
// says whether the context still lasts.
func (r *reader) await(ctx context.Context) (only []string, lasts bool) {
	due := time.NewTimer(time.Until(r.due))
	defer due.Stop()
	var gathered <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return nil, false
		case <-due.C:
			r.parts.take()
			return nil, true
		case <-r.wake:
			r.parts.take()
			return nil, true
		case <-r.parts.wake:
			if gathered == nil {
				timer := time.NewTimer(max(partsGathered, time.Until(r.parts.read.Add(partsEvery))))
				defer timer.Stop() //nolint:gocritic // there is one in a call: gathered is set
				gathered = timer.C
			}
		case <-gathered:
			gathered = nil
			if only = r.parts.take(); len(only) > 0 {
				r.parts.read = time.Now()
				return only, true
			}
		}
	}
}

// RefreshParts reads parts of a source soon: those that are wished for within a second are read together, and no
// more often than every ten seconds. Where another instance collects the source, that one's next run reads them.
// Unknown ids are passed over.
func (c *Collector) RefreshParts(id string, names ...string) {
	for _, r := range c.readers {
		if r.source.ID == id && len(names) > 0 && r.parts.wish(names) {
			r.refresh()
		}
	}
}

package plugin

import (
	"context"
	"runtime"
	"sync/atomic"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/gate"
)

// Snapshot is what the instance answers from, for a test to damage.
func (i *Instance) Snapshot() *facts.Snapshot { return i.dataset.Snapshot() }

// Steps is how much work it is to answer a query over a range, by the steps that its meter is told of.
func (i *Instance) Steps(ctx context.Context, q backend.DataQuery) (steps int64, err error) {
	a := i.read(ctx, q, false)
	if a.failure != nil {
		return 0, a.failure
	}
	var sum atomic.Int64
	a.query.Meter = func(n int) bool {
		sum.Add(int64(n))
		return true
	}
	framesOf(a.dataset, i.uid, a.query, a.within, a.now)
	return sum.Load(), nil
}

// Gate is what all work of the process goes through.
func (p *Plugin) Gate() *gate.Gate { return &p.gate }

// Full says that no more heavy work is let in.
func (p *Plugin) Full() bool { return p.gate.Working() >= max(2, runtime.GOMAXPROCS(0)) }

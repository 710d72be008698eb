package dataset_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
)

// poisoned is a store from which, at times, something comes that no code expects.
type poisoned struct {
	store.Store
	poison atomic.Bool
}

func (p *poisoned) Changes(ctx context.Context, after store.Sequence) iter.Seq2[store.Change, error] {
	if p.poison.Load() {
		return func(yield func(store.Change, error) bool) { yield(store.Change{Event: (*dora.Deployment)(nil)}, nil) }
	}
	return p.Store.Changes(ctx, after)
}

func TestADefectLeavesTheAnswersAsTheyAreAndTheProcessAlive(t *testing.T) {
	r := open(t)
	o := options(t, "dora", parse(t, silent(t), `,"services":`+datasettest.Services))
	p := &poisoned{Store: memory.New()}
	_, err := p.Apply(t.Context(), store.Batch{Events: datasettest.Events()})
	require.NoError(t, err)
	o.Store = p
	d, err := dataset.Open(t.Context(), o)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }() // the dataset, until the test ends
	defer func() { stop(); assert.NoError(t, <-ended) }()
	had := d.Snapshot()
	require.NotEmpty(t, had.Services)

	p.poison.Store(true)
	eventually(t, func() bool { return d.StoreFailure() != nil })
	require.ErrorContains(t, d.StoreFailure(), "a defect in Live DORA: please report it")
	assert.Same(t, had, d.Snapshot())
	another := acquire(t, r, "another", parse(t, silent(t), ""))
	assert.NoError(t, another.StoreFailure(), "another data source is not concerned")

	p.poison.Store(false)
	eventually(t, func() bool { return d.StoreFailure() == nil })
}

package source_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

func TestOnlyTheLastOfManyBatchesCarriesWhereTheRunGoesOn(t *testing.T) {
	events := make([]dora.Event, 2001)
	for i := range events {
		events[i] = &dora.Commit{Message: strings.Repeat("x", dora.MessageLimit+9)}
	}
	var cursors []string
	count := 0
	r := source.Request{Emit: func(_ context.Context, b source.Batch) error {
		cursors, count = append(cursors, string(b.Cursor)), count+len(b.Events)
		assert.LessOrEqual(t, len(b.Events), 1000)
		assert.Equal(t, len(cursors) == 1 || len(b.Events) == 0, len(b.Forget) == 1, "names that mean others are told once, and first")
		return nil
	}}
	require.NoError(t, r.Hand(t.Context(), events, []byte("before"), []byte("after"), "shop/till"))
	assert.Equal(t, []string{"before", "before", "after"}, cursors)
	assert.Equal(t, 2001, count)
	require.NoError(t, r.Hand(t.Context(), nil, nil, []byte("on"), "shop/till"))
	assert.Equal(t, "on", cursors[3], "a position may move without an event")
}

package dataset

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/settings"
)

// What every answer asks for waits for nobody who works on the history, such as for facts under another definition.
func TestNoAnswerWaitsForWorkOnTheHistory(t *testing.T) {
	d, err := Open(t.Context(), Options{Name: "1/dora", Organisation: 1, Settings: settings.Defaults()})
	require.NoError(t, err)
	defer func() { assert.NoError(t, d.Close()) }()
	d.Absences(time.Now())
	d.Counts()
	d.mu.Lock()
	defer d.mu.Unlock()
	over := make(chan struct{})
	go func() {
		defer close(over)
		d.Absences(time.Now())
		d.Counts()
		d.AtHand(d.Settings().Definition)
		d.Under(d.Settings().Definition)
	}()
	select {
	case <-over:
	case <-time.After(20 * time.Second):
		t.Error("it waits")
	}
}

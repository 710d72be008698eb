package memory_test

import (
	"testing"
	"time"

	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/store/storetest"
)

func TestStore(t *testing.T) {
	storetest.Run(t, func(*testing.T) storetest.Open {
		return func(_ string, now func() time.Time) store.Store { return memory.New(memory.WithClock(now)) }
	})
}

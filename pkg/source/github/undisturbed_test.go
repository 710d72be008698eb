package github_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/stretchr/testify/require"
)

// goodDays are runs without any trouble, each collected once for all tests that hold others against it.
var goodDays sync.Map

// goodDay is what a run gives of the replay as it starts, without any trouble. It is there to compare with: other tests
// do so as well.
func (r *replay) goodDay(config configured, since time.Time) *ledger {
	r.t.Helper()
	key := fmt.Sprintf("%q %q %t %s %s", config.Repositories, config.API, config.Incidents != nil, r.now, since)
	run, _ := goodDays.LoadOrStore(key, sync.OnceValues(func() (*ledger, error) {
		l := newLedger()
		return l, l.collect(r.t.Context(), r.source(config, at(r.now)), since)
	}))
	l, err := run.(func() (*ledger, error))()
	require.NoError(r.t, err)
	return l
}

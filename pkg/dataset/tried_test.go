package dataset_test

import (
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
)

func TestHoweverManyTryASourceItIsAskedOnce(t *testing.T) {
	var asked atomic.Int64
	gate := make(chan struct{})
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		<-gate
		http.Error(w, `{"message":"Bad credentials"}`, http.StatusUnauthorized)
	}))
	defer vendor.Close()
	d, err := dataset.Open(t.Context(), options(t, "tried", parse(t, vendor.URL, "")))
	require.NoError(t, err)
	defer func() { assert.NoError(t, d.Close()) }()

	var people sync.WaitGroup
	for n := range 300 {
		people.Go(func() {
			if n%3 == 0 {
				assert.Len(t, d.Check(t.Context()), 1)
				return
			}
			failure, _ := d.CheckSource(t.Context(), "github")
			assert.Error(t, failure)
		})
	}
	close(gate)
	people.Wait()
	failure, _ := d.CheckSource(t.Context(), "github")
	require.Error(t, failure, "it is told again for some seconds")
	assert.Equal(t, int64(1), asked.Load())
}

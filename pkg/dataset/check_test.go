package dataset_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
)

func TestWhoTriesASourceDoesNotWaitAsLongAsCollectionDoes(t *testing.T) {
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	defer silent.Close()
	defer close(over)
	o := options(t, "silent", parse(t, silent.URL, ""))
	o.CheckTime = 50 * time.Millisecond
	d, err := dataset.Open(t.Context(), o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, d.Close()) }()

	failure, known := d.CheckSource(t.Context(), "github")
	assert.True(t, known)
	assert.ErrorContains(t, failure, "did not answer within 50ms: check its address")
	assert.ErrorContains(t, d.Check(t.Context())["github"], "did not answer")
	_, known = d.CheckSource(t.Context(), "nobody")
	assert.False(t, known)
}

func TestADeadAddressIsToldLongBeforeASlowAnswerIsGivenUp(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	o := options(t, "dead", parse(t, gone.URL, ""))
	o.CheckTime, o.ReachTime = time.Hour, 50*time.Millisecond
	d, err := dataset.Open(t.Context(), o)
	require.NoError(t, err)
	defer func() { assert.NoError(t, d.Close()) }()

	failure, known := d.CheckSource(t.Context(), "github")
	assert.True(t, known)
	assert.ErrorContains(t, failure, "github: nothing answers at its address: check the address, and whether Grafana's server may reach it [dial tcp")
	assert.ErrorContains(t, failure, "connection refused")
}

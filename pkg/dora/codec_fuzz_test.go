package dora_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/mangle"
)

// stored are bodies as stores keep them, one of each kind that a history has.
func stored(t testing.TB) map[dora.Kind][]byte {
	t.Helper()
	bodies := map[dora.Kind][]byte{}
	size := large.Size{Services: 1, Deployments: 6, Changes: 1, Months: 1, Every: 3}
	for e := range size.Events() {
		body, err := dora.Encode(e)
		require.NoError(t, err)
		bodies[e.Kind()] = body
	}
	body, err := dora.Encode(&dora.Correction{Header: dora.Header{Source: "livedora", ID: "1", Updated: doratest.Hour(1)}, Verdict: "ignore", Deployment: "github:a/b:deployment:1", Reason: "a test", Author: "dev-07", Made: doratest.Hour(1)})
	require.NoError(t, err)
	bodies[dora.KindCorrection] = body
	return bodies
}

// read decodes a body, and holds that it is refused with a bounded sentence, or is an event that can be written again.
func read(t testing.TB, kind dora.Kind, body []byte) (refused bool) {
	t.Helper()
	e, err := dora.Decode(kind, body)
	if err != nil {
		require.Nil(t, e)
		require.Regexp(t, `^(a stored \w+ cannot be read: |an event of unknown kind )`, err.Error())
		require.Less(t, len(err.Error()), 1000)
		return true
	}
	again, err := dora.Encode(e)
	require.NoError(t, err)
	same, err := dora.Decode(kind, again)
	require.NoError(t, err)
	require.Equal(t, e.Head(), same.Head())
	require.Equal(t, e, same)
	return false
}

func TestDamagedBodiesAreRefusedOrStillEvents(t *testing.T) {
	bodies := stored(t)
	random, tries, refused := rand.New(rand.NewPCG(2, 1)), 2000, 0
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		tries = 100_000
	}
	kinds := slices.Sorted(func(yield func(dora.Kind) bool) {
		for kind := range bodies {
			if !yield(kind) {
				return
			}
		}
	})
	require.Len(t, kinds, 6)
	for range tries {
		kind := kinds[random.IntN(len(kinds))]
		if read(t, kind, []byte(mangle.Text(random, string(bodies[kind])))) {
			refused++
		}
	}
	t.Logf("%d damaged bodies, %d refused", tries, refused)
	assert.Greater(t, refused, tries/3)
}

func FuzzAStoredEvent(f *testing.F) {
	for kind, body := range stored(f) {
		f.Add(string(kind), body)
		e, err := dora.Decode(kind, body)
		require.NoError(f, err)
		text, err := json.Marshal(e)
		require.NoError(f, err)
		f.Add(string(kind), text)
	}
	f.Add("change", []byte("\x01\x11\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Add("deployment", []byte("\x01\x0d\x7f"+strings.Repeat("\x00", 40)))
	f.Add("other", []byte("\x01\x00"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) { read(t, dora.Kind(kind), body) })
}

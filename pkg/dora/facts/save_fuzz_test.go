package facts_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// A saved history lies beside the store, where anything may befall it: it is refused, or is what was saved.
func FuzzASavedHistory(f *testing.F) {
	mapping, def := dora.Mapping{Production: dora.DefaultProduction}, dora.DefaultDefinition()
	h := facts.NewDeriver(mapping)
	size := large.Size{Services: 1, Deployments: 6, Changes: 1, Months: 1, Every: 3}
	for e := range size.Events() {
		h.Apply(e)
	}
	want := tell(h.Derive(def))
	var saved bytes.Buffer
	_, err := h.Saving(def).WriteTo(&saved)
	require.NoError(f, err)
	whole := saved.Bytes()
	for _, text := range [][]byte{whole, whole[:len(whole)/2], whole[len(whole)/2:], append(slices.Clone(whole), whole...), {}, bytes.Repeat([]byte{0xff}, 64)} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		back, err := facts.Restore(bytes.NewReader(text), int64(len(text)), mapping, def, true)
		if err == nil {
			require.Equal(t, want, tell(back.Derive(def)))
		}
	})
}

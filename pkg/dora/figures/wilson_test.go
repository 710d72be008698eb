package figures_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

func TestWilsonsIntervalAsInTheTables(t *testing.T) {
	for _, c := range []struct {
		k, n      int
		low, high float64
	}{
		{0, 5, 0, 0.4345}, {5, 5, 0.5655, 1}, {1, 10, 0.0179, 0.4042}, {5, 10, 0.2366, 0.7634}, {0, 1, 0, 0.7935}, {1, 1, 0.2065, 1},
		{15, 148, 0.0624, 0.1605}, {81, 263, 0.2553, 0.3662}, {50, 1000, 0.0381, 0.0653},
	} {
		interval, ok := figures.Wilson(c.k, c.n)
		require.True(t, ok)
		assert.InDelta(t, c.low, interval.Low, 0.00006, "%d of %d", c.k, c.n)
		assert.InDelta(t, c.high, interval.High, 0.00006, "%d of %d", c.k, c.n)
	}
}

func TestNothingMeasuredHasNoInterval(t *testing.T) {
	for _, c := range [][2]int{{0, 0}, {1, 0}, {-1, 3}, {4, 3}, {0, -1}} {
		_, ok := figures.Wilson(c[0], c[1])
		assert.False(t, ok, "%d of %d", c[0], c[1])
	}
}

// The interval is, by its definition, where the share p meets (k/n − p)² = z² p (1 − p) / n.
func TestTheBoundsSolveTheScoreEquation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 5000).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		interval, ok := figures.Wilson(k, n)
		require.True(t, ok)
		share := float64(k) / float64(n)
		require.LessOrEqual(t, 0.0, interval.Low)
		require.LessOrEqual(t, interval.Low, share)
		require.LessOrEqual(t, share, interval.High)
		require.LessOrEqual(t, interval.High, 1.0)
		for _, p := range []float64{interval.Low, interval.High} {
			require.InDelta(t, 1.959963984540054*math.Sqrt(p*(1-p)/float64(n)), math.Abs(share-p), 1e-9)
		}
		mirrored, _ := figures.Wilson(n-k, n)
		require.InDelta(t, 1-interval.High, mirrored.Low, 1e-12, "what succeeds is what does not fail")
	})
}

func TestAPointKnowsItsInterval(t *testing.T) {
	p := figures.Point{N: 10, K: 1}
	interval, ok := p.Interval()
	assert.True(t, ok)
	assert.InDelta(t, 0.4042, interval.High, 0.0001)
	_, ok = (&figures.Point{}).Interval()
	assert.False(t, ok)
}

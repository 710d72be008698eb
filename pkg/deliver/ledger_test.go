package deliver

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/sink"
)

func drawn(seed uint64) entries {
	random := rand.New(rand.NewPCG(seed, 0))
	all := entries{}
	for range 20 {
		l := line{sink.Group{Level: sink.Service, Service: strings.Repeat("ü\x00", random.IntN(5))}, sink.Day}
		l.Environment = string(rune('a' + random.IntN(20)))
		for range random.IntN(50) + 1 {
			all.put(l, entry{int64(random.IntN(100)) * 86400, random.Uint64(), random.Uint32N(1<<19-1) + 1})
		}
	}
	return all
}

func TestALedgerIsReadAsItWasWritten(t *testing.T) {
	for seed := range uint64(50) {
		all := drawn(seed)
		read, err := decode(all.encode())
		require.NoError(t, err)
		require.Equal(t, all, read)
	}
	none, err := decode(nil)
	require.NoError(t, err)
	assert.Empty(t, none)
}

// A ledger that was damaged, by one bit or by its end, is never taken for another.
func TestADamagedLedgerIsNotBelieved(t *testing.T) {
	text := drawn(1).encode()
	random := rand.New(rand.NewPCG(2, 0))
	for range 500 {
		damaged := append([]byte(nil), text...)
		if at := random.IntN(len(damaged)); random.IntN(2) == 0 {
			damaged[at] ^= 1 << random.IntN(8)
		} else {
			damaged = damaged[:at]
		}
		if len(damaged) == 0 {
			continue
		}
		_, err := decode(damaged)
		require.ErrorIs(t, err, errDamaged)
	}
}

// Whatever is in a sink and whatever belongs there: what is taken away and then written makes the one out of the other, and what
// is right already is in no stretch that is taken away.
func TestAPlanMakesWhatBelongsThereOfWhatIsThere(t *testing.T) {
	l := line{sink.Group{Level: sink.All}, sink.Day}
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 1))
		there, wanted, is := entries{}, entries{}, map[int64]entry{}
		starts := 1 + random.IntN(12)
		for range starts {
			e := entry{int64(random.IntN(12)), uint64(random.IntN(3)), random.Uint32N(7) + 1}
			there.put(l, e)
			is[e.start] = e
		}
		for _, e := range there[l] {
			if random.IntN(2) == 0 && e.digest != unsure {
				wanted.put(l, e)
			}
		}
		for range random.IntN(6) {
			wanted.put(l, entry{int64(random.IntN(12)), uint64(random.IntN(3) + 10), random.Uint32N(7) + 1})
		}
		p := &plan{}
		r := runs{plan: p, line: l}
		for start := range int64(12) {
			r.pass(&change{line: l, old: there.get(l, start), next: wanted.get(l, start)})
		}
		r.end()
		p.cut()
		written := map[int64]bool{}
		for _, s := range p.steps {
			for _, c := range s.changes {
				written[c.next.start] = true
			}
			for _, g := range s.gone {
				for start := g.From.Unix(); start <= g.To.Unix(); start++ {
					e := is[start]
					before := e.kinds
					for kind := range sink.Kinds {
						if g.Of(&sink.Series{Group: l.Group, Bucket: l.Bucket, Metric: sink.Kinds[kind].Metric, Statistic: sink.Kinds[kind].Statistic}) {
							e.kinds &^= 1 << kind
						}
					}
					if e.kinds != before {
						require.True(t, written[start], "seed %d: %d is right and stays", seed, start)
					}
					is[start] = e
				}
			}
			for _, c := range s.changes {
				e := is[c.next.start]
				e.start, e.digest, e.kinds = c.next.start, c.next.digest, e.kinds|c.next.kinds
				is[c.next.start] = e
			}
			s.intend(there)
			s.settle(there)
		}
		require.Equal(t, wanted, there, "seed %d", seed)
		for start, e := range is {
			require.Equal(t, wanted.get(l, start).kinds, e.kinds, "seed %d: %d", seed, start)
		}
	}
}

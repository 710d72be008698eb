package figures

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// order finds order statistics of the values that a point covers: the one at a position, from 0, in order of size, and
// the one after it (the last, after the last).
type order interface {
	at(position int) (value, next float64)
}

// selection finds them without sorting: values are moved to either side of the wanted one. It takes time in proportion
// to how many there are.
type selection []float64

func (s selection) at(position int) (value, next float64) {
	value = s.sift(position)
	if position+1 == len(s) {
		return value, value
	}
	return value, slices.Min(s[position+1:])
}

// sift brings the value of a position to it, lower ones before it and higher ones behind it.
func (s selection) sift(position int) float64 {
	low, high := 0, len(s)-1
	for turns := 2 * bits.Len(uint(len(s))); high-low > 16; turns-- {
		if turns == 0 { // an order made to be slow
			break
		}
		pivot := middle(s[low], s[low+(high-low)/2], s[high])
		i, j := low, high
		for i <= j {
			for s[i] < pivot {
				i++
			}
			for s[j] > pivot {
				j--
			}
			if i <= j {
				s[i], s[j] = s[j], s[i]
				i++
				j--
			}
		}
		switch {
		case position <= j:
			high = j
		case position >= i:
			low = i
		default:
			return s[position]
		}
	}
	slices.Sort(s[low : high+1])
	return s[position]
}

func middle(a, b, c float64) float64 { return max(min(a, b), min(max(a, b), c)) }

// ranking is where each of many values stands among them, for points that overlap: as they move along, what they cover
// is marked by rank, and a position is found by counting marks.
type ranking struct {
	sorted []float64
	rank   []uint32 // of each value; equal ones have a rank each
}

func newRanking(values []float64) *ranking {
	r := &ranking{sorted: make([]float64, len(values)), rank: make([]uint32, len(values))}
	for rank, i := range bySize(values) {
		r.sorted[rank] = values[i]
		r.rank[i] = uint32(rank)
	}
	return r
}

// bySize lists values' indices in order of size.
func bySize(values []float64) []uint32 {
	if slices.ContainsFunc(values, func(v float64) bool { return v != float64(uint32(v)) }) {
		indices := make([]uint32, len(values))
		for i := range indices {
			indices[i] = uint32(i)
		}
		slices.SortFunc(indices, func(a, b uint32) int { return cmp.Compare(values[a], values[b]) })
		return indices
	}
	return byDigits(values)
}

// byDigits sorts whole numbers of 32 bits by 11 bits at a time, the lowest first: as many passes as the highest needs.
func byDigits(values []float64) []uint32 {
	const width, mask = 11, 1<<11 - 1
	type keyed struct{ key, index uint32 }
	from, to := make([]keyed, len(values)), make([]keyed, len(values))
	highest := uint32(0)
	for i, v := range values {
		from[i] = keyed{uint32(v), uint32(i)}
		highest = max(highest, uint32(v))
	}
	for shift := 0; shift < bits.Len32(highest); shift += width {
		var before [mask + 2]uint32
		for _, k := range from {
			before[(k.key>>shift)&mask+1]++
		}
		for digit := range mask {
			before[digit+1] += before[digit]
		}
		for _, k := range from {
			digit := (k.key >> shift) & mask
			to[before[digit]] = k
			before[digit]++
		}
		from, to = to, from
	}
	indices := make([]uint32, len(values))
	for i, k := range from {
		indices[i] = k.index
	}
	return indices
}

// sliding is the part of a ranking's values that one point covers. Going on to the next point costs as much as the
// points differ.
type sliding struct {
	*ranking
	marks    []uint64 // a bit a rank
	blocks   []uint32 // how many bits are set in each 64 words
	from, to int
}

func (r *ranking) slide() *sliding {
	words := (len(r.rank) + 63) / 64
	return &sliding{ranking: r, marks: make([]uint64, words), blocks: make([]uint32, (words+63)/64)}
}

// cover moves on to the values from one, inclusive, to another, exclusive, and says how many steps that took. Neither may
// move backwards.
func (s *sliding) cover(from, to int) (steps int) {
	steps = min(from, s.to) - s.from + to - max(from, s.to)
	if from >= s.to {
		for _, rank := range s.rank[s.from:s.to] {
			s.flip(rank, math.MaxUint32)
		}
		s.from, s.to = from, from
	}
	for _, rank := range s.rank[s.from:from] {
		s.flip(rank, math.MaxUint32)
	}
	for _, rank := range s.rank[s.to:to] {
		s.flip(rank, 1)
	}
	s.from, s.to = from, to
	return steps
}

// flip marks a rank, or takes its mark away; by is 1, or −1 modulo 2³².
func (s *sliding) flip(rank, by uint32) {
	s.marks[rank/64] ^= 1 << (rank % 64)
	s.blocks[rank/4096] += by
}

func (s *sliding) at(position int) (value, next float64) {
	left := uint32(position)
	block := 0
	for ; s.blocks[block] <= left; block++ {
		left -= s.blocks[block]
	}
	word := block * 64
	for ; bits.OnesCount64(s.marks[word]) <= int(left); word++ {
		left -= uint32(bits.OnesCount64(s.marks[word]))
	}
	rest := s.marks[word]
	for range left {
		rest &= rest - 1
	}
	value = s.sorted[word*64+bits.TrailingZeros64(rest)]
	if position+1 == s.to-s.from {
		return value, value
	}
	for rest &= rest - 1; rest == 0; rest = s.marks[word] {
		for word++; word%64 == 0 && s.blocks[word/64] == 0; {
			word += 64
		}
	}
	return value, s.sorted[word*64+bits.TrailingZeros64(rest)]
}

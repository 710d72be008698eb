package dora

// slab gives out values that are kept as long as each other, a number of them in one piece of memory: a large repository is
// made of hundreds of thousands.
type slab[T any] struct {
	left []T
	size int // of the piece that left is of
}

const (
	leastSlab = 4
	mostSlab  = 64
)

func (s *slab[T]) one() *T { return &s.some(1)[0] }

// some gives out values that lie one after another.
func (s *slab[T]) some(count int) []T {
	if count > len(s.left) {
		if count > s.size/2 && count > leastSlab {
			return make([]T, count)
		}
		s.size = min(max(leastSlab, 2*s.size), mostSlab)
		s.left = make([]T, s.size)
	}
	part := s.left[:count:count]
	s.left = s.left[count:]
	return part
}

package code

// arena gives out values that are kept as long as each other, a number of them in one piece of memory: a large repository is
// made of hundreds of thousands.
type arena[T any] struct {
	left []T
	size int // of the piece that left is of
}

const (
	leastPiece = 4
	mostPiece  = 64
)

func (s *arena[T]) one() *T { return &s.some(1)[0] }

// some gives out values that lie one after another.
func (s *arena[T]) some(count int) []T {
	if count > len(s.left) {
		if count > s.size/2 && count > leastPiece {
			return make([]T, count)
		}
		s.size = min(max(leastPiece, 2*s.size), mostPiece)
		s.left = make([]T, s.size)
	}
	part := s.left[:count:count]
	s.left = s.left[count:]
	return part
}

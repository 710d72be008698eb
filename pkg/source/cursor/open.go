package cursor

import (
	"slices"
	"time"
)

// Ending is something that has not ended, such as a deployment that runs or waits for approval.
type Ending interface {
	// Key tells it from others; Began is when it came to be.
	Key() string
	Began() time.Time
}

// Open are things that have not ended and still may.
type Open[E Ending] []E

// Drop takes one off the list.
func (o *Open[E]) Drop(key string) {
	*o = slices.DeleteFunc(*o, func(e E) bool { return e.Key() == key })
}

// Watch keeps one in mind, at the list's end, unless it is as old as things are given up at.
func (o *Open[E]) Watch(e E, now time.Time, giveUp time.Duration) {
	o.Drop(e.Key())
	if now.Sub(e.Began()) < giveUp {
		*o = append(*o, e)
	}
}

// GiveUp takes those off the list that are too old to end.
func (o *Open[E]) GiveUp(now time.Time, giveUp time.Duration) {
	*o = slices.DeleteFunc(*o, func(e E) bool { return now.Sub(e.Began()) >= giveUp })
}

// Package gate lets in no more work at a time than there is memory and time for. Work is light or heavy by the memory
// that it is estimated to take; neither waits for the other, and within each those whom it is done for take turns, so that
// whoever asks little is answered soon whatever others ask. What has to wait does so in a short queue, and what finds that
// full is told to try again. It knows nothing of what the work is.
package gate

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"time"
)

// The bounds of a process. Sizes are bytes, as they are estimated.
const (
	// LightSize is how much work may take that is light: no more than milliseconds go by with it.
	LightSize = 1 << 20
	// Room is how much all the heavy work under way may take.
	Room = 384 << 20
	// lightSlots and heavySlots are how much goes on at a time, for each processor.
	lightSlots, heavySlots = 16, 1
	// leastSlots is how much does on any machine.
	leastSlots = 2

	// QueueShare is how much may wait that is done for one party, light and heavy each.
	QueueShare = 200
	// QueueLimit is how much may wait that is done for all of them.
	QueueLimit = 2000
	// heldLimit bounds what those that wait hold.
	heldLimit = 64 << 20
	// Patience is how long something waits before it is told to try again.
	Patience = 15 * time.Second
)

// Busy says that there is too much to do; asking again later helps.
type Busy struct {
	// Own says that it is the party's own work that fills its share.
	Own bool
}

// RetryAfter is when to try again.
const RetryAfter = 5 * time.Second

// Error implements error.
func (b *Busy) Error() string {
	if b.Own {
		return "too many of your questions wait for their answers: try again in a few seconds, or ask fewer at a time"
	}
	return "Live DORA has more to answer than it works on at a time: try again in a few seconds"
}

// Work is what asks to be let in.
type Work struct {
	// Party is whom it is done for. Parties take turns.
	Party string
	// Size is how much memory it takes at most, and Held how much of that it has while it waits.
	Size, Held int64
	// Patient work waits as long as its context lasts, beside the queue's limits: it has its own.
	Patient bool
	// Long work goes on for seconds, in pieces that are let in by themselves and of which each takes its size. It waits for
	// its like alone, so that some of it ends, where all of it at once would not.
	Long bool
}

// Gate is all the work of a process. Its zero value is ready.
type Gate struct {
	mu                 sync.Mutex
	light, heavy, long lane
}

// lane is work that waits for none but its like.
type lane struct {
	working int
	taken   int64 // by those at work, and by what they answered as long as it has not left

	waiting map[string][]*waiter // by party, in the order of their coming
	turns   []string             // the parties that wait, the next first
	count   int                  // of those that wait and are not patient
	held    int64                // by all that wait
}

type waiter struct {
	Work
	turn chan struct{} // closed when it has come
}

// Enter waits until the work may begin. Then leave must be called when it is over, once; the error is a *Busy, or that the
// context ended.
func (g *Gate) Enter(ctx context.Context, w Work) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if w.Long {
		w.Size = 0
	}
	l, most, room := g.laneOf(w)
	leave = func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		l.working--
		l.taken -= w.Size
		l.admit(most, room)
	}
	g.mu.Lock()
	switch {
	case len(l.turns) == 0 && l.fits(w.Size, most, room):
		l.begin(w.Size)
		g.mu.Unlock()
		return leave, nil
	case w.Patient:
	case len(l.waiting[w.Party]) >= QueueShare:
		g.mu.Unlock()
		return nil, &Busy{Own: true}
	case l.count >= QueueLimit || l.held+w.Held > heldLimit:
		g.mu.Unlock()
		return nil, &Busy{}
	}
	at := l.line(w)
	g.mu.Unlock()

	var enough <-chan time.Time
	if !w.Patient {
		patience := time.NewTimer(Patience)
		defer patience.Stop()
		enough = patience.C
	}
	err = &Busy{}
	select {
	case <-at.turn:
		return leave, nil
	case <-ctx.Done():
		err = ctx.Err()
	case <-enough:
	}
	g.mu.Lock()
	left := l.unline(at)
	g.mu.Unlock()
	if !left { // its turn came just now
		leave()
	}
	return nil, err
}

// laneOf is where work belongs, with how much of it goes on at a time and what that may take.
func (g *Gate) laneOf(w Work) (l *lane, most int, room int64) {
	few, many := max(leastSlots, heavySlots*runtime.GOMAXPROCS(0)), max(leastSlots, lightSlots*runtime.GOMAXPROCS(0))
	switch {
	case w.Long:
		return &g.long, few, Room
	case w.Size > LightSize:
		return &g.heavy, few, Room
	}
	return &g.light, many, LightSize * int64(many)
}

// Keep counts an answer that is worked out, and has not left yet, to what work takes. It waits for nothing: gone must be
// called when it has left, once.
func (g *Gate) Keep(size int64) (gone func()) {
	l, most, room := g.laneOf(Work{Size: size})
	g.mu.Lock()
	defer g.mu.Unlock()
	l.taken += size
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		l.taken -= size
		l.admit(most, room)
	}
}

// fits says whether work may begin. When nothing else is there, anything may.
func (l *lane) fits(size int64, most int, room int64) bool {
	return l.working < most && (l.taken == 0 || l.taken+size <= room)
}

func (l *lane) begin(size int64) {
	l.working++
	l.taken += size
}

// line puts work at the end of its party's queue.
func (l *lane) line(w Work) *waiter {
	at := &waiter{w, make(chan struct{})}
	if l.waiting == nil {
		l.waiting = map[string][]*waiter{}
	}
	if len(l.waiting[w.Party]) == 0 {
		l.turns = append(l.turns, w.Party)
	}
	l.waiting[w.Party] = append(l.waiting[w.Party], at)
	l.tally(w, 1)
	return at
}

func (l *lane) tally(w Work, by int) {
	if !w.Patient {
		l.count += by
	}
	l.held += int64(by) * w.Held
}

// unline takes out work that waits no longer, and says whether it still did.
func (l *lane) unline(at *waiter) bool {
	mine := l.waiting[at.Party]
	place := slices.Index(mine, at)
	if place < 0 {
		return false
	}
	l.waiting[at.Party] = slices.Delete(mine, place, place+1)
	l.tally(at.Work, -1)
	if len(mine) == 1 {
		delete(l.waiting, at.Party)
		turn := slices.Index(l.turns, at.Party)
		l.turns = slices.Delete(l.turns, turn, turn+1)
	}
	return true
}

// admit lets in what now fits: one piece of work for each party in turn. What does not fit is waited for, or the largest
// would wait for ever.
func (l *lane) admit(most int, room int64) {
	for len(l.turns) > 0 {
		party := l.turns[0]
		next := l.waiting[party][0]
		if !l.fits(next.Size, most, room) {
			return
		}
		l.unline(next)
		if len(l.waiting[party]) > 0 { // to the end of the line
			l.turns = append(l.turns[1:], party)
		}
		l.begin(next.Size)
		close(next.turn)
	}
}

// Working is how much work is under way; of long work, its pieces.
func (g *Gate) Working() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.light.working + g.heavy.working
}

// Taken is what the work under way takes, with the answers that have not left yet.
func (g *Gate) Taken() int64 {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.light.taken + g.heavy.taken
}

// Waiting is how much work waits that is not patient.
func (g *Gate) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.light.count + g.heavy.count + g.long.count
}

package deliver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/sink"
	"github.com/livedora/dora-datasource/pkg/store"
)

const (
	// leaseLasting is how long others wait for one who died without giving a lease back, and leaseRenewed short enough that a
	// renewal may fail twice.
	leaseLasting = time.Minute
	leaseRenewed = leaseLasting / 3
	// stepTime is how long a step may take under the lease of its part, so that nothing of it arrives once another has that.
	stepTime = leaseLasting - leaseLasting/4
	// closePatience is how long the end of something waits for the store.
	closePatience = 5 * time.Second

	// restFactor is how many times as long as a round took the next one is waited with; at least leastRest and at most
	// mostRest, so that what changed arrives within a minute.
	restFactor          = 5
	leastRest, mostRest = time.Second, 20 * time.Second
	// firstPause is how long is waited after a failure; it doubles, up to lastPause.
	firstPause, lastPause = time.Second, 30 * time.Second

	// conditionLasts is how long a sink's condition is believed.
	conditionLasts = time.Hour
	// skewAllowed is by how much clocks may differ without a word.
	skewAllowed = 5 * time.Minute
	// checkTime is how long a person who asks waits.
	checkTime = 20 * time.Second
)

// runner delivers into one sink.
type runner struct {
	sink    Sink
	options Options
	holder  string
	log     *slog.Logger

	mu    sync.Mutex // guards what is told of it
	told  State
	asked sync.Mutex // held while the sink's condition is asked for

	// What follows is the round's alone.
	lease     store.Lease // of the sink
	ledger    *ledger
	condition sink.Condition
	known     time.Time // when the condition was asked for
}

// ledger is the ledger in memory, as it is in the store.
type ledger struct{ parts [parts]entries }

func newRunner(s Sink, holder string, o Options) *runner {
	return &runner{
		sink: s, options: o, holder: holder, log: o.Logger.With("dataset", o.Dataset, "sink", s.ID),
		told: State{ID: s.ID, Type: s.Type, Status: Starting, Failures: map[sink.Cause]int{}},
	}
}

// key is what the store calls the sink's lease and the head of its ledger. No source can be called so.
func (r *runner) key() string { return "sink:" + r.sink.ID }

func (r *runner) partKey(number int) string { return r.key() + ":" + strconv.Itoa(number) }

func (r *runner) state() State {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.told
	s.Failures = make(map[sink.Cause]int, len(r.told.Failures))
	for cause, n := range r.told.Failures {
		s.Failures[cause] = n
	}
	return s
}

func (r *runner) tell(alter func(*State)) {
	r.mu.Lock()
	before := r.told.Status
	alter(&r.told)
	changed := r.told.Status != before
	r.mu.Unlock()
	if changed {
		r.options.Changed()
	}
}

// check asks the sink whether it works, and how.
func (r *runner) check(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, checkTime, &sink.Error{Cause: sink.CauseNetwork, Sink: r.sink.ID, Advice: fmt.Sprintf("it did not answer within %s: check its address, and whether this server may reach it", checkTime)})
	defer cancel()
	_, err := r.ask(ctx)
	return err
}

func (r *runner) ask(ctx context.Context) (c sink.Condition, err error) {
	r.asked.Lock()
	defer r.asked.Unlock()
	err = r.options.Guard(func() error {
		c, err = r.sink.Check(ctx)
		return err
	})
	return c, err
}

// follow delivers what changes until the context ends.
func (r *runner) follow(ctx context.Context) {
	for pause := leastRest; ctx.Err() == nil; {
		lease, err := r.options.Store.Acquire(ctx, r.key(), r.holder, leaseLasting)
		var held *store.Held
		switch {
		case err == nil:
			pause = leastRest
			r.lead(ctx, lease, r.rounds)
			continue
		case ctx.Err() != nil:
			return
		case errors.As(err, &held), errors.Is(err, store.ErrReplica):
			r.tell(func(s *State) { s.Status, s.Failure = Elsewhere, "" })
		default:
			r.failed(err)
		}
		wait := pause
		if held != nil { // one that died does not renew it
			wait = min(pause, max(0, held.Lasts)+50*time.Millisecond)
		}
		pause = min(2*pause, mostRest)
		if !sleep(ctx, wait, nil) {
			return
		}
	}
}

// lead works under the sink's lease, which it renews meanwhile and gives back at the end.
func (r *runner) lead(ctx context.Context, lease store.Lease, work func(context.Context)) {
	ctx, stop := context.WithCancelCause(ctx)
	renewed := make(chan struct{})
	go func() { // the lease's renewer: ends with the work
		defer close(renewed)
		for sleep(ctx, leaseRenewed, nil) {
			again, err := r.options.Store.Acquire(ctx, r.key(), r.holder, leaseLasting)
			if errors.Is(err, store.ErrLeaseHeld) || err == nil && again.Epoch != lease.Epoch {
				stop(store.ErrLeaseLost)
			}
		}
	}()
	r.lease, r.ledger = lease, nil // another may have delivered since
	work(ctx)
	stop(nil)
	<-renewed
	r.release(ctx, lease)
}

func (r *runner) release(ctx context.Context, lease store.Lease) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), closePatience)
	defer done()
	if err := r.options.Store.Release(ctx, lease); err != nil {
		r.log.Warn("The right to deliver could not be given back: others wait until it runs out", "error", err)
	}
}

// rounds delivers whenever something may have changed.
func (r *runner) rounds(ctx context.Context) {
	var last *facts.Snapshot
	var turns time.Time
	pause := firstPause
	for ctx.Err() == nil {
		moved := r.options.Moved() // before the look, so that nothing is missed
		snapshot, now := r.options.Snapshot(), time.Now()
		if snapshot == nil || snapshot == last && now.Before(turns) {
			if !sleep(ctx, time.Until(turns), moved) {
				return
			}
			continue
		}
		began := time.Now()
		next, err := r.round(ctx, snapshot, now)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			r.failed(err)
			r.tell(func(s *State) { s.Next = time.Now().Add(pause) })
			if !sleep(ctx, pause, nil) {
				return
			}
			pause = min(2*pause, lastPause)
			continue
		}
		last, turns, pause = snapshot, next, firstPause
		if !sleep(ctx, min(mostRest, max(leastRest, restFactor*time.Since(began))), nil) {
			return
		}
	}
}

// sleep waits for a time, or until something happens; nil: nothing does. It says whether the context goes on.
func sleep(ctx context.Context, wait time.Duration, until <-chan struct{}) bool {
	timer := time.NewTimer(max(0, wait))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-until:
	case <-timer.C:
	}
	return true
}

// once delivers what is missing now, under the lease, which it waits for while another has it.
func (r *runner) once(ctx context.Context) (err error) {
	for until := time.Now().Add(leaseLasting + leaseLasting/2); ; {
		lease, err := r.options.Store.Acquire(ctx, r.key(), r.holder, leaseLasting)
		if err == nil {
			r.lead(ctx, lease, func(ctx context.Context) {
				if _, err = r.round(ctx, r.options.Snapshot(), time.Now()); err != nil {
					r.failed(err)
				}
			})
			return err
		}
		if !errors.Is(err, store.ErrLeaseHeld) || time.Now().After(until) || !sleep(ctx, leastRest, nil) {
			return err
		}
	}
}

// failed takes note of a failure, and tells the log of one that is new.
func (r *runner) failed(err error) {
	text := Explained(err)
	before := r.state().Failure
	r.tell(func(s *State) {
		s.Status, s.Failure = Failing, text
		if cause := sink.CauseOf(err); cause != "" {
			s.Failures[cause]++
		}
	})
	if before != text {
		r.log.Error("Figures could not be delivered; it is tried again", "error", text)
	}
}

// Explained is a failure in one line: the first where several came together.
func Explained(err error) string {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		if all := joined.Unwrap(); len(all) > 0 {
			err = all[0]
		}
	}
	var known *sink.Error
	if errors.As(err, &known) {
		short := *known
		text := short.Advice
		if short.Err != nil {
			text += " [" + short.Err.Error() + "]"
		}
		return text
	}
	return "the store cannot be used: " + err.Error()
}

// round delivers what is missing at a moment. It says when something will be though no fact changes.
func (r *runner) round(ctx context.Context, snapshot *facts.Snapshot, now time.Time) (turns time.Time, err error) {
	if r.ledger == nil || now.Sub(r.known) > conditionLasts {
		if err := r.learn(ctx, now); err != nil {
			return turns, err
		}
	}
	since := r.since(now)
	if r.ledger == nil {
		if err := r.open(ctx, since); err != nil {
			return turns, err
		}
	}
	look := newLook(snapshot, r.sink.Shape, since, now)
	r.tell(func(s *State) { s.Pending = 0 })
	var failures []error
	for number := range parts {
		if ctx.Err() != nil {
			return turns, context.Cause(ctx)
		}
		err := r.options.Guard(func() error { return r.deliver(ctx, look, number, since) })
		if err == nil {
			continue
		}
		failures = append(failures, err)
		if cause := sink.CauseOf(err); cause == "" || cause.Whole() {
			break // it would meet the others too
		}
	}
	if err := errors.Join(failures...); err != nil {
		return turns, err
	}
	r.tell(func(s *State) {
		s.Status, s.Failure, s.Delivered, s.Behind, s.Pending, s.Next = Current, "", time.Now(), time.Time{}, 0, time.Time{}
	})
	return look.turns(), nil
}

// learn asks the sink how it is.
func (r *runner) learn(ctx context.Context, now time.Time) error {
	c, err := r.ask(ctx)
	if err != nil {
		r.tell(func(s *State) {
			if s.Behind.IsZero() {
				s.Behind = now
			}
		})
		return err
	}
	r.condition, r.known = c, now
	remark := ""
	if c.Keeps > 0 && c.Keeps < r.options.Backfill {
		remark += fmt.Sprintf("It keeps points for %s, and history goes back %s: what is older is not delivered.", days(c.Keeps), days(r.options.Backfill))
	}
	if c.Ahead > skewAllowed || c.Ahead < -skewAllowed {
		direction := "ahead of"
		if c.Ahead < 0 {
			direction = "behind"
		}
		remark += fmt.Sprintf(" Its clock is %s %s ours: set the clocks, since queries that end now leave points out.", c.Ahead.Abs().Round(time.Second), direction)
	}
	r.tell(func(s *State) { s.Remark = remark })
	return nil
}

func days(d time.Duration) string {
	if d >= 48*time.Hour {
		return fmt.Sprintf("%d days", int(d.Hours()/24))
	}
	return d.String()
}

// margin is how much sooner than the sink what is old is left alone.
const margin = time.Hour

// since is from when on buckets are delivered.
func (r *runner) since(now time.Time) time.Time {
	since := now.Add(-r.options.Backfill)
	if keeps := r.condition.Keeps; keeps > 0 && now.Add(margin-keeps).After(since) {
		since = now.Add(margin - keeps)
	}
	return since
}

// head is the head of a ledger: what it is the ledger of.
type head struct {
	Version int         `json:"version"`
	Place   string      `json:"place"`
	Kinds   []sink.Kind `json:"kinds"`
}

// open reads the ledger. Where there is none, or that of another place, the sink has what nobody knows: that goes, and
// everything is delivered.
func (r *runner) open(ctx context.Context, since time.Time) error {
	want, err := json.Marshal(head{ledgerVersion, r.sink.Place, sink.Kinds})
	if err != nil {
		return err
	}
	have, err := r.options.Store.Cursor(ctx, r.key())
	if err != nil {
		return err
	}
	l := &ledger{}
	if string(have) == string(want) {
		for number := range parts {
			text, err := r.options.Store.Cursor(ctx, r.partKey(number))
			if err != nil {
				return err
			}
			if l.parts[number], err = decode(text); err != nil {
				r.log.Error("The ledger of what was delivered cannot be read: everything is delivered anew", "part", number)
				return r.begin(ctx, want, since)
			}
		}
		r.ledger = l
		return nil
	}
	return r.begin(ctx, want, since)
}

// begin begins an empty ledger over an empty place.
func (r *runner) begin(ctx context.Context, want []byte, since time.Time) error {
	if err := r.save(ctx, r.lease, []byte("{}")); err != nil { // until the end of this, nothing is known
		return err
	}
	if err := r.sink.Sweep(ctx, since); err != nil {
		return err
	}
	l := &ledger{}
	for number := range parts {
		l.parts[number] = entries{}
		if err := r.fenced(ctx, number, func(ctx context.Context, lease store.Lease) error {
			return r.save(ctx, lease, l.parts[number].encode())
		}); err != nil {
			return err
		}
	}
	if err := r.save(ctx, r.lease, want); err != nil {
		return err
	}
	r.ledger = l
	return nil
}

// save writes a piece of the ledger, which is called as its lease.
func (r *runner) save(ctx context.Context, lease store.Lease, text []byte) error {
	_, err := r.options.Store.Apply(ctx, store.Batch{Source: lease.Source, Cursor: text, Epoch: lease.Epoch})
	return err
}

// fenced works on a part under its own lease, and ends before another may have it.
func (r *runner) fenced(ctx context.Context, number int, work func(ctx context.Context, lease store.Lease) error) error {
	lease, err := r.options.Store.Acquire(ctx, r.partKey(number), r.holder, leaseLasting)
	if err != nil {
		r.ledger = nil // who has it writes there
		return err
	}
	bounded, done := context.WithTimeoutCause(ctx, stepTime, errTooLong)
	defer done()
	defer r.release(ctx, lease)
	return work(bounded, lease)
}

// errTooLong says that a step was given up.
var errTooLong = &sink.Error{Cause: sink.CauseNetwork, Advice: fmt.Sprintf("it did not take what was sent within %s: it is tried again", stepTime)}

// deliver has a part of the sink be what it should be.
func (r *runner) deliver(ctx context.Context, look *look, number int, since time.Time) error {
	there := r.ledger.parts[number]
	p := differences(there, look.blocks(number), since.Unix())
	if p.pending == 0 {
		return nil
	}
	r.tell(func(s *State) {
		if s.Status != Failing {
			s.Status = Delivering
		}
		s.Pending += p.pending
		if s.Behind.IsZero() {
			s.Behind = look.now
		}
	})
	there.forget(since.Unix())
	var failures []error
	for i := range p.steps {
		err := r.fenced(ctx, number, func(ctx context.Context, lease store.Lease) error { return r.do(ctx, number, lease, &p.steps[i]) })
		if err != nil {
			failures = append(failures, err)
			if cause := sink.CauseOf(err); cause == "" || cause.Whole() {
				break
			}
			continue
		}
		r.tell(func(s *State) { s.Pending -= len(p.steps[i].changes) })
	}
	return errors.Join(failures...)
}

// do carries out a step: it is entered, done, and entered as done. What fails in between is unsure, and done again.
func (r *runner) do(ctx context.Context, number int, lease store.Lease, s *step) error {
	there := r.ledger.parts[number]
	s.intend(there)
	if err := r.enter(ctx, number, lease); err != nil {
		return err
	}
	if len(s.gone) > 0 {
		if err := r.sink.Remove(ctx, s.gone); err != nil {
			return err
		}
	}
	points := s.written()
	if len(points) > 0 {
		if err := r.sink.Write(ctx, points); err != nil {
			return err
		}
	}
	s.settle(there)
	if err := r.enter(ctx, number, lease); err != nil {
		return err
	}
	r.tell(func(t *State) { t.Points += int64(len(points)); t.Removed += int64(len(s.gone)) })
	return nil
}

// enter writes a part of the ledger. Where that fails it is not known what the store has, and it is read again.
func (r *runner) enter(ctx context.Context, number int, lease store.Lease) error {
	err := r.save(ctx, lease, r.ledger.parts[number].encode())
	if err != nil {
		r.ledger = nil
	}
	return err
}

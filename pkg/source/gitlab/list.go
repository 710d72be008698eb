package gitlab

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

const (
	// newest is how many entries a refresh looks at first. Where there are more, the rest is read by time.
	newest = 20
	// seenLimit bounds how many entries within the overlap are remembered.
	seenLimit = 500
)

// stream is a list that is read by its entries' last change. All up to Mark is handed over, but for what is written late.
type stream struct {
	Done bool      `json:"done,omitempty"` // a first reading has come to its end
	Mark time.Time `json:"mark,omitzero"`
	// Seen are the entries within the overlap behind Mark, by number, and when each was last changed, in milliseconds.
	Seen map[int64]int64 `json:"seen,omitempty"`
	// Total is how many entries there were when the list was last known to hold what the store has; -1: not known.
	Total int `json:"total"`
	// Top is the highest number that there was then: what the store is not to have is new above it.
	Top int64 `json:"top,omitempty"`
	// Doubtful says that the list is to be called whole at the next reading, whatever its length.
	Doubtful bool `json:"doubtful,omitempty"`
}

func (s *stream) saw(number int64, updated time.Time) bool {
	at, seen := s.Seen[number]
	return seen && at == updated.UnixMilli()
}

// move takes entries in, of which the last change is told, and moves the mark.
func (s *stream) move(number int64, updated time.Time) {
	if updated.After(s.Mark) {
		s.Mark = updated
	}
	if s.Seen == nil {
		s.Seen = map[int64]int64{}
	}
	s.Seen[number] = updated.UnixMilli()
}

// forget leaves out what is behind the overlap.
func (s *stream) forget() {
	from := s.Mark.Add(-cursor.Overlap).UnixMilli()
	maps.DeleteFunc(s.Seen, func(_ int64, at int64) bool { return at < from })
	if len(s.Seen) <= seenLimit {
		return
	}
	numbers := slices.Collect(maps.Keys(s.Seen))
	slices.SortFunc(numbers, func(a, b int64) int { return int(s.Seen[b] - s.Seen[a]) })
	for _, number := range numbers[seenLimit:] {
		delete(s.Seen, number)
	}
}

// list is one of a project's lists, and what becomes of its entries.
type list[T any] struct {
	kind  dora.Kind
	path  string
	query url.Values
	pos   *stream
	// id is what the event of an entry is called.
	id func(*T) string
	// take makes events of entries that are news.
	take func(context.Context, []*T) ([]dora.Event, error)
	// counts says whether an entry is one that the store is to have, so that it is missed.
	counts func(*T) bool
}

// reading is one reading of a list.
type reading[T any, P interface {
	*T
	standing
}] struct {
	*projectSync
	list[T]
	// stored are the events of the store by name, as they were before this reading. came are the names of entries that the
	// store did not have.
	stored map[string]dora.Event
	came   map[string]bool
	total  int
	top    int64          // the highest number that was met
	first  map[int64]bool // of a first reading: the numbers of all that were met
}

// follow reads a list until all of it is handed over, and makes sure that what is gone from it does not count.
func follow[T any, P interface {
	*T
	standing
}](ctx context.Context, s *projectSync, l list[T]) error {
	r := &reading[T, P]{projectSync: s, list: l, came: map[string]bool{}, total: -1}
	if !l.pos.Done {
		if l.pos.Mark.IsZero() {
			l.pos.Total = -1
			r.store() // as it was before anything was handed over
			r.first = map[int64]bool{}
		}
		if err := r.forward(ctx, r.start(), r.hand); err != nil {
			return err
		}
		l.pos.Done = true
	}
	if err := r.refresh(ctx); err != nil {
		return err
	}
	return r.reconcile(ctx)
}

// start is where a first reading goes on: at the history's limit, or where it was broken off.
func (r *reading[T, P]) start() time.Time {
	if r.pos.Mark.IsZero() {
		return r.request.Since
	}
	return r.pos.Mark
}

// refresh reads the newest page, and what is before it where that does not lead to what is known.
func (r *reading[T, P]) refresh(ctx context.Context) error {
	query := clone(r.query)
	query.Set("order_by", "updated_at")
	query.Set("sort", "desc")
	query.Set("per_page", strconv.Itoa(newest))
	p, err := many[T, P](ctx, r.run, r.part, of(r.state.ID)+r.path, query)
	if err != nil {
		return err
	}
	r.total = p.total
	until := r.pos.Mark.Add(-cursor.Overlap)
	if len(p.rows) > 0 && p.next > 0 {
		if _, last := P(p.rows[len(p.rows)-1]).stand(); !last.Before(until) {
			return r.forward(ctx, until, r.hand)
		}
	}
	slices.Reverse(p.rows)
	if r.request.Since.After(until) {
		until = r.request.Since
	}
	fresh := slices.DeleteFunc(p.rows, func(row *T) bool {
		_, updated := P(row).stand()
		return updated.Before(until)
	})
	_, err = r.hand(ctx, fresh)
	return err
}

// hand hands over those of some entries that are news, the oldest change first, and moves the position past them.
func (r *reading[T, P]) hand(ctx context.Context, rows []*T) (bool, error) {
	var news []*T
	for _, row := range rows {
		if number, updated := P(row).stand(); !r.pos.saw(number, updated) {
			news = append(news, row)
		}
	}
	if len(news) == 0 {
		return true, nil
	}
	r.note(news)
	events, err := r.take(ctx, news)
	if err != nil {
		return false, err
	}
	for _, row := range news {
		number, updated := P(row).stand()
		r.pos.move(number, updated)
		r.top = max(r.top, number)
		if r.first != nil {
			r.first[number] = true
		}
	}
	r.pos.forget()
	r.Progress.Done += len(events)
	r.Report()
	return true, r.emit(ctx, events)
}

// note takes note of the entries that the store does not have yet.
func (r *reading[T, P]) note(rows []*T) {
	if r.request.Known == nil || r.pos.Total < 0 {
		return
	}
	r.store()
	for _, row := range rows {
		name := r.id(row)
		number, _ := P(row).stand()
		if r.counts(row) && !isThere(r.stored[name]) || !r.counts(row) && number > r.pos.Top {
			r.came[name] = true
		}
	}
}

func (r *reading[T, P]) store() {
	if r.stored != nil {
		return
	}
	r.stored = map[string]dora.Event{}
	for _, e := range r.known(r.kind, r.state.Name) {
		r.stored[e.Head().ID] = e
	}
}

// isThere says that the store has an event that was not taken back.
func isThere(e dora.Event) bool { return e != nil && !census.IsWithdrawn(e) }

// errDisorder says that a list did not come in the order that was asked for, so that some of it would be passed over.
var errDisorder = errors.New("the list is not in the order of last change")

// forward reads a list from a time on, the oldest change first, and hands each page over. The next page begins at the time that
// the one before ended with, so that entries which change meanwhile, and move to the end, push none out.
func (r *reading[T, P]) forward(ctx context.Context, begin time.Time, hand func(context.Context, []*T) (bool, error)) error {
	query := clone(r.query)
	query.Set("order_by", "updated_at") // which updated_after demands
	query.Set("sort", "asc")
	query.Set("per_page", strconv.Itoa(widest))
	met := map[int64]int64{}
	var way pages.Trail
	for number := 1; ; {
		if !begin.IsZero() {
			query.Set("updated_after", begin.UTC().Format("2006-01-02T15:04:05.000Z"))
		}
		query.Set("page", strconv.Itoa(number))
		p, err := many[T, P](ctx, r.run, r.part, of(r.state.ID)+r.path, query)
		if err != nil {
			return err
		}
		var last time.Time
		var news []*T
		for _, row := range p.rows {
			key, updated := P(row).stand()
			if updated.Before(last) {
				return r.Failure(source.CauseAnswer, r.part, "GitLab's list of "+subject(r.path)+" is not in the order that was asked for, so that none of it is taken: this version may be too old, or a proxy alters addresses", errDisorder)
			}
			last = updated
			if at, repeated := met[key]; !repeated || at != updated.UnixMilli() {
				met[key] = updated.UnixMilli()
				news = append(news, row)
			}
		}
		if goOn, err := hand(ctx, news); err != nil || !goOn {
			return err
		}
		if p.next == 0 || len(p.rows) == 0 {
			return nil
		}
		if last.After(begin.Add(time.Millisecond)) {
			begin, number = last, 1
		} else {
			number++
		}
		if way.Follow(len(news), pages.Info{HasNextPage: true, EndCursor: begin.Format(time.RFC3339Nano) + " " + strconv.Itoa(number)}) != nil {
			return r.Endless(r.part)
		}
	}
}

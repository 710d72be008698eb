package pagerduty

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// listLimit is how far into a list PagerDuty lets anybody read.
const listLimit = 10_000

// listing follows a list of what happened in a span of time, from the newest backwards. Each page begins where the last one
// ended in time: no list shifts under it, and none is longer than PagerDuty lets it be read, but where a second has too much.
type listing[T any, P interface {
	*T
	record
}] struct {
	*run
	path, name string
	query      url.Values
	// from is where the span begins, and until what it ends before; zero: it is open. span bounds how much is asked for at once.
	from, until time.Time
	span        time.Duration
	done        bool
	offset      int             // within the second before until
	met         map[string]bool // in the last page
	way         pages.Trail
}

// next reads on, and gives what was not met on the page before. All of the span from until on was read then.
func (l *listing[T, P]) next(ctx context.Context) (rows []*T, err error) {
	query := url.Values{"limit": {strconv.Itoa(wire.Widest)}, "offset": {strconv.Itoa(l.offset)}, "time_zone": {"UTC"}}
	maps.Copy(query, l.query)
	since := l.from
	if l.span > 0 && l.until.Sub(since) > l.span {
		since = l.until.Add(-l.span)
	}
	if !since.IsZero() {
		query.Set("since", instant(since))
	}
	if !l.until.IsZero() {
		query.Set("until", instant(l.until))
	}
	p, err := read[T, P](ctx, l.run, l.path, l.name, query)
	if err != nil {
		return nil, err
	}
	met := map[string]bool{}
	var last time.Time
	for _, row := range p.rows {
		at := P(row).at()
		if !last.IsZero() && at.After(last) {
			return nil, l.Unexpected("", fmt.Errorf("%s are not in the order that was asked for", l.name))
		}
		last = at
		met[P(row).key()] = true
		if !l.met[P(row).key()] {
			rows = append(rows, row)
		}
	}
	if l.offset > 0 {
		maps.Copy(met, l.met)
	}
	l.met = met
	if !p.more {
		l.until, l.offset = since, 0
		l.done = !since.After(l.from)
		return rows, l.goOn(len(rows))
	}
	next := last.Truncate(time.Second).Add(time.Second) // the last second may have more
	if len(p.rows) > 0 && (l.until.IsZero() || next.Before(l.until)) {
		l.until, l.offset = next, 0
		return rows, l.goOn(len(rows))
	}
	if l.offset += len(p.rows); len(p.rows) == 0 || l.offset+wire.Widest > listLimit {
		return nil, l.Failure(source.CauseAnswer, "", fmt.Sprintf("PagerDuty has more than %d %s of one second, which cannot be read: none of what is older is taken for read", listLimit, l.name), nil)
	}
	return rows, l.goOn(len(rows))
}

// goOn fails where the list has no end.
func (l *listing[T, P]) goOn(news int) error {
	if l.way.Follow(news, pages.Info{HasNextPage: !l.done, EndCursor: instant(l.until) + strconv.Itoa(l.offset)}) != nil {
		return l.Endless("")
	}
	return nil
}

// instant is a time in the form that PagerDuty reads without a zone of its own.
func instant(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05Z") }

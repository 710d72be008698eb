package query

import (
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Rolling makes each figure cover a window that ends with its bucket: a number of calendar days, or of buckets.
type Rolling struct{ Days, Buckets int }

var rollingText = regexp.MustCompile(`^ *([0-9]{1,4}) +(days?|buckets?) *$`)

// rollingLimit bounds how far back a window reaches.
const rollingLimit = 3660

// UnmarshalText reads "28 days" and "3 buckets"; empty is none.
func (r *Rolling) UnmarshalText(text []byte) error {
	*r = Rolling{}
	if len(text) == 0 {
		return nil
	}
	found := rollingText.FindSubmatch(text)
	if found == nil {
		return fmt.Errorf("%q is not allowed; allowed: a number of days or buckets, such as 28 days or 3 buckets", text)
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil || n < 1 || n > rollingLimit {
		return fmt.Errorf("%q is not allowed; allowed: from 1 to %d days or buckets", text, rollingLimit)
	}
	if found[2][0] == 'd' {
		r.Days = n
	} else {
		r.Buckets = n
	}
	return nil
}

// MarshalText writes the window as a query does.
func (r Rolling) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// String is the window as a query writes it; empty for none.
func (r Rolling) String() string {
	text := func(n int, what string) string {
		if n == 1 {
			return "1 " + what
		}
		return strconv.Itoa(n) + " " + what + "s"
	}
	switch {
	case r.Days > 0:
		return text(r.Days, "day")
	case r.Buckets > 0:
		return text(r.Buckets, "bucket")
	}
	return ""
}

// IsZero says that nothing rolls.
func (r Rolling) IsZero() bool { return r == Rolling{} }

// checkRolling refuses windows where they mean nothing.
func (q *Query) checkRolling(fail func(field, format string, args ...any)) {
	switch {
	case q.Rolling.IsZero() || !q.asksFigures():
	case q.Type == TypeSignals:
		fail("rolling", "%s is not allowed with queryType signals: windows that overlap move little, so that limits would be too narrow; allowed: empty", q.Rolling)
	case q.Rolling.Buckets > 0 && !q.hasBuckets():
		fail("rolling", "%s is not allowed with format %s, which has no buckets; allowed: days, such as 28 days", q.Rolling, q.Format)
	}
}

// rolled is the range that a numeric query covers: its own, or the days before its end.
func (q *Query) rolled(r Range) Range {
	if q.Rolling.Days == 0 {
		return r
	}
	zone := q.Timezone.Location
	window := figures.Window(q.Rolling).Of(figures.Span{Start: r.From.In(zone), End: r.To.In(zone)}, q.Bucket)
	return Range{From: window.Start, To: r.To}
}

// Moment is a point in time in a query: RFC 3339, or milliseconds since 1970 as a link from a chart has them.
type Moment struct{ time.Time }

// UnmarshalText reads a moment; empty is none.
func (m *Moment) UnmarshalText(text []byte) error {
	m.Time = time.Time{}
	if len(text) == 0 {
		return nil
	}
	if milliseconds, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		m.Time = time.UnixMilli(milliseconds).UTC()
		return nil
	}
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return fmt.Errorf("%q is not allowed; allowed: a time such as 2026-03-02T00:00:00Z, or milliseconds since 1970", text)
	}
	m.Time = at
	return nil
}

// MarshalText writes the moment; empty for none.
func (m Moment) MarshalText() ([]byte, error) {
	if m.IsZero() {
		return nil, nil
	}
	return []byte(m.Format(time.RFC3339Nano)), nil
}

// Within narrows a range to what the figure of the query's moment rests on: its bucket as far as the range does not
// cut it, or its window. Without a moment it is the range.
func (q *Query) Within(r Range) Range {
	if q.At.IsZero() {
		return r
	}
	bucket := q.bucketFor(r)
	from, to := bucket.Cover(q.At.Time, q.At.Time, q.Timezone.Location)
	if to.After(r.To) {
		to = r.To
	}
	switch {
	case !q.Rolling.IsZero():
		from = figures.Window(q.Rolling).Of(figures.Span{Start: from, End: to}, bucket).Start
	case from.Before(r.From):
		from = r.From
	}
	return Range{From: from, To: to}
}

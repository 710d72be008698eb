package wire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

// Limits are how a system tells of its rate limits, beside what all of them share: status 429, with Retry-After as
// seconds or as a date, or with nothing at all; and 503 with Retry-After. What a system does not have is empty.
type Limits struct {
	// Total, Remaining and Reset are the names of the headers that say how much there is, how much of it is left, and when it
	// is renewed, in seconds since 1970.
	Total, Remaining, Reset string
	// Within says that Reset counts the seconds from now.
	Within bool
	// Also are statuses that mean a limit beside 429, such as 420.
	Also []int
	// Words are what a 403 that means a limit says, in lower case.
	Words []string
}

// ask says that a status and its headers mean a rate limit.
func (l Limits) ask(status int, header http.Header) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden: // a data center of Jira gives 0 with every answer
		after := header.Get("Retry-After")
		return after != "" && after != "0" || l.spent(header)
	case http.StatusServiceUnavailable:
		return header.Get("Retry-After") != ""
	}
	return slices.Contains(l.Also, status)
}

func (l Limits) spent(header http.Header) bool {
	return l.Remaining != "" && header.Get(l.Remaining) == "0"
}

// Speak says whether a message tells of a limit.
func (l Limits) Speak(message string) bool {
	lower := strings.ToLower(message)
	for _, words := range l.Words {
		if strings.Contains(lower, words) {
			return true
		}
	}
	return false
}

// Hold says whether an answer means that a limit holds.
func (l Limits) Hold(answer *Answer) bool {
	return l.ask(answer.Status, answer.Header) || answer.Status == http.StatusForbidden && l.Speak(string(answer.Body))
}

// left is what headers say of the limit.
func (l Limits) left(header http.Header, now time.Time) (limit source.Limit, told bool) {
	total, noTotal := strconv.Atoi(header.Get(l.Total))
	remaining, noRemaining := strconv.Atoi(header.Get(l.Remaining))
	if noTotal != nil || noRemaining != nil {
		return limit, false
	}
	limit = source.Limit{Total: total, Remaining: remaining}
	if reset := l.reset(header, now); reset.Before(lastReset) { // one that is no time is not told
		limit.Reset = reset
	}
	return limit, true
}

// longestWait is the longest that a server is believed to ask for.
const longestWait = 24 * time.Hour

// wait is how long headers ask to wait, a day at most; zero where they do not say. A reset is read against the server's
// own clock, so that a wrong clock here does not matter.
func (l Limits) wait(header http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	within := func(wait time.Duration) time.Duration { return min(max(wait, time.Second), longestWait) }
	if after := header.Get("Retry-After"); after != "" {
		seconds, err := strconv.ParseInt(after, 10, 64)
		if err == nil || errors.Is(err, strconv.ErrRange) { // beyond the range it is the range's end
			return within(time.Duration(min(max(seconds, 0), int64(longestWait/time.Second))) * time.Second)
		}
		if at, err := http.ParseTime(after); err == nil {
			return within(at.Sub(now))
		}
	}
	if l.spent(header) || l.Remaining == "" { // who never says what is left says when to ask again
		if reset := l.reset(header, now); !reset.IsZero() {
			return within(max(reset.Sub(now), 0) + time.Second)
		}
	}
	return 0
}

// lastReset is what a reset beyond all sense is taken for.
var lastReset = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// reset is when headers say that the limit is renewed; zero where they do not.
func (l Limits) reset(header http.Header, now time.Time) time.Time {
	seconds, err := strconv.ParseInt(header.Get(l.Reset), 10, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange), seconds < 0:
		return time.Time{}
	case l.Within:
		return now.Add(time.Duration(min(seconds, int64(longestWait/time.Second))) * time.Second).UTC()
	}
	return time.Unix(min(seconds, lastReset.Unix()), 0).UTC()
}

// breakBefore is how long a limit without a time holds: a minute at first, then twice as long each time.
func breakBefore(times int) time.Duration { return time.Minute << min(times, 4) }

// leastWait is how long the nth limit in a row is waited out at least, however short a wait the server asks for.
func leastWait(times int) time.Duration { return time.Second << min(times, 6) }

// WaitOut waits as long as an answer asks, and reports until when. The run's patience bounds the sum.
func (s *Session) WaitOut(ctx context.Context, answer *Answer) error {
	wait := s.Limits.wait(answer.Header, s.Now())
	if wait <= 0 {
		wait = breakBefore(s.limits)
	}
	wait = max(wait, leastWait(s.limits))
	s.limits++
	if s.waited+wait > s.Pace.Patience {
		return s.Failure(source.CauseRateLimit, "",
			fmt.Sprintf("%s's rate limit holds for another %s, longer than a run may wait: the next run goes on from here; read fewer repositories, or less often", s.Name, wait.Round(time.Second)), nil)
	}
	s.waited += wait
	s.Progress.WaitingUntil = s.Now().Add(wait)
	s.Report()
	err := s.Pace.Sleep(ctx, wait)
	s.Progress.WaitingUntil = time.Time{}
	s.Report()
	return err
}

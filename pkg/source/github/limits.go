package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

// asksToWait says that a status and its headers mean a rate limit, primary or secondary.
func asksToWait(status int, header http.Header) bool {
	switch status {
	case http.StatusTooManyRequests:
		return true
	case http.StatusForbidden:
		return header.Get("Retry-After") != "" || header.Get("X-RateLimit-Remaining") == "0"
	case http.StatusServiceUnavailable:
		return header.Get("Retry-After") != ""
	}
	return false
}

// longestWait is the longest that a server is believed to ask for; GitHub's longest is an hour.
const longestWait = 24 * time.Hour

// leastWait is how long the nth limit in a row is waited out at least, however short a wait the server asks for.
func leastWait(times int) time.Duration { return time.Second << min(times, 6) }

// waitForLimit waits as long as the server asks, and reports until when. The run's patience bounds the sum.
func (r *run) waitForLimit(ctx context.Context, header http.Header) error {
	wait := askedWait(header, r.now())
	if wait <= 0 {
		wait = breakBefore(r.limits)
	}
	wait = max(wait, leastWait(r.limits))
	r.limits++
	if r.waited+wait > r.patience {
		return r.failure(source.CauseRateLimit, "",
			fmt.Sprintf("GitHub's rate limit holds for another %s, longer than a run may wait: the next run goes on from here; read fewer repositories, or less often", wait.Round(time.Second)), nil)
	}
	r.waited += wait
	r.progress.WaitingUntil = r.now().Add(wait)
	r.report()
	err := r.sleep(ctx, wait)
	r.progress.WaitingUntil = time.Time{}
	r.report()
	return err
}

// noteLimit takes note of what an answer says of the rate limit.
func (r *run) noteLimit(header http.Header) {
	total, noTotal := strconv.Atoi(header.Get("X-RateLimit-Limit"))
	remaining, noRemaining := strconv.Atoi(header.Get("X-RateLimit-Remaining"))
	if noTotal != nil || noRemaining != nil {
		return
	}
	limit := source.Limit{Total: total, Remaining: remaining}
	if reset := resetIn(header); reset.Before(lastReset) { // one that is no time is not told
		limit.Reset = reset
	}
	r.progress.Limit = limit
}

// askedWait is how long the headers ask to wait, a day at most; zero where they do not say. A reset is read against the
// server's own clock, so that a wrong clock here does not matter.
func askedWait(header http.Header, now time.Time) time.Duration {
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
	if header.Get("X-RateLimit-Remaining") == "0" {
		if reset := resetIn(header); !reset.IsZero() {
			return within(max(reset.Sub(now), 0) + time.Second)
		}
	}
	return 0
}

// lastReset is what a reset beyond all sense is taken for.
var lastReset = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

// resetIn is when the headers say that the limit is renewed; zero where they do not.
func resetIn(header http.Header) time.Time {
	seconds, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange), seconds < 0:
		return time.Time{}
	}
	return time.Unix(min(seconds, lastReset.Unix()), 0).UTC()
}

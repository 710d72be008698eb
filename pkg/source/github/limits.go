package github

import (
	"context"
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

// waitForLimit waits as long as the server asks, and reports until when. The run's patience bounds the sum.
func (r *run) waitForLimit(ctx context.Context, header http.Header) error {
	wait := askedWait(header, r.now())
	if wait <= 0 {
		wait = breakBefore(r.limits)
	}
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
	if reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		limit.Reset = time.Unix(reset, 0).UTC()
	}
	r.progress.Limit = limit
}

// askedWait is how long the headers ask to wait; zero where they do not say. A reset is read against the server's own
// clock, so that a wrong clock here does not matter.
func askedWait(header http.Header, now time.Time) time.Duration {
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	if after := header.Get("Retry-After"); after != "" {
		if seconds, err := strconv.Atoi(after); err == nil {
			return time.Duration(max(seconds, 1)) * time.Second
		}
		if at, err := http.ParseTime(after); err == nil {
			return max(at.Sub(now), time.Second)
		}
	}
	if header.Get("X-RateLimit-Remaining") == "0" {
		if reset, err := strconv.ParseInt(header.Get("X-RateLimit-Reset"), 10, 64); err == nil {
			return max(time.Unix(reset, 0).Sub(now), 0) + time.Second
		}
	}
	return 0
}

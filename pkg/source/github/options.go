package github

import (
	"context"
	"time"
)

// Option changes how a Source behaves; without any it behaves as a service in production should.
type Option func(*Source)

// WithClock replaces the clock, which decides how long an unfinished deployment is asked about, and the sleep with
// which rate limits and breaks are waited out. The sleep returns the context's error when that ends first.
func WithClock(now func() time.Time, sleep func(context.Context, time.Duration) error) Option {
	return func(s *Source) { s.pace.Now, s.pace.Sleep = now, sleep }
}

// WithRetries sets how often a request that failed on the way is sent again (default 4), the first break between
// (default 1 s; it doubles) and the longest (default 30 s).
func WithRetries(retries int, first, longest time.Duration) Option {
	return func(s *Source) { s.pace.Retries, s.pace.FirstBreak, s.pace.LongestBreak = retries, first, longest }
}

// WithPatience bounds how long rate limits may hold one run in all (default 1 h). After that the run ends with a
// rate limit error and the next one goes on from its cursor.
func WithPatience(total time.Duration) Option {
	return func(s *Source) { s.pace.Patience = total }
}

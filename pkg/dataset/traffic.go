package dataset

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"sync"
)

// Outcome is what came of an HTTP request to a source.
type Outcome string

// The outcomes.
const (
	OutcomeOK        Outcome = "ok"        // answered, with a redirect or "not modified" too
	OutcomeRefused   Outcome = "refused"   // 4xx
	OutcomeLimited   Outcome = "limited"   // a rate limit
	OutcomeFailed    Outcome = "failed"    // 5xx
	OutcomeLost      Outcome = "lost"      // no answer
	OutcomeCancelled Outcome = "cancelled" // by us: the run was ended
)

// Outcomes lists them all.
var Outcomes = []Outcome{OutcomeOK, OutcomeRefused, OutcomeLimited, OutcomeFailed, OutcomeLost, OutcomeCancelled}

// traffic counts the requests to one source by what came of them, each attempt for itself.
type traffic struct {
	next http.RoundTripper

	mu     sync.Mutex
	counts map[Outcome]int
}

// metered is a copy of the client whose requests are counted.
func metered(client *http.Client) (*http.Client, *traffic) {
	kept := http.Client{}
	if client != nil {
		kept = *client
	}
	t := &traffic{next: kept.Transport, counts: map[Outcome]int{}}
	if t.next == nil {
		t.next = http.DefaultTransport
	}
	kept.Transport = t
	return &kept, t
}

// RoundTrip implements http.RoundTripper.
func (t *traffic) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(request)
	outcome := outcomeOf(response, err)
	t.mu.Lock()
	t.counts[outcome]++
	t.mu.Unlock()
	return response, err
}

// CloseIdleConnections passes on what http.Client asks of its transport.
func (t *traffic) CloseIdleConnections() {
	if closer, ok := t.next.(interface{ CloseIdleConnections() }); ok {
		closer.CloseIdleConnections()
	}
}

func (t *traffic) all() map[Outcome]int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return maps.Clone(t.counts)
}

func outcomeOf(response *http.Response, err error) Outcome {
	switch {
	case errors.Is(err, context.Canceled):
		return OutcomeCancelled
	case err != nil:
		return OutcomeLost
	case response.StatusCode == http.StatusTooManyRequests,
		response.StatusCode == http.StatusForbidden && (response.Header.Get("Retry-After") != "" || response.Header.Get("X-RateLimit-Remaining") == "0"):
		return OutcomeLimited
	case response.StatusCode >= http.StatusInternalServerError:
		return OutcomeFailed
	case response.StatusCode >= http.StatusBadRequest:
		return OutcomeRefused
	}
	return OutcomeOK
}

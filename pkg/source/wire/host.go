package wire

import (
	"context"
	"net/http"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

// userAgent is who asks. Some systems refuse a request without one.
const userAgent = "live-dora"

// Host is the system at the other end and how it is treated. It is made once for a configured source.
type Host struct {
	// Name is what sentences call the system, such as GitHub. ID is the configured source's, which errors carry.
	Name, ID string
	// Client carries the requests; it is to come from WithinHost.
	Client *http.Client
	// Addresses are where it is asked. A request to another scheme, name or port is not sent, wherever its address came from.
	Addresses []string
	// Credentials say who asks. Sign puts their token into a request; nil: Authorization: Bearer, or nothing without a token.
	Credentials Credentials
	Sign        func(header http.Header, token string)
	// Limits are the headers and words that tell of rate limits.
	Limits Limits
	// Genuine says whether it was the system itself that answered, by headers that it always gives. What another server says
	// is never repeated: whoever reads an error is not therefore to read what stands in the network. nil: nothing is.
	Genuine func(http.Header) bool
	// Says finds in a refusal what the system says of it; nil: the field message.
	Says func(body []byte) string
	// Forbids is the advice on a 403 that is no rate limit; nil: that the token may not read this.
	Forbids func(*Answer) string
	// UnchangedIsFree says that a 304 costs nothing of the quota.
	UnchangedIsFree bool
	Pace            Pace
}

// Pace says how patiently a system is asked.
type Pace struct {
	// Now is the clock. Sleep waits out limits and breaks, and returns the context's error when that ends first.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	// Retries is how often a request that was lost on the way is sent again. FirstBreak is how long the first of the breaks
	// between is; it doubles, up to LongestBreak.
	Retries                  int
	FirstBreak, LongestBreak time.Duration
	// Patience bounds how long rate limits may hold one run in all. After that the run ends, and the next one goes on.
	Patience time.Duration
}

// DefaultPace is what a service in production should have.
func DefaultPace() Pace {
	return Pace{Now: time.Now, Sleep: pause, Retries: 4, FirstBreak: time.Second, LongestBreak: 30 * time.Second, Patience: time.Hour}
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Now is what the host's clock says.
func (h *Host) Now() time.Time { return h.Pace.Now() }

// conceal takes everything secret out of a text.
func (h *Host) conceal(text string) string {
	if h.Credentials == nil {
		return text
	}
	return h.Credentials.Conceal(text)
}

// Session is one run against a host: what it has spent, how long it has waited, and how wide its pages are.
type Session struct {
	*Host
	// Progress is told by Report. The session keeps count of requests, points, waits and trouble in it; the rest is the source's.
	Progress source.Progress
	// Width is how wide pages are asked for.
	Width Width

	tell   func(source.Progress)
	sender *sender
	waited time.Duration // on rate limits so far
	limits int           // rate limits in a row
}

// Begin begins a run, whose progress is told as often as anything changes; nil: nobody listens.
func (h *Host) Begin(tell func(source.Progress)) *Session {
	s := &Session{Host: h, Width: Width{Now: Widest}, tell: tell}
	s.sender = s.newSender()
	return s
}

// Report tells how far the run is.
func (s *Session) Report() {
	if s.tell != nil {
		s.tell(s.Progress)
	}
}

package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	// answerLimit bounds an answer, in bytes.
	answerLimit = 64 << 20
	// redirectLimit bounds how often one request may be sent on within its host.
	redirectLimit = 3
)

// WithinHost copies a client so that it follows redirects on the same host only: a token never leaves it. The client
// brings TLS, proxy and time-outs, and no credentials of its own; nil is http.DefaultClient.
func WithinHost(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	kept := *client
	kept.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		if len(before) > redirectLimit || !sameHost(next.URL, before[0].URL) || next.Method != before[0].Method {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &kept
}

func sameHost(a, b *url.URL) bool { return a.Host == b.Host && a.Scheme == b.Scheme }

// errElsewhere says that a request was not sent.
var errElsewhere = errors.New("the address to ask is not the configured host's")

// asks says whether an address is one of the host's own.
func (h *Host) asks(address string) bool {
	to, err := url.Parse(address)
	if err != nil || to.User != nil {
		return false
	}
	for _, each := range h.Addresses {
		if own, err := url.Parse(each); err == nil && sameHost(to, own) {
			return true
		}
	}
	return false
}

// Call is one HTTP request.
type Call struct {
	Method  string // empty: GET
	Address string
	Payload []byte // JSON; nil: none
	Form    bool   // Payload is a form's fields in place of JSON
	Accept  string // empty: application/json
	Token   string // Signed sets it
	ETag    string // of what is known already, where anything is
	Since   string // when that was last modified, as the host said it
}

// Answer is what came back, its body read whole.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte

	from *http.Response
}

// IsPage says that a page for people came in place of an answer: from a proxy, a log-in, a frontend, or beside the path that an
// API lies beneath.
func (a *Answer) IsPage() bool {
	kind, _, err := mime.ParseMediaType(a.Header.Get("Content-Type"))
	return err == nil && (kind == "text/html" || kind == "application/xhtml+xml")
}

var (
	errCut      = errors.New("the answer ends in the middle")
	errTooLarge = fmt.Errorf("the answer is larger than %d MiB", answerLimit>>20)
)

// sender sends requests again that were lost on the way. What the server says on purpose (rate limits, an overload that
// a narrower page may heal) is not for it: Persist handles that.
type sender struct{ *retryablehttp.Client }

func (s *Session) newSender() *sender {
	c := retryablehttp.NewClient()
	c.HTTPClient = s.Client
	c.Logger = nil
	c.RetryMax = s.Pace.Retries
	c.RetryWaitMin, c.RetryWaitMax = s.Pace.FirstBreak, s.Pace.LongestBreak
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.RequestLogHook = func(retryablehttp.Logger, *http.Request, int) { s.Progress.Requests++ }
	c.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if errors.Is(err, errTooLarge) {
			return false, err
		}
		if errors.Is(err, errCut) {
			s.stumbled(resp, err)
			return true, nil
		}
		if err == nil && resp != nil && (resp.StatusCode < 500 || overloads(resp.StatusCode) || s.Limits.ask(resp.StatusCode, resp.Header)) {
			return false, nil
		}
		again, failed := retryablehttp.DefaultRetryPolicy(ctx, resp, err)
		if again {
			s.stumbled(resp, err)
		}
		return again, failed
	}
	return &sender{c}
}

// stumbled tells at once of a request that is sent again, since the breaks between may be long.
func (s *Session) stumbled(response *http.Response, err error) {
	switch {
	case err != nil:
		s.Progress.Trouble = s.Name + " cannot be reached (" + s.conceal(err.Error()) + ")"
	case response != nil:
		s.Progress.Trouble = fmt.Sprintf("%s fails (status %d)", s.Name, response.StatusCode)
	}
	s.Report()
}

// overloads says that a status means that the answer took too long.
func overloads(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

// Send makes one call and reads the whole answer. Credentials are set here and nowhere else. Its errors are for Lost.
func (s *Session) Send(ctx context.Context, c Call) (*Answer, error) {
	if !s.asks(c.Address) {
		return nil, errElsewhere
	}
	var payload any
	if c.Payload != nil {
		payload = c.Payload
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, c.Method, c.Address, payload)
	if err != nil {
		return nil, err
	}
	if s.Sign != nil {
		s.Sign(request.Header, c.Token)
	} else if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	request.Header.Set("Accept", c.accept())
	request.Header.Set("User-Agent", userAgent)
	switch {
	case c.Form:
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case c.Payload != nil:
		request.Header.Set("Content-Type", "application/json")
	}
	if c.ETag != "" {
		request.Header.Set("If-None-Match", c.ETag)
	}
	if c.Since != "" {
		request.Header.Set("If-Modified-Since", c.Since)
	}
	answer := new(Answer)
	request.SetResponseHandler(func(response *http.Response) error {
		body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
		*answer = Answer{response.StatusCode, response.Header, body, response}
		switch {
		case s.Limits.ask(response.StatusCode, response.Header):
			return nil // to wait in sight is for Persist; what else is said does not matter
		case len(body) > answerLimit:
			return errTooLarge
		case err != nil:
			return fmt.Errorf("%w: %w", errCut, err)
		case response.StatusCode == http.StatusOK && startsAsJSON(body) && !json.Valid(body):
			return errCut
		}
		return nil
	})
	response, err := s.sender.Do(request)
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	if err != nil {
		return nil, err
	}
	if answer.from != response { // given up on a status that was to be tried again: the handler did not run
		body, _ := io.ReadAll(io.LimitReader(response.Body, quoteLimit+1))
		*answer = Answer{response.StatusCode, response.Header, body, response}
	}
	if s.Progress.Trouble != "" {
		s.Progress.Trouble = ""
		s.Report()
	}
	if limit, told := s.Limits.left(answer.Header, s.Now()); told {
		s.Progress.Limit = limit
	}
	return answer, nil
}

func (c Call) accept() string {
	if c.Accept == "" {
		return "application/json"
	}
	return c.Accept
}

func startsAsJSON(body []byte) bool {
	text := bytes.TrimSpace(body)
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/hashicorp/go-retryablehttp"
)

const (
	// userAgent is demanded by GitHub; a request without one is refused.
	userAgent = "live-dora"
	// answerLimit bounds an answer, in bytes.
	answerLimit = 64 << 20
	// redirectLimit bounds how often one request may be sent on within its host.
	redirectLimit = 3
)

// withinHost copies the client so that it follows redirects on the same host only: the token never leaves it.
func withinHost(client *http.Client) *http.Client {
	if client == nil {
		client = http.DefaultClient
	}
	kept := *client
	kept.CheckRedirect = func(next *http.Request, before []*http.Request) error {
		first := before[0].URL
		if len(before) > redirectLimit || next.URL.Host != first.Host || next.URL.Scheme != first.Scheme || next.Method != before[0].Method {
			return http.ErrUseLastResponse
		}
		return nil
	}
	return &kept
}

// reply is an answer as it came over the wire.
type reply struct {
	from   *http.Response
	status int
	header http.Header
	body   []byte
}

var (
	errCut      = errors.New("the answer ends in the middle")
	errTooLarge = fmt.Errorf("the answer is larger than %d MiB", answerLimit>>20)
)

// transport sends requests again that were lost on the way. What the server says on purpose (rate limits, an
// overload that a narrower page may heal) is not for it: ask handles that.
// stumbled is told of each.
func (s *Source) transport(count func(), stumbled func(*http.Response, error)) *retryablehttp.Client {
	c := retryablehttp.NewClient()
	c.HTTPClient = s.http
	c.Logger = nil
	c.RetryMax = s.retries
	c.RetryWaitMin, c.RetryWaitMax = s.firstBreak, s.longestBreak
	c.ErrorHandler = retryablehttp.PassthroughErrorHandler
	c.RequestLogHook = func(retryablehttp.Logger, *http.Request, int) { count() }
	c.CheckRetry = func(ctx context.Context, resp *http.Response, err error) (bool, error) {
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if errors.Is(err, errTooLarge) {
			return false, err
		}
		if errors.Is(err, errCut) {
			stumbled(resp, err)
			return true, nil
		}
		if err == nil && resp != nil && (resp.StatusCode < 500 || overloadStatus(resp.StatusCode) || asksToWait(resp.StatusCode, resp.Header)) {
			return false, nil
		}
		again, failed := retryablehttp.DefaultRetryPolicy(ctx, resp, err)
		if again {
			stumbled(resp, err)
		}
		return again, failed
	}
	return c
}

// stumbled tells at once of a request that is sent again, since the breaks between may be long.
func (r *run) stumbled(response *http.Response, err error) {
	switch {
	case err != nil:
		r.progress.Trouble = "GitHub cannot be reached (" + r.credentials.conceal(err.Error()) + ")"
	case response != nil:
		r.progress.Trouble = fmt.Sprintf("GitHub fails (status %d)", response.StatusCode)
	}
	r.report()
}

func overloadStatus(status int) bool {
	return status == http.StatusBadGateway || status == http.StatusGatewayTimeout
}

// call is one HTTP request, complete but for who asks.
type call struct {
	method, address string
	payload         []byte // nil: none
	accept          string
	bearer          string
	etag            string // of what is known already, where anything is
}

// send makes one call and reads the whole answer. Credentials are set here and nowhere else.
func (r *run) send(ctx context.Context, c call) (*reply, error) {
	var payload any
	if c.payload != nil {
		payload = c.payload
	}
	request, err := retryablehttp.NewRequestWithContext(ctx, c.method, c.address, payload)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+c.bearer)
	request.Header.Set("Accept", c.accept)
	request.Header.Set("User-Agent", userAgent)
	if c.payload != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if c.etag != "" {
		request.Header.Set("If-None-Match", c.etag)
	}
	answer := new(reply)
	request.SetResponseHandler(func(response *http.Response) error {
		body, err := io.ReadAll(io.LimitReader(response.Body, answerLimit+1))
		*answer = reply{response, response.StatusCode, response.Header, body}
		switch {
		case asksToWait(response.StatusCode, response.Header):
			return nil // to wait in sight is for ask; what else is said does not matter
		case len(body) > answerLimit:
			return errTooLarge
		case err != nil:
			return fmt.Errorf("%w: %w", errCut, err)
		case response.StatusCode == http.StatusOK && startsAsJSON(body) && !json.Valid(body):
			return errCut
		}
		return nil
	})
	response, err := r.http.Do(request)
	if response != nil {
		defer func() { _ = response.Body.Close() }()
	}
	if err != nil {
		return nil, err
	}
	if answer.from != response { // given up on a status that was to be tried again: the handler did not run
		body, _ := io.ReadAll(io.LimitReader(response.Body, quoteLimit+1))
		*answer = reply{response, response.StatusCode, response.Header, body}
	}
	if r.progress.Trouble != "" {
		r.progress.Trouble = ""
		r.report()
	}
	r.noteLimit(answer.header)
	return answer, nil
}

func startsAsJSON(body []byte) bool {
	text := bytes.TrimSpace(body)
	return len(text) > 0 && (text[0] == '{' || text[0] == '[')
}

package wire

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

const (
	// renewBefore is how long before its end a token is no longer used, or a sixth of its life where that is less.
	renewBefore = 5 * time.Minute
	// drawnLimit bounds how many tokens are kept out of errors.
	drawnLimit = 8
)

var errNoToken = errors.New("there is no access token in it")

// Client draws tokens as a client of OAuth by its own right (client credentials), and keeps one for as long as it lasts. The
// host that it logs in at is the only one that is sent the secret.
type Client struct {
	ID, Secret string
	// Login is where tokens are drawn, and Address the very address. Scope is what for; empty: it is not said.
	Login          *Host
	Address, Scope string
	// Refused is the advice where the client is not accepted.
	Refused string

	drawing sync.Mutex // held while a token is drawn, so that one is enough for all who wait

	mu    sync.Mutex // guards what follows
	token string
	renew time.Time
	told  []string
}

func (c *Client) valid(now time.Time) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Before(c.renew) {
		return c.token
	}
	return ""
}

// Bearer implements Credentials.
func (c *Client) Bearer(ctx context.Context, s *Session) (string, error) {
	c.drawing.Lock()
	defer c.drawing.Unlock()
	if token := c.valid(s.Now()); token != "" {
		return token, nil
	}
	login := c.Login.Begin(func(p source.Progress) {
		s.Progress.WaitingUntil, s.Progress.Trouble = p.WaitingUntil, p.Trouble
		s.Report()
	})
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {c.ID}, "client_secret": {c.Secret}}
	if c.Scope != "" {
		form.Set("scope", c.Scope)
	}
	answer, err := login.Fetch(ctx, "", Call{Method: http.MethodPost, Address: c.Address, Payload: []byte(form.Encode()), Form: true}, http.StatusBadRequest, http.StatusUnauthorized)
	s.Progress.Requests += login.Progress.Requests
	if err != nil {
		return "", err
	}
	var drawn struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
	}
	switch err := json.Unmarshal(answer.Body, &drawn); {
	case answer.Status != http.StatusOK:
		return "", c.Login.Failure(source.CauseCredentials, "", c.Refused, nil)
	case err != nil || drawn.Token == "":
		return "", c.Login.Unexpected("", errNoToken)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	life := time.Duration(min(max(drawn.Seconds, 0), 24*3600)) * time.Second
	c.token, c.renew = drawn.Token, s.Now().Add(life-min(renewBefore, life/6))
	c.told = append(c.told[max(0, len(c.told)+1-drawnLimit):], drawn.Token)
	return c.token, nil
}

// Renewable implements Credentials.
func (c *Client) Renewable(refused string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token == refused {
		c.renew = time.Time{}
	}
	return true
}

// Conceal implements Credentials.
func (c *Client) Conceal(text string) string {
	c.mu.Lock()
	secrets := append([]string{c.Secret}, c.told...)
	c.mu.Unlock()
	return Conceal(text, secrets...)
}

// Advice implements Credentials.
func (c *Client) Advice() string { return c.Refused }

package github

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	// A claim says to be made a minute before it is, so that a clock that is fast does not spoil it, and ends within
	// the ten minutes that GitHub allows, seen from there.
	claimAge  = time.Minute
	claimLife = 8 * time.Minute
	// renewBefore is how long before its end a token is no longer used: longer than a request with its retries takes.
	renewBefore = 5 * time.Minute
)

// app draws tokens as the installation of a GitHub App, and keeps one for as long as it lasts: an hour at GitHub.
type app struct {
	id      string
	key     *rsa.PrivateKey
	address string // where tokens are drawn

	drawing sync.Mutex // held while a token is drawn, so that one is enough for all who wait

	mu      sync.Mutex // guards what follows
	token   string
	expires time.Time
	told    []string // the last claims and tokens, which an answer may echo
}

// toldLimit bounds how many claims and tokens are kept out of errors.
const toldLimit = 8

func newApp(config *config, rest string) (*app, error) {
	secret := source.SecretKey(config.ID, secretAppKey)
	if config.AppID == "" || config.InstallationID == "" || config.Secrets[secretAppKey] == "" {
		return nil, errors.New("a GitHub App needs appId, installationId and the secret " + secret)
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(config.Secrets[secretAppKey]))
	if err != nil { // not wrapped: a reader of keys may quote them
		return nil, errors.New(secret + " is not an RSA private key in PEM, which is how GitHub hands out an App's key")
	}
	return &app{
		id: config.AppID, key: key,
		address: rest + "/app/installations/" + url.PathEscape(config.InstallationID) + "/access_tokens",
	}, nil
}

// Bearer implements wire.Credentials.
func (a *app) Bearer(ctx context.Context, s *wire.Session) (string, error) {
	a.drawing.Lock()
	defer a.drawing.Unlock()
	if token := a.valid(s.Now()); token != "" {
		return token, nil
	}
	for {
		claim, err := a.sign(s.Now())
		if err != nil {
			return "", s.Failure(source.CauseConfiguration, "", "the App's private key does not sign", nil)
		}
		answer, err := s.Send(ctx, wire.Call{Method: http.MethodPost, Address: a.address, Accept: restAccept, Token: claim})
		if err != nil {
			return "", s.Lost(ctx, "", err)
		}
		if answer.Status == http.StatusCreated {
			return a.take(s, answer)
		}
		if again, err := judgeDrawing(s, answer); err != nil || again != wire.Limited {
			return "", err
		}
		if err := s.WaitOut(ctx, answer); err != nil {
			return "", err
		}
	}
}

func (a *app) valid(now time.Time) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Before(a.expires) {
		return a.token
	}
	return ""
}

// sign makes a claim to be the App, which is good for drawing a token and nothing else.
func (a *app) sign(now time.Time) (string, error) {
	claim, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.RegisteredClaims{
		Issuer: a.id, IssuedAt: jwt.NewNumericDate(now.Add(-claimAge)), ExpiresAt: jwt.NewNumericDate(now.Add(claimLife)),
	}).SignedString(a.key)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.told = cursor.Remember(a.told, claim, toldLimit)
	return claim, err
}

// take keeps a token that was drawn. How long it lasts is read against the server's clock.
func (a *app) take(s *wire.Session, answer *wire.Answer) (string, error) {
	var drawn struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal(answer.Body, &drawn); err != nil || drawn.Token == "" {
		return "", s.Failure(source.CauseAnswer, "", "GitHub gave no token to the App's installation: check the address", nil)
	}
	served := s.Now()
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		served = date
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.expires = drawn.Token, s.Now().Add(drawn.Expires.Sub(served)-renewBefore)
	a.told = cursor.Remember(a.told, drawn.Token, toldLimit)
	return a.token, nil
}

// Renewable implements wire.Credentials.
func (a *app) Renewable(refused string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token == refused {
		a.expires = time.Time{}
	}
	return true
}

// Conceal implements wire.Credentials.
func (a *app) Conceal(text string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return wire.Conceal(text, a.told...)
}

// Advice implements wire.Credentials.
func (a *app) Advice() string {
	return "GitHub does not accept the tokens of the App's installation: look whether it is still installed"
}

// judgeDrawing sorts the answers of which no token came.
func judgeDrawing(s *wire.Session, answer *wire.Answer) (wire.Verdict, error) {
	said := s.Said(answer)
	switch answer.Status {
	case http.StatusUnauthorized:
		return wire.Answered, s.Failure(source.CauseCredentials, "",
			"GitHub does not accept the App's key: check appId and the private key, and this machine's clock", said)
	case http.StatusNotFound:
		return wire.Answered, s.Failure(source.CauseCredentials, "", "the App has no such installation: check installationId and the address", said)
	}
	v, err := s.Judge("", answer)
	if err == nil && v != wire.Limited {
		return v, s.Failure(source.CauseServer, "", "GitHub gives no token to the App's installation: it is tried again at the next run", said)
	}
	return v, err
}

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

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
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

func newApp(config settings.Source, rest string) (*app, error) {
	secret := "sources." + config.ID + "." + settings.SecretAppPrivateKey
	if config.AppID == "" || config.InstallationID == "" || config.Secrets[settings.SecretAppPrivateKey] == "" {
		return nil, errors.New("a GitHub App needs appId, installationId and the secret " + secret)
	}
	key, err := jwt.ParseRSAPrivateKeyFromPEM([]byte(config.Secrets[settings.SecretAppPrivateKey]))
	if err != nil { // not wrapped: a reader of keys may quote them
		return nil, errors.New(secret + " is not an RSA private key in PEM, which is how GitHub hands out an App's key")
	}
	return &app{
		id: config.AppID, key: key,
		address: rest + "/app/installations/" + url.PathEscape(config.InstallationID) + "/access_tokens",
	}, nil
}

func (a *app) bearer(ctx context.Context, r *run) (string, error) {
	a.drawing.Lock()
	defer a.drawing.Unlock()
	if token := a.valid(r.now()); token != "" {
		return token, nil
	}
	for {
		claim, err := a.sign(r.now())
		if err != nil {
			return "", r.failure(source.CauseConfiguration, "", "the App's private key does not sign", nil)
		}
		answer, err := r.send(ctx, call{method: http.MethodPost, address: a.address, accept: restAccept, bearer: claim})
		if err != nil {
			return "", r.lost(ctx, "", err)
		}
		if answer.status == http.StatusCreated {
			return a.take(r, answer)
		}
		if again, err := r.judgeDrawing(answer); err != nil || again != limited {
			return "", err
		}
		if err := r.waitForLimit(ctx, answer.header); err != nil {
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
	a.told = remember(a.told, claim, toldLimit)
	return claim, err
}

// take keeps a token that was drawn. How long it lasts is read against the server's clock.
func (a *app) take(r *run, answer *reply) (string, error) {
	var drawn struct {
		Token   string    `json:"token"`
		Expires time.Time `json:"expires_at"`
	}
	if err := json.Unmarshal(answer.body, &drawn); err != nil || drawn.Token == "" {
		return "", r.failure(source.CauseAnswer, "", "GitHub gave no token to the App's installation: check the address", nil)
	}
	served := r.now()
	if date, err := http.ParseTime(answer.header.Get("Date")); err == nil {
		served = date
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.expires = drawn.Token, r.now().Add(drawn.Expires.Sub(served)-renewBefore)
	a.told = remember(a.told, drawn.Token, toldLimit)
	return a.token, nil
}

func (a *app) renewable(refused string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token == refused {
		a.expires = time.Time{}
	}
	return true
}

func (a *app) conceal(text string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return without(text, a.told...)
}

func (a *app) advice() string {
	return "GitHub does not accept the tokens of the App's installation: look whether it is still installed"
}

// judgeDrawing sorts the answers of which no token came.
func (r *run) judgeDrawing(answer *reply) (verdict, error) {
	said := r.said(answer)
	switch answer.status {
	case http.StatusUnauthorized:
		return answered, r.failure(source.CauseCredentials, "",
			"GitHub does not accept the App's key: check appId and the private key, and this machine's clock", said)
	case http.StatusNotFound:
		return answered, r.failure(source.CauseCredentials, "", "the App has no such installation: check installationId and the address", said)
	}
	v, err := r.judgeStatus("", answer)
	if err == nil && v != limited {
		return v, r.failure(source.CauseServer, "", "GitHub gives no token to the App's installation: it is tried again at the next run", said)
	}
	return v, err
}

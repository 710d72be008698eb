package azuredevops

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// sign puts credentials into a request: a personal token as the password of nobody, an application's as it is. Azure DevOps
// is told to refuse in place of a page to sign in.
func sign(password bool) func(http.Header, string) {
	return func(header http.Header, token string) {
		header.Set("X-TFS-FedAuthRedirect", "Suppress")
		if password {
			header.Set("Authorization", "Basic "+basic(token))
			return
		}
		header.Set("Authorization", "Bearer "+token)
	}
}

// personal is a token that a person entered, which is sent as a password.
type personal struct{ wire.Token }

func basic(token string) string { return base64.StdEncoding.EncodeToString([]byte(":" + token)) }

// Conceal implements wire.Credentials.
func (p personal) Conceal(text string) string {
	if p.Text == "" {
		return text
	}
	return wire.Conceal(text, p.Text, basic(p.Text))
}

// azureDevOps is what tokens of Entra are drawn for: Azure DevOps' own id.
const azureDevOps = "499b84ac-1321-427f-aa17-267ca6975798/.default"

const (
	// renewBefore is how long before its end a token is no longer used.
	renewBefore = 5 * time.Minute
	// toldLimit bounds how many tokens are kept out of errors.
	toldLimit = 8
)

// application draws tokens as an application of Entra, and keeps one for as long as it lasts. The host that it logs in at is
// another than Azure DevOps', and the only one that is sent the secret.
type application struct {
	clientID, secret, address string
	host                      *wire.Host

	drawing sync.Mutex // held while a token is drawn, so that one is enough for all who wait

	mu      sync.Mutex // guards what follows
	token   string
	expires time.Time
	told    []string
}

func (a *application) valid(now time.Time) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	if now.Before(a.expires.Add(-renewBefore)) {
		return a.token
	}
	return ""
}

// Bearer implements wire.Credentials.
func (a *application) Bearer(ctx context.Context, s *wire.Session) (string, error) {
	a.drawing.Lock()
	defer a.drawing.Unlock()
	if token := a.valid(s.Now()); token != "" {
		return token, nil
	}
	login := a.host.Begin(func(p source.Progress) {
		s.Progress.WaitingUntil, s.Progress.Trouble = p.WaitingUntil, p.Trouble
		s.Report()
	})
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {a.clientID}, "client_secret": {a.secret}, "scope": {azureDevOps}}
	answer, err := login.Fetch(ctx, "", wire.Call{Method: http.MethodPost, Address: a.address, Payload: []byte(form.Encode()), Form: true}, http.StatusBadRequest, http.StatusUnauthorized)
	s.Progress.Requests += login.Progress.Requests
	if err != nil {
		return "", err
	}
	var drawn struct {
		Token   string `json:"access_token"`
		Seconds int64  `json:"expires_in"`
		Error   string `json:"error"`
	}
	switch err := json.Unmarshal(answer.Body, &drawn); {
	case answer.Status != http.StatusOK:
		return "", a.host.Failure(source.CauseCredentials, "", a.Advice(), nil)
	case err != nil || drawn.Token == "":
		return "", a.host.Unexpected("", errNoToken)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.token, a.expires = drawn.Token, s.Now().Add(time.Duration(min(max(drawn.Seconds, 0), 24*3600))*time.Second)
	a.told = cursor.Remember(a.told, drawn.Token, toldLimit)
	return a.token, nil
}

// Renewable implements wire.Credentials.
func (a *application) Renewable(refused string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.token == refused {
		a.expires = time.Time{}
	}
	return true
}

// Conceal implements wire.Credentials.
func (a *application) Conceal(text string) string {
	a.mu.Lock()
	secrets := append([]string{a.secret}, a.told...)
	a.mu.Unlock()
	return wire.Conceal(text, secrets...)
}

// Advice implements wire.Credentials.
func (a *application) Advice() string {
	return "Entra or Azure DevOps does not accept the application: check tenant, clientId and whether its secret has expired, and that it is a user of the organisation"
}

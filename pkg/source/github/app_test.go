package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// appKey is made once: it takes a while.
var appKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func pkcs1() string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(appKey())}))
}

func pkcs8(t *testing.T) string {
	t.Helper()
	text, err := x509.MarshalPKCS8PrivateKey(appKey())
	require.NoError(t, err)
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text}))
}

// gate is a GitHub on which App 7 is installed as number 42. It lets in whoever has the token that it gave out last.
type gate struct {
	t      *testing.T
	mu     sync.Mutex
	now    time.Time
	prefix string // of the REST paths
	inside http.Handler
	given  int
	revoke bool     // the next request finds its token revoked
	never  bool     // no token is good
	drawn  []string // claims
	server *httptest.Server
}

func newGate(t *testing.T, prefix string, inside http.Handler) *gate {
	t.Helper()
	g := &gate{t: t, prefix: prefix, inside: inside, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	g.server = httptest.NewServer(g)
	t.Cleanup(g.server.Close)
	return g
}

func (g *gate) token() string { return fmt.Sprintf("ghs_drawn-%d", g.given) }

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	w.Header().Set("Date", g.now.Format(http.TimeFormat))
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	refuse := func(status int, message string) {
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]string{"message": message + " " + bearer})
	}
	if !strings.HasPrefix(r.URL.Path, g.prefix+"/app/") {
		if g.revoke || g.never || bearer != g.token() {
			g.revoke = false
			refuse(http.StatusUnauthorized, "Bad credentials")
			return
		}
		g.inside.ServeHTTP(w, r)
		return
	}
	claims := jwt.RegisteredClaims{}
	_, err := jwt.ParseWithClaims(bearer, &claims, func(*jwt.Token) (any, error) { return &appKey().PublicKey, nil },
		jwt.WithValidMethods([]string{"RS256"}), jwt.WithTimeFunc(func() time.Time { return g.now }), jwt.WithIssuedAt(), jwt.WithIssuer("7"))
	if err != nil || r.Method != http.MethodPost {
		refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
		return
	}
	if r.URL.Path != g.prefix+"/app/installations/42/access_tokens" {
		refuse(http.StatusNotFound, "Not Found")
		return
	}
	assert.Less(g.t, claims.IssuedAt.Unix(), g.now.Unix())
	assert.LessOrEqual(g.t, claims.ExpiresAt.Sub(g.now), 10*time.Minute)
	g.drawn = append(g.drawn, bearer)
	g.given++
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(map[string]any{"token": g.token(), "expires_at": g.now.Add(time.Hour)})
}

// clock is the gate's own, fast by a little.
func (g *gate) clock() github.Option {
	return github.WithClock(func() time.Time { return g.now.Add(30 * time.Second) }, newWaits().sleep)
}

func (g *gate) source(secrets map[string]string, change func(*configured)) *github.Source {
	config := configured{
		ID: "github", URL: g.server.URL + g.prefix, Repositories: []string{shop},
		AppID: "7", InstallationID: "42", Secrets: secrets,
	}
	if change != nil {
		change(&config)
	}
	return open(config, g.server.Client(), github.WithRetries(1, time.Millisecond, time.Millisecond), g.clock())
}

func TestAnAppDrawsATokenAndKeepsItForAsLongAsItLasts(t *testing.T) {
	for name, c := range map[string]struct{ prefix, key string }{
		"at GitHub, PKCS#1":               {"", pkcs1()},
		"on an Enterprise server, PKCS#8": {"/api/v3", pkcs8(t)},
	} {
		t.Run(name, func(t *testing.T) {
			inside := newTiny(t)
			inside.head = inside.commit("a")
			g := newGate(t, c.prefix, inside)
			s := g.source(map[string]string{"appPrivateKey": c.key}, nil)
			l := newLedger()
			require.NoError(t, l.collect(t.Context(), s, time.Time{}))
			assert.Len(t, of[*dora.Commit](l), 1)
			for range 3 {
				g.now = g.now.Add(15 * time.Minute)
				require.NoError(t, l.collect(t.Context(), s, time.Time{}))
			}
			assert.Len(t, g.drawn, 1, "one token for most of an hour")
			g.now = g.now.Add(12 * time.Minute)
			require.NoError(t, l.collect(t.Context(), s, time.Time{}))
			assert.Len(t, g.drawn, 2, "and another before it ends")
		})
	}
}

func TestATokenThatIsRevokedIsDrawnAnewOnce(t *testing.T) {
	inside := newTiny(t)
	inside.head = inside.commit("a")
	g := newGate(t, "", inside)
	s := g.source(map[string]string{"appPrivateKey": pkcs1()}, nil)
	require.NoError(t, s.Check(t.Context()))
	g.revoke = true
	require.NoError(t, s.Check(t.Context()))
	assert.Len(t, g.drawn, 2)

	g.never = true
	err := s.Check(t.Context())
	var failure *source.Error
	require.ErrorAs(t, err, &failure)
	assert.Equal(t, source.CauseCredentials, failure.Cause)
	assert.Len(t, g.drawn, 3, "a second refusal is an answer")
	assert.NotContains(t, err.Error(), "ghs_drawn", "the server echoes the token")
}

func TestAnAppThatGitHubDoesNotKnowIsToldWithoutItsSecrets(t *testing.T) {
	key := pkcs1()
	other, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	foreign := string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(other)}))
	for name, c := range map[string]struct {
		secrets map[string]string
		change  func(*configured)
		cause   source.Cause
		says    []string
	}{
		"another's key":       {map[string]string{"appPrivateKey": foreign}, nil, source.CauseCredentials, []string{"appId", "private key"}},
		"another App":         {map[string]string{"appPrivateKey": key}, func(s *configured) { s.AppID = "8" }, source.CauseCredentials, []string{"appId"}},
		"nowhere installed":   {map[string]string{"appPrivateKey": key}, func(s *configured) { s.InstallationID = "43" }, source.CauseCredentials, []string{"installationId"}},
		"half a key":          {map[string]string{"appPrivateKey": key[:200]}, nil, source.CauseConfiguration, []string{"sources.github.appPrivateKey", "PEM"}},
		"no key":              {nil, nil, source.CauseConfiguration, []string{"appId", "installationId", "sources.github.appPrivateKey"}},
		"a token and an App":  {map[string]string{"appPrivateKey": key, "token": secret}, nil, source.CauseConfiguration, []string{"token", "appId", "installationId", "appPrivateKey"}},
		"nobody installed it": {map[string]string{"appPrivateKey": key}, func(s *configured) { s.InstallationID = "" }, source.CauseConfiguration, []string{"installationId"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t, "", newTiny(t))
			err := g.source(c.secrets, c.change).Check(t.Context())
			var failure *source.Error
			require.ErrorAs(t, err, &failure)
			assert.Equal(t, c.cause, failure.Cause, err.Error())
			for _, word := range c.says {
				assert.Contains(t, err.Error(), word)
			}
			for _, hidden := range slices.Concat(g.drawn, []string{secret, "MII", "eyJ", "PRIVATE KEY"}) {
				assert.NotContains(t, err.Error(), hidden)
			}
		})
	}
}

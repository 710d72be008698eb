package sourcetest

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
)

// leastShown is how many characters of a secret in a row are too many to show.
const leastShown = 12

// echoes are forms in which a server may send a secret back.
func echoes(secret string) []string {
	percent, escaped, entities := "", "", ""
	for i := range len(secret) {
		percent += fmt.Sprintf("%%%02X", secret[i])
		escaped += fmt.Sprintf(`\u%04x`, secret[i])
		entities += fmt.Sprintf("&#%d;", secret[i])
	}
	return []string{
		secret, strings.ToUpper(secret), percent, escaped, entities, hex.EncodeToString([]byte(secret)), url.QueryEscape("Bearer " + secret),
		base64.StdEncoding.EncodeToString([]byte(secret)), base64.StdEncoding.EncodeToString([]byte("x:" + secret)), base64.RawURLEncoding.EncodeToString([]byte("xy:" + secret + "?")),
	}
}

// concealed is what a text shows of secrets, in any form; empty where it shows nothing.
func concealed(text string, secrets []string) string {
	for _, secret := range secrets {
		for _, echo := range echoes(secret) {
			for at := max(0, len(echo)-len(secret)); at+leastShown <= len(echo); at++ { // what stands before it is no secret
				if shown := echo[at : at+leastShown]; strings.Contains(text, shown) {
					return shown
				}
			}
		}
	}
	return ""
}

// secrets: whatever a server echoes, in whatever form and wherever, no error, no progress and no line of the log shows it. That is held by every
// run of this package; here the server does its worst.
func secrets(b *bench) {
	if b.Keyless {
		return
	}
	logged()
	b.fresh()
	require.NotEmpty(b, b.Secrets)
	assert.Zero(b, b.gate.strange, "every request carries a secret, as it is: else nothing is proved")
	for _, secret := range b.Secrets {
		for _, echo := range echoes(secret) {
			quoted, err := json.Marshal(echo)
			require.NoError(b, err)
			for _, body := range []string{
				echo, `{"message":` + string(quoted) + `}`, `{"error":` + string(quoted) + `,"error_description":` + string(quoted) + `}`,
				`{"data":null,"errors":[{"type":` + string(quoted) + `,"path":[` + string(quoted) + `],"message":` + string(quoted) + `}]}`,
				`{"name":` + string(quoted) + `,"id":` + string(quoted) + `,"created_at":` + string(quoted) + `}`, `[{"id":` + string(quoted) + `}]`,
			} {
				for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
					b.gate.spoils(func(int, *http.Request, []byte) http.HandlerFunc {
						return func(w http.ResponseWriter, _ *http.Request) {
							w.Header().Set("Content-Type", "application/json; charset="+url.QueryEscape(echo))
							for name, value := range b.Marks {
								w.Header().Set(name, value)
							}
							w.WriteHeader(status)
							_, _ = w.Write([]byte(body))
						}
					})
					_ = b.collect(NewLedger()) // holds that nothing shows
					if err := b.Open(b.address, b.client, b.pace()).Check(b.Context()); err != nil {
						require.Empty(b, concealed(err.Error(), b.Secrets), err)
					}
				}
			}
		}
	}
	require.Empty(b, concealed(logged().read(), b.Secrets), "the log shows no secret")
}

// otherHosts: whatever an answer names, by a redirect or by a link to the next page, no other host hears of it.
func otherHosts(b *bench) {
	good, _ := b.fresh()
	var mu sync.Mutex
	var heard []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, fmt.Sprint(r.Method, " ", r.URL, " ", r.Header))
		w.WriteHeader(http.StatusNotFound)
	}))
	defer other.Close()
	for _, status := range []int{http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect} {
		for _, to := range []string{other.URL, strings.Replace(other.URL, "http://", "http://user@", 1)} {
			b.gate.spoils(func(int, *http.Request, []byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to+r.URL.Path, status) }
			})
			for _, err := range []error{b.collect(NewLedger()), b.Open(b.address, b.client, b.pace()).Check(b.Context())} {
				failures := source.Failures("", err)
				require.NotEmpty(b, failures, "a redirect by %d", status)
				assert.Equal(b, source.CauseConfiguration, failures[0].Cause, err)
			}
		}
	}
	b.gate.heal()
	b.gate.alter = func(header http.Header) {
		for i, link := range header["Link"] {
			header["Link"][i] = strings.ReplaceAll(link, b.address, other.URL)
		}
	}
	l := NewLedger()
	if err := b.collect(l); err == nil {
		b.same(good, l, "links to another host")
	}
	mu.Lock()
	defer mu.Unlock()
	assert.Empty(b, heard)
}

package github_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// Wherever an answer sends a request, and by whichever status: another port, name or scheme than the configured one
// never hears of the token, and the person is told.
func TestNoRedirectTakesTheTokenElsewhere(t *testing.T) {
	var heard []string
	hear := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard = append(heard, fmt.Sprint(r.Header)) })
	port, scheme := httptest.NewServer(hear), httptest.NewTLSServer(hear)
	defer port.Close()
	defer scheme.Close()
	for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			for name, to := range map[string]func(home string) string{
				"another port":   func(string) string { return port.URL },
				"another scheme": func(string) string { return scheme.URL },
				"another name":   func(home string) string { return strings.Replace(home, "127.0.0.1", "localhost", 1) },
				"a user in it":   func(string) string { return strings.Replace(port.URL, "http://", "http://127.0.0.1:80@", 1) },
			} {
				t.Run(fmt.Sprintf("%s by %d over %s", name, status, api), func(t *testing.T) {
					asked := 0
					home := httptest.NewServer(nil)
					defer home.Close()
					home.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						if asked++; asked > 1 { // under its other name
							heard = append(heard, r.Host)
						}
						http.Redirect(w, r, to(home.URL)+r.URL.Path, status)
					})
					s := open(configured{
						ID: "github", URL: home.URL, API: api, Repositories: []string{shop}, Secrets: map[string]string{"token": secret},
					}, scheme.Client(), github.WithRetries(0, 0, 0), newWaits().option())
					err := s.Check(t.Context())
					var failure *source.Error
					require.ErrorAs(t, err, &failure)
					assert.Equal(t, source.CauseConfiguration, failure.Cause, err.Error())
					assert.NotContains(t, err.Error(), secret)
					assert.NotContains(t, err.Error(), url.QueryEscape(secret+"@"))
					assert.Empty(t, heard)
				})
			}
		}
	}
}

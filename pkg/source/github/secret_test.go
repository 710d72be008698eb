package github_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

const longToken = "ghp_Aa0Zz9Qq7Kk5Mm3Xx1Tt8Rr6Pp4Ll2Bb"

// echoes are forms in which a server may send a token back.
func echoes() map[string]string {
	escaped, percent, entities := "", "", ""
	for _, c := range longToken {
		escaped += fmt.Sprintf(`\u%04x`, c)
		percent += fmt.Sprintf("%%%02X", c)
		entities += fmt.Sprintf("&#%d;", c)
	}
	all := map[string]string{
		"as it is": longToken, "in capitals": strings.ToUpper(longToken), "in an address": url.QueryEscape("Bearer " + longToken), "in percent": percent,
		"in percent twice": strings.ReplaceAll(percent, "%", "%25"), "escaped": escaped, "in HTML": entities, "in digits": hex.EncodeToString([]byte(longToken)),
		"some of it escaped": strings.Replace(longToken, "Kk5", "%4bk\\u0035", 1),
	}
	for i, before := range []string{"", "x", "x-access-token:", "Bearer "} {
		all[fmt.Sprint("in base64 ", i)] = base64.StdEncoding.EncodeToString([]byte(before + longToken))
		all[fmt.Sprint("in base64 for addresses ", i)] = base64.RawURLEncoding.EncodeToString([]byte(before + longToken + "?"))
	}
	return all
}

// shows says whether a text shows enough of the token, in any of its forms, to be of use.
func shows(text string) string {
	for name, echo := range echoes() {
		for at := max(0, len(echo)-len(longToken)); at+12 <= len(echo); at++ { // what stands before it is no secret
			if strings.Contains(text, echo[at:at+12]) {
				return name + ": " + echo[at:at+12]
			}
		}
	}
	return ""
}

func TestAnEchoedTokenReachesNoErrorInWhateverForm(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes() {
		quoted, err := json.Marshal(echo)
		require.NoError(t, err)
		text := string(quoted)
		for place, body := range map[string]string{
			"a path":       `{"data":{"repository":null},"errors":[{"type":"FORBIDDEN","path":["repository",` + text + `],"message":"no"}]}`,
			"a first step": `{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","path":[` + text + `],"message":"no"}]}`,
			"a message":    `{"data":{"repository":null},"errors":[{"type":"FORBIDDEN","path":["repository"],"message":` + text + `}]}`,
			"a type":       `{"data":{"repository":null},"errors":[{"type":` + text + `,"path":["repository"],"message":"no"}]}`,
			"a code":       `{"data":{"repository":null},"errors":[{"type":"X","extensions":{"code":` + text + `},"message":"no"}]}`,
			"a name":       `{"data":{"repository":{"nameWithOwner":` + text + `,"deployments":{"nodes":[{"id":"DE_1","createdAt":` + text + `}]}}}}`,
			"no JSON":      echo,
		} {
			for _, status := range []int{http.StatusOK, http.StatusForbidden, http.StatusBadRequest, http.StatusFound} {
				server := saying(t, status, "application/json", body, "X-GitHub-Request-Id", "1", "Location", "https://elsewhere.example/"+url.PathEscape(echo))
				s := open(configured{
					ID: "github", URL: server.URL, Repositories: []string{shop}, API: github.APIGraphQL, Secrets: map[string]string{"token": longToken},
				}, server.Client(), github.WithRetries(0, 0, 0), newWaits().option())
				for _, err := range []error{s.Check(t.Context()), newLedger().collect(t.Context(), s, time.Time{})} {
					if err != nil {
						require.Empty(t, shows(err.Error()), "%s in %s: %s", name, place, err)
					}
				}
				server.Close()
			}
		}
	}
}

// Whoever tries a source reads why it fails, and not what stands at an address within the network.
func TestWhatAnotherServerSaysIsNotRepeated(t *testing.T) {
	t.Parallel()
	const inner = "the-keys-of-the-house"
	for _, body := range []string{
		inner, `{"message":"` + inner + `"}`, `<html>` + inner + `</html>`, `{"data":{"repository":{"nameWithOwner":7,"` + inner + `":1}}}`,
		`{"data":null,"errors":[{"type":"` + inner + `","message":"` + inner + `","path":["` + inner + `"]}]}`, `[{"full_name":"` + inner + `","archived":"` + inner + `"}]`,
		`{"data":{"repository":{"nameWithOwner":"a/b","pullRequests":{"nodes":[{"createdAt":"` + inner + `"}]}}}}`,
	} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusInternalServerError} {
			for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
				server := saying(t, status, "text/plain; charset="+inner, body, "Location", "http://other.example/"+inner, "X-Custom", inner)
				s := open(configured{
					ID: "github", URL: server.URL, Repositories: []string{shop}, API: api, Secrets: map[string]string{"token": longToken},
				}, server.Client(), github.WithRetries(0, 0, 0), newWaits().option())
				for _, err := range []error{s.Check(t.Context()), newLedger().collect(t.Context(), s, time.Time{})} {
					if err != nil {
						require.NotContains(t, err.Error(), inner, "status %d of %s: %s", status, api, body)
					}
				}
				server.Close()
			}
		}
	}
}

func TestWhatGitHubSaysIsRepeated(t *testing.T) {
	server := saying(t, http.StatusForbidden, "application/json; charset=utf-8", `{"message":"Resource not accessible by personal access token"}`, "X-GitHub-Request-Id", "1")
	var failure *source.Error
	require.ErrorAs(t, till(server.URL, server.Client()).Check(t.Context()), &failure)
	assert.Contains(t, failure.Error(), "status 403 Forbidden: Resource not accessible by personal access token")
	server = saying(t, http.StatusBadRequest, "text/html; charset=utf-8", `<html>Intranet</html>`)
	require.ErrorAs(t, till(server.URL, server.Client()).Check(t.Context()), &failure)
	assert.Contains(t, failure.Error(), "status 400 Bad Request, text/html, 21 bytes")
}

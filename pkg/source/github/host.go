package github

import (
	"bytes"
	"net/http"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// limits are how GitHub tells of its rate limits: the hour's by headers, any other by Retry-After or by words alone.
var limits = wire.Limits{
	Total: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset",
	Words: []string{"rate limit", "abuse detection"},
}

// newHost is GitHub as it is asked, but for its addresses.
func newHost(id string, client *http.Client, credentials wire.Credentials, pace wire.Pace) *wire.Host {
	return &wire.Host{
		Name: "GitHub", ID: id, Client: wire.WithinHost(client), Credentials: credentials, Limits: limits, Genuine: isGitHubs,
		Forbids: forbidden, UnchangedIsFree: true, Pace: pace,
	}
}

// isGitHubs knows the headers that github.com and Enterprise Servers alike give.
func isGitHubs(header http.Header) bool {
	return header.Get("X-GitHub-Request-Id") != "" || header.Get("X-GitHub-Media-Type") != ""
}

func forbidden(answer *wire.Answer) string {
	if asksForSignOn(answer) {
		return "the organisation demands single sign-on: authorise the token for it in GitHub's token settings"
	}
	return "the token may not read this: give it read access"
}

func asksForSignOn(answer *wire.Answer) bool {
	return answer.Header.Get("X-GitHub-SSO") != "" || bytes.Contains(answer.Body, []byte("SAML"))
}

package jira

import (
	"context"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

const (
	refusedToken = "Jira does not accept the token: it is wrong, revoked or has expired; create a personal access token and enter it. Jira Cloud takes an API token together with the email of its account"
	refusedLogin = "Jira does not accept the email and the API token: one of them is wrong, or the token is revoked or has expired; create a token at id.atlassian.com with this account and enter it"
)

// login is who asks, and how that is put into a request.
func (s *Source) login() (wire.Credentials, func(http.Header, string)) {
	if s.config.Email == "" {
		return wire.Token{Text: s.config.Secrets[secretToken], Refused: refusedToken}, nil
	}
	p := wire.Password{User: s.config.Email, Token: wire.Token{Text: s.config.Secrets[secretAPI], Refused: refusedLogin}}
	return p, p.Sign
}

// forbids is the advice on a 403. Jira gives one to a login of the wrong kind, too.
func (s *Source) forbids(answer *wire.Answer) string {
	switch {
	case strings.Contains(answer.Header.Get("X-Authentication-Denied-Reason"), "CAPTCHA"):
		return "Jira asks this account for a captcha after failed logins: log in once in a browser, and enter a new token"
	case s.config.Email != "":
		return "Jira does not let this login in, or it may not read this: a data center takes a personal access token in place of an email; else give the account the permission Browse Projects"
	}
	return "Jira does not let this token in, or it may not read this: Jira Cloud takes an API token with the email of its account; else give it the permission Browse Projects"
}

// anonymous says that Jira took a request for nobody's, because the login failed. The cloud answers such a request as it answers
// strangers: with status 200, and with nothing in it.
func anonymous(header http.Header) bool {
	reason := strings.Join(header.Values("X-Seraph-LoginReason"), " ")
	return strings.Contains(reason, "FAILED") || strings.Contains(reason, "DENIED") || strings.Contains(reason, "OUT")
}

// knowUs makes sure that Jira knows who asks. No answer with nothing in it is believed before.
func (r *run) knowUs(ctx context.Context) error {
	_, err := one[selfRecord](ctx, r, "/myself")
	return err
}

func (r *run) refusedLogin(answer *wire.Answer) error {
	return r.Failure(source.CauseCredentials, "", r.Credentials.Advice(), r.Said(answer))
}

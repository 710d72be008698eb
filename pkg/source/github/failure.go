package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

// quoteLimit bounds how much of an answer an error repeats, in bytes.
const quoteLimit = 300

// saidLimit bounds what an error says, in bytes.
const saidLimit = 1000

// echoLimit bounds how much of an answer is searched for secrets, in bytes: no secret is so long.
const echoLimit = 16 << 10

// failure is the only maker of this package's errors. It keeps secrets out of them, whatever a server echoes.
func (s *Source) failure(cause source.Cause, part, advice string, err error) *source.Error {
	if err != nil {
		safe := s.credentials.conceal(err.Error())
		if len(safe) > saidLimit { // it repeats an answer
			safe = quote([]byte(safe))
		}
		if safe != err.Error() {
			err = errors.New(safe)
		}
	}
	return &source.Error{Cause: cause, Source: s.config.ID, Part: part, Advice: advice, Err: err}
}

func (s *Source) noRepository(name string, err error) *source.Error {
	return s.failure(source.CauseNotFound, name,
		fmt.Sprintf("there is no repository %s, or the token may not see it: check its name and the token's access", name), err)
}

func (s *Source) noOwner(login string) *source.Error {
	return s.failure(source.CauseNotFound, login,
		fmt.Sprintf("there is no organisation or user %s, or the token may not see it: check its name and the token's access", login), nil)
}

func (s *Source) unexpected(part string, err error) *source.Error {
	return s.failure(source.CauseAnswer, part, "GitHub's answer has another form than its schema says: look for a proxy that alters answers; it is tried again at the next run, and if it stays so, please report it", err)
}

// stops says that an error would meet every other repository as well, or that the run was ended from outside.
func stops(err error) bool {
	if err == nil {
		return false
	}
	var known *source.Error
	if !errors.As(err, &known) {
		return true
	}
	switch known.Cause {
	case source.CauseCredentials, source.CauseRateLimit, source.CauseNetwork, source.CauseConfiguration:
		return true
	}
	return false
}

// graphqlError is one entry of an answer's errors.
type graphqlError struct {
	Type       string `json:"type"`
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code        string `json:"code"`
		SAMLFailure bool   `json:"saml_failure"`
	} `json:"extensions"`
}

func (e graphqlError) Error() string {
	text := quote([]byte(e.Message))
	if e.Type != "" {
		text = e.Type + ": " + text
	}
	if len(e.Path) > 0 {
		text += " at " + e.place()
	}
	return text
}

// place is the path in the answer, such as repository.deployments.
func (e graphqlError) place() string {
	parts := make([]string, len(e.Path))
	for i, step := range e.Path {
		parts[i] = fmt.Sprint(step)
	}
	return strings.Join(parts, ".")
}

// about says that an error concerns a field of this name.
func (e graphqlError) about(field string) bool {
	return len(e.Path) > 0 && e.Path[len(e.Path)-1] == field
}

func (e graphqlError) limited() bool {
	return e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || e.Extensions.Code == "RATE_LIMITED" || speaksOfLimit(e.Message)
}

// overloaded says that a smaller page may do: the server ran out of time or of room, or gave no reason at all.
func (e graphqlError) overloaded() bool {
	switch e.Type {
	case "RESOURCE_LIMITS_EXCEEDED", "MAX_NODE_LIMIT_EXCEEDED":
		return true
	}
	return e.Type == "" && e.Extensions.Code == ""
}

// refused turns errors that another try will not heal into one with its cause.
func (s *Source) refused(part string, found []graphqlError) *source.Error {
	first := found[0]
	for _, e := range found {
		switch {
		case e.Extensions.SAMLFailure || strings.Contains(e.Message, "SAML"):
			return s.failure(source.CausePermission, part,
				"the organisation demands single sign-on: authorise the token for it in GitHub's token settings", e)
		case e.Type == "FORBIDDEN" || e.Type == "INSUFFICIENT_SCOPES":
			return s.failure(source.CausePermission, part, "the token may not read "+e.subject()+": give it read access", e)
		case e.Type == "NOT_FOUND" && e.place() == "repository":
			return s.noRepository(part, e)
		case e.Type == "NOT_FOUND":
			return s.failure(source.CauseNotFound, part, "GitHub does not find "+e.subject()+", or the token may not see it", e)
		}
	}
	return s.failure(source.CauseAnswer, part, "GitHub refused the query; this server may be too old or too new for it: read it over REST (api: rest), or update one of the two", first)
}

// subject names what an error is about in a person's words.
func (e graphqlError) subject() string {
	for _, step := range e.Path {
		if name, known := subjects[fmt.Sprint(step)]; known {
			return name
		}
	}
	if len(e.Path) == 0 {
		return "this"
	}
	return e.place()
}

var subjects = map[string]string{
	"pullRequests":     "pull requests",
	"deployments":      "deployments",
	"defaultBranchRef": "the contents of the repository",
	"issues":           "issues",
}

func speaksOfLimit(message string) bool {
	lower := strings.ToLower(message)
	return strings.Contains(lower, "rate limit") || strings.Contains(lower, "abuse detection")
}

// quote repeats the beginning of an answer. Secrets are taken out before it is cut, so that no part of one is left.
func (s *Source) quote(body []byte) string {
	return quote([]byte(s.credentials.conceal(string(body[:min(len(body), echoLimit)]))))
}

// said is an answer that is no good, for an error to carry.
func (s *Source) said(answer *reply) error {
	status := strings.TrimSpace(fmt.Sprintf("status %d %s", answer.status, http.StatusText(answer.status)))
	if text := s.quote(answer.body); text != "" {
		return fmt.Errorf("%s: %s", status, text)
	}
	return errors.New(status)
}

func quote(body []byte) string {
	text := strings.ToValidUTF8(strings.Join(strings.Fields(string(body[:min(len(body), quoteLimit)])), " "), "")
	if len(body) > quoteLimit {
		text += " …"
	}
	return text
}

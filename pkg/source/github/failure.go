package github

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// failure is a failure of this source.
func (s *Source) failure(cause source.Cause, part, advice string, err error) *source.Error {
	return s.host.Failure(cause, part, advice, err)
}

func (s *Source) noRepository(name string, err error) *source.Error {
	return s.failure(source.CauseNotFound, name,
		fmt.Sprintf("there is no repository %s, or the token may not see it: check its name and the token's access", name), err)
}

func (s *Source) noOwner(login string) *source.Error {
	return s.failure(source.CauseNotFound, login,
		fmt.Sprintf("there is no organisation or user %s, or the token may not see it: check its name and the token's access", login), nil)
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
	// fromGitHub says that the answer is GitHub's own, whose words may be repeated.
	fromGitHub bool
}

func (e graphqlError) Error() string {
	var words []string
	if errorType.MatchString(e.Type) {
		words = append(words, e.Type)
	}
	if e.fromGitHub && e.Message != "" {
		words = append(words, wire.Quote(e.Message))
	}
	text := strings.Join(words, ": ")
	if text == "" {
		text = "an error"
	}
	if len(e.Path) > 0 {
		text += " at " + e.place()
	}
	return text
}

var (
	errorType = regexp.MustCompile(`^[A-Z_]{1,40}$`)
	// asked are the words of the queries and of the names that are made for them.
	asked = func() map[string]bool {
		words := map[string]bool{}
		for _, text := range []string{syncText, recheckText, releasesText, tagsText, behindText, rollText, probeText(ownerRoots[0]), checkRepositoryText} {
			for _, word := range regexp.MustCompile(`[A-Za-z]+`).FindAllString(text, -1) {
				words[word] = true
			}
		}
		return words
	}()
	alias = regexp.MustCompile(`^(commit|rest)\d{1,3}$`)
)

// place is the path in the answer, such as repository.deployments. A step that nobody asked for is not repeated.
func (e graphqlError) place() string {
	parts := make([]string, len(e.Path))
	for i, step := range e.Path {
		parts[i] = "…"
		switch step := step.(type) {
		case float64:
			parts[i] = fmt.Sprint(step)
		case string:
			if asked[step] || alias.MatchString(step) {
				parts[i] = step
			}
		}
	}
	return strings.Join(parts, ".")
}

// about says that an error concerns a field of this name.
func (e graphqlError) about(field string) bool {
	return len(e.Path) > 0 && e.Path[len(e.Path)-1] == field
}

func (e graphqlError) limited() bool {
	return e.Type == "RATE_LIMITED" || e.Type == "RATE_LIMIT" || e.Extensions.Code == "RATE_LIMITED" || limits.Speak(e.Message)
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

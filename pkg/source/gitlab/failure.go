package gitlab

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// says finds GitLab's own words in a refusal. Its API puts them into message, its check of parameters and its routing into
// error, OAuth beside that into error_description, and GraphQL into a list.
func says(body []byte) string {
	var told struct {
		Message     any    `json:"message"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Errors      []struct {
			Message string `json:"message"`
		} `json:"errors"`
	}
	if json.Unmarshal(body, &told) != nil {
		return ""
	}
	switch message := told.Message.(type) {
	case string:
		return message
	case map[string]any:
		if text, ok := message["error"].(string); ok {
			return text
		}
	}
	if told.Description != "" {
		return told.Description
	}
	if told.Error != "" {
		return told.Error
	}
	if len(told.Errors) > 0 {
		return told.Errors[0].Message
	}
	return ""
}

// forbids is what to do about a 403.
func forbids(answer *wire.Answer) string {
	var told struct {
		Error string `json:"error"`
	}
	if json.Unmarshal(answer.Body, &told) == nil && told.Error == "insufficient_scope" {
		return "the token's scope is too small: it needs read_api"
	}
	return "the token may not read this: its user needs the role Reporter in the project, and the feature must be switched on there"
}

func (r *run) noProject(name string, err error) *source.Error {
	return r.Failure(source.CauseNotFound, name,
		fmt.Sprintf("there is no project %s, or the token may not see it, which GitLab tells in the same words: check its path and the token's access", name), err)
}

func (r *run) noGroup(name string, err error) *source.Error {
	return r.Failure(source.CauseNotFound, name,
		fmt.Sprintf("there is no group or user %s, or the token may not see it: check its path and the token's access", name), err)
}

// noAPI is what a page in place of an answer means.
func (r *run) noAPI(answer *wire.Answer) *source.Error {
	return r.Failure(source.CauseConfiguration, "", fmt.Sprintf(
		"a page for people came from %s in place of an answer: enter the address that people open GitLab at, with its path if it lies beneath one, such as https://HOST/gitlab; or look for a proxy that asks to log in",
		strings.TrimSuffix(r.root, restPath)), r.Said(answer))
}

func isAbsent(err error) bool {
	var known *source.Error
	return errors.As(err, &known) && known.Cause == source.CauseNotFound
}

// refusedToken tells what is wrong with the token, as far as GitLab says.
func (r *run) refusedToken(answer *wire.Answer) *source.Error {
	advice := r.Credentials.Advice()
	switch words := strings.ToLower(says(answer.Body)); {
	case strings.Contains(words, "expired"):
		advice = "the token has expired: create a new one with the scope read_api and enter it"
	case strings.Contains(words, "revoked"):
		advice = "the token was revoked: create a new one with the scope read_api and enter it"
	}
	return r.Failure(source.CauseCredentials, "", advice, r.Said(answer))
}

// absent is the status that callers look at themselves where something may not be there.
var absent = []int{http.StatusNotFound}

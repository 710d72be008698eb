package github

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

var (
	_ source.Receiver = (*Source)(nil)
	_ source.Poster   = (*Source)(nil)
)

// hooks say what each of GitHub's webhooks means to a source. One that is not here is answered and ignored.
var hooks = map[string]func(*Source, string, *payload) (source.Received, error){
	"deployment":          (*Source).toldDeployment,
	"deployment_status":   (*Source).toldDeployment,
	"workflow_run":        (*Source).toldRun,
	"issues":              (*Source).toldIssue,
	"pull_request":        (*Source).toldPull,
	"pull_request_review": (*Source).toldPull,
	"push":                (*Source).toldPush,
	"release":             (*Source).toldRelease,
	"repository":          (*Source).toldRepository,
}

// Receive implements source.Receiver. What a webhook states exactly, which is a deployment's status, a run and an issue,
// becomes an event; a pull request's commits and reviews, and the commit graph, are read.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	secret := s.config.Secrets[source.SecretWebhook]
	if secret == "" {
		return source.Received{}, source.ErrNoSecret
	}
	signature, signed := strings.CutPrefix(header.Get("X-Hub-Signature-256"), "sha256=")
	if !signed || !source.Signed(secret, signature, body) {
		return source.Received{}, source.ErrForged
	}
	kind := header.Get("X-GitHub-Event")
	if kind == "" {
		return source.Received{}, &source.Mistake{Field: "X-GitHub-Event", Problem: "the header is missing; GitHub sends it with every webhook"}
	}
	text, err := unwrap(header, body)
	if err != nil {
		return source.Received{}, err
	}
	received := source.Received{Kind: kind}
	hook, known := hooks[kind]
	p := payload{}
	err = json.Unmarshal(text, &p)
	name := p.Repository.FullName
	switch {
	case err != nil:
		return source.Received{}, unreadable("", err)
	case kind == "ping":
		received.Ignored = "a ping: the signature is right"
	case !known:
		received.Ignored = "webhooks of this kind tell nothing that figures need"
	case name == "":
		return source.Received{}, &source.Mistake{Field: "repository.full_name", Problem: "is missing"}
	case s.unusable != nil || !s.selection.Takes(name):
		received.Ignored = "this source does not read that repository"
	default:
		received, err = hook(s, name, &p)
		received.Kind = kind
		for _, e := range received.Events {
			if field, problem := dora.TooLong(e); field != "" {
				return source.Received{}, &source.Mistake{Field: field, Problem: problem}
			}
			dora.Bound(e)
		}
	}
	return received, err
}

// unwrap takes the payload out of the form that GitHub puts it into unless it is set to JSON.
func unwrap(header http.Header, body []byte) ([]byte, error) {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	switch {
	case err == nil && kind == "application/x-www-form-urlencoded":
		values, err := url.ParseQuery(string(body))
		if err != nil || values.Get("payload") == "" {
			return nil, &source.Mistake{Field: "payload", Problem: "the form has no payload"}
		}
		return []byte(values.Get("payload")), nil
	case err == nil && kind == "application/json":
		return body, nil
	}
	return nil, &source.Mistake{Field: "Content-Type", Problem: "is not allowed; allowed: application/json, application/x-www-form-urlencoded"}
}

// Posted implements source.Poster.
func (s *Source) Posted(repository, id string) (string, int64, error) {
	if from := s.habits.Of(repository).of(); from != FromDeployments {
		return "", 0, fmt.Errorf("deployments of this repository are %s, which are read; post to a source of type webhook instead", from)
	}
	if s.unusable != nil || !s.selection.Takes(repository) {
		return "", 0, fmt.Errorf("%q is none of the repositories that this source reads", repository)
	}
	number, err := strconv.ParseInt(id, 10, 64)
	if err != nil || number <= 0 {
		return "", 0, fmt.Errorf("%q is no number of a GitHub deployment; allowed: what GitHub calls its id", id)
	}
	return repository + ":deployment:" + strconv.FormatInt(number, 10), number, nil
}

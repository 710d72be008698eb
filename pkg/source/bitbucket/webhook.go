package bitbucket

import (
	"encoding/json"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// hooks are the events that mean that something is to be read. Nothing is made of them: none tells of a deployment, and what
// they tell of a pull request is not all that figures need.
var hooks = map[string]bool{
	"repo:push": true, "repo:commit_status_created": true, "repo:commit_status_updated": true,
	"pullrequest:fulfilled": true, "pullrequest:approved": true, "pullrequest:changes_request_created": true, "pullrequest:comment_created": true,
}

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var told struct {
		Repository *struct {
			Name string `json:"full_name"`
		} `json:"repository"`
		Request *struct {
			State string `json:"state"`
		} `json:"pullrequest"`
	}
	if json.Unmarshal(body, &told) != nil {
		return source.Received{}, &source.Mistake{Problem: "the body is no JSON of the form that Bitbucket documents"}
	}
	received := source.Received{Kind: header.Get("X-Event-Key")}
	switch {
	case received.Kind == "":
		return source.Received{}, &source.Mistake{Field: "X-Event-Key", Problem: "is missing; Bitbucket sends this header with every call"}
	case !hooks[received.Kind]:
		received.Ignored = "calls of this kind tell nothing that figures need"
	case told.Repository == nil || told.Repository.Name == "":
		return source.Received{}, &source.Mistake{Field: "repository.full_name", Problem: "is missing"}
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	case !s.selection.Takes(told.Repository.Name):
		received.Ignored = "this source does not read the repository"
	case told.Request != nil && told.Request.State != "MERGED":
		received.Ignored = "this pull request is not merged"
	default:
		received.Refresh = []string{told.Repository.Name}
	}
	return received, nil
}

// proves says whether a call is signed in Bitbucket's way, or carries the secret in one that all senders have.
func proves(secret string, header http.Header, body []byte) error {
	if given, signed := strings.CutPrefix(header.Get("X-Hub-Signature"), "sha256="); signed && secret != "" {
		if source.Signed(secret, given, body) {
			return nil
		}
		return source.ErrForged
	}
	return source.Proves(secret, header, body)
}

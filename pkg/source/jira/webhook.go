package jira

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// payload is what of a webhook is read: which issue it is about. No event is made of it, since it tells one change and not the
// history that says when an incident ended.
type payload struct {
	Event string `json:"webhookEvent"`
	Issue *struct {
		ID     idText `json:"id"`
		Fields struct {
			Project struct {
				Key string `json:"key"`
			} `json:"project"`
		} `json:"fields"`
	} `json:"issue"`
}

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		var mistyped *json.UnmarshalTypeError
		if errors.As(err, &mistyped) {
			return source.Received{}, &source.Mistake{Field: mistyped.Field, Problem: "is of another type than Jira documents"}
		}
		return source.Received{}, &source.Mistake{Problem: "the body is no JSON"}
	}
	received := source.Received{Kind: p.Event}
	switch p.Event {
	case "":
		return source.Received{}, &source.Mistake{Field: "webhookEvent", Problem: "is missing; Jira sends it with every webhook"}
	case "jira:issue_created", "jira:issue_updated", "jira:issue_deleted":
	default:
		received.Ignored = "webhooks of this kind tell nothing that figures need"
		return received, nil
	}
	switch {
	case p.Issue == nil || !isNumber(string(p.Issue.ID)):
		return source.Received{}, &source.Mistake{Field: "issue.id", Problem: "is missing or no number"}
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	case p.Event == "jira:issue_deleted":
		received.Everything = true
	case !s.takes(p.Issue.Fields.Project.Key):
		received.Ignored = "this source does not read the issue's project"
	default:
		received.Refresh = []string{string(p.Issue.ID)}
	}
	return received, nil
}

// takes says whether a project is read; one that is not named may be.
func (s *Source) takes(key string) bool { return key == "" || s.selection.Takes(key) }

// proves says whether a call carries Jira's signature, or the secret as other senders send it.
func proves(secret string, header http.Header, body []byte) error {
	signature, signed := strings.CutPrefix(header.Get("X-Hub-Signature"), "sha256=")
	if secret == "" || !signed {
		return source.Proves(secret, header, body)
	}
	if !source.Signed(secret, signature, body) {
		return source.ErrForged
	}
	return nil
}

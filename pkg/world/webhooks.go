package world

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
)

// Webhook is a call that GitHub would make when something happens.
type Webhook struct {
	Event    string // as in X-GitHub-Event
	Delivery string
	Body     []byte
}

// Subscribe has every webhook from now on handed over, in order. The world stands still meanwhile: deliver must neither
// block nor ask the world anything.
func (w *World) Subscribe(deliver func(Webhook)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.deliver = deliver
}

// Request is the webhook as GitHub sends it, signed with a secret.
func (h Webhook) Request(ctx context.Context, address, secret string) (*http.Request, error) {
	return h.request(ctx, address, secret, "application/json", h.Body)
}

// FormRequest is the same in the other of the two encodings that GitHub offers.
func (h Webhook) FormRequest(ctx context.Context, address, secret string) (*http.Request, error) {
	return h.request(ctx, address, secret, "application/x-www-form-urlencoded", []byte(url.Values{"payload": {string(h.Body)}}.Encode()))
}

func (h Webhook) request(ctx context.Context, address, secret, kind string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write(body) // it never fails
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", "GitHub-Hookshot/0000000")
	r.Header.Set("X-GitHub-Event", h.Event)
	r.Header.Set("X-GitHub-Delivery", h.Delivery)
	r.Header.Set("X-Hub-Signature-256", "sha256="+hex.EncodeToString(mac.Sum(nil)))
	return r, nil
}

// tell hands over GitHub's webhook where someone listens; of what other systems keep GitHub knows nothing. more are the payload's parts beside those that all have.
func (w *World) tell(r *repository, by *person, event, action string, more map[string]any) {
	if w.deliver == nil || r.host != GitHub {
		return
	}
	c := w.shapes(r)
	payload := map[string]any{"repository": c.showRepository(r), "sender": c.showPerson(by)}
	if action != "" {
		payload["action"] = action
	}
	for name, value := range more {
		payload[name] = value
	}
	body, err := appendJSON(nil, payload)
	if err != nil {
		return // what the API answers with can be written
	}
	w.deliveries++
	w.deliver(Webhook{Event: event, Delivery: fmt.Sprintf("00000000-0000-4000-8000-%012x", w.deliveries), Body: body})
}

// shapes are what the API would answer with.
func (w *World) shapes(r *repository) *restCall {
	return &restCall{world: w, repo: r, base: "https://api.github.com"}
}

func (s *service) tellDeployment(d *deployment) {
	if s.repo.deployer != GitHub {
		return
	}
	s.world.tell(d.repo, d.creator, "deployment", "created", map[string]any{"deployment": s.world.shapes(d.repo).showDeployment(d)})
}

// tellStatus tells of a status; GitHub is silent about deployments that others take the place of.
func (s *service) tellStatus(d *deployment, to *status) {
	if to.state == "INACTIVE" || s.repo.deployer != GitHub {
		return
	}
	c := s.world.shapes(d.repo)
	s.world.tell(d.repo, to.creator, "deployment_status", "created", map[string]any{"deployment": c.showDeployment(d), "deployment_status": c.showStatus(to)})
}

// tellPull tells that a pull request was merged, and of the push that this is.
func (s *service) tellPull(p *pull) {
	if s.world.deliver == nil {
		return
	}
	c := s.world.shapes(p.repo)
	shown := c.showPull(p).(map[string]any)
	shown["merged"] = true
	s.world.tell(p.repo, p.mergedBy, "pull_request", "closed", map[string]any{"number": p.number, "pull_request": shown})
	s.world.tell(p.repo, p.mergedBy, "push", "", map[string]any{"ref": "refs/heads/" + mainBranch, "after": p.landed.sha})
}

// issueActions are the actions of the issues webhook, by the event on an issue's timeline.
var issueActions = map[string]string{"LabeledEvent": "labeled", "UnlabeledEvent": "unlabeled", "ClosedEvent": "closed", "ReopenedEvent": "reopened"}

func (s *service) tellIssue(e *issueEvent) {
	if s.world.deliver == nil || e.issue.elsewhere {
		return
	}
	more := map[string]any{"issue": s.world.shapes(e.issue.repo).showIssue(e.issue)}
	if e.label != "" {
		more["label"] = map[string]any{"name": e.label}
	}
	s.world.tell(e.issue.repo, e.actor, "issues", issueActions[e.kind], more)
}

package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

// overloadLimit bounds how often in a row an answer may be too much for the server.
const overloadLimit = 9

// question is one GraphQL query. The variables may depend on the page width, since a page that was too wide for the
// server is asked for again in a narrower form.
type question struct {
	part      string // what it is about, for errors
	text      string
	variables func(width int) map[string]any
	// tolerates, where given, names errors that the asker handles by looking for nulls.
	tolerates func(graphqlError) bool
}

func fixed(variables map[string]any) func(int) map[string]any {
	return func(int) map[string]any { return variables }
}

// envelope is what every GraphQL answer has around it.
type envelope struct {
	Data    json.RawMessage `json:"data"`
	Errors  []graphqlError  `json:"errors"`
	Message string          `json:"message"`
}

// ask puts a question until it is answered, with narrower pages where they are too much for the server. Every failure
// is a *source.Error, or the context's error.
func (r *run) ask(ctx context.Context, q question, into any) error {
	return r.persist(ctx, q.part, func() (*reply, verdict, error) {
		payload, err := json.Marshal(map[string]any{"query": q.text, "variables": q.variables(r.width.now)})
		if err != nil {
			return nil, answered, err
		}
		answer, err := r.signed(ctx, q.part, call{method: http.MethodPost, address: r.address, payload: payload, accept: "application/json"})
		if err != nil {
			return nil, answered, err
		}
		v, err := r.judge(q, answer, into)
		return answer, v, err
	})
}

// persist tries again until there is an answer: it waits out rate limits, and lets a server that is overloaded breathe.
func (r *run) persist(ctx context.Context, part string, try func() (*reply, verdict, error)) error {
	for overloads := 0; ; {
		answer, again, err := try()
		switch {
		case err != nil:
			return err
		case again == limited:
			if err := r.waitForLimit(ctx, answer.header); err != nil {
				return err
			}
		case again == overloaded:
			overloads++
			if overloads > overloadLimit {
				return r.failure(source.CauseServer, part, "GitHub could not answer even the smallest page: it is tried again at the next run", r.said(answer))
			}
			r.width.shrink()
			if overloadStatus(answer.status) {
				r.stumbled(answer.from, nil)
			}
			if err := r.sleep(ctx, min(r.longestBreak, r.firstBreak<<(overloads-1))); err != nil {
				return err
			}
		default:
			r.width.succeeded()
			r.limits = 0
			return nil
		}
	}
}

// lost sorts what went wrong on the way.
func (r *run) lost(ctx context.Context, part string, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, errTooLarge), errors.Is(err, errCut):
		return r.failure(source.CauseAnswer, part, "GitHub's answer does not arrive whole: look for a proxy that cuts answers", err)
	}
	return r.failure(source.CauseNetwork, part, "GitHub cannot be reached: check the address, the network and the proxy", err)
}

// verdict says whether a question must be put again.
type verdict int

const (
	answered verdict = iota
	limited
	overloaded
)

func (r *run) judge(q question, answer *reply, into any) (verdict, error) {
	if v, err := r.judgeStatus(q.part, answer); v != answered || err != nil {
		r.noGraphQL = refusesGraphQL(answer)
		if answer.status == http.StatusNotFound {
			err = r.failure(source.CauseConfiguration, "", "there is no GraphQL API at "+r.address+": check the address", r.said(answer))
		}
		return v, err
	}
	var e envelope
	if err := json.Unmarshal(answer.body, &e); err != nil {
		return answered, r.failure(source.CauseAnswer, q.part,
			"what answers is not GitHub's GraphQL: check the address and look for a login page or proxy in between", r.said(answer))
	}
	r.spend(e.Data)
	var grave []graphqlError
	for _, each := range e.Errors {
		each.Message, each.fromGitHub = r.credentials.conceal(each.Message), answer.isGitHubs()
		switch {
		case each.about("databaseId"): // past the field's range: the node id has it
		case each.limited():
			return limited, nil
		case each.overloaded():
			return overloaded, nil
		case q.tolerates == nil || !q.tolerates(each):
			grave = append(grave, each)
		}
	}
	if len(grave) > 0 {
		return answered, r.refused(q.part, grave)
	}
	if len(e.Data) == 0 || bytes.Equal(e.Data, []byte("null")) {
		return answered, r.failure(source.CauseAnswer, q.part, "GitHub's answer carries no data: it is tried again at the next run", r.said(answer))
	}
	err := json.Unmarshal(e.Data, into)
	if errors.Is(err, errNullNodes) {
		return overloaded, nil
	}
	if err != nil {
		return answered, r.unexpected(q.part, err)
	}
	return answered, nil
}

// judgeStatus sorts answers by their HTTP status; a 200 is for GraphQL's own errors to tell.
func (r *run) judgeStatus(part string, answer *reply) (verdict, error) {
	said := r.said(answer)
	switch status := answer.status; {
	case status == http.StatusOK:
		return answered, nil
	case status == http.StatusUnauthorized:
		return answered, r.failure(source.CauseCredentials, "", r.credentials.advice(), said)
	case asksToWait(status, answer.header), status == http.StatusForbidden && speaksOfLimit(string(answer.body)):
		return limited, nil
	case status == http.StatusForbidden:
		advice := "the token may not read this: give it read access"
		if asksForSignOn(answer) {
			advice = "the organisation demands single sign-on: authorise the token for it in GitHub's token settings"
		}
		return answered, r.failure(source.CausePermission, part, advice, said)
	case overloadStatus(status):
		return overloaded, nil
	case status >= http.StatusInternalServerError:
		return answered, r.failure(source.CauseServer, part, "GitHub fails: it is tried again at the next run", said)
	case status >= http.StatusMultipleChoices && status < http.StatusBadRequest:
		return answered, r.failure(source.CauseConfiguration, "", "the address redirects to another: enter the final one", answer.elsewhere())
	}
	return answered, r.failure(source.CauseAnswer, part, "GitHub refused the request: it is tried again at the next run, and if it stays so, please report it", said)
}

func asksForSignOn(answer *reply) bool {
	return answer.header.Get("X-GitHub-SSO") != "" || bytes.Contains(answer.body, []byte("SAML"))
}

// refusesGraphQL says that a status means the interface, not what was asked of it, and that it will not pass.
func refusesGraphQL(answer *reply) bool {
	switch answer.status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return true
	case http.StatusForbidden:
		return !asksToWait(answer.status, answer.header) && !speaksOfLimit(string(answer.body)) && !asksForSignOn(answer)
	}
	return false
}

// spend counts the points that an answer cost, where the server counts any.
func (r *run) spend(data json.RawMessage) {
	var cost struct{ RateLimit *struct{ Cost int } }
	if len(data) > 0 && json.Unmarshal(data, &cost) == nil && cost.RateLimit != nil {
		r.progress.Points += cost.RateLimit.Cost
	}
}

// breakBefore is how long a limit without a time holds: a minute at first, then twice as long each time.
func breakBefore(times int) time.Duration { return time.Minute << min(times, 4) }

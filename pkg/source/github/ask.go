package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

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
	err := r.put(ctx, q, into)
	if errors.Is(err, errNoTopics) && r.withTopics() {
		r.positions.Topicless = r.Now().UTC()
		err = r.put(ctx, q, into)
	}
	return err
}

func (r *run) put(ctx context.Context, q question, into any) error {
	text := q.text
	if !r.withTopics() {
		text = strings.ReplaceAll(text, topicsClause, "")
	}
	if !r.config.CodeOwners {
		text = strings.ReplaceAll(text, ownersClause, "")
	}
	if !r.config.CatalogInfo {
		text = strings.ReplaceAll(text, catalogClause, "")
	}
	return r.Persist(ctx, q.part, func() (*wire.Answer, wire.Verdict, error) {
		payload, err := json.Marshal(map[string]any{"query": text, "variables": q.variables(r.Width.Now)})
		if err != nil {
			return nil, wire.Answered, err
		}
		answer, err := r.Signed(ctx, q.part, wire.Call{Method: http.MethodPost, Address: r.address, Payload: payload})
		if err != nil {
			return nil, wire.Answered, err
		}
		v, err := r.judge(q, answer, into)
		return answer, v, err
	})
}

func (r *run) judge(q question, answer *wire.Answer, into any) (wire.Verdict, error) {
	if v, err := r.Judge(q.part, answer); v != wire.Answered || err != nil {
		r.noGraphQL = refusesGraphQL(answer)
		if answer.Status == http.StatusNotFound {
			err = r.Failure(source.CauseConfiguration, "", "there is no GraphQL API at "+r.address+": check the address", r.Said(answer))
		}
		return v, err
	}
	var e envelope
	if err := json.Unmarshal(answer.Body, &e); err != nil {
		return wire.Answered, r.Failure(source.CauseAnswer, q.part,
			"what answers is not GitHub's GraphQL: check the address and look for a login page or proxy in between", r.Said(answer))
	}
	r.spend(e.Data)
	var grave []graphqlError
	for _, each := range e.Errors {
		each.Message, each.fromGitHub = r.Credentials.Conceal(each.Message), r.IsGenuine(answer)
		switch {
		case each.about("databaseId"): // past the field's range: the node id has it
		case each.about(topicsField) && r.withTopics():
			return wire.Answered, r.Failure(source.CauseAnswer, q.part, "GitHub does not tell topics", errNoTopics)
		case each.limited():
			return wire.Limited, nil
		case each.overloaded():
			return wire.Overloaded, nil
		case q.tolerates == nil || !q.tolerates(each):
			grave = append(grave, each)
		}
	}
	if len(grave) > 0 {
		return wire.Answered, r.refused(q.part, grave)
	}
	if len(e.Data) == 0 || bytes.Equal(e.Data, []byte("null")) {
		return wire.Answered, r.Failure(source.CauseAnswer, q.part, "GitHub's answer carries no data: it is tried again at the next run", r.Said(answer))
	}
	err := json.Unmarshal(e.Data, into)
	if errors.Is(err, pages.ErrHole) {
		return wire.Overloaded, nil
	}
	if err != nil {
		return wire.Answered, r.Unexpected(q.part, err)
	}
	return wire.Answered, nil
}

// refusesGraphQL says that a status means the interface, not what was asked of it, and that it will not pass.
func refusesGraphQL(answer *wire.Answer) bool {
	switch answer.Status {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return true
	case http.StatusForbidden:
		return !limits.Hold(answer) && !asksForSignOn(answer)
	}
	return false
}

// spend counts the points that an answer cost, where the server counts any.
func (r *run) spend(data json.RawMessage) {
	var cost struct{ RateLimit *struct{ Cost int } }
	if len(data) > 0 && json.Unmarshal(data, &cost) == nil && cost.RateLimit != nil {
		r.Progress.Points += cost.RateLimit.Cost
	}
}

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// invited is how to follow a question, as its answer tells.
type invited struct {
	Channel string
	Query   json.RawMessage
}

// invitation asks a live question, as a panel does. The range begins with a day: where it began now less 24 months, an
// old deployment could leave it as the new one enters, and an answer that stays the same is no news.
func (h *hall) invitation(ctx context.Context, question string) (invited, error) {
	now := time.Now().UTC()
	responses, err := h.plugin.Ask(ctx, []backend.DataQuery{{
		RefID: "A", JSON: json.RawMessage(`{"live":true,"range":{"from":"now-24M/d","to":"now"},` + question + `}`),
		TimeRange: backend.TimeRange{From: now.AddDate(0, -24, 0).Truncate(24 * time.Hour), To: now},
	}})
	if err != nil {
		return invited{}, err
	}
	answer := responses["A"]
	if answer.Error != nil {
		return invited{}, answer.Error
	}
	text, err := json.Marshal(answer.Frames[0].Meta.Custom)
	if err != nil {
		return invited{}, err
	}
	var custom struct{ Live invited }
	if err := json.Unmarshal(text, &custom); err != nil {
		return invited{}, err
	}
	if custom.Live.Channel == "" {
		return invited{}, errors.New("the answer invites to no channel: " + question)
	}
	return custom.Live, nil
}

// etagOf is what tells a frame's contents from others.
func etagOf(frame json.RawMessage) string {
	_, behind, _ := bytes.Cut(frame, []byte(`"etag":"`))
	etag, _, _ := bytes.Cut(behind, []byte(`"`))
	return string(etag)
}

// deploy lets a service deploy now, and gives the webhook that tells of it.
func (h *hall) deploy(number int) any {
	service := h.services[number]
	if service == nil {
		service = large.L.Service(number)
		for range service.Events() { //nolint:revive // it goes on from the end of its past
		}
		h.services[number] = service
	}
	return document(service.Deploy(time.Now().Add(-time.Second).Truncate(time.Second)))
}

// document writes events in the small JSON that any sender may use.
func document(events []dora.Event) any {
	var commits, changes, deployments []any
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Commit:
			commits = append(commits, map[string]any{"sha": e.SHA, "parents": strings.Join(e.Parents, " "), "authored": e.Authored, "committed": e.Committed, "author": e.Author, "message": e.Message})
		case *dora.Change:
			var own, reviews []any
			for _, c := range e.Commits {
				own = append(own, map[string]any{"sha": c.SHA, "authored": c.Authored})
			}
			for _, r := range e.Reviews {
				reviews = append(reviews, map[string]any{"author": r.Author, "state": r.State, "at": r.At})
			}
			changes = append(changes, map[string]any{
				"repository": e.Repository, "number": e.Number, "title": e.Title, "body": e.Body, "url": e.URL, "author": e.Author, "base": e.Base, "branch": e.Branch,
				"opened": e.Opened, "merged": e.Merged, "mergeCommit": e.MergeCommit, "commits": own, "reviews": reviews,
			})
		case *dora.Deployment:
			last := e.Statuses[len(e.Statuses)-1]
			deployments = append(deployments, map[string]any{
				"id": fmt.Sprint(e.Number), "repository": e.Repository, "environment": e.Environment, "sha": e.SHA, "branch": e.Ref, "url": e.URL, "creator": e.Creator,
				"created": e.Created, "status": last.State, "at": last.At, "commits": commits,
			})
		}
	}
	return map[string]any{"deployments": deployments, "changes": changes}
}

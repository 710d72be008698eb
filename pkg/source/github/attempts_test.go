package github_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

// pipeline is the tiny GitHub with runs of Actions, which only its REST API tells of.
type pipeline struct {
	*tiny
	runs    []*workflowRun // the oldest first
	expired map[string]bool
	asked   []string // for attempts
	server  *httptest.Server
}

type workflowRun struct {
	number        int
	event, branch string
	made          time.Time
	attempts      []attempt
}

type attempt struct {
	conclusion   string // empty while it runs
	began, ended time.Time
}

func newPipeline(t *testing.T) *pipeline {
	t.Helper()
	p := &pipeline{tiny: newTiny(t), expired: map[string]bool{}}
	p.head = p.commit("a")
	p.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at, isRun := strings.CutPrefix(r.URL.Path, "/repos/"+shop+"/actions/runs")
		if !isRun {
			p.ServeHTTP(w, r)
			return
		}
		var number, tried int
		_, _ = fmt.Sscanf(at, "/%d/attempts/%d", &number, &tried)
		var list []any
		for i := len(p.runs) - 1; i >= 0; i-- {
			run := p.runs[i]
			switch {
			case number == run.number && tried > 0:
				p.asked = append(p.asked, strings.TrimPrefix(at, "/"))
				if p.expired[fmt.Sprint(number, "/", tried)] {
					http.NotFound(w, r)
				} else {
					_ = json.NewEncoder(w).Encode(run.shape(tried))
				}
				return
			case number == run.number:
				_ = json.NewEncoder(w).Encode(run.shape(len(run.attempts)))
				return
			}
			list = append(list, run.shape(len(run.attempts)))
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"workflow_runs": list})
	}))
	t.Cleanup(p.server.Close)
	return p
}

// shape is what GitHub tells of a run as of one of its attempts.
func (r *workflowRun) shape(tried int) map[string]any {
	at := r.attempts[tried-1]
	shape := map[string]any{
		"id": r.number, "node_id": fmt.Sprint("WFR_", r.number), "name": "deploy", "event": r.event, "head_branch": r.branch, "head_sha": sha("a"),
		"run_attempt": tried, "status": "completed", "conclusion": at.conclusion, "created_at": r.made, "run_started_at": at.began, "updated_at": at.ended,
	}
	if at.conclusion == "" {
		shape["status"], shape["conclusion"], shape["updated_at"] = "in_progress", nil, at.began
	}
	return shape
}

func (p *pipeline) run(number int, attempts ...attempt) *workflowRun {
	run := &workflowRun{number: number, event: "push", branch: "main", made: attempts[0].began, attempts: attempts}
	p.runs = append(p.runs, run)
	return run
}

func (p *pipeline) read(t *testing.T, l *ledger) map[int64]*dora.Deployment {
	t.Helper()
	p.asked = nil
	require.NoError(t, l.collect(t.Context(), p.source(), time.Time{}))
	found := map[int64]*dora.Deployment{}
	for _, d := range of[*dora.Deployment](l) {
		found[d.Number] = d
	}
	return found
}

func (p *pipeline) source() *github.Source {
	return open(configured{
		ID: "github", URL: p.server.URL, Repositories: []string{shop}, Secrets: map[string]string{"token": secret, source.SecretWebhook: hookSecret},
		Deployments: github.Deployments{Habit: github.Habit{From: github.FromWorkflowRuns, Workflow: dora.MustPattern("^deploy$")}},
	}, p.server.Client(), at("2026-03-20T00:00:00Z"), github.WithRetries(0, 0, 0))
}

// on is an attempt on a day of March 2026, of five minutes from noon.
func on(day int, conclusion string) attempt {
	began := time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC)
	return attempt{conclusion, began, began.Add(5 * time.Minute)}
}

func TestARunThatIsRunAgainIsDeployedByItsFirstSuccess(t *testing.T) {
	p := newPipeline(t)
	p.run(1, on(2, "success"))
	p.run(2, on(3, "success"), on(5, "success"))
	p.run(3, on(4, "success"), on(5, "failure"), on(6, "failure"))
	p.run(4, on(5, "failure"), on(6, "success"), on(7, "failure"))
	p.run(5, on(6, "failure"), on(7, "cancelled"))
	p.run(6, on(7, "success"), on(8, ""))
	p.run(7, on(8, "skipped"), on(9, "success"))
	l := newLedger()
	found := p.read(t, l)
	for number, day := range map[int64]int{1: 2, 2: 3, 3: 4, 4: 6, 6: 7, 7: 9} {
		assert.Equal(t, on(day, "").ended, found[number].Finished(), "run %d", number)
	}
	assert.Equal(t, on(6, "").ended, found[5].Failed())
	assert.ElementsMatch(t, []string{"2/attempts/1", "3/attempts/1", "4/attempts/1", "4/attempts/2", "5/attempts/1", "6/attempts/1", "7/attempts/1"}, p.asked,
		"none of a run of one attempt, and none behind the first success")

	p.read(t, l)
	assert.Equal(t, []string{"5/attempts/1"}, p.asked, "a success is final")
}

func TestAnAttemptEndedBeforeTheNextOneBegan(t *testing.T) {
	p := newPipeline(t)
	first, second := on(3, "success"), on(5, "success")
	first.ended = second.ended // as GitHub has it where something touched the attempt later
	p.run(1, first, second)
	assert.Equal(t, second.began, p.read(t, newLedger())[1].Finished())
}

func TestAStoreThatSawTheFirstSuccessAgreesWithOneThatReadsLater(t *testing.T) {
	p := newPipeline(t)
	run := p.run(1, on(3, "success"))
	failed := p.run(2, on(4, "failure"))
	kept := newLedger()
	p.read(t, kept)
	run.attempts = append(run.attempts, on(5, "failure"))
	failed.attempts = append(failed.attempts, on(6, "success"))
	for name, found := range map[string]map[int64]*dora.Deployment{"kept": p.read(t, kept), "fresh": p.read(t, newLedger())} {
		assert.Equal(t, on(3, "").ended, found[1].Finished(), name)
		assert.Equal(t, on(6, "").ended, found[2].Finished(), name)
	}

	p.expired = map[string]bool{"1/1": true}
	kept.cursor = nil // it is read again as a whole
	assert.Equal(t, on(3, "").ended, p.read(t, kept)[1].Finished(), "what was known stays known")
}

func TestARunWhoseEarlierAttemptsAreGoneIsCountedAndNotDated(t *testing.T) {
	p := newPipeline(t)
	p.run(1, on(3, "failure"), on(4, "failure"), on(5, "success"))
	p.expired = map[string]bool{"1/2": true}
	l := newLedger()
	found := p.read(t, l)[1]
	assert.True(t, found.Retried)
	assert.True(t, found.Finished().IsZero())
	assert.True(t, found.Failed().IsZero())
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	for _, e := range l.events {
		h.Apply(e)
	}
	derived := h.Derive(dora.DefaultDefinition()).Services[0]
	assert.Empty(t, derived.Deployments)
	assert.Equal(t, map[facts.Reason]int{facts.ReasonRetriedRun: 1}, derived.Unmeasured)
}

func signed(t *testing.T, event string, body []byte) http.Header {
	t.Helper()
	r, err := hooked(event, string(body)).Request(t.Context(), "http://grafana.example", hookSecret)
	require.NoError(t, err)
	return r.Header
}

func TestRunsForWhatIsNotMergedAreNoDeployments(t *testing.T) {
	p := newPipeline(t)
	for i, event := range []string{"merge_group", "pull_request", "pull_request_target", "pull_request_review", "pull_request_review_comment", "push", "schedule", "workflow_dispatch"} {
		p.run(i+1, on(i+2, "success")).event = event
	}
	p.run(9, on(12, "success"), on(13, "success")).event = "merge_group"
	p.run(10, on(13, "success")).branch = "gh-readonly-queue/main/pr-2-" + sha("a") // a push there
	assert.Len(t, p.read(t, newLedger()), 3)
	assert.Empty(t, p.asked)
	for _, run := range p.runs {
		body, err := json.Marshal(map[string]any{
			"action": "completed", "workflow_run": run.shape(len(run.attempts)),
			"repository": map[string]any{"full_name": shop, "default_branch": "main"},
		})
		require.NoError(t, err)
		received, err := p.source().Receive(signed(t, "workflow_run", body), body)
		require.NoError(t, err)
		deploys := run.number >= 6 && run.number <= 8
		assert.Equal(t, deploys, len(received.Events) == 1, "run %d", run.number)
		assert.Equal(t, deploys, received.Ignored == "", "run %d", run.number)
	}
}

func TestAWebhookOfARunThatIsRunAgainDatesNothing(t *testing.T) {
	p := newPipeline(t)
	run := p.run(1, on(3, "success"), on(5, ""))
	tell := func() (events int, refresh []string, ignored string) {
		body, err := json.Marshal(map[string]any{"action": "in_progress", "workflow_run": run.shape(2), "repository": map[string]any{"full_name": shop}})
		require.NoError(t, err)
		received, err := p.source().Receive(signed(t, "workflow_run", body), body)
		require.NoError(t, err)
		return len(received.Events), received.Refresh, received.Ignored
	}
	events, refresh, ignored := tell()
	assert.Zero(t, events)
	assert.Empty(t, refresh)
	assert.NotEmpty(t, ignored)
	run.attempts[1] = on(5, "success")
	events, refresh, ignored = tell()
	assert.Zero(t, events, "an attempt before may have succeeded")
	assert.Equal(t, []string{shop}, refresh)
	assert.Empty(t, ignored)
}

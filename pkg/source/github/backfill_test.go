package github_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// afterAll is later than everything in the datasets.
const afterAll = "2027-01-01T00:00:00Z"

type commitRow struct {
	OID, Author, MessageHeadline string
	Parents                      []string
	AuthoredDate, CommittedDate  time.Time
}

type pullRow struct {
	Number                                int
	Author, Title                         string
	CreatedAt, MergedAt                   time.Time
	BaseRefName, HeadRefName, MergeCommit string
	Commits                               []string
	Labels                                []string
}

type reviewRow struct {
	Pull          int
	Author, State string
	SubmittedAt   time.Time
}

type deploymentRow struct {
	ID                          int64
	Environment, OID, Ref, Task string
	CreatedAt                   time.Time
	Creator                     string
}

type statusRow struct {
	Deployment int64
	State      string
	CreatedAt  time.Time
}

// assertComplete compares everything that was handed over for a repository with the dataset's own files.
func assertComplete(t *testing.T, r *replay, l *ledger, repository string) {
	t.Helper()
	commits := map[string]commitRow{}
	for _, row := range rows[commitRow](t, r, repository, "commits.jsonl") {
		commits[row.OID] = row
	}
	head := of[*dora.Repository](l)[repository]
	require.NotNil(t, head)
	assert.Equal(t, "master", head.DefaultBranch)

	got := of[*dora.Commit](l)
	runs := rows[deploymentRow](t, r, repository, "deployments.jsonl")
	tips := []string{head.HeadSHA}
	for _, d := range runs {
		tips = append(tips, d.OID)
	}
	reachable := ancestors(commits, tips)
	seen := 0
	for id, commit := range got {
		if commit.Repository != repository {
			continue
		}
		seen++
		row := commits[commit.SHA]
		assert.Equal(t, repository+"@"+row.OID, id)
		assert.Equal(t, row.AuthoredDate, commit.Authored)
		assert.Equal(t, row.CommittedDate, commit.Committed)
		assert.Equal(t, row.Author, commit.Author)
		assert.Equal(t, row.MessageHeadline, commit.Message)
		assert.ElementsMatch(t, row.Parents, commit.Parents)
		assert.True(t, reachable[commit.SHA])
	}
	assert.Equal(t, len(reachable), seen, "every commit that the head or a deployment leads to")

	reviews := map[int][]dora.Review{}
	for _, row := range rows[reviewRow](t, r, repository, "reviews.jsonl") {
		reviews[row.Pull] = append(reviews[row.Pull], dora.Review{Author: row.Author, State: strings.ToLower(row.State), At: row.SubmittedAt})
	}
	pulls := rows[pullRow](t, r, repository, "pulls.jsonl")
	changes := of[*dora.Change](l)
	for _, row := range pulls {
		change := changes[id(repository, "pull", int64(row.Number))]
		if !assert.NotNil(t, change, "pull request %d", row.Number) {
			continue
		}
		assert.Equal(t, row.Author, change.Author)
		assert.Equal(t, row.CreatedAt, change.Opened)
		assert.Equal(t, row.MergedAt, change.Merged)
		assert.Equal(t, row.BaseRefName, change.Base)
		assert.Equal(t, row.HeadRefName, change.Branch)
		assert.Equal(t, row.MergeCommit, change.MergeCommit)
		assert.ElementsMatch(t, row.Labels, change.Labels)
		assert.ElementsMatch(t, reviews[row.Number], change.Reviews, "reviews of %d", row.Number)
		if assert.Len(t, change.Commits, len(row.Commits), "commits of %d", row.Number) {
			for i, sha := range row.Commits {
				assert.Equal(t, dora.ChangeCommit{SHA: sha, Authored: commits[sha].AuthoredDate}, change.Commits[i])
			}
		}
	}
	assert.Len(t, within(changes, repository), len(pulls))

	statuses := map[int64]int{} // without those that retire a deployment, which are not asked for once it has succeeded
	success := map[int64]time.Time{}
	for _, row := range rows[statusRow](t, r, repository, "statuses.jsonl") {
		if row.State != "inactive" {
			statuses[row.Deployment]++
		}
		if at := success[row.Deployment]; row.State == "success" && (at.IsZero() || row.CreatedAt.Before(at)) {
			success[row.Deployment] = row.CreatedAt
		}
	}
	deployments := of[*dora.Deployment](l)
	for _, row := range runs {
		d := deployments[id(repository, "deployment", row.ID)]
		if !assert.NotNil(t, d, "deployment %d", row.ID) {
			continue
		}
		assert.Equal(t, row.ID, d.Number)
		assert.Equal(t, row.Environment, d.Environment)
		assert.Equal(t, row.OID, d.SHA)
		assert.Equal(t, row.Ref, d.Ref)
		assert.Equal(t, map[bool]dora.RefKind{true: dora.RefBranch, false: dora.RefTag}[row.Ref == "master"], d.RefKind)
		assert.Equal(t, row.Task, d.Task)
		assert.Equal(t, row.CreatedAt, d.Created)
		assert.Equal(t, row.Creator, d.Creator)
		assert.Equal(t, success[row.ID], d.Finished())
		assert.Equal(t, len(d.Statuses), d.Rank)
		live := slices.DeleteFunc(slices.Clone(d.Statuses), func(s dora.DeploymentStatus) bool { return s.State == dora.StateRetired })
		assert.Len(t, live, statuses[row.ID])
	}
	assert.Len(t, within(deployments, repository), len(runs))
}

func TestABackfillIsEverythingThatTheRepositoryHolds(t *testing.T) {
	r := startReplay(t, afterAll)
	for _, repository := range []string{plain, synthetic} {
		t.Run(repository, func(t *testing.T) {
			l := newLedger()
			require.NoError(t, l.collect(t.Context(), r.source(configured{Repositories: []string{repository}}, at(afterAll)), time.Time{}))
			assertComplete(t, r, l, repository)
			t.Logf("%d requests, %d points, %d batches, cursor %d bytes", l.last.Requests, l.last.Points, l.batches, len(l.cursor))
			assert.LessOrEqual(t, l.last.Requests, 43, "of which one asks in vain for topics, which the replay does not have")
			assert.LessOrEqual(t, l.last.Points, 75)
		})
	}
}

func ancestors(commits map[string]commitRow, tips []string) map[string]bool {
	found := map[string]bool{}
	for stack := tips; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if !found[at] {
			found[at] = true
			stack = append(stack, commits[at].Parents...)
		}
	}
	return found
}

func within[T dora.Event](events map[string]T, repository string) []T {
	var found []T
	for id, event := range events {
		if strings.HasPrefix(id, repository+":") {
			found = append(found, event)
		}
	}
	return found
}

package world_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// client is GitHub's well-known Go client, on the Enterprise paths.
func client(t *testing.T, server *httptest.Server) *github.Client {
	t.Helper()
	c, err := github.NewClient(nil).WithAuthToken(token).WithEnterpriseURLs(server.URL, server.URL)
	require.NoError(t, err)
	return c
}

// allPages follows the Link headers.
func allPages[T any](t *testing.T, list func(github.ListOptions) ([]T, *github.Response, error)) []T {
	t.Helper()
	var all []T
	options := github.ListOptions{PerPage: 83}
	for {
		page, res, err := list(options)
		require.NoError(t, err)
		all = append(all, page...)
		if res.NextPage == 0 {
			return all
		}
		options.Page = res.NextPage
	}
}

func TestRESTAndGraphQLTellTheSame(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	c, ctx := client(t, server), t.Context()
	const owner, name = "example-health", "consent"

	deployments := allPages(t, func(o github.ListOptions) ([]*github.Deployment, *github.Response, error) {
		return c.Repositories.ListDeployments(ctx, owner, name, &github.DeploymentsListOptions{ListOptions: o})
	})
	byGraphQL := everything[deployment](t, server, name, everyDeployment)
	require.Equal(t, len(byGraphQL), len(deployments))
	for i, d := range deployments {
		require.Equal(t, byGraphQL[i].DatabaseID, d.GetID())
		require.Equal(t, byGraphQL[i].CommitOid, d.GetSHA())
		require.True(t, byGraphQL[i].UpdatedAt.Equal(d.GetUpdatedAt().Time))
	}
	statuses, _, err := c.Repositories.ListDeploymentStatuses(ctx, owner, name, deployments[40].GetID(), nil)
	require.NoError(t, err)
	require.Equal(t, len(byGraphQL[40].Statuses.Nodes), len(statuses))
	assert.Equal(t, "inactive", statuses[0].GetState())

	pulls := allPages(t, func(o github.ListOptions) ([]*github.PullRequest, *github.Response, error) {
		return c.PullRequests.List(ctx, owner, name, &github.PullRequestListOptions{State: "all", Sort: "updated", Direction: "desc", ListOptions: o})
	})
	pullsByGraphQL := everything[pull](t, server, name, everyPull)
	require.Equal(t, len(pullsByGraphQL), len(pulls))
	for i, p := range pulls {
		q := pullsByGraphQL[i]
		require.Equal(t, q.Number, p.GetNumber())
		if q.Author.Typename == "Bot" {
			assert.Equal(t, q.Author.Login+"[bot]", p.GetUser().GetLogin())
		} else {
			assert.Equal(t, q.Author.Login, p.GetUser().GetLogin())
		}
		assert.Equal(t, q.MergeCommit != nil, !p.GetMergedAt().IsZero())
	}
	commits, _, err := c.PullRequests.ListCommits(ctx, owner, name, pulls[0].GetNumber(), nil)
	require.NoError(t, err)
	assert.Equal(t, pullsByGraphQL[0].Commits.Nodes[0].Commit.Oid, commits[0].GetSHA())
	reviews, _, err := c.PullRequests.ListReviews(ctx, owner, name, pulls[3].GetNumber(), nil)
	require.NoError(t, err)
	assert.Equal(t, len(pullsByGraphQL[3].Reviews.Nodes), len(reviews))

	history := allPages(t, func(o github.ListOptions) ([]*github.RepositoryCommit, *github.Response, error) {
		return c.Repositories.ListCommits(ctx, owner, name, &github.CommitsListOptions{ListOptions: o})
	})
	assert.Greater(t, len(history), 500)

	runs := allPages(t, func(o github.ListOptions) ([]*github.WorkflowRun, *github.Response, error) {
		page, res, err := c.Actions.ListRepositoryWorkflowRuns(ctx, owner, name, &github.ListWorkflowRunsOptions{ListOptions: o})
		if err != nil {
			return nil, res, err
		}
		return page.WorkflowRuns, res, nil
	})
	assert.Equal(t, len(deployments), len(runs))
}

func TestIssuesListPullRequestsToo(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	c := client(t, server)
	list := func(o github.IssueListByRepoOptions) []*github.Issue {
		return allPages(t, func(p github.ListOptions) ([]*github.Issue, *github.Response, error) {
			o.ListOptions = p
			return c.Issues.ListByRepo(t.Context(), "example-health", "booking", &o)
		})
	}
	all := list(github.IssueListByRepoOptions{State: "all"})
	pulls := 0
	for _, i := range all {
		if i.IsPullRequest() {
			pulls++
		}
	}
	assert.NotZero(t, pulls)
	assert.Less(t, pulls, len(all))
	incidents := list(github.IssueListByRepoOptions{State: "all", Labels: []string{"incident"}})
	assert.Equal(t, len(w.Truth().Services["booking"].Incidents), len(incidents))
	since := thursday.AddDate(0, -2, 0)
	recent := list(github.IssueListByRepoOptions{State: "all", Sort: "updated", Since: since})
	assert.Less(t, len(recent), len(all))
	for _, i := range recent {
		assert.False(t, i.GetUpdatedAt().Before(since))
	}
}

func TestComparingTwoTags(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	c := client(t, server)
	tags, _, err := c.Repositories.ListTags(t.Context(), "example-health", "patient-records", nil)
	require.NoError(t, err)
	newer, older := tags[0], tags[3]
	comparison, _, err := c.Repositories.CompareCommits(t.Context(), "example-health", "patient-records", older.GetName(), newer.GetName(), nil)
	require.NoError(t, err)
	assert.Equal(t, "ahead", comparison.GetStatus())
	assert.Equal(t, comparison.GetAheadBy(), len(comparison.Commits))
	assert.Equal(t, newer.GetCommit().GetSHA(), comparison.Commits[len(comparison.Commits)-1].GetSHA())
	assert.Equal(t, older.GetCommit().GetSHA(), comparison.GetMergeBaseCommit().GetSHA())
	pulls, _, err := c.PullRequests.ListPullRequestsWithCommit(t.Context(), "example-health", "patient-records", newer.GetCommit().GetSHA(), nil)
	require.NoError(t, err)
	assert.Len(t, pulls, 1)
}

func TestAnUnchangedAnswerIsFree(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	get := func(etag string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/repos/example-health/booking/pulls", nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "token "+token)
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
		}
		res, err := http.DefaultClient.Do(req)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res
	}
	first := get("")
	assert.Equal(t, http.StatusOK, first.StatusCode)
	assert.Equal(t, "4999", first.Header.Get("X-RateLimit-Remaining"))
	again := get(first.Header.Get("ETag"))
	assert.Equal(t, http.StatusNotModified, again.StatusCode)
	assert.Equal(t, "4999", again.Header.Get("X-RateLimit-Remaining"))
}

func TestRESTRefusals(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	c := client(t, server)
	status := func(err error) int {
		var answer *github.ErrorResponse
		if errors.As(err, &answer) {
			return answer.Response.StatusCode
		}
		return 0
	}
	_, _, err := c.Repositories.Get(t.Context(), "example-health", "nothing")
	assert.Equal(t, http.StatusNotFound, status(err))
	_, _, err = c.Issues.ListByRepo(t.Context(), "example-health", "booking", &github.IssueListByRepoOptions{State: "odd"})
	assert.Equal(t, http.StatusUnprocessableEntity, status(err))
	stranger, err := github.NewClient(nil).WithAuthToken("wrong").WithEnterpriseURLs(server.URL, server.URL)
	require.NoError(t, err)
	_, _, err = stranger.Users.Get(t.Context(), "")
	assert.Equal(t, http.StatusUnauthorized, status(err))
	limits, _, err := c.RateLimit.Get(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 5000, limits.Core.Limit)
	assert.True(t, limits.Core.Reset.After(time.Now()))
}

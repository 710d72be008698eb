package bitbucket_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/bitbucket"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

func TestADeploymentIsWhatItsStatusSays(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	for i, result := range []string{"FAILED", "STOPPED", "NOT_RUN_AS_NOBODY_KNOWS", ""} {
		r.deploy(2+i, "02 1"+strconv.Itoa(i)+":00", result)
	}
	state := r.deployments[0]["state"].(row) // the published schema has other names
	state["start_date"], state["completion_date"] = state["started_on"], state["completed_on"]
	delete(state, "started_on")
	delete(state, "completed_on")
	(&tiny{repositories: []*tinyRepository{r}}).read(t, l, time.Time{})
	found, unseen := deployments(l)
	require.Len(t, found, 5)
	assert.Zero(t, unseen)
	assert.Equal(t, when("02 09:02"), found[0].Finished())
	assert.Equal(t, when("02 09:00"), found[0].Started())
	assert.Equal(t, "v1.1.0", found[0].Ref)
	assert.Equal(t, dora.RefTag, found[0].RefKind)
	assert.Equal(t, "production", found[0].Tier)
	assert.Equal(t, when("02 10:02"), found[1].Failed())
	assert.Equal(t, when("02 11:02"), found[2].Failed())
	for _, d := range found[3:] {
		assert.True(t, d.Finished().IsZero() && d.Failed().IsZero(), "it has not said what came of it")
	}
}

// A step that failed, or succeeded, is run again in the same pipeline.
func TestAStepThatIsRunAgainIsOneDeploymentAndFinishesAtItsFirstSuccess(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	r.deploy(2, "02 12:00", "FAILED")
	g.read(t, l, time.Time{})
	r.deploy(2, "02 12:28", "SUCCESSFUL")
	g.read(t, l, time.Time{})
	found, _ := deployments(l)
	require.Len(t, found, 2)
	assert.Equal(t, when("02 12:30"), found[1].Finished())
	r.deploy(2, "02 13:00", "FAILED")
	r.deploy(1, "02 14:00", "SUCCESSFUL")
	g.read(t, l, time.Time{})
	found, _ = deployments(l)
	require.Len(t, found, 2)
	assert.Equal(t, when("02 09:02"), found[0].Finished())
	assert.Equal(t, when("02 12:30"), found[1].Finished())
}

// Bitbucket's list leaves out deployments whose artifacts have expired.
func TestWhatTheListHasNoLongerIsKeptOrCounted(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	for i := range 5 {
		r.deploy(2+i, "0"+strconv.Itoa(3+i)+" 10:00", "SUCCESSFUL")
	}
	g.read(t, l, time.Time{})
	r.deployments = r.deployments[4:]
	r.deploy(7, "20 10:00", "SUCCESSFUL")
	g.read(t, l, time.Time{})
	found, unseen := deployments(l)
	assert.Len(t, found, 7)
	assert.Zero(t, unseen)

	late := sourcetest.NewLedger()
	g.read(t, late, time.Time{})
	found, unseen = deployments(late)
	assert.Len(t, found, 3)
	assert.Equal(t, 4, unseen, "the numbers below the first that is listed")
	l.Cursor = nil
	g.read(t, l, time.Time{})
	_, unseen = deployments(l)
	assert.Zero(t, unseen, "they were read")
}

func TestWhatTheListLostWhileNobodyReadIsCounted(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	g.read(t, l, time.Time{})
	r.deployments = nil
	r.deploy(5, "20 10:00", "SUCCESSFUL") // 2 to 4 came and went
	for range 2 {
		g.read(t, l, time.Time{})
		found, unseen := deployments(l)
		assert.Len(t, found, 2)
		assert.Equal(t, 3, unseen)
	}
	r.deploy(3, "10 10:00", "SUCCESSFUL") // one is there after all
	g.read(t, l, time.Time{})
	_, unseen := deployments(l)
	assert.Equal(t, 2, unseen)
}

func TestADeletedEnvironmentKeepsWhatWasDeployedIntoIt(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	g.read(t, l, time.Time{})
	r.deployments[0]["environment"] = row{"uuid": "{e1}"}
	r.deploy(2, "03 10:00", "SUCCESSFUL")
	r.deployments[1]["environment"] = row{"uuid": "{e1}"} // it was deleted before this was read
	g.read(t, l, time.Time{})
	found, _ := deployments(l)
	require.Len(t, found, 2)
	assert.Equal(t, []string{"Production", "production"}, []string{found[0].Environment, found[0].Tier})
	assert.Equal(t, "e1", found[1].Environment)
}

func TestNumbersThatEnvironmentsShareTellNothingOfWhatIsMissing(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	r.deploy(2, "03 10:00", "SUCCESSFUL")
	r.deployments[1]["environment"] = row{"name": "Test", "environment_type": row{"name": "Test"}}
	r.deploy(3, "04 10:00", "SUCCESSFUL")
	g.read(t, l, time.Time{})
	_, unseen := deployments(l)
	assert.Zero(t, unseen)
}

func TestARepositoryThatIsRenamedTakesAlongWhatTheListHasNoLonger(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	r.deploy(2, "03 10:00", "SUCCESSFUL")
	g.read(t, l, time.Time{})
	r.deployments = r.deployments[1:]
	r.name = "health/viewer"
	g.read(t, l, time.Time{})
	found, unseen := deployments(l)
	found = slices.DeleteFunc(found, func(d *dora.Deployment) bool { return d.Repository != "health/viewer" }) // the other is told to be gone
	assert.Len(t, found, 2)
	assert.Zero(t, unseen, "it was read")
}

func changeOf(t *testing.T, l *sourcetest.Ledger, id int) *dora.Change {
	t.Helper()
	c, is := l.Events["change health/api:pull_request:"+strconv.Itoa(id)].(*dora.Change)
	require.True(t, is)
	return c
}

func TestAPullRequestIsMatchedByTheBeginningOfItsCommit(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	r.request(1, "02 08:00")
	r.request(2, "02 08:10")
	r.requests[1]["merge_commit"] = row{"hash": "0123456789ab"} // nowhere
	r.request(3, "02 08:20")
	r.activity[3] = nil // merged by a push
	g.read(t, l, time.Time{})
	first := changeOf(t, l, 1)
	assert.Equal(t, sha("api"), first.MergeCommit)
	assert.Equal(t, when("02 08:00"), first.Merged)
	assert.Equal(t, []dora.Review{{Author: "lint[bot]", State: "commented", At: when("02 07:58")}, {Author: "dev-2", State: dora.ReviewApproved, At: when("02 07:59")}}, first.Reviews)
	assert.Equal(t, []dora.ChangeCommit{{SHA: sha("own1"), Authored: when("02 07:00")}}, first.Commits)
	assert.Empty(t, changeOf(t, l, 2).MergeCommit, "it is no commit")
	assert.Equal(t, when("02 08:20"), changeOf(t, l, 3).Merged, "as far as is known")

	// Two commits that begin alike.
	twin := sha("api")[:12] + "0000000000000000000000000000"
	r.commits = append([]row{{"hash": twin, "date": when("03 08:00"), "message": "twin", "author": row{"raw": "dev-1"}, "parents": []row{{"hash": sha("api")}}}}, r.commits...)
	r.pushed = when("03 08:00")
	r.request(4, "03 08:00")
	l = sourcetest.NewLedger()
	g.read(t, l, time.Time{})
	assert.Empty(t, changeOf(t, l, 4).MergeCommit, "which of them it is cannot be told")
}

func TestWhereNothingWasPushedNoCodeIsAskedFor(t *testing.T) {
	t.Parallel()
	g, l := &tiny{}, sourcetest.NewLedger()
	for i := range 50 {
		g.repositories = append(g.repositories, newRepository("r"+strconv.Itoa(i)))
	}
	g.read(t, l, time.Time{})
	g.asked = nil
	g.read(t, l, time.Time{})
	assert.Len(t, g.asked, 51, "the workspace's list, and the newest pipelines of each")
	r := g.repositories[7]
	r.commit("next", "05 08:00")
	r.request(9, "05 08:00")
	g.asked = nil
	g.read(t, l, time.Time{})
	assert.Len(t, g.asked, 51+4, "its commits, its pull requests, and two for that one")
	assert.Equal(t, sha("next"), l.Events["change health/r7:pull_request:9"].(*dora.Change).MergeCommit)
}

func TestAForcedPushIsReadFromAnOlderHead(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	g := &tiny{repositories: []*tinyRepository{r}}
	g.read(t, l, time.Time{})
	r.commit("gone", "03 08:00")
	g.read(t, l, time.Time{})
	r.commits = r.commits[1:]
	r.commit("instead", "04 08:00")
	g.read(t, l, time.Time{})
	assert.Equal(t, sha("instead"), l.Events["repository health/api"].(*dora.Repository).HeadSHA)
	r.commits = r.commits[1:] // the branch was set back to a head that was read
	r.pushed = when("05 08:00")
	g.read(t, l, time.Time{})
	assert.Equal(t, sha("api"), l.Events["repository health/api"].(*dora.Repository).HeadSHA)
}

func TestPullRequestsFromBeforeTheHistoryAreReadThatAreShippedWithinIt(t *testing.T) {
	t.Parallel()
	r, l := newRepository("api"), sourcetest.NewLedger()
	r.request(1, "02 08:00")
	r.deploy(2, "12 10:00", "SUCCESSFUL") // the first within the history
	r.commit("late", "05 08:00")
	r.request(3, "05 08:00")
	r.deploy(3, "20 10:00", "SUCCESSFUL")
	g := &tiny{repositories: []*tinyRepository{r}}
	g.read(t, l, when("10 00:00"))
	assert.True(t, changeOf(t, l, 3).Early)
	assert.Nil(t, l.Events["change health/api:pull_request:1"], "it was shipped before")
	found, unseen := deployments(l)
	assert.Len(t, found, 2)
	assert.Zero(t, unseen)
	g.asked = nil
	g.read(t, l, when("10 00:00"))
	assert.Len(t, g.asked, 2, "once")
}

func signed(body, secret string) http.Header {
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(body))
	return http.Header{"X-Event-Key": {"repo:push"}, "X-Hub-Signature": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
}

func TestACallThatIsSignedHasItsRepositoryRead(t *testing.T) {
	t.Parallel()
	s := bitbucket.New(source.Given{ID: "bitbucket", Secrets: map[string]string{"token": replayToken, "webhookSecret": standintest.Secret}}, bitbucket.Settings{Repositories: []string{"health/*", "!health/old"}})
	const body = `{"repository":{"full_name":"health/api"}}`
	received, err := s.Receive(signed(body, standintest.Secret), []byte(body))
	require.NoError(t, err)
	assert.Equal(t, []string{"health/api"}, received.Refresh)
	for _, header := range []http.Header{signed(body, "another"), {"X-Event-Key": {"repo:push"}}, {"X-Hub-Signature": {"sha256="}}} {
		_, err := s.Receive(header, []byte(body))
		require.ErrorIs(t, err, source.ErrForged)
	}
	for text, ignored := range map[string]bool{`{"repository":{"full_name":"health/old"}}`: true, `{"repository":{"full_name":"health/api"},"pullrequest":{"state":"OPEN"}}`: true, `{"repository":{"full_name":"health/api"},"pullrequest":{"state":"MERGED"}}`: false} {
		received, err := s.Receive(signed(text, standintest.Secret), []byte(text))
		require.NoError(t, err)
		assert.Equal(t, ignored, received.Ignored != "", text)
		assert.Equal(t, !ignored, slices.Contains(received.Refresh, "health/api"), text)
	}
	for _, text := range []string{`{}`, `[]`} {
		_, err := s.Receive(signed(text, standintest.Secret), []byte(text))
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, text)
	}
}

func TestAnAccountsTokenIsAPasswordAndDoesNotShow(t *testing.T) {
	t.Parallel()
	var asked []string
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		asked = append(asked, r.Header.Get("Authorization"))
		return nil, http.ErrHandlerTimeout
	})}
	s := bitbucket.New(source.Given{ID: "bitbucket", Client: client, Secrets: map[string]string{"apiToken": "s3cret"}}, bitbucket.Settings{Email: "me@example.org", Repositories: []string{"health/api"}}, bitbucket.WithPace(standintest.At(standintest.AfterAll)))
	err := s.Check(t.Context())
	require.Error(t, err)
	assert.NotContains(t, err.Error(), "s3cret")
	require.NotEmpty(t, asked)
	assert.Equal(t, "Basic bWVAZXhhbXBsZS5vcmc6czNjcmV0", asked[0])
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

package azuredevops_test

import (
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/azuredevops"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const hookSecret = standintest.Secret

func TestAMonthThatIsToldEndsWhereOneThatIsReadDoes(t *testing.T) {
	t.Parallel()
	subject(tagged("")).Told(t, time.Date(2023, 12, 1, 0, 0, 0, 0, time.UTC), 30, standintest.Hook{
		Register: row{"username": "live-dora", "secret": hookSecret, "drop": 0.2, "duplicate": 0.2, "bad_password": 0.1}, Forged: true,
		Kinds: []string{"git.push", "git.pullrequest.merged", "ms.vss-pipelines.stage-state-changed-event"},
	})
}

func TestAServiceHookProvesItselfByAHeaderOrAPassword(t *testing.T) {
	t.Parallel()
	const push = `{"eventType":"git.push","resource":{"refUpdates":[{"name":"refs/heads/main"}],"repository":{"defaultBranch":"refs/heads/main"}},"resourceContainers":{"project":{"id":"p1"}}}`
	password := func(text string) http.Header {
		return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("anybody:"+text))}}
	}
	s := open(given(), tagged("health"))
	for name, c := range map[string]struct {
		header http.Header
		want   error
	}{
		"the header":       {http.Header{"X-Live-Dora-Secret": {hookSecret}}, nil},
		"the password":     {password(hookSecret), nil},
		"another password": {password(hookSecret + "x"), source.ErrForged},
		"no credentials":   {http.Header{}, source.ErrForged},
		"another header":   {http.Header{"X-Live-Dora-Secret": {"x"}}, source.ErrForged},
		"no base64":        {http.Header{"Authorization": {"Basic ???"}}, source.ErrForged},
	} {
		_, err := s.Receive(c.header, []byte(push))
		assert.Equal(t, c.want, err, name)
	}
	_, err := open(source.Given{}, tagged("health")).Receive(password(""), []byte(push))
	assert.Equal(t, source.ErrNoSecret, err)
}

func TestWhatServiceHooksMean(t *testing.T) {
	t.Parallel()
	s := open(given(), azuredevops.Settings{URL: "https://dev.azure.com/org", Repositories: []string{"health/*"}})
	for name, c := range map[string]struct {
		body    string
		refresh bool
		says    string
	}{
		"a push beside the branch": {`{"eventType":"git.push","resource":{"refUpdates":[{"name":"refs/heads/x"}],"repository":{"defaultBranch":"refs/heads/main"}},"resourceContainers":{"project":{"id":"p1"}}}`, false, "once it is merged"},
		"a trial merge":            {`{"eventType":"git.pullrequest.merged","resource":{"status":"active"},"resourceContainers":{"project":{"id":"p1"}}}`, false, "not completed"},
		"a completed request":      {`{"eventType":"git.pullrequest.merged","resource":{"status":"completed"},"resourceContainers":{"project":{"id":"p1"}}}`, true, ""},
		"a stage that runs":        {`{"eventType":"ms.vss-pipelines.stage-state-changed-event","resource":{"stage":{"state":"running"}},"resourceContainers":{"project":{"id":"p1"}}}`, false, "under way"},
		"a stage that ended":       {`{"eventType":"ms.vss-pipelines.stage-state-changed-event","resource":{"stage":{"state":"completed"}},"resourceContainers":{"project":{"id":"p1"}}}`, true, ""},
		"a release, by its newer name, where environments are deployed": {`{"eventType":"ms.azure-devops-release.deployment-completed-event","resource":{},"resourceContainers":{"project":{"id":"p1"}}}`, false, "environments"},
		"a work item where none are read":                               {`{"eventType":"workitem.updated","resource":{"revisedBy":{}},"resourceContainers":{"project":{"id":"p1"}}}`, false, "does not read work items"},
		"a kind that nobody needs":                                      {`{"eventType":"build.complete","resource":[]}`, false, "nothing that figures need"},
	} {
		received, err := s.Receive(http.Header{"X-Live-Dora-Secret": {hookSecret}}, []byte(c.body))
		require.NoError(t, err, name)
		assert.Contains(t, received.Ignored, c.says, name)
		assert.Equal(t, c.refresh, len(received.Refresh) > 0, name)
	}
	for name, body := range map[string]string{"no JSON": `{`, "no kind": `{}`, "a list in place of an object": `{"eventType":"git.push","resource":[]}`, "no project": `{"eventType":"git.push","resource":{}}`} {
		_, err := s.Receive(http.Header{"X-Live-Dora-Secret": {hookSecret}}, []byte(body))
		var mistake *source.Mistake
		assert.ErrorAs(t, err, &mistake, name)
	}
}

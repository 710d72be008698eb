package gitlab_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/gitlab"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

const hookSecret = standintest.Secret

var (
	signingKey   = []byte("0123456789abcdef0123456789abcdef")
	signingToken = "whsec_" + base64.StdEncoding.EncodeToString(signingKey)
)

func TestAMonthThatIsToldEndsWhereOneThatIsReadDoes(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		secret    string
		register  row
		arguments []string
		down      func(int) bool
	}{
		"in order, by secret token":                   {hookSecret, row{"secret": hookSecret}, nil, nil},
		"some lost and some twice, signed":            {signingToken, row{"signing_token": signingToken, "drop": 0.3, "duplicate": 0.2}, nil, nil},
		"while hooks are switched off after failures": {hookSecret, row{"secret": hookSecret, "drop": 0.3}, []string{"--flavour", "com"}, func(day int) bool { return day > 5 && day < 12 }},
		"some forged": {signingToken, row{"signing_token": signingToken, "bad_signature": 0.3}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			subject(gitlab.APIAuto, c.secret).Told(t, time.Date(2025, 9, 1, 0, 0, 0, 0, time.UTC), 30, standintest.Hook{
				Register: c.register, Arguments: c.arguments, Down: c.down, Forged: c.register["bad_signature"] != nil, Kinds: []string{"deployment", "merge_request", "push"},
			})
		})
	}
}

// signed are the headers of a call that was signed at an instant.
func signed(body string, at time.Time, key []byte) http.Header {
	stamp := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, key)
	_, _ = mac.Write([]byte("id-1." + stamp + "." + body))
	return http.Header{"Webhook-Id": {"id-1"}, "Webhook-Timestamp": {stamp}, "Webhook-Signature": {"v1,bm90IHRoaXMgb25l v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
}

func TestAWebhookProvesThatItIsGitLabs(t *testing.T) {
	t.Parallel()
	const body = `{"object_kind":"push","ref":"refs/heads/main","project":{"path_with_namespace":"health/api","default_branch":"main"}}`
	token := http.Header{"X-Gitlab-Token": {hookSecret}}
	for _, c := range []struct {
		name, secret string
		header       http.Header
		want         error
	}{
		{"the secret token", hookSecret, token, nil},
		{"another token", hookSecret, http.Header{"X-Gitlab-Token": {hookSecret + "x"}}, source.ErrForged},
		{"none", hookSecret, http.Header{}, source.ErrForged},
		{"no secret is configured", "", token, source.ErrNoSecret},
		{"signed", signingToken, signed(body, time.Now(), signingKey), nil},
		{"signed with another key", signingToken, signed(body, time.Now(), []byte("another")), source.ErrForged},
		{"signed for another body", signingToken, signed(body+" ", time.Now(), signingKey), source.ErrForged},
		{"signed long ago", signingToken, signed(body, time.Now().Add(-time.Hour), signingKey), source.ErrStale},
		{"signed ahead", signingToken, signed(body, time.Now().Add(time.Hour), signingKey), source.ErrStale},
		{"the signing token in the clear", signingToken, http.Header{"X-Gitlab-Token": {signingToken}}, source.ErrForged},
		{"not signed", signingToken, http.Header{}, source.ErrForged},
		{"a signing token that is cut", "whsec_%", http.Header{}, source.ErrForged},
	} {
		s := open(source.Given{Secrets: map[string]string{"token": replayToken, "webhookSecret": c.secret}}, incidents("health/api"))
		received, err := s.Receive(c.header, []byte(body))
		if c.want != nil {
			require.ErrorIs(t, err, c.want, c.name)
			assert.NotContains(t, err.Error(), signingToken)
			continue
		}
		require.NoError(t, err, c.name)
		assert.Equal(t, []string{"health/api"}, received.Refresh, c.name)
	}
}

func TestWhatAWebhookMeans(t *testing.T) {
	t.Parallel()
	const project = `"project":{"path_with_namespace":"health/api","default_branch":"main"}`
	from := func(what gitlab.From) func(*gitlab.Settings) {
		return func(s *gitlab.Settings) { s.Deployments.From = what }
	}
	ruled := func(pattern string, what gitlab.From) func(*gitlab.Settings) {
		return func(s *gitlab.Settings) {
			s.Deployments.Rules = []gitlab.Rule{{Repositories: []string{pattern}, Habit: gitlab.Habit{From: what}}}
		}
	}
	for _, c := range []struct {
		name, body string
		alter      func(*gitlab.Settings)
		reads      bool
		everything bool
		ignored    string
	}{
		{"a success", `{"object_kind":"deployment","status":"success",` + project + `}`, nil, true, false, ""},
		{"a failure", `{"object_kind":"deployment","status":"failed",` + project + `}`, nil, true, false, ""},
		{"one under way", `{"object_kind":"deployment","status":"running",` + project + `}`, nil, false, false, "under way"},
		{"one where tags are deployments", `{"object_kind":"deployment","status":"success",` + project + `}`, from(gitlab.FromTags), false, false, "deployments of this project are tags"},
		{"a pipeline that nobody asked for", `{"object_kind":"pipeline","object_attributes":{"status":"success"},` + project + `}`, nil, false, false, "deployments of this project are deployments"},
		{"a pipeline", `{"object_kind":"pipeline","object_attributes":{"status":"success"},` + project + `}`, from(gitlab.FromPipelines), true, false, ""},
		{"a pipeline under way", `{"object_kind":"pipeline","object_attributes":{"status":"running"},` + project + `}`, from(gitlab.FromPipelines), false, false, "under way"},
		{"a merge", `{"object_kind":"merge_request","object_attributes":{"state":"merged","action":"merge"},` + project + `}`, nil, true, false, ""},
		{"an approval", `{"object_kind":"merge_request","object_attributes":{"state":"opened","action":"approved"},` + project + `}`, nil, false, false, "not merged"},
		{"a comment before the merge", `{"object_kind":"note","object_attributes":{"noteable_type":"MergeRequest"},"merge_request":{"state":"opened"},` + project + `}`, nil, false, false, "once the merge request is merged"}, //nolint:misspell // as GitLab has it
		{"a comment after it", `{"object_kind":"note","object_attributes":{"noteable_type":"MergeRequest"},"merge_request":{"state":"merged"},` + project + `}`, nil, true, false, ""},                                          //nolint:misspell // as GitLab has it
		{"a push", `{"object_kind":"push","ref":"refs/heads/main",` + project + `}`, nil, true, false, ""},
		{"a push to a branch", `{"object_kind":"push","ref":"refs/heads/feature",` + project + `}`, nil, false, false, "read once it is merged"},
		{"a tag", `{"object_kind":"tag_push","ref":"refs/tags/v1",` + project + `}`, from(gitlab.FromTags), true, false, ""},
		{"a tag that is no deployment", `{"object_kind":"tag_push","ref":"refs/tags/v1",` + project + `}`, nil, false, false, "deployments of this project are deployments"},
		{"a tag where a rule says that they count", `{"object_kind":"tag_push","ref":"refs/tags/v1",` + project + `}`, ruled("health/**", gitlab.FromTags), true, false, ""},
		{"a deployment where a rule says otherwise", `{"object_kind":"deployment","status":"success",` + project + `}`, ruled("health/**", gitlab.FromTags), false, false, "deployments of this project are tags"},
		{"a deployment where a rule says otherwise of others", `{"object_kind":"deployment","status":"success",` + project + `}`, ruled("other/**", gitlab.FromTags), true, false, ""},
		{"a release", `{"object_kind":"release","action":"create",` + project + `}`, from(gitlab.FromReleases), true, false, ""},
		{"an incident", `{"object_kind":"issue","object_attributes":{"type":"Incident","action":"open"},` + project + `}`, nil, true, false, ""},
		{"an issue", `{"object_kind":"issue","object_attributes":{"type":"Issue","action":"open"},` + project + `}`, nil, false, false, "no incident"},
		{"an issue that may have been one", `{"object_kind":"issue","object_attributes":{"type":"Issue","action":"update"},` + project + `}`, nil, true, false, ""},
		{"an issue with a label of incidents", `{"object_kind":"issue","object_attributes":{"type":"Issue","action":"open"},"labels":[{"title":"Outage"}],` + project + `}`,
			func(s *gitlab.Settings) {
				s.Incidents = gitlab.Incidents{From: gitlab.IncidentsByLabels, Labels: []string{"outage"}}
			}, true, false, ""},
		{"issues are not read", `{"object_kind":"issue","object_attributes":{"type":"Incident"},` + project + `}`, func(s *gitlab.Settings) { s.Incidents.From = gitlab.NoIncidents }, false, false, "does not read issues"},
		{"a rename", `{"event_name":"project_rename","path_with_namespace":"health/new"}`, nil, false, true, ""},
		{"another project", `{"object_kind":"push","project":{"path_with_namespace":"other/api"}}`, nil, false, false, "does not read that project"},
		{"a kind of which nothing is needed", `{"object_kind":"wiki_page",` + project + `}`, nil, false, false, "tell nothing that figures need"},
	} {
		t.Run(c.name, func(t *testing.T) {
			own := incidents("health/*")
			if c.alter != nil {
				c.alter(&own)
			}
			s := open(source.Given{Secrets: map[string]string{"token": replayToken, "webhookSecret": hookSecret}}, own)
			received, err := s.Receive(http.Header{"X-Gitlab-Token": {hookSecret}}, []byte(c.body))
			require.NoError(t, err)
			assert.Equal(t, c.reads, len(received.Refresh) == 1)
			assert.Equal(t, c.everything, received.Everything)
			if c.ignored == "" {
				assert.Empty(t, received.Ignored)
			} else {
				assert.Contains(t, received.Ignored, c.ignored)
			}
			assert.Empty(t, received.Events)
		})
	}
}

func TestAGenuineWebhookThatCannotBeReadSaysWhy(t *testing.T) {
	t.Parallel()
	s := open(source.Given{Secrets: map[string]string{"token": replayToken, "webhookSecret": hookSecret}}, incidents("health/*"))
	for body, says := range map[string]string{
		`{`: "no JSON", `{}`: "object_kind", `{"object_kind":"push"}`: "project.path_with_namespace", `{"object_kind":"push","ref":7}`: "ref: is of another type", `[]`: "type",
	} {
		_, err := s.Receive(http.Header{"X-Gitlab-Token": {hookSecret}}, []byte(body))
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, body)
		assert.True(t, strings.Contains(err.Error(), says), "%s: %s", body, err)
	}
}

func TestADeploymentIsPostedByGitLabsNumber(t *testing.T) {
	t.Parallel()
	given := source.Given{Secrets: map[string]string{"token": replayToken}}
	id, number, err := open(given, incidents("health/*")).Posted("health/api", "42")
	require.NoError(t, err)
	assert.Equal(t, "health/api:deployment:42", id)
	assert.Equal(t, int64(42), number)
	_, _, err = open(given, incidents("health/*")).Posted("other/api", "42")
	require.Error(t, err)
	_, _, err = open(given, incidents("health/*")).Posted("health/api", "x")
	require.Error(t, err)
	own := incidents("health/*")
	own.Deployments.From = gitlab.FromTags
	_, _, err = open(given, own).Posted("health/api", "42")
	require.ErrorContains(t, err, "deployments of this project are tags")
}

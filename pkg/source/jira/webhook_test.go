package jira_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jira"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func signed(body string) http.Header {
	mac := hmac.New(sha256.New, []byte(hookSecret))
	_, _ = mac.Write([]byte(body))
	return http.Header{"X-Hub-Signature": {"sha256=" + hex.EncodeToString(mac.Sum(nil))}}
}

func TestAWebhookHasTheIssueReadThatItIsAbout(t *testing.T) {
	s := open(jira.Settings{URL: "https://jira.example", Projects: []string{"OPS"}})
	for body, want := range map[string]source.Received{
		`{"webhookEvent":"jira:issue_updated","issue":{"id":"7","fields":{"project":{"key":"OPS"}}}}`: {Kind: "jira:issue_updated", Refresh: []string{"7"}},
		`{"webhookEvent":"jira:issue_created","issue":{"id":7}}`:                                      {Kind: "jira:issue_created", Refresh: []string{"7"}},
		`{"webhookEvent":"jira:issue_deleted","issue":{"id":"7"}}`:                                    {Kind: "jira:issue_deleted", Everything: true},
		`{"webhookEvent":"jira:issue_updated","issue":{"id":"7","fields":{"project":{"key":"HR"}}}}`:  {Kind: "jira:issue_updated", Ignored: "this source does not read the issue's project"},
		`{"webhookEvent":"comment_created"}`:                                                          {Kind: "comment_created", Ignored: "webhooks of this kind tell nothing that figures need"},
	} {
		received, err := s.Receive(signed(body), []byte(body))
		require.NoError(t, err, body)
		assert.Equal(t, want, received)
		received, err = s.Receive(http.Header{"X-Live-Dora-Secret": {hookSecret}}, []byte(body))
		require.NoError(t, err, "as a rule of the automation sends it")
		assert.Equal(t, want, received)
		for _, forged := range []http.Header{{}, {"X-Hub-Signature": {"sha256=00"}}, {"X-Hub-Signature": signed(body + " ")["X-Hub-Signature"]}, {"X-Hub-Signature": {"sha1=00"}}, {"X-Live-Dora-Secret": {"x"}}} {
			_, err = s.Receive(forged, []byte(body))
			require.ErrorIs(t, err, source.ErrForged)
		}
	}
	for _, body := range []string{`{`, `[]`, `{}`, `{"webhookEvent":7}`, `{"webhookEvent":"jira:issue_updated"}`, `{"webhookEvent":"jira:issue_updated","issue":{"id":"7) OR (1"}}`} {
		_, err := s.Receive(signed(body), []byte(body))
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, body)
	}
	unproved := jira.New(source.Given{ID: "jira"}, jira.Settings{})
	_, err := unproved.Receive(signed(`{}`), []byte(`{}`))
	require.ErrorIs(t, err, source.ErrNoSecret)
}

// What a webhook tells of is read by itself, and nothing is taken back because of it.
func TestAnIssueThatWasToldOfIsReadByItself(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00")
		j.open(2, "OPS-2", "02 08:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		i.to(solved, "03 08:00")
		j.open(3, "OPS-3", "03 08:00")
		l.Only, j.asked = []string{"1", "3"}, nil
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, when("03 08:00"), incidents(l)["OPS-1"].Resolved)
		assert.Contains(t, incidents(l), "OPS-3")
		assert.LessOrEqual(t, len(j.asked), 5)

		j.issues = j.issues[1:]
		l.Only = []string{"1", "99"}
		require.NoError(t, j.reads(t, l))
		assert.Contains(t, incidents(l), "OPS-1", "that it is gone is for a complete reading to say")
		l.Only = []string{"OPS"}
		require.NoError(t, j.reads(t, l))
		assert.NotContains(t, incidents(l), "OPS-1")
		j.like(t, l)
	})
}

package plugin_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestAWebhookOfGitLabIsTakenByItsSigningToken(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	g := start(t)
	viewer, _, _ := programs(t, g.saveWith("dora", `{"sources":[{"id":"gitlab","type":"gitlab","url":"http://127.0.0.1:1","repositories":["example-health/**"]}]}`, map[string]string{
		"sources.gitlab.token": token, "sources.gitlab.webhookSecret": "whsec_" + base64.StdEncoding.EncodeToString(key),
	}))
	const body = `{"object_kind":"deployment","status":"success","project":{"path_with_namespace":"example-health/booking/web","default_branch":"main"}}`
	sign := func(off time.Duration) {
		at := fmt.Sprint(time.Now().Add(off).Unix())
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte("id." + at + "." + body))
		viewer.headers = http.Header{"Webhook-Id": {"id"}, "Webhook-Timestamp": {at}, "Webhook-Signature": {"v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))}}
	}
	sign(-time.Hour)
	viewer.post("webhooks?source=gitlab", body).refused(http.StatusUnauthorized, "webhook-timestamp", "the clocks of sender and Grafana differ")
	sign(0)
	var receipt struct {
		Event   string
		Refresh []string
	}
	viewer.post("webhooks?source=gitlab", body).is(http.StatusOK, &receipt)
	assert.Equal(t, "deployment", receipt.Event)
	assert.Equal(t, []string{"example-health/booking/web"}, receipt.Refresh)
	viewer.headers = http.Header{"X-Gitlab-Token": {"guessed"}}
	viewer.post("webhooks?source=gitlab", body).refused(http.StatusUnauthorized, "", "must have the same secret")
}

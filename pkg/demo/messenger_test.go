package demo_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/demo"
)

func TestTheOrganisationTellsOfWhatHappensAsGitHubDoes(t *testing.T) {
	t.Parallel()
	const secret = "demo-secret"
	told := make(chan string, 1000)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		assert.Equal(t, "sha256="+hex.EncodeToString(mac.Sum(nil)), r.Header.Get("X-Hub-Signature-256"))
		event := r.Header.Get("X-Github-Event")
		if event == "push" {
			w.WriteHeader(http.StatusBadGateway) // a refusal is no reason to stop
		}
		told <- event
	}))
	t.Cleanup(receiver.Close)
	g, err := demo.Found(demo.OrganisationOptions{Listen: "127.0.0.1:0", Token: secret, Seed: 1, Webhooks: receiver.URL + "/hooks?source=github"})
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, g.Close()) })
	_, err = g.Deploy(g.Services()[0].Name)
	require.NoError(t, err)
	wanted := []string{"pull_request", "push", "deployment", "deployment_status"}
	patience := time.After(30 * time.Second)
	for len(wanted) > 0 {
		select {
		case event := <-told: // whatever else happens in the organisation comes in between
			if i := slices.Index(wanted, event); i == 0 {
				wanted = wanted[1:]
			}
		case <-patience:
			require.Failf(t, "not told", "still waiting for %v", wanted)
		}
	}
}

func TestAnAddressForWebhooksIsOne(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"grafana:3000", "/hooks", "ftp://example.org/hooks", "http://", "::"} {
		_, err := demo.Found(demo.OrganisationOptions{Listen: "127.0.0.1:0", Webhooks: address})
		assert.ErrorContains(t, err, "--webhooks: ", address)
	}
}

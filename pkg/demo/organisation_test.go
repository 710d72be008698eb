package demo_test

import (
	"net/http"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/livedora/dora-datasource/pkg/demo"
)

func status(t *testing.T, url, token string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	require.NoError(t, err)
	request.Header.Set("Authorization", "Bearer "+token)
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode
}

func TestTheInventedOrganisationAloneServesUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	p := prepare(t, "world")
	require.NoError(t, p.command.Start())
	says := func(expression string) string {
		found := regexp.MustCompile(expression)
		require.Eventually(t, func() bool { return found.MatchString(p.said.String()) }, time.Minute, 20*time.Millisecond)
		return found.FindStringSubmatch(p.said.String())[1]
	}
	address, token := says(`at (http://127\.0\.0\.1:\d+)\n`), says(`token is (demo-[0-9a-f]{32})\n`)
	assert.Equal(t, http.StatusOK, status(t, address+"/repos/example-health/booking", token))
	assert.Equal(t, http.StatusUnauthorized, status(t, address+"/repos/example-health/booking", "another"))
	require.NoError(t, p.command.Process.Kill())
	_ = p.command.Wait()

	p = prepare(t, "world", "--token", "given")
	assert.Equal(t, 0, p.interrupt(t, "http://"))
	assert.NotContains(t, p.said.String(), "given", "a token that was given may be a secret")
}

func TestAnOrganisationEndsWithNothingLeft(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	organisation, err := demo.Found(demo.OrganisationOptions{Listen: "127.0.0.1:0", Seed: 1, DeployEvery: time.Millisecond})
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status(t, organisation.URL+"/repos/example-health/consent", organisation.Token))
	require.NoError(t, organisation.Close())
	_, err = demo.Found(demo.OrganisationOptions{Listen: "127.0.0.1:-1"})
	assert.ErrorContains(t, err, "the invented organisation cannot listen")
}

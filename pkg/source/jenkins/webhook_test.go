package jenkins_test

import (
	"encoding/base64"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jenkins"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

func told(t *testing.T, header http.Header, body string) (source.Received, error) {
	t.Helper()
	own := production()
	own.URL = "https://ci.example.org/jenkins"
	return open(given(), own).Receive(header, []byte(body))
}

func TestABuildThatTellsOfItsEndHasItsJobRead(t *testing.T) {
	t.Parallel()
	header := http.Header{source.SecretHeader: {standintest.Secret}}
	for name, c := range map[string]struct{ body, job, says string }{
		"a step of the pipeline":       {`{"job":"deploy/api/main"}`, "deploy/api/main", ""},
		"the plugin, when it is final": {`{"name":"main","url":"job/deploy/job/api/job/release%252F1/","build":{"full_url":"https://ci.example.org/job/deploy/","number":7,"phase":"FINALIZED","status":"SUCCESS"}}`, "deploy/api/release%2F1", ""},
		"the plugin, beneath a path":   {`{"name":"api","url":"/jenkins/job/deploy/job/api/","build":{"phase":"COMPLETED"}}`, "deploy/api", ""},
		"the plugin, at its beginning": {`{"name":"api","url":"job/deploy/job/api/","build":{"phase":"STARTED"}}`, "", "under way"},
		"another job":                  {`{"job":"build/api"}`, "", "no line of jobs"},
	} {
		received, err := told(t, header, c.body)
		require.NoError(t, err, name)
		assert.Contains(t, received.Ignored, c.says, name)
		if c.job == "" {
			assert.Empty(t, received.Refresh, name)
		} else {
			assert.Equal(t, []string{c.job}, received.Refresh, name)
		}
	}
	for name, body := range map[string]string{"no JSON": `{`, "no job": `{}`, "a number": `{"job":7}`, "a list": `[]`} {
		_, err := told(t, header, body)
		var mistake *source.Mistake
		assert.ErrorAs(t, err, &mistake, name)
	}
}

func TestACallProvesItselfByAHeaderOrAPassword(t *testing.T) {
	t.Parallel()
	password := func(text string) http.Header {
		return http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("jenkins:"+text))}}
	}
	for name, c := range map[string]struct {
		header http.Header
		want   error
	}{
		"the header":       {http.Header{source.SecretHeader: {standintest.Secret}}, nil},
		"the password":     {password(standintest.Secret), nil},
		"another password": {password("x"), source.ErrForged},
		"another header":   {http.Header{source.SecretHeader: {"x"}}, source.ErrForged},
		"nothing":          {http.Header{}, source.ErrForged},
		"no base64":        {http.Header{"Authorization": {"Basic ???"}}, source.ErrForged},
	} {
		_, err := told(t, c.header, `{"job":"deploy/api"}`)
		assert.Equal(t, c.want, err, name)
	}
	_, err := open(source.Given{}, production()).Receive(password(""), []byte(`{"job":"deploy/api"}`))
	assert.Equal(t, source.ErrNoSecret, err)
}

func TestAJobThatIsToldIsReadAndNoOther(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api", "deploy/web"), sourcetest.NewLedger()
	for name := range g.jobs {
		g.run(name, name, "02 10:00", "SUCCESS", 5)
	}
	l.Only = []string{"deploy/api"}
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	assert.Equal(t, "deploy/api", only(t, l).Task)
	l.Only = []string{"deploy/gone"}
	require.NoError(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = append(own.Jobs, "other/** -> production") }))
	assert.Equal(t, []string{"/job/deploy/api/json"}, g.asked, "folders that have none of it are not listed")
	l.Only = nil
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 2)
}

package github_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/world"
)

// unread is what GitHub sends of a repository and nobody reads, in forms that it came to have over the years and some
// that it never had.
const unread = `"custom_properties":{"teams":["a","b"],"tier":null},"organization":"example-health","license":7,"topics":{"a":1},"permissions":[],"created_at":["never"],`

func TestWhatIsNotReadOfARepositoryMayHaveAnyForm(t *testing.T) {
	t.Parallel()
	for _, alter := range []func(body []byte) []byte{
		func(body []byte) []byte { return body },
		func(body []byte) []byte {
			return bytes.ReplaceAll(body, []byte(`"full_name":`), []byte(unread+`"full_name":`))
		},
	} {
		way, l := &spoiling{handler: fresh(), spoil: alter}, newLedger()
		require.NoError(t, l.collect(t.Context(), way.source(github.APIREST), time.Time{}))
		assert.NotEmpty(t, of[*dora.Deployment](l))
	}
	o := tell(t, nil)
	for _, c := range []struct{ event, body string }{
		{"push", `{"ref":"refs/heads/main","commits":{},"pusher":[],"repository":{` + unread + `"full_name":"example-health/api","default_branch":"main"}}`},
		{"deployment_status", `{"sender":"somebody","workflow_run":"none","check_run":3,` + status[1:]},
		{"deployment_status", string(regexp.MustCompile(`"node_id":"DE_42"`).ReplaceAllLiteral([]byte(status), []byte(`"payload":["a"],"original_environment":{},"node_id":null`)))},
	} {
		received, err := o.receive(hooked(c.event, c.body).Request(t.Context(), "http://grafana.example", hookSecret))
		require.NoError(t, err)
		assert.Equal(t, []string{"example-health/api"}, received.Refresh)
	}
}

// The stand-in lists five repositories and more, of which one is listed in a form that nobody can read.
func TestARepositoryThatCannotBeReadDoesNotStopItsOrganisation(t *testing.T) {
	t.Parallel()
	spoilt := world.Organization + "/booking"
	for api, mangled := range map[github.API][2]string{
		github.APIREST:    {`("archived":)false(,"[^{}]*)?`, `${1}"no"$2`},
		github.APIGraphQL: {`("isArchived":)false`, `${1}"no"`},
	} {
		t.Run(string(api), func(t *testing.T) {
			config := configured{
				ID: "github", URL: "http://github.test", Repositories: []string{world.Organization + "/*"}, API: api,
				Secrets: map[string]string{"token": secret},
			}
			read := func(config configured, spoil func([]byte) []byte) (*ledger, []*source.Error) {
				way := &spoiling{handler: fresh(), spoil: spoil}
				l := newLedger()
				err := l.collect(t.Context(), open(config, &http.Client{Transport: way}, newWaits().option()), time.Time{})
				return l, source.Failures("github", err)
			}
			whole, failures := read(config, nil)
			require.Empty(t, failures)
			object := regexp.MustCompile(`\{[^{}]*"(full_name|nameWithOwner)":"` + spoilt + `"[^{}]*`)
			wrong := regexp.MustCompile(mangled[0])
			spoil := func(body []byte) []byte {
				return object.ReplaceAllFunc(body, func(text []byte) []byte { return wrong.ReplaceAll(text, []byte(mangled[1])) })
			}
			l, failures := read(config, spoil)
			require.Len(t, failures, 1)
			assert.Equal(t, spoilt, failures[0].Part)
			assert.Equal(t, source.CauseAnswer, failures[0].Cause)
			assert.Contains(t, failures[0].Error(), "rchived")
			assert.Len(t, of[*dora.Repository](l), len(of[*dora.Repository](whole))-1, "all the others are read")

			config.Repositories = append(config.Repositories, "!"+spoilt)
			_, failures = read(config, spoil)
			assert.Empty(t, failures, "what is left out cannot be wrong")
		})
	}
}

func TestARepositoryThatMayNotBeSeenDoesNotStopItsOrganisation(t *testing.T) {
	server := saying(t, http.StatusOK, "application/json", `{"data":{"owner":{"repositories":{"pageInfo":{},"nodes":[
		{"nameWithOwner":"example-shop/till","isArchived":true}, null, {"nameWithOwner":"example-shop/ledger","deployments":null}]}}},
		"errors":[{"type":"FORBIDDEN","message":"no","path":["owner","repositories","nodes",2,"deployments"]},
			{"type":"FORBIDDEN","message":"your address is not on the list","path":["owner","repositories","nodes",1]}]}`, "X-GitHub-Request-Id", "1")
	s := open(configured{ID: "github", URL: server.URL, Repositories: []string{"example-shop/*"}, Secrets: map[string]string{"token": secret}}, server.Client())
	failures := source.Failures("github", newLedger().collect(t.Context(), s, time.Time{}))
	require.Len(t, failures, 2)
	assert.Equal(t, "example-shop", failures[0].Part)
	assert.Contains(t, failures[0].Error(), "your address is not on the list")
	assert.Equal(t, "example-shop/ledger", failures[1].Part)
	assert.Equal(t, source.CausePermission, failures[1].Cause)
	assert.Contains(t, failures[1].Error(), "deployments")
}

func TestAnAnswerThatIsNoListReadsAsNothingOfTheKind(t *testing.T) {
	t.Parallel()
	for _, body := range []string{``, `null`, `{}`, `[null]`, `[{}]`} {
		way := &spoiling{handler: fresh()}
		asked := ""
		way.hear = func(request *http.Request) { asked = request.URL.Path }
		way.spoil = func(text []byte) []byte {
			if asked == "/repos/"+world.Organization+"/booking/deployments" {
				return []byte(body)
			}
			return text
		}
		failures := source.Failures("github", newLedger().collect(t.Context(), way.source(github.APIREST), time.Time{}))
		require.NotEmpty(t, failures, body)
		assert.Equal(t, source.CauseAnswer, failures[0].Cause, body)
	}
}

func TestWhatIsReadIsCutToItsLimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1<<20)
	for _, api := range []github.API{github.APIREST, github.APIGraphQL} {
		way := &spoiling{handler: fresh()}
		way.spoil = func(body []byte) []byte {
			text := regexp.MustCompile(`"(log_url|logUrl|html_url|url)":"[^"]*"`).ReplaceAllString(string(body), `"$1":"javascript:alert(1)"`)
			return []byte(regexp.MustCompile(`"(title|task|message)":"[^"]*"`).ReplaceAllStringFunc(text, func(field string) string {
				if way.requests%20 != 0 { // not every answer, which would take long
					return field
				}
				name, _, _ := strings.Cut(field, ":")
				return name + `:"` + long[:20_000] + `"`
			}))
		}
		l := newLedger()
		require.NoError(t, l.collect(t.Context(), way.source(api), time.Time{}))
		require.NotEmpty(t, l.events)
		for _, e := range l.events {
			field, problem := dora.TooLong(e)
			require.Empty(t, field, problem)
			text, err := dora.Encode(e)
			require.NoError(t, err)
			require.NotContains(t, string(text), "javascript:")
		}
	}
}

package argocd_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"
	"text/template"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/argocd"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// notified has a source told of an operation, as the template tells it with changes.
func notified(t *testing.T, change func(*argocd.Settings), header http.Header, differs row) (source.Received, error) {
	t.Helper()
	own := byLabel()
	own.URL = "https://argocd.example"
	if change != nil {
		change(&own)
	}
	s := argocd.New(source.Given{ID: "argo", Secrets: map[string]string{"token": replayToken, "webhookSecret": standintest.Secret}}, own)
	body := row{
		"application": "api", "namespace": "argocd", "project": "health", "destination": row{"namespace": "api"}, "labels": row{"environment": "prod"},
		"repoURL": "https://git.example/" + api + ".git", "sources": nil, "revision": sha("b"), "revisions": nil,
		"phase": "Failed", "startedAt": "2026-11-02T10:58:00Z", "finishedAt": "2026-11-02T11:00:00Z", "images": []string{sidecar},
	}
	maps.Copy(body, differs)
	text, err := json.Marshal(body)
	require.NoError(t, err)
	return s.Receive(header, text)
}

func secretly() http.Header { return http.Header{"X-Live-Dora-Secret": {standintest.Secret}} }

func TestANotificationTellsOfAFailureThatTheNextSyncHides(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	read(t, l, a, nil)
	a.sync("02 12:00", sha("c"))
	received, err := notified(t, nil, secretly(), nil)
	require.NoError(t, err)
	assert.Equal(t, []string{"argocd/api"}, received.Refresh)
	l.Take(received.Events)
	read(t, l, a, nil)
	require.Len(t, told(l), 3)
	assert.Equal(t, when("02 11:00"), told(l)[1].Failed())
	assert.Equal(t, sha("b"), told(l)[1].SHA)
	assert.Equal(t, "prod", told(l)[1].Environment)
}

// The catalogue's triggers may be silent, call twice, and call late: what is told is what is read.
func TestWhatIsToldIsTheDeploymentThatIsRead(t *testing.T) {
	t.Parallel()
	a, whole := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 11:00", sha("b"))
	read(t, whole, a, nil)
	for _, order := range []string{"told first", "read first"} {
		l := sourcetest.NewLedger()
		received, err := notified(t, nil, secretly(), row{"phase": "Succeeded", "finishedAt": "2026-11-02T11:00:01Z"})
		require.NoError(t, err)
		require.Len(t, received.Events, 1)
		if order == "told first" {
			l.Take(received.Events)
			l.Take(received.Events)
		}
		read(t, l, a, nil)
		l.Take(received.Events)
		want, got := *told(whole)[0], *told(l)[0]
		want.URL, got.URL = "", ""
		assert.Equal(t, want, got, order)
		assert.Len(t, told(l), 1)
	}
}

func TestWhatWasToldFillsAGap(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	read(t, l, a, nil)
	a.next += 2 // two came and went
	a.sync("02 12:00", sha("c"))
	received, err := notified(t, nil, secretly(), row{"phase": "Succeeded"})
	require.NoError(t, err)
	l.Take(received.Events)
	read(t, l, a, nil)
	assert.Len(t, told(l), 3)
	assert.Equal(t, 1, unseen(l), "one of both is known")
}

func TestWhatIsToldAndBroughtNothingIsTakenBack(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("b"))
	read(t, l, a, nil)
	a.heal("02 11:00", sha("b"))
	received, err := notified(t, nil, secretly(), row{"phase": "Succeeded"})
	require.NoError(t, err)
	l.Take(received.Events)
	assert.Len(t, told(l), 2)
	read(t, l, a, nil)
	assert.Len(t, told(l), 1, "a part was put back as it was")
}

func TestANotificationOfImagesLeavesTheVersionToTheReading(t *testing.T) {
	t.Parallel()
	received, err := notified(t, ofImages, secretly(), row{"repoURL": config, "phase": "Succeeded", "images": []string{image("v1.0.0"), image("v1.1.0")}})
	require.NoError(t, err)
	require.Len(t, received.Events, 1)
	d := received.Events[0].(*dora.Deployment)
	assert.Equal(t, api, d.Repository)
	assert.Empty(t, d.SHA)
	assert.Equal(t, dora.Told, d.Rank)
}

// The template that people are given is one of Go, which fails where it asks for a field of what is not there.
func TestTheTemplateTellsOfEveryOperation(t *testing.T) {
	t.Parallel()
	_, text, _ := strings.Cut(argocd.System.Webhook.Template, "body: |\n")
	text, _, _ = strings.Cut(text, "\ntrigger.")
	body, err := template.New("body").Funcs(template.FuncMap{"toJson": func(what any) (string, error) {
		text, err := json.Marshal(what)
		return string(text), err
	}}).Parse(text)
	require.NoError(t, err)
	s := argocd.New(source.Given{ID: "argo", Secrets: map[string]string{"token": replayToken, "webhookSecret": standintest.Secret}}, argocd.Settings{URL: "https://argocd.example"})
	plain, several, early := newApplication("api"), newApplication("api"), newApplication("api")
	plain.sync("02 11:00", sha("b"))
	several.sources, several.source = []row{{"repoURL": "https://charts.example", "chart": "service"}, {"repoURL": "https://git.example/" + api}}, nil
	several.operate("Failed", "02 11:00", "1.4.2", sha("b"))
	early.operate("Error", "02 11:00", sha("b"))
	delete(early.operation, "syncResult")
	for name, a := range map[string]*tinyApplication{"one source": plain, "several sources": several, "one that failed before anything was synced": early} {
		var app map[string]any
		whole, err := json.Marshal(a.whole())
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(whole, &app))
		var told bytes.Buffer
		require.NoError(t, body.Execute(&told, map[string]any{"app": app}), name)
		received, err := s.Receive(secretly(), told.Bytes())
		require.NoError(t, err, "%s: %s", name, told.String())
		require.Len(t, received.Events, 1, name)
		d := received.Events[0].(*dora.Deployment)
		assert.Equal(t, api, d.Repository, name)
		assert.Equal(t, when("02 10:58"), d.Started(), name)
		if a != early {
			assert.Equal(t, sha("b"), d.SHA, name)
		}
	}
}

func TestWhatANotificationLacksIsReadOrRefused(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct {
		change  func(*argocd.Settings)
		differs row
		events  int
		refresh bool
	}{
		"several sources":                {differs: row{"repoURL": "", "revision": "", "sources": []row{{"repoURL": "https://charts.example", "chart": "service"}, {"repoURL": "https://git.example/" + api}}, "revisions": []string{"1.4.2", sha("b")}}, events: 1, refresh: true},
		"one that runs":                  {differs: row{"phase": "Running", "finishedAt": "<no value>"}, refresh: true},
		"words in place of a time":       {differs: row{"startedAt": "<nil>"}, refresh: true},
		"another project":                {change: func(own *argocd.Settings) { own.Projects = []string{"care"} }},
		"a selector that may not select": {change: func(own *argocd.Settings) { own.Selector = "tier=backend" }, refresh: true},
		"a repository that is not read":  {change: func(own *argocd.Settings) { own.Repositories = []string{"other/*"} }, refresh: true},
	} {
		received, err := notified(t, each.change, secretly(), each.differs)
		require.NoError(t, err, name)
		assert.Len(t, received.Events, each.events, name)
		assert.Equal(t, each.refresh, len(received.Refresh) > 0, name)
		assert.Equal(t, each.refresh, received.Ignored == "", name)
	}
	for name, differs := range map[string]row{"no application": {"application": ""}, "another type": {"labels": "prod"}} {
		_, err := notified(t, nil, secretly(), differs)
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, name)
		assert.NotEmpty(t, mistake.Field)
	}
}

func TestAnyoneMayCallButOnlyWhoKnowsTheSecretIsHeard(t *testing.T) {
	t.Parallel()
	for _, header := range []http.Header{secretly(), {"Authorization": {"Bearer " + standintest.Secret}}, {"Authorization": {"Bearer of-grafana"}, "X-Live-Dora-Secret": {standintest.Secret}}} {
		_, err := notified(t, nil, header, nil)
		assert.NoError(t, err)
	}
	for _, header := range []http.Header{{}, {"Authorization": {"Bearer " + standintest.Secret + "x"}}, {"Authorization": {"Basic x"}}, {"X-Live-Dora-Secret": {"x"}}} {
		_, err := notified(t, nil, header, nil)
		assert.ErrorIs(t, err, source.ErrForged)
	}
}

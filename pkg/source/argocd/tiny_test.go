package argocd_test

import (
	"crypto/sha1" //nolint:gosec // as git names objects
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/argocd"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// tiny is an Argo CD of a few applications, in which a test may do what a replay of a history cannot: sync a part, have images
// come late, lose entries of a history.
type tiny struct {
	mu    sync.Mutex
	apps  []*tinyApplication
	asked []string
	// before is called ahead of each answer; it may answer itself, and then says true.
	before func(w http.ResponseWriter, r *http.Request) bool
}

type tinyApplication struct {
	name, project, namespace string
	labels                   map[string]string
	destination              row
	source                   row
	sources                  []row
	created                  time.Time
	history                  []row
	next                     int
	operation                row
	images                   []string
}

const (
	api    = "example-health/api"
	config = "https://git.example/example-health/config.git"
)

func sha(label string) string {
	sum := sha1.Sum([]byte(label)) //nolint:gosec // as git names objects
	return hex.EncodeToString(sum[:])
}

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

// newApplication is made from the repository itself, and was never synced.
func newApplication(name string) *tinyApplication {
	return &tinyApplication{
		name: name, project: "health", namespace: "argocd", labels: map[string]string{"environment": "prod"}, created: when("01 00:00"),
		destination: row{"server": "https://kubernetes.default.svc", "namespace": name},
		source:      row{"repoURL": "git@git.example:" + api + ".git", "path": "deploy", "targetRevision": "HEAD"},
	}
}

// origin is what an operation is made from.
func (a *tinyApplication) origin(revisions ...string) row {
	if a.sources != nil {
		return row{"source": row{"repoURL": ""}, "sources": a.sources, "revision": "", "revisions": revisions}
	}
	return row{"source": a.source, "revision": revisions[0]}
}

// operate has an operation end at a time, two minutes after it began; without an end it goes on.
func (a *tinyApplication) operate(phase, at string, revisions ...string) row {
	a.operation = row{
		"phase": phase, "startedAt": when(at).Add(-2 * time.Minute), "syncResult": a.origin(revisions...),
		"operation": row{"sync": row{"revision": revisions[0]}, "initiatedBy": row{"username": "dev-9"}},
	}
	if phase != "Running" {
		a.operation["finishedAt"] = when(at)
	}
	return a.operation
}

// sync is a whole operation that succeeds, and is written to the history.
func (a *tinyApplication) sync(at string, revisions ...string) {
	a.operate("Succeeded", at, revisions...)
	entry := a.origin(revisions...)
	entry["id"], entry["deployedAt"], entry["deployStartedAt"], entry["initiatedBy"] = a.next, when(at), when(at).Add(-2*time.Minute), row{"username": "dev-9"}
	a.next++
	a.history = append(a.history, entry)
	a.history = a.history[max(0, len(a.history)-10):]
}

// heal is an operation of some resources that Argo CD began by itself.
func (a *tinyApplication) heal(at string, revisions ...string) {
	a.operate("Succeeded", at, revisions...)
	a.operation["operation"] = row{"sync": row{"revision": revisions[0], "resources": []row{{"kind": "Deployment", "name": "api"}}}, "initiatedBy": row{"automated": true}}
}

func (a *tinyApplication) whole() row {
	spec := row{"project": a.project, "destination": a.destination}
	if a.sources != nil {
		spec["sources"] = a.sources
	} else {
		spec["source"] = a.source
	}
	status := row{"summary": row{"images": a.images}}
	if len(a.history) > 0 {
		status["history"] = a.history
	}
	if a.operation != nil {
		status["operationState"] = a.operation
	}
	return row{
		"metadata": row{"name": a.name, "namespace": a.namespace, "labels": a.labels, "creationTimestamp": a.created},
		"spec":     spec, "status": status,
	}
}

// item is what a list has of it.
func (a *tinyApplication) item() row {
	whole := a.whole()
	status := whole["status"].(row)
	delete(status, "history")
	if a.operation != nil {
		status["operationState"] = row{"phase": a.operation["phase"], "startedAt": a.operation["startedAt"], "finishedAt": a.operation["finishedAt"]}
	}
	return whole
}

func (g *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.asked = append(g.asked, r.URL.Path+"?"+r.URL.RawQuery)
	if g.before != nil && g.before(w, r) {
		return
	}
	name, one := strings.CutPrefix(r.URL.Path, "/api/v1/applications/")
	if !one {
		items := []row{}
		for _, a := range g.apps {
			items = append(items, a.item())
		}
		tell(w, row{"metadata": row{"resourceVersion": "1"}, "items": items})
		return
	}
	i := slices.IndexFunc(g.apps, func(a *tinyApplication) bool { return a.name == name })
	if i < 0 {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"error":"not found","code":5,"message":"not found"}`))
		return
	}
	tell(w, g.apps[i].whole())
}

func tell(w http.ResponseWriter, what any) {
	w.Header().Set("Content-Type", "application/json")
	text, err := json.Marshal(what)
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(text)
}

// reads serves the applications and reads them.
func (g *tiny) reads(t *testing.T, l *sourcetest.Ledger, change func(*argocd.Settings)) error {
	t.Helper()
	server := httptest.NewServer(g)
	defer server.Close()
	own := byLabel()
	own.URL = server.URL
	if change != nil {
		change(&own)
	}
	given := source.Given{ID: "argo", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": replayToken, "webhookSecret": standintest.Secret}}
	return l.Collect(t.Context(), argocd.New(given, own, argocd.WithPace(standintest.At(standintest.AfterAll))), time.Time{})
}

// read is reads of one application that goes well.
func read(t *testing.T, l *sourcetest.Ledger, a *tinyApplication, change func(*argocd.Settings)) {
	t.Helper()
	require.NoError(t, (&tiny{apps: []*tinyApplication{a}}).reads(t, l, change))
}

// told are the deployments that a ledger has, in order of their end.
func told(l *sourcetest.Ledger) (found []*dora.Deployment) {
	for _, e := range l.Events {
		if d := e.(*dora.Deployment); !d.Withdrawn && d.Unseen == 0 {
			found = append(found, d)
		}
	}
	slices.SortFunc(found, func(a, b *dora.Deployment) int { return a.LastWord().Compare(b.LastWord()) })
	return found
}

// unseen is how many operations are told to have been missed.
func unseen(l *sourcetest.Ledger) (count int) {
	for _, e := range l.Events {
		if d := e.(*dora.Deployment); !d.Withdrawn {
			count += d.Unseen
		}
	}
	return count
}

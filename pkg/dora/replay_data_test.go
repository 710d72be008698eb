package dora_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// replayed is a real repository's history, recorded as JSON lines, with the values that were worked out from it with
// plain git.
type replayed struct {
	name    string
	events  []dora.Event
	parents map[string][]string
	byID    map[int64]*dora.Deployment
	dir     string
}

// loadReplay reads a recorded history; the test is skipped where there is none beside the module.
func loadReplay(t *testing.T, dataset string) *replayed {
	t.Helper()
	r := &replayed{parents: map[string][]string{}, byID: map[int64]*dora.Deployment{}, dir: filepath.Join("..", "..", "..", "shared", "replay", "data", dataset)}
	var about struct{ Owner, Name, DefaultBranch, Head string }
	content, err := os.ReadFile(filepath.Join(r.dir, "repository.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no recorded history in ../shared/replay/data/" + dataset + " beside the module")
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, &about))
	r.name = about.Owner + "/" + about.Name
	r.add(&dora.Repository{Header: r.header("repository"), Name: r.name, DefaultBranch: about.DefaultBranch, HeadSHA: about.Head})
	authored := r.loadCommits(t)
	r.loadPulls(t, authored)
	r.loadDeployments(t)
	r.loadIssues(t)
	return r
}

func (r *replayed) add(e dora.Event) { r.events = append(r.events, e) }

func (r *replayed) header(id string) dora.Header {
	return dora.Header{Source: "github", ID: r.name + ":" + id}
}

func (r *replayed) loadCommits(t *testing.T) (authored map[string]time.Time) {
	authored = map[string]time.Time{}
	for _, c := range lines[struct {
		OID                         string
		Parents                     []string
		AuthoredDate, CommittedDate time.Time
		MessageHeadline, Author     string
	}](t, r.dir, "commits") {
		authored[c.OID], r.parents[c.OID] = c.AuthoredDate, c.Parents
		r.add(&dora.Commit{
			Header: r.header("commit:" + c.OID), Repository: r.name, SHA: c.OID, Parents: c.Parents,
			Authored: c.AuthoredDate, Committed: c.CommittedDate, Author: c.Author, Message: c.MessageHeadline,
		})
	}
	return authored
}

func (r *replayed) loadPulls(t *testing.T, authored map[string]time.Time) {
	reviews := map[int][]dora.Review{}
	for _, v := range lines[struct {
		Pull          int
		Author, State string
		SubmittedAt   time.Time
	}](t, r.dir, "reviews") {
		states := map[string]string{"APPROVED": dora.ReviewApproved, "COMMENTED": "commented", "CHANGES_REQUESTED": "changes_requested"}
		reviews[v.Pull] = append(reviews[v.Pull], dora.Review{Author: v.Author, State: states[v.State], At: v.SubmittedAt})
	}
	for _, p := range lines[struct {
		Number                   int
		Author, Title, Body      string
		CreatedAt, MergedAt      time.Time
		BaseRefName, HeadRefName string
		MergeCommit              string
		Commits, Labels          []string
	}](t, r.dir, "pulls") {
		c := &dora.Change{
			Header: r.header(fmt.Sprintf("change:%d", p.Number)), Repository: r.name, Number: p.Number, Title: p.Title, Body: p.Body,
			Author: p.Author, Labels: p.Labels, Base: p.BaseRefName, Branch: p.HeadRefName, Opened: p.CreatedAt, Merged: p.MergedAt,
			MergeCommit: p.MergeCommit, Reviews: reviews[p.Number],
		}
		for _, own := range p.Commits {
			c.Commits = append(c.Commits, dora.ChangeCommit{SHA: own, Authored: authored[own]})
		}
		r.add(c)
	}
}

func (r *replayed) loadDeployments(t *testing.T) {
	states := map[string]dora.DeploymentState{
		"queued": dora.StateWaiting, "waiting": dora.StateWaiting, "in_progress": dora.StateRunning, "success": dora.StateSuccess,
		"failure": dora.StateFailure, "error": dora.StateFailure, "inactive": dora.StateRetired,
	}
	statuses := map[int64][]dora.DeploymentStatus{}
	for _, s := range lines[struct {
		Deployment int64
		State      string
		CreatedAt  time.Time
	}](t, r.dir, "statuses") {
		require.Contains(t, states, s.State)
		statuses[s.Deployment] = append(statuses[s.Deployment], dora.DeploymentStatus{State: states[s.State], At: s.CreatedAt})
	}
	tags := map[string]bool{}
	for _, tag := range lines[struct{ Name string }](t, r.dir, "tags") {
		tags[tag.Name] = true
	}
	for _, d := range lines[struct {
		ID                                   int64
		Environment, OID, Ref, Task, Creator string
		CreatedAt                            time.Time
	}](t, r.dir, "deployments") {
		e := &dora.Deployment{
			Header: r.header(fmt.Sprintf("deployment:%d", d.ID)), Repository: r.name, Number: d.ID, Environment: d.Environment, Task: d.Task,
			SHA: d.OID, Ref: d.Ref, RefKind: dora.RefBranch, Created: d.CreatedAt, Statuses: statuses[d.ID], Creator: d.Creator,
		}
		if tags[d.Ref] {
			e.RefKind = dora.RefTag
		}
		r.byID[d.ID] = e
		r.add(e)
	}
}

// loadIssues takes in the issues that are, or were, labelled incident.
func (r *replayed) loadIssues(t *testing.T) {
	for _, i := range lines[struct {
		Number      int64
		Title, Body string
		CreatedAt   time.Time
		Events      []struct {
			Event, Label string
			CreatedAt    time.Time
		}
	}](t, r.dir, "issues") {
		incident := &dora.Incident{
			Header: r.header(fmt.Sprintf("incident:%d", i.Number)), Repository: r.name, Number: i.Number, Title: i.Title, Body: i.Body,
			Opened: i.CreatedAt, Withdrawn: true,
		}
		ever := false
		for _, e := range i.Events {
			switch {
			case e.Event == "closed":
				incident.Resolved = e.CreatedAt
			case e.Event == "reopened":
				incident.Resolved = time.Time{}
			case e.Event == "labeled" && e.Label == "incident":
				ever, incident.Withdrawn = true, false
			case e.Event == "unlabeled" && e.Label == "incident":
				incident.Withdrawn = true
			case e.Event == "labeled":
				incident.Labels = append(incident.Labels, e.Label)
			}
		}
		if ever {
			r.add(incident)
		}
	}
}

// reach is a commit and everything below it.
func (r *replayed) reach(sha string) set {
	reached := set{sha: true}
	for todo := []string{sha}; len(todo) > 0; {
		at := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, p := range r.parents[at] {
			if !reached[p] {
				reached[p] = true
				todo = append(todo, p)
			}
		}
	}
	return reached
}

// snapshot derives the services that the recorded environments are: prod, prod-worker and internal-dev.
func (r *replayed) snapshot(def dora.Definition) map[string]*dora.Snapshot {
	service := func(name string, incidents ...dora.IncidentRule) dora.Service {
		return dora.Service{
			Name: name, Incidents: incidents,
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: r.name, Environment: dora.MustPattern("^" + name + "$")}},
		}
	}
	worker := []string{"service:prod-worker"}
	h := dora.NewHistory(dora.Mapping{Services: []dora.Service{
		service("internal-dev"),
		service("prod", dora.IncidentRule{Source: "github", Repository: r.name, ExcludeLabels: worker}),
		service("prod-worker", dora.IncidentRule{Source: "github", Repository: r.name, Labels: worker}),
	}})
	h.Apply(r.events...)
	whole := h.Derive(def)
	byName := map[string]*dora.Snapshot{}
	for _, f := range whole.Services {
		byName[f.Service.Name] = &dora.Snapshot{Definition: whole.Definition, Services: []*dora.Facts{f}, Earliest: whole.Earliest}
	}
	return byName
}

// lines reads a file of JSON lines.
func lines[T any](t *testing.T, dir, name string) []T {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, name+".jsonl"))
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var all []T
	for d := json.NewDecoder(f); ; {
		var one T
		err := d.Decode(&one)
		if errors.Is(err, io.EOF) {
			return all
		}
		require.NoError(t, err)
		all = append(all, one)
	}
}

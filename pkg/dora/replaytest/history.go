package replaytest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// History is a repository's recorded history.
type History struct {
	Dir     string
	Source  string // whose events are checked: github, unless a test says otherwise
	Name    string // owner/name, or what that source calls it
	Overlay bool   // deployments, incidents and reviews are invented
	Events  []dora.Event

	branch, head string
	parents      map[string][]string
	messages     map[string]string
	authored     map[string]time.Time
	pulls        map[int]*pull
	begin, end   time.Time // all deployments finished between them, with a month and more to spare
}

// pull is what the recording knows of a pull request and an event does not say.
type pull struct {
	Number                               int
	Kind                                 string // merge, squash, rebase
	Title, MergeCommit, Base, BaseRefOID string
	Commits, Labels                      []string
}

// Directories lists where recorded histories lie: beside the module in ../shared/replay, or at LIVEDORA_REPLAY, and in
// LIVEDORA_REPLAY_DATA, which holds one directory for each history. The test is skipped where there is none.
func Directories(t testing.TB) []string {
	t.Helper()
	replay := os.Getenv("LIVEDORA_REPLAY")
	if replay == "" {
		replay = filepath.Join(moduleRoot(t), "..", "shared", "replay")
	}
	found := append(datasets(t, filepath.Join(replay, "data")), Others(t)...)
	if len(found) == 0 {
		t.Skip("no recorded history in ../shared/replay/data beside the module, and none that LIVEDORA_REPLAY_DATA names")
	}
	return found
}

// Others lists the histories in LIVEDORA_REPLAY_DATA alone.
func Others(t testing.TB) []string {
	t.Helper()
	dir := os.Getenv("LIVEDORA_REPLAY_DATA")
	if dir == "" {
		return nil
	}
	require.True(t, filepath.IsAbs(dir), "LIVEDORA_REPLAY_DATA is to be an absolute path: tests run in their package's directory")
	found := datasets(t, dir)
	require.NotEmpty(t, found, "LIVEDORA_REPLAY_DATA is to name a directory of recorded histories")
	return found
}

func datasets(t testing.TB, dir string) (found []string) {
	marks, err := filepath.Glob(filepath.Join(dir, "*", "repository.json"))
	require.NoError(t, err)
	for _, mark := range marks {
		found = append(found, filepath.Dir(mark))
	}
	return found
}

func moduleRoot(t testing.TB) string {
	dir, err := os.Getwd()
	require.NoError(t, err)
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		parent := filepath.Dir(dir)
		require.NotEqual(t, parent, dir, "the test is to run inside the module")
		dir = parent
	}
}

// Load reads a recorded history.
func Load(t testing.TB, dir string) *History {
	t.Helper()
	r := &History{Dir: dir, Source: "github", parents: map[string][]string{}, messages: map[string]string{}, authored: map[string]time.Time{}, pulls: map[int]*pull{}}
	var about struct {
		Owner, Name, DefaultBranch, Head string
		Synthetic                        bool
	}
	r.decode(t, "repository.json", &about)
	r.Name, r.Overlay, r.branch, r.head = about.Owner+"/"+about.Name, about.Synthetic, about.DefaultBranch, about.Head
	r.add(&dora.Repository{Header: r.header("repository"), Name: r.Name, DefaultBranch: r.branch, HeadSHA: r.head})
	r.loadCommits(t)
	r.loadPulls(t)
	r.loadDeployments(t)
	r.loadIssues(t)
	return r
}

func (r *History) decode(t testing.TB, file string, into any) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(r.Dir, file))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(content, into))
}

func (r *History) add(e dora.Event) { r.Events = append(r.Events, e) }

func (r *History) header(id string) dora.Header {
	return dora.Header{Source: r.Source, ID: r.Name + ":" + id}
}

func (r *History) loadCommits(t testing.TB) {
	for _, c := range lines[struct {
		OID                         string
		Parents                     []string
		AuthoredDate, CommittedDate time.Time
		MessageHeadline, Author     string
	}](t, r.Dir, "commits") {
		r.authored[c.OID], r.parents[c.OID], r.messages[c.OID] = c.AuthoredDate, c.Parents, c.MessageHeadline
		r.add(&dora.Commit{
			Header: r.header("commit:" + c.OID), Repository: r.Name, SHA: c.OID, Parents: c.Parents,
			Authored: c.AuthoredDate, Committed: c.CommittedDate, Author: c.Author, Message: c.MessageHeadline,
		})
	}
}

func (r *History) loadPulls(t testing.TB) {
	reviews := map[int][]dora.Review{}
	for _, v := range lines[struct {
		Pull          int
		Author, State string
		SubmittedAt   time.Time
	}](t, r.Dir, "reviews") {
		states := map[string]string{"APPROVED": dora.ReviewApproved, "COMMENTED": "commented", "CHANGES_REQUESTED": "changes_requested"}
		reviews[v.Pull] = append(reviews[v.Pull], dora.Review{Author: v.Author, State: states[v.State], At: v.SubmittedAt})
	}
	for _, p := range lines[struct {
		pull
		Author, Body             string
		CreatedAt, MergedAt      time.Time
		BaseRefName, HeadRefName string
	}](t, r.Dir, "pulls") {
		c := &dora.Change{
			Header: r.header(fmt.Sprintf("change:%d", p.Number)), Repository: r.Name, Number: p.Number, Title: p.Title, Body: p.Body,
			Author: p.Author, Labels: p.Labels, Base: p.BaseRefName, Branch: p.HeadRefName, Opened: p.CreatedAt, Merged: p.MergedAt,
			MergeCommit: p.MergeCommit, Reviews: reviews[p.Number],
		}
		for _, own := range p.Commits {
			c.Commits = append(c.Commits, dora.ChangeCommit{SHA: own, Authored: r.authored[own]})
		}
		p.Base = p.BaseRefName
		r.pulls[p.Number] = &p.pull
		r.add(c)
	}
}

func (r *History) loadDeployments(t testing.TB) {
	states := map[string]dora.DeploymentState{
		"queued": dora.StateWaiting, "waiting": dora.StateWaiting, "in_progress": dora.StateRunning, "success": dora.StateSuccess,
		"failure": dora.StateFailure, "error": dora.StateFailure, "inactive": dora.StateRetired,
	}
	statuses := map[int64][]dora.DeploymentStatus{}
	for _, s := range lines[struct {
		Deployment int64
		State      string
		CreatedAt  time.Time
	}](t, r.Dir, "statuses") {
		require.Contains(t, states, s.State)
		statuses[s.Deployment] = append(statuses[s.Deployment], dora.DeploymentStatus{State: states[s.State], At: s.CreatedAt})
	}
	tags := map[string]bool{}
	for _, tag := range lines[struct{ Name string }](t, r.Dir, "tags") {
		tags[tag.Name] = true
	}
	for _, d := range lines[struct {
		ID                                   int64
		Environment, OID, Ref, Task, Creator string
		CreatedAt                            time.Time
	}](t, r.Dir, "deployments") {
		e := &dora.Deployment{
			Header: r.header(fmt.Sprintf("deployment:%d", d.ID)), Repository: r.Name, Number: d.ID, Environment: d.Environment, Task: d.Task,
			SHA: d.OID, Ref: d.Ref, RefKind: dora.RefBranch, Created: d.CreatedAt, Statuses: statuses[d.ID], Creator: d.Creator,
		}
		if tags[d.Ref] {
			e.RefKind = dora.RefTag
		}
		if at := e.Finished(); !at.IsZero() {
			if r.begin.IsZero() || at.Before(r.begin) {
				r.begin = at
			}
			if at.After(r.end) {
				r.end = at
			}
		}
		r.add(e)
	}
	r.begin, r.end = r.begin.AddDate(0, -2, 0), r.end.AddDate(0, 2, 0)
}

// loadIssues takes in the issues that are, or were, labelled incident.
func (r *History) loadIssues(t testing.TB) {
	for _, i := range lines[struct {
		Number      int64
		Title, Body string
		CreatedAt   time.Time
		Events      []struct {
			Event, Label string
			CreatedAt    time.Time
		}
	}](t, r.Dir, "issues") {
		incident := &dora.Incident{
			Header: r.header(fmt.Sprintf("incident:%d", i.Number)), Repository: r.Name, Number: i.Number, Title: i.Title, Body: i.Body,
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

// Services are the services that the recorded environments are. Incidents of prod-worker have its label, and only with
// the overlay are there any.
func (r *History) Services() []dora.Service {
	service := func(name string, incidents ...dora.IncidentRule) dora.Service {
		return dora.Service{
			Name: name, Incidents: incidents,
			Deployments: []dora.DeploymentRule{{Source: r.Source, Repository: r.Name, Environment: dora.MustPattern("^" + name + "$")}},
		}
	}
	worker := []string{"service:prod-worker"}
	return []dora.Service{
		service("internal-dev"),
		service("prod", dora.IncidentRule{Source: r.Source, Repository: r.Name, ExcludeLabels: worker}),
		service("prod-worker", dora.IncidentRule{Source: r.Source, Repository: r.Name, Labels: worker}),
	}
}

// snapshots derives each service by itself.
func (r *History) snapshots(h *facts.Deriver, def dora.Definition) map[string]*facts.Snapshot {
	whole := h.Derive(def)
	byName := map[string]*facts.Snapshot{}
	for _, f := range whole.Services {
		byName[f.Service.Name] = &facts.Snapshot{Definition: whole.Definition, Services: []*facts.Service{f}, Earliest: whole.Earliest}
	}
	return byName
}

// lines reads a file of JSON lines.
func lines[T any](t testing.TB, dir, name string) []T {
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

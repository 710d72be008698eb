package gitlab_test

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // as git names objects
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

// dataset is a small history for the replay. Objects are called by labels.
type dataset struct {
	t       *testing.T
	project string
	head    string
	rows    map[string][]any
	next    int
}

func newDataset(t *testing.T) *dataset {
	return &dataset{t: t, project: "health/api", rows: map[string][]any{}}
}

func sha(label string) string {
	sum := sha1.Sum([]byte(label)) //nolint:gosec // as git names objects
	return hex.EncodeToString(sum[:])
}

func shas(labels string) []string {
	list := []string{}
	for label := range strings.FieldsSeq(labels) {
		list = append(list, sha(label))
	}
	return list
}

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

type row map[string]any

func (d *dataset) add(file string, r row) { d.rows[file] = append(d.rows[file], r) }

func (d *dataset) commit(label, parents, at string) {
	d.add("commits", row{"oid": sha(label), "parents": shas(parents), "authoredDate": when(at), "committedDate": when(at), "messageHeadline": "commit", "author": "dev-1"})
	d.head = label
}

// request is a merge request that landed by one of the replay's kinds.
func (d *dataset) request(iid int, kind, base, commits, landed, created, merged string) {
	own := shas(commits)
	r := row{
		"id": 500000 + iid, "number": iid, "kind": kind, "author": "dev-1", "mergedBy": "dev-9", "createdAt": when(created), "mergedAt": when(merged),
		"baseRefName": base, "baseRefOid": own[0], "headRefName": "branch", "headRefOid": own[len(own)-1], "mergeCommit": sha(landed), "commits": own, "labels": []string{},
	}
	d.add("pulls", r)
}

// deploy is a deployment whose steps are words such as success@02T10:00, and with a job where it is to have one.
func (d *dataset) deploy(id int, label, environment, created, steps string, job bool) {
	d.add("deployments", row{"id": id, "environment": environment, "oid": sha(label), "ref": "main", "task": "deploy", "createdAt": when(created), "creator": "github-actions[bot]"})
	last := when(created)
	for step := range strings.FieldsSeq(steps) {
		state, at, _ := strings.Cut(step, "@")
		d.next++
		last = when(strings.Replace(at, "T", " ", 1))
		d.add("statuses", row{"id": 800000 + d.next, "deployment": id, "state": state, "createdAt": last})
	}
	if job {
		d.add("workflow_runs", row{
			"id": 3000 + id, "deployment": id, "workflow": "deploy", "runNumber": id, "event": "push", "headSha": sha(label), "headBranch": "main",
			"createdAt": when(created), "startedAt": when(created), "finishedAt": last, "conclusion": "success",
		})
	}
}

func (d *dataset) issue(iid int, created, title string, events ...row) {
	all := append([]row{{"event": "labeled", "createdAt": when(created), "label": "incident"}}, events...)
	d.add("issues", row{"id": 900000 + iid, "number": iid, "title": title, "body": "", "author": "dev-7", "createdAt": when(created), "events": all})
}

func (d *dataset) write() string {
	d.t.Helper()
	dir := d.t.TempDir()
	owner, name, _ := strings.Cut(d.project, "/")
	about, err := json.Marshal(row{
		"id": 4711, "owner": owner, "name": name, "ownerType": "Organization", "defaultBranch": "main", "head": sha(d.head), "createdAt": when("01 00:00"),
		"license": "mit", "workflows": []string{}, "labels": []row{{"name": "incident", "color": "ededed"}, {"name": "hotfix", "color": "ededed"}},
	})
	require.NoError(d.t, err)
	require.NoError(d.t, os.WriteFile(filepath.Join(dir, "repository.json"), about, 0o600))
	for _, file := range []string{"commits", "pulls", "tags", "deployments", "statuses", "workflow_runs", "reviews", "issues"} {
		var text bytes.Buffer
		encoder := json.NewEncoder(&text)
		for _, each := range d.rows[file] {
			require.NoError(d.t, encoder.Encode(each))
		}
		require.NoError(d.t, os.WriteFile(filepath.Join(dir, file+".jsonl"), text.Bytes(), 0o600))
	}
	return dir
}

// replay starts a stand-in of this history alone, long after.
func (d *dataset) replay(arguments ...string) *replay {
	return startReplay(d.t, afterAll, append([]string{"--data", d.write()}, arguments...)...)
}

// factsOf are what follows from a ledger for one service whose environments match a pattern, with everybody's changes.
func factsOf(l *sourcetest.Ledger, environments string) *facts.Service {
	h := facts.NewDeriver(dora.Mapping{Services: []dora.Service{{
		Name:        "api",
		Deployments: []dora.DeploymentRule{{Source: "gitlab", Environment: dora.MustPattern(environments)}},
		Incidents:   []dora.IncidentRule{{Source: "gitlab"}},
	}}})
	h.Apply(l.All()...)
	def := dora.DefaultDefinition()
	def.Bots.LeadTime = dora.Include
	return h.Derive(def).Services[0]
}

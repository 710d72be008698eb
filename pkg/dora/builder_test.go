package dora_test

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// repo tells the story of one repository, example-health/api, whose service is named after it.
type repo struct {
	t           *testing.T
	def         dora.Definition
	mapping     dora.Mapping
	events      []dora.Event
	head        string
	commits     map[string]*dora.Commit // by name
	deployments int
	incidents   int
	repository  string
}

// monday is the day on which the stories begin; hour(n) is n hours into it.
var monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func hour(n float64) time.Time { return monday.Add(time.Duration(n * float64(time.Hour))) }

func newRepo(t *testing.T) *repo {
	t.Helper()
	return &repo{
		t: t, def: dora.DefaultDefinition(), mapping: dora.Mapping{Production: dora.DefaultProduction},
		commits: map[string]*dora.Commit{}, repository: "example-health/api",
	}
}

// sha is the full sha of the commit with a name.
func sha(name string) string {
	sum := sha1.Sum([]byte(name))
	return hex.EncodeToString(sum[:])
}

func (r *repo) header(id string) dora.Header {
	return dora.Header{Source: "github", ID: r.repository + ":" + id}
}

// branch adds a commit, off the main line, on top of others; all are authored at the beginning of the story and
// committed a minute apart.
func (r *repo) branch(name string, parents ...string) *dora.Commit {
	c := &dora.Commit{
		Header: r.header("commit:" + sha(name)), Repository: r.repository, SHA: sha(name), Authored: monday,
		Committed: monday.Add(time.Duration(len(r.commits)) * time.Minute),
		Author:    "dev-01", Message: name,
	}
	for _, p := range parents {
		c.Parents = append(c.Parents, sha(p))
	}
	r.commits[name] = c
	r.events = append(r.events, c)
	return c
}

// commit adds a commit to the main line; other parents are what it merges.
func (r *repo) commit(name string, merged ...string) *dora.Commit {
	var parents []string
	if r.head != "" {
		parents = append(parents, r.head)
	}
	c := r.branch(name, append(parents, merged...)...)
	r.head = name
	return c
}

// pull tells of a merged pull request whose landed commit is named. It has one commit of its own, opened an hour after
// it was authored.
func (r *repo) pull(number int, landed string) *dora.Change {
	c := &dora.Change{
		Header: r.header(fmt.Sprintf("change:%d", number)), Repository: r.repository, Number: number,
		Title: fmt.Sprintf("Add %s (#%d)", landed, number), Author: "dev-01", Base: "main", Branch: "topic", Opened: hour(1), Merged: hour(2),
		MergeCommit: sha(landed), Commits: []dora.ChangeCommit{{SHA: sha(landed + "'s own"), Authored: monday}},
	}
	r.events = append(r.events, c)
	return c
}

// squash is a squashed pull request on top of the main line.
func (r *repo) squash(number int, landed string) *dora.Change {
	r.commit(landed)
	return r.pull(number, landed)
}

// deploy brings a commit into an environment; its number is the count of deployments so far + 9000.
func (r *repo) deploy(environment, name string, finished time.Time) *dora.Deployment {
	r.deployments++
	number := int64(9000 + r.deployments)
	d := &dora.Deployment{
		Header: r.header(fmt.Sprintf("deployment:%d", number)), Repository: r.repository, Number: number, Environment: environment,
		SHA: sha(name), Ref: "v-" + name, RefKind: dora.RefTag, Created: finished.Add(-5 * time.Minute),
		Statuses: []dora.DeploymentStatus{{State: dora.StateRunning, At: finished.Add(-4 * time.Minute)}, {State: dora.StateSuccess, At: finished}},
	}
	r.events = append(r.events, d)
	return d
}

// deployment is the nth of the story, from 1.
func (r *repo) deployment(n int) *dora.Deployment {
	r.t.Helper()
	for _, e := range r.events {
		if d, ok := e.(*dora.Deployment); ok && d.Number == int64(9000+n) {
			return d
		}
	}
	require.Fail(r.t, "there is no such deployment")
	return nil
}

// incident opens an incident, and it is never resolved unless the story says so.
func (r *repo) incident(opened time.Time, text string) *dora.Incident {
	r.incidents++
	i := &dora.Incident{
		Header: r.header(fmt.Sprintf("incident:%d", r.incidents)), Repository: r.repository, Number: int64(r.incidents), Title: "Errors", Body: text, Opened: opened,
	}
	r.events = append(r.events, i)
	return i
}

func (r *repo) snapshot() *dora.Snapshot {
	h := dora.NewHistory(r.mapping)
	h.KeepAwake(0)
	h.Apply(r.events...)
	h.Apply(&dora.Repository{Header: r.header("repository"), Name: r.repository, DefaultBranch: "main", HeadSHA: sha(r.head)})
	return h.Derive(r.def)
}

// facts are those of the only service.
func (r *repo) facts() *dora.Facts {
	r.t.Helper()
	s := r.snapshot()
	require.Len(r.t, s.Services, 1)
	return s.Services[0]
}

// failed lists which deployments failed and by what, such as "2 by rollback": numbers count from 1.
func failed(f *dora.Facts) []string {
	list := []string{}
	for _, d := range f.Deployments {
		var kinds []string
		for _, e := range d.Evidence {
			kinds = append(kinds, string(e.Kind))
		}
		if d.Failed() {
			list = append(list, fmt.Sprintf("%d by %s", d.Event.Number-9000, strings.Join(kinds, ", ")))
		}
	}
	return list
}

// reworked lists which deployments were unplanned and why.
func reworked(f *dora.Facts) []string {
	list := []string{}
	for _, d := range f.Deployments {
		if d.Rework != "" {
			list = append(list, fmt.Sprintf("%d: %s", d.Event.Number-9000, d.Rework))
		}
	}
	return list
}

// deployAll deploys versions to production, ten hours apart, beginning ten hours into the story.
func (r *repo) deployAll(names ...string) {
	for i, name := range names {
		r.deploy("production", name, hour(float64(10*(i+1))))
	}
}

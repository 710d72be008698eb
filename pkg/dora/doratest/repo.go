package doratest

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Repo tells the story of one repository, example-health/api, whose service is named after it.
type Repo struct {
	t           *testing.T
	Def         dora.Definition
	Mapping     dora.Mapping
	Events      []dora.Event
	Head        string
	Commits     map[string]*dora.Commit // by name
	deployments int
	incidents   int
	Repository  string
}

// Monday is the day on which the stories begin.
var Monday = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

// Hour is n hours into Monday.
func Hour(n float64) time.Time { return Monday.Add(time.Duration(n * float64(time.Hour))) }

// NewRepo begins a story, under the definition and the mapping that everybody begins with.
func NewRepo(t *testing.T) *Repo {
	t.Helper()
	return &Repo{
		t: t, Def: dora.DefaultDefinition(), Mapping: dora.Mapping{Production: dora.DefaultProduction},
		Commits: map[string]*dora.Commit{}, Repository: "example-health/api",
	}
}

// SHA is the full sha of the commit with a name.
func SHA(name string) string {
	sum := sha1.Sum([]byte(name))
	return hex.EncodeToString(sum[:])
}

// Header names an event of the repository.
func (r *Repo) Header(id string) dora.Header {
	return dora.Header{Source: "github", ID: r.Repository + ":" + id}
}

// Branch adds a commit, off the main line, on top of others; all are authored at the beginning of the story and
// committed a minute apart.
func (r *Repo) Branch(name string, parents ...string) *dora.Commit {
	c := &dora.Commit{
		Header: r.Header("commit:" + SHA(name)), Repository: r.Repository, SHA: SHA(name), Authored: Monday,
		Committed: Monday.Add(time.Duration(len(r.Commits)) * time.Minute),
		Author:    "dev-01", Message: name,
	}
	for _, p := range parents {
		c.Parents = append(c.Parents, SHA(p))
	}
	r.Commits[name] = c
	r.Events = append(r.Events, c)
	return c
}

// Commit adds a commit to the main line; other parents are what it merges.
func (r *Repo) Commit(name string, merged ...string) *dora.Commit {
	var parents []string
	if r.Head != "" {
		parents = append(parents, r.Head)
	}
	c := r.Branch(name, append(parents, merged...)...)
	r.Head = name
	return c
}

// Pull tells of a merged pull request whose landed commit is named. It has one commit of its own, opened an hour after
// it was authored.
func (r *Repo) Pull(number int, landed string) *dora.Change {
	c := &dora.Change{
		Header: r.Header(fmt.Sprintf("change:%d", number)), Repository: r.Repository, Number: number,
		Title: fmt.Sprintf("Add %s (#%d)", landed, number), Author: "dev-01", Base: "main", Branch: "topic", Opened: Hour(1), Merged: Hour(2),
		MergeCommit: SHA(landed), Commits: []dora.ChangeCommit{{SHA: SHA(landed + "'s own"), Authored: Monday}},
	}
	r.Events = append(r.Events, c)
	return c
}

// Squash is a squashed pull request on top of the main line.
func (r *Repo) Squash(number int, landed string) *dora.Change {
	r.Commit(landed)
	return r.Pull(number, landed)
}

// Deploy brings a commit into an environment; its number is the count of deployments so far + 9000.
func (r *Repo) Deploy(environment, name string, finished time.Time) *dora.Deployment {
	r.deployments++
	number := int64(9000 + r.deployments)
	d := &dora.Deployment{
		Header: r.Header(fmt.Sprintf("deployment:%d", number)), Repository: r.Repository, Number: number, Environment: environment,
		SHA: SHA(name), Ref: "v-" + name, RefKind: dora.RefTag, Created: finished.Add(-5 * time.Minute),
		Statuses: []dora.DeploymentStatus{{State: dora.StateRunning, At: finished.Add(-4 * time.Minute)}, {State: dora.StateSuccess, At: finished}},
	}
	r.Events = append(r.Events, d)
	return d
}

// Deployment is the nth of the story, from 1.
func (r *Repo) Deployment(n int) *dora.Deployment {
	r.t.Helper()
	for _, e := range r.Events {
		if d, ok := e.(*dora.Deployment); ok && d.Number == int64(9000+n) {
			return d
		}
	}
	require.Fail(r.t, "there is no such deployment")
	return nil
}

// Incident opens an incident, and it is never resolved unless the story says so.
func (r *Repo) Incident(opened time.Time, text string) *dora.Incident {
	r.incidents++
	i := &dora.Incident{
		Header: r.Header(fmt.Sprintf("incident:%d", r.incidents)), Repository: r.Repository, Number: int64(r.incidents), Title: "Errors", Body: text, Opened: opened,
	}
	r.Events = append(r.Events, i)
	return i
}

// Record opens an incident in another system, by which the story's only service is known there.
func (r *Repo) Record(source, key string, opened time.Time, text string) *dora.Incident {
	if len(r.Mapping.Services) == 0 {
		r.Mapping.Services = []dora.Service{{
			Name: r.Repository, Deployments: []dora.DeploymentRule{{Source: "github", Repository: r.Repository}}, Incidents: []dora.IncidentRule{{Source: "github", Repository: r.Repository}},
		}}
	}
	service := &r.Mapping.Services[0]
	if !slices.ContainsFunc(service.Incidents, func(rule dora.IncidentRule) bool { return rule.Source == source }) {
		service.Incidents = append(service.Incidents, dora.IncidentRule{Source: source, Service: "api"})
	}
	i := &dora.Incident{
		Header: dora.Header{Source: source, ID: "incident:" + key}, Service: "api", Key: key, Title: "Errors", Body: text, Opened: opened,
		URL: "https://" + source + ".example/incidents/" + key,
	}
	r.Events = append(r.Events, i)
	return i
}

// Snapshot is what the story means.
func (r *Repo) Snapshot() *facts.Snapshot {
	h := facts.NewDeriver(r.Mapping)
	h.KeepUnpacked(0)
	h.Apply(r.Events...)
	h.Apply(&dora.Repository{Header: r.Header("repository"), Name: r.Repository, DefaultBranch: "main", HeadSHA: SHA(r.Head)})
	return h.Derive(r.Def)
}

// Facts are those of the story's only service.
func (r *Repo) Facts() *facts.Service {
	r.t.Helper()
	s := r.Snapshot()
	require.Len(r.t, s.Services, 1)
	return s.Services[0]
}

// Counted lists the incidents that count, such as "INC0000001", or "INC0000001 with PD-7" where it stands for others.
func Counted(f *facts.Service) []string {
	list := []string{}
	for _, i := range f.Incidents {
		text := i.Event.Called()
		for n, part := range i.Parts {
			text += []string{" with ", ", "}[min(n, 1)] + part.Called()
		}
		list = append(list, text)
	}
	return list
}

// Failed lists which deployments failed and by what, such as "2 by rollback": numbers count from 1.
func Failed(f *facts.Service) []string {
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

// Reworked lists which deployments were unplanned and why.
func Reworked(f *facts.Service) []string {
	list := []string{}
	for _, d := range f.Deployments {
		if d.Rework != "" {
			list = append(list, fmt.Sprintf("%d: %s", d.Event.Number-9000, d.Rework))
		}
	}
	return list
}

// DeployAll deploys versions to production, ten hours apart, beginning ten hours into the story.
func (r *Repo) DeployAll(names ...string) {
	for i, name := range names {
		r.Deploy("production", name, Hour(float64(10*(i+1))))
	}
}

// Total is one figure over all time.
func Total(t *testing.T, s *facts.Snapshot, metric dora.Metric, statistic dora.Statistic) float64 {
	t.Helper()
	series := figures.Ask(s, figures.Question{
		Metric: metric, Statistic: statistic, Now: Monday.AddDate(1, 0, 0),
		Spans: []figures.Span{{Start: Monday.AddDate(-1, 0, 0), End: Monday.AddDate(1, 0, 0)}},
	})
	require.Len(t, series, 1)
	require.NotNil(t, series[0].Points[0].Value)
	return *series[0].Points[0].Value
}

// Versions is a repository with five versions, one after the other on the main line.
func Versions(t *testing.T) *Repo {
	r := NewRepo(t)
	for _, v := range []string{"V1", "V2", "V3", "V4", "V5"} {
		r.Commit(v)
	}
	return r
}

// Land puts a commit of some clock on the main line, where every landed commit is a deployment.
func (r *Repo) Land(name string, committed time.Time) {
	r.Commit(name).Committed = committed
	d := r.Deploy("production", name, committed)
	d.Landing = true
	d.Number = committed.Unix() << 16 // as what has no number of its own
	d.ID = "merge:" + name
}

// Says adds a person's word on a deployment or an incident to the story.
func (r *Repo) Says(id string, verdict dora.Verdict, about dora.Event) *dora.Correction {
	made := Hour(float64(100 + len(r.Events)))
	c := &dora.Correction{
		Header:  dora.Header{Source: dora.CorrectionsSource, ID: id, Updated: made},
		Verdict: verdict, Reason: "seen by those on call", Author: "dev-01", Made: made,
	}
	switch about := about.(type) {
	case *dora.Deployment:
		c.Deployment = about.FullID()
	case *dora.Incident:
		c.Incident = about.FullID()
	}
	r.Events = append(r.Events, c)
	return c
}

// Leg brings a commit into production as a job of a run, which GitHub tells in the address of its log.
func (r *Repo) Leg(run, job int, name string, finished float64) *dora.Deployment {
	d := r.Deploy("production", name, Hour(finished))
	d.URL = fmt.Sprintf("https://github.example/example-health/api/actions/runs/%d/job/%d", run, job)
	return d
}

// Say has a person say something on a deployment.
func (r *Repo) Say(verdict dora.Verdict, about *dora.Deployment) {
	n := len(r.Events)
	r.Events = append(r.Events, &dora.Correction{
		Header: dora.Header{Source: dora.CorrectionsSource, ID: fmt.Sprintf("%09d", n), Updated: Hour(float64(n))}, Verdict: verdict,
		Deployment: about.FullID(), Reason: "they saw it", Author: "dev-01", Made: Hour(float64(n)),
	})
}

// Lands squashes a pull request that changed a file of each of the services named by a letter.
func (r *Repo) Lands(number int, name string, services ...string) *dora.Change {
	c := r.Squash(number, name)
	c.Files = &dora.Files{}
	for _, service := range services {
		c.Files.Paths = append(c.Files.Paths, "services/"+service+"/main.go")
	}
	return c
}

// Services are the facts of the two services of a story about paths.
func (r *Repo) Services() (x, y *facts.Service) {
	r.t.Helper()
	s := r.Snapshot()
	require.Len(r.t, s.Services, 2)
	return s.Services[0], s.Services[1]
}

// Merged is a pull request whose merge commit and own commits are named, merged hours into the story.
func (r *Repo) Merged(number int, base string, at float64, landed string, own ...string) *dora.Change {
	c := r.Pull(number, landed)
	c.Base, c.Opened, c.Merged, c.Commits = base, Hour(at-0.5), Hour(at), nil
	for _, name := range own {
		c.Commits = append(c.Commits, dora.ChangeCommit{SHA: SHA(name), Authored: r.Commits[name].Authored})
	}
	return c
}

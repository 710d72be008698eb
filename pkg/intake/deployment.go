package intake

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Deployment is a deployment as it is posted. Its statuses may come one by one, in any order.
type Deployment struct {
	ID          string   `json:"id"`
	Repository  string   `json:"repository"`
	Environment string   `json:"environment"`
	SHA         string   `json:"sha"`
	Branch      string   `json:"branch"`
	Tag         string   `json:"tag"`
	Task        string   `json:"task"`
	Run         string   `json:"run"`
	Number      int64    `json:"number"`
	URL         string   `json:"url"`
	Creator     string   `json:"creator"`
	Created     Moment   `json:"created"`
	Key         string   `json:"key"`
	Recovered   Moment   `json:"recovered"` // when service was restored after it failed in production
	Status      State    `json:"status"`
	At          Moment   `json:"at"`
	Statuses    []Status `json:"statuses"`
	Commits     []Commit `json:"commits"`
}

// Status is a step in a deployment's life.
type Status struct {
	State State  `json:"state"`
	At    Moment `json:"at"`
}

// State is what a status says.
type State string

// Allowed lists the states.
func (State) Allowed() []string {
	return []string{string(dora.StateWaiting), string(dora.StateRunning), string(dora.StateSuccess), string(dora.StateFailure)}
}

// Commit is a commit of the repository's history that the deployment brings, so that it is known what it ships.
type Commit struct {
	SHA       string `json:"sha"`
	Parents   string `json:"parents"` // with spaces between them, as git log's %P has it
	Authored  Moment `json:"authored"`
	Committed Moment `json:"committed"`
	Author    string `json:"author"`
	Message   string `json:"message"`
}

func (r *reader) deployment(value any) []dora.Event {
	var d Deployment
	if !r.decode(value, &d) {
		return nil
	}
	r.id(d.ID)
	r.repository(&d.Repository)
	r.text("environment", d.Environment, nameLimit, true)
	r.sha("sha", d.SHA)
	if d.Branch != "" && d.Tag != "" {
		r.fail("tag", "does not go with branch; allowed: one of the two")
	}
	for _, text := range []struct{ field, value string }{{"branch", d.Branch}, {"tag", d.Tag}, {"task", d.Task}, {"run", d.Run}, {"creator", d.Creator}} {
		r.text(text.field, text.value, nameLimit, false)
	}
	if d.Number < 0 {
		r.fail("number", "%d is not allowed; allowed: a whole number above 0", d.Number)
	}
	r.url(d.URL)
	r.moment("created", d.Created, false)
	r.text("key", d.Key, keyLimit, false)
	r.moment("recovered", d.Recovered, false)
	r.after("recovered", d.Recovered, "created", d.Created)
	if d.Status != "" || !d.At.IsZero() {
		if d.Status == "" {
			r.fail("status", "is missing; allowed: %s", strings.Join(d.Status.Allowed(), ", "))
		}
		r.moment("at", d.At, true)
		r.after("at", d.At, "created", d.Created)
	}
	if d.Status == "" && len(d.Statuses) == 0 {
		r.fail("status", "is missing; allowed: %s, with at, or statuses", strings.Join(d.Status.Allowed(), ", "))
	}
	if !r.size("statuses", len(d.Statuses)) || !r.size("commits", len(d.Commits)) {
		return nil
	}
	for i, s := range d.Statuses {
		at := fmt.Sprintf("statuses[%d]", i)
		if s.State == "" {
			r.fail(at+".state", "is missing; allowed: %s", strings.Join(s.State.Allowed(), ", "))
		}
		r.moment(at+".at", s.At, true)
		r.after(at+".at", s.At, "created", d.Created)
	}
	if d.Status != "" {
		d.Statuses = append(d.Statuses, Status{d.Status, d.At})
	}
	for i := range d.Commits {
		r.commit(fmt.Sprintf("commits[%d]", i), &d.Commits[i])
	}
	if len(r.mistakes) > 0 {
		return nil
	}
	return r.deployed(&d)
}

func (r *reader) commit(at string, c *Commit) {
	r.sha(at+".sha", c.SHA)
	for _, parent := range strings.Fields(c.Parents) {
		r.sha(at+".parents", parent)
	}
	r.authored(at+".authored", c.Authored, true)
	r.authored(at+".committed", c.Committed, false)
	r.text(at+".author", c.Author, nameLimit, false)
	r.text(at+".message", c.Message, bodyLimit, false)
}

// deployed makes events of a deployment that was found good: itself, and the commits that it brings.
func (r *reader) deployed(d *Deployment) []dora.Event {
	e := &dora.Deployment{
		Header:     dora.Header{Source: r.Source, ID: "deployment:" + d.ID, Rank: dora.Told},
		Repository: d.Repository, Environment: d.Environment, Task: d.Task, SHA: d.SHA, URL: d.URL, Creator: d.Creator, Run: d.Run, Created: d.Created.Time,
		Key: d.Key, Recovered: d.Recovered.Time,
	}
	switch {
	case d.Tag != "":
		e.Ref, e.RefKind = d.Tag, dora.RefTag
	case d.Branch != "":
		e.Ref, e.RefKind = d.Branch, dora.RefBranch
	}
	for _, s := range d.Statuses {
		e.Statuses = append(e.Statuses, dora.DeploymentStatus{State: dora.DeploymentState(s.State), At: s.At.Time})
		if e.Created.IsZero() || (s.At.Before(e.Created) && d.Created.IsZero()) {
			e.Created = s.At.Time
		}
		e.Updated = dora.Latest(e.Updated, s.At.Time)
	}
	e.Statuses = dora.Statuses(e.Statuses)
	e.Number = d.Number
	if e.Number == 0 {
		e.Number = numberOf(d.ID, e)
	}
	if r.Identify != nil {
		id, number, err := r.Identify(d.Repository, d.ID)
		if err != nil {
			r.fail("id", "%s", err)
			return nil
		}
		// What the source itself reads is the truth, whatever the clock of whoever posted says.
		e.ID, e.Number, e.Updated = id, number, e.Created.Add(-dora.PostedBehind)
		if len(d.Commits) > 0 {
			r.fail("commits", "are read from this source; allowed: leave them out")
			return nil
		}
		if d.Key != "" || !d.Recovered.IsZero() {
			r.fail(map[bool]string{true: "key", false: "recovered"}[d.Key != ""], "is read from this source; allowed: leave it out")
			return nil
		}
	}
	events := []dora.Event{e}
	for _, c := range d.Commits {
		committed := c.Committed
		if committed.IsZero() {
			committed = c.Authored
		}
		events = append(events, &dora.Commit{
			Header:     dora.Header{Source: r.Source, ID: d.Repository + "@" + c.SHA, Updated: committed.Time},
			Repository: d.Repository, SHA: c.SHA, Parents: strings.Fields(c.Parents), Authored: c.Authored.Time, Committed: committed.Time,
			Author: c.Author, Message: c.Message,
		})
	}
	if len(d.Commits) > 0 { // what brings new commits is what the main line has come to
		events = append(events, &dora.Repository{
			Header: dora.Header{Source: r.Source, ID: d.Repository, Updated: e.Created}, Name: d.Repository, DefaultBranch: d.Branch, HeadSHA: d.SHA,
		})
	}
	return events
}

// numberOf orders deployments that finished together: by the number in their id, or else by when they were created.
func numberOf(id string, d *dora.Deployment) int64 {
	if n, err := strconv.ParseInt(id, 10, 64); err == nil && n > 0 {
		return n
	}
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(id)) // it cannot fail
	return d.Created.Unix()<<16 | int64(hash.Sum32()&0xffff)
}

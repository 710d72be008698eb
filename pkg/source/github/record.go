package github

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	api "github.com/google/go-github/v60/github"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what REST answers and what webhooks tell, in GitHub's words, with no field but those that are read: so
// nothing else can make an answer unreadable, whatever GitHub comes to put there. A field may be null or absent unless
// lacks names it.

type repositoryRecord struct {
	FullName      string          `json:"full_name"`
	ID            int64           `json:"id"`
	HTMLURL       string          `json:"html_url"`
	DefaultBranch string          `json:"default_branch"`
	Topics        maybe[[]string] `json:"topics"`
	Archived      maybe[bool]     `json:"archived"`
	Fork          maybe[bool]     `json:"fork"`
}

func (r *repositoryRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("full_name", r.FullName == ""), wire.Need("default_branch", r.DefaultBranch == ""))
}

type userRecord struct {
	Login string `json:"login"`
	Type  string `json:"type"`
}

type commitRecord struct {
	NodeID string `json:"node_id"`
	SHA    string `json:"sha"`
	Author *struct {
		Login string `json:"login"`
	} `json:"author"`
	Commit struct {
		Message string `json:"message"`
		Author  struct {
			Name string `json:"name"`
			Date moment `json:"date"`
		} `json:"author"`
		Committer struct {
			Date moment `json:"date"`
		} `json:"committer"`
	} `json:"commit"`
	Parents []struct {
		SHA string `json:"sha"`
	} `json:"parents"`
}

func (c *commitRecord) Lacks() string {
	orphan := false
	for _, parent := range c.Parents {
		orphan = orphan || parent.SHA == ""
	}
	return wire.FirstMissing(wire.Need("sha", c.SHA == ""), wire.Need("commit.author.date", c.authored().IsZero()), wire.Need("parents", c.Parents == nil), wire.Need("parents.sha", orphan))
}

func (c *commitRecord) nodeID() string { return c.NodeID }

// authored and committed are the same where one of the two is not told.
func (c *commitRecord) authored() time.Time {
	return firstKnown(c.Commit.Author.Date.Time, c.Commit.Committer.Date.Time)
}

func (c *commitRecord) committed() time.Time {
	return firstKnown(c.Commit.Committer.Date.Time, c.Commit.Author.Date.Time)
}

// filedRecord is a commit with the files that it changes.
type filedRecord struct {
	commitRecord
	Files []fileRecord `json:"files"`
}

// pullCommitRecord is a commit in the list of a pull request's, of which less is read.
type pullCommitRecord struct {
	NodeID string `json:"node_id"`
	SHA    string `json:"sha"`
	Commit struct {
		Author struct {
			Date moment `json:"date"`
		} `json:"author"`
		Committer struct {
			Date moment `json:"date"`
		} `json:"committer"`
	} `json:"commit"`
}

func (c *pullCommitRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("sha", c.SHA == ""), wire.Need("commit.author.date", c.authored().IsZero()))
}

func (c *pullCommitRecord) nodeID() string { return c.NodeID }

func (c *pullCommitRecord) authored() time.Time {
	return firstKnown(c.Commit.Author.Date.Time, c.Commit.Committer.Date.Time)
}

type fileRecord struct {
	Filename string `json:"filename"`
}

func (f *fileRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("filename", f.Filename == ""))
}

// nodeID tells it from the others of the list, as its path does.
func (f *fileRecord) nodeID() string { return f.Filename }

type tagRecord struct {
	NodeID string `json:"node_id"`
	Name   string `json:"name"`
}

func (t *tagRecord) Lacks() string { return wire.FirstMissing(wire.Need("name", t.Name == "")) }

func (t *tagRecord) nodeID() string { return t.NodeID }

type branchRecord struct {
	Ref string `json:"ref"`
	SHA string `json:"sha"`
}

type pullRecord struct {
	NodeID         string        `json:"node_id"`
	Number         int           `json:"number"`
	Title          string        `json:"title"`
	Body           string        `json:"body"`
	HTMLURL        string        `json:"html_url"`
	CreatedAt      moment        `json:"created_at"`
	UpdatedAt      moment        `json:"updated_at"`
	MergedAt       moment        `json:"merged_at"`
	ClosedAt       moment        `json:"closed_at"`
	MergeCommitSHA string        `json:"merge_commit_sha"`
	Base           branchRecord  `json:"base"`
	Head           branchRecord  `json:"head"`
	User           *userRecord   `json:"user"`
	Labels         []labelRecord `json:"labels"`
}

func (p *pullRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("number", p.Number <= 0), wire.Need("created_at", p.CreatedAt.IsZero()), wire.Need("updated_at", p.UpdatedAt.IsZero()))
}

func (p *pullRecord) nodeID() string { return p.NodeID }

type reviewRecord struct {
	NodeID      string      `json:"node_id"`
	State       string      `json:"state"`
	SubmittedAt moment      `json:"submitted_at"`
	User        *userRecord `json:"user"`
}

func (r *reviewRecord) Lacks() string { return wire.FirstMissing(wire.Need("state", r.State == "")) }

func (r *reviewRecord) nodeID() string { return r.NodeID }

type deploymentRecord struct {
	NodeID      string      `json:"node_id"`
	ID          int64       `json:"id"`
	SHA         string      `json:"sha"`
	Ref         string      `json:"ref"`
	Environment string      `json:"environment"`
	Task        string      `json:"task"`
	CreatedAt   moment      `json:"created_at"`
	UpdatedAt   moment      `json:"updated_at"`
	Creator     *userRecord `json:"creator"`
}

func (d *deploymentRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", d.ID <= 0), wire.Need("sha", d.SHA == ""), wire.Need("environment", d.Environment == ""), wire.Need("created_at", d.CreatedAt.IsZero()))
}

func (d *deploymentRecord) nodeID() string { return remembered(d.NodeID, "deployment", d.ID) }

// remembered is by what a deployment or a run is known again: each has a node id, or at least a number.
func remembered(nodeID, kind string, id int64) string {
	if nodeID == "" {
		return fmt.Sprintf("%s:%d", kind, id)
	}
	return nodeID
}

type statusRecord struct {
	NodeID    string `json:"node_id"`
	State     string `json:"state"`
	CreatedAt moment `json:"created_at"`
	LogURL    string `json:"log_url"`
}

func (s *statusRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("state", s.State == ""), wire.Need("created_at", s.CreatedAt.IsZero()))
}

func (s *statusRecord) nodeID() string { return s.NodeID }

type runsRecord struct {
	Runs []*runRecord `json:"workflow_runs"`
}

func (r *runsRecord) Lacks() string {
	for _, run := range r.Runs {
		if run == nil {
			return "an entry of workflow_runs"
		}
		if field := run.Lacks(); field != "" {
			return "workflow_runs." + field
		}
	}
	return wire.FirstMissing(wire.Need("workflow_runs", r.Runs == nil))
}

type runRecord struct {
	NodeID       string      `json:"node_id"`
	ID           int64       `json:"id"`
	Name         string      `json:"name"`
	Event        string      `json:"event"`
	Status       string      `json:"status"`
	Conclusion   string      `json:"conclusion"`
	HeadSHA      string      `json:"head_sha"`
	HeadBranch   string      `json:"head_branch"`
	RunAttempt   int         `json:"run_attempt"`
	HTMLURL      string      `json:"html_url"`
	CreatedAt    moment      `json:"created_at"`
	UpdatedAt    moment      `json:"updated_at"`
	RunStartedAt moment      `json:"run_started_at"`
	Actor        *userRecord `json:"actor"`
}

func (w *runRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", w.ID <= 0), wire.Need("head_sha", w.HeadSHA == ""), wire.Need("created_at", w.CreatedAt.IsZero()), wire.Need("updated_at", w.UpdatedAt.IsZero()))
}

func (w *runRecord) nodeID() string { return remembered(w.NodeID, "workflow_run", w.ID) }

type issueRecord struct {
	NodeID      string        `json:"node_id"`
	Number      int64         `json:"number"`
	Title       string        `json:"title"`
	Body        string        `json:"body"`
	State       string        `json:"state"`
	HTMLURL     string        `json:"html_url"`
	CreatedAt   moment        `json:"created_at"`
	UpdatedAt   moment        `json:"updated_at"`
	ClosedAt    moment        `json:"closed_at"`
	Labels      []labelRecord `json:"labels"`
	PullRequest given         `json:"pull_request"` // what is listed among the issues may be one
}

func (i *issueRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("number", i.Number <= 0), wire.Need("created_at", i.CreatedAt.IsZero()), wire.Need("updated_at", i.UpdatedAt.IsZero()))
}

func (i *issueRecord) nodeID() string { return i.NodeID }

// labelRecord is a label, which GitHub writes as an object or as its name alone.
type labelRecord struct{ Name string }

// UnmarshalJSON reads either.
func (l *labelRecord) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '"' {
		return json.Unmarshal(text, &l.Name)
	}
	var object struct {
		Name string `json:"name"`
	}
	err := json.Unmarshal(text, &object)
	l.Name = object.Name
	return err
}

// given says that something stands there, whatever it is.
type given bool

// UnmarshalJSON looks for null alone.
func (g *given) UnmarshalJSON(text []byte) error {
	*g = string(text) != "null"
	return nil
}

// maybe is a value that makes no answer unreadable: in another form than it should have it is none.
type maybe[T any] struct{ value T }

// UnmarshalJSON reads it where it can.
func (m *maybe[T]) UnmarshalJSON(text []byte) error {
	var value T
	if json.Unmarshal(text, &value) == nil {
		m.value = value
	}
	return nil
}

// moment is a time as GitHub writes it, in text or in seconds; zero where it is null.
type moment struct{ time.Time }

// UnmarshalJSON reads it.
func (m *moment) UnmarshalJSON(text []byte) error {
	var at *api.Timestamp
	if err := json.Unmarshal(text, &at); err != nil { // in this form the error comes to name the field
		return &json.UnmarshalTypeError{Value: "a text that is no time", Type: reflect.TypeFor[time.Time]()}
	}
	if at != nil {
		m.Time = at.Time
	}
	return nil
}

func firstKnown(times ...time.Time) time.Time {
	for _, at := range times {
		if !at.IsZero() {
			return at
		}
	}
	return time.Time{}
}

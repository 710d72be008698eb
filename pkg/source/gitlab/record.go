package gitlab

import (
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what REST answers and webhooks tell, in GitLab's words, with no field but those that are read. A field may
// be null or absent unless lacks names it.

// moment is an instant as GitLab writes it: in answers with a zone's offset, in webhooks as Ruby does; null is zero.
type moment struct{ time.Time }

// momentForms are GitLab's. The first is that of all answers.
var momentForms = []string{time.RFC3339Nano, "2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"}

var errNoMoment = errors.New("a text stands where a time should")

func (m *moment) UnmarshalJSON(text []byte) error {
	*m = moment{}
	var said *string
	if err := json.Unmarshal(text, &said); err != nil {
		return errNoMoment
	}
	if said == nil || *said == "" {
		return nil
	}
	for _, form := range momentForms {
		// Ruby writes UTC or an offset; another zone's letters would be read as if they were UTC.
		if at, err := time.Parse(form, *said); err == nil && (form != momentForms[1] || strings.HasSuffix(*said, " UTC")) {
			m.Time = at.UTC()
			return nil
		}
	}
	return errNoMoment
}

type projectRecord struct {
	ID            int64     `json:"id"`
	Path          string    `json:"path_with_namespace"`
	DefaultBranch string    `json:"default_branch"` // empty while there is no commit, or where the token may not see code
	WebURL        string    `json:"web_url"`
	Empty         bool      `json:"empty_repo"`
	Deletion      string    `json:"marked_for_deletion_on"` // a date
	Topics        []string  `json:"topics"`
	Archived      bool      `json:"archived"`
	Forked        *struct{} `json:"forked_from_project"`
	// What may be switched off in a project, for everybody; empty where it is not told.
	RepositoryAccess    string `json:"repository_access_level"`
	MergeRequestsAccess string `json:"merge_requests_access_level"`
	EnvironmentsAccess  string `json:"environments_access_level"`
	IssuesAccess        string `json:"issues_access_level"`
}

// disabled says that a feature of a project is switched off, so that there is nothing to read and nothing is wrong.
func disabled(access string) bool { return access == "disabled" }

// doomed says that the project was deleted, which GitLab does days after it was asked to; meanwhile it has another name.
func (p *projectRecord) doomed() bool { return p.Deletion != "" }

func (p *projectRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", p.ID <= 0), wire.Need("path_with_namespace", !strings.Contains(p.Path, "/")))
}

type userRecord struct {
	ID       int64  `json:"id"`
	Username string `json:"username"`
	Bot      bool   `json:"bot"` // only a user's own record says so
}

type commitRecord struct {
	ID            string   `json:"id"`
	ParentIDs     []string `json:"parent_ids"`
	Message       string   `json:"message"`
	AuthorName    string   `json:"author_name"`
	AuthorEmail   string   `json:"author_email"`
	AuthoredDate  moment   `json:"authored_date"`
	CommittedDate moment   `json:"committed_date"`
}

func (c *commitRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", c.ID == ""), wire.Need("committed_date", c.CommittedDate.IsZero()))
}

type environmentRecord struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
	Tier string `json:"tier"` // only the list of environments tells it
}

func (e *environmentRecord) Lacks() string { return wire.FirstMissing(wire.Need("name", e.Name == "")) }

type pipelineRecord struct {
	ID         int64       `json:"id"`
	SHA        string      `json:"sha"`
	Ref        string      `json:"ref"`
	Tag        *bool       `json:"tag"` // only one pipeline's own record says so
	Name       string      `json:"name"`
	Source     string      `json:"source"`
	Status     string      `json:"status"`
	CreatedAt  moment      `json:"created_at"`
	UpdatedAt  moment      `json:"updated_at"`
	StartedAt  moment      `json:"started_at"`
	FinishedAt moment      `json:"finished_at"`
	WebURL     string      `json:"web_url"`
	User       *userRecord `json:"user"`
}

func (p *pipelineRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", p.ID <= 0), wire.Need("sha", p.SHA == ""), wire.Need("created_at", p.CreatedAt.IsZero()), wire.Need("updated_at", p.UpdatedAt.IsZero()))
}

func (p *pipelineRecord) stand() (int64, time.Time) { return p.ID, p.UpdatedAt.Time }

type jobRecord struct {
	ID         int64           `json:"id"`
	Name       string          `json:"name"`
	Status     string          `json:"status"`
	Tag        bool            `json:"tag"`
	StartedAt  moment          `json:"started_at"`
	FinishedAt moment          `json:"finished_at"`
	WebURL     string          `json:"web_url"`
	User       *userRecord     `json:"user"`
	Pipeline   *pipelineRecord `json:"pipeline"`
}

type deploymentRecord struct {
	ID          int64              `json:"id"`
	SHA         string             `json:"sha"`
	Ref         string             `json:"ref"`
	Status      string             `json:"status"`
	CreatedAt   moment             `json:"created_at"`
	UpdatedAt   moment             `json:"updated_at"`
	FinishedAt  moment             `json:"finished_at"` // no version tells it yet; one that does is believed
	User        *userRecord        `json:"user"`
	Environment *environmentRecord `json:"environment"`
	Deployable  *jobRecord         `json:"deployable"` // null for a deployment that was reported through the API
}

func (d *deploymentRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", d.ID <= 0), wire.Need("sha", d.SHA == ""), wire.Need("environment.name", d.Environment == nil || d.Environment.Name == ""),
		wire.Need("created_at", d.CreatedAt.IsZero()), wire.Need("updated_at", d.UpdatedAt.IsZero()))
}

func (d *deploymentRecord) stand() (int64, time.Time) { return d.ID, d.UpdatedAt.Time }

type mergeRequestRecord struct {
	IID             int64       `json:"iid"`
	Title           string      `json:"title"`
	Description     string      `json:"description"`
	WebURL          string      `json:"web_url"`
	Author          *userRecord `json:"author"`
	Labels          []string    `json:"labels"`
	TargetBranch    string      `json:"target_branch"`
	SourceBranch    string      `json:"source_branch"`
	SHA             string      `json:"sha"`
	MergeCommitSHA  string      `json:"merge_commit_sha"`
	SquashCommitSHA string      `json:"squash_commit_sha"`
	CreatedAt       moment      `json:"created_at"`
	UpdatedAt       moment      `json:"updated_at"`
	MergedAt        moment      `json:"merged_at"` // null where GitLab has lost it
	ClosedAt        moment      `json:"closed_at"`
}

func (m *mergeRequestRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("iid", m.IID <= 0), wire.Need("created_at", m.CreatedAt.IsZero()), wire.Need("updated_at", m.UpdatedAt.IsZero()))
}

func (m *mergeRequestRecord) stand() (int64, time.Time) { return m.IID, m.UpdatedAt.Time }

// landed is the commit that brought it to its target: the merge, the squash that was fast-forwarded, or its own last commit.
func (m *mergeRequestRecord) landed() string {
	switch {
	case m.MergeCommitSHA != "":
		return m.MergeCommitSHA
	case m.SquashCommitSHA != "":
		return m.SquashCommitSHA
	}
	return m.SHA
}

type noteRecord struct {
	ID        int64       `json:"id"`
	Body      string      `json:"body"`
	System    bool        `json:"system"`
	CreatedAt moment      `json:"created_at"`
	Author    *userRecord `json:"author"`
}

func (n *noteRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", n.ID <= 0), wire.Need("created_at", n.CreatedAt.IsZero()))
}

type issueRecord struct {
	IID         int64    `json:"iid"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	WebURL      string   `json:"web_url"`
	State       string   `json:"state"`
	Labels      []string `json:"labels"`
	IssueType   string   `json:"issue_type"`
	Severity    string   `json:"severity"`
	CreatedAt   moment   `json:"created_at"`
	UpdatedAt   moment   `json:"updated_at"`
	ClosedAt    moment   `json:"closed_at"` // null again once it is reopened
}

func (i *issueRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("iid", i.IID <= 0), wire.Need("created_at", i.CreatedAt.IsZero()), wire.Need("updated_at", i.UpdatedAt.IsZero()))
}

func (i *issueRecord) stand() (int64, time.Time) { return i.IID, i.UpdatedAt.Time }

type releaseRecord struct {
	TagName    string        `json:"tag_name"`
	Upcoming   bool          `json:"upcoming_release"`
	CreatedAt  moment        `json:"created_at"`
	ReleasedAt moment        `json:"released_at"`
	Author     *userRecord   `json:"author"`
	Commit     *commitRecord `json:"commit"` // null where its tag is gone
	Links      struct {
		Self string `json:"self"`
	} `json:"_links"`
}

func (r *releaseRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("tag_name", r.TagName == ""))
}

type tagRecord struct {
	Name      string        `json:"name"`
	CreatedAt moment        `json:"created_at"` // null for a tag without an annotation
	Commit    *commitRecord `json:"commit"`
}

func (t *tagRecord) Lacks() string { return wire.FirstMissing(wire.Need("name", t.Name == "")) }

// standing is a record of a list that is read by its last change.
type standing interface {
	wire.Record
	// stand is its number, and when it last changed.
	stand() (int64, time.Time)
}

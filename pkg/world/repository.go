package world

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"time"
)

const mainBranch = "main"

// repository is one repository's present state. Only happenings change it, under the world's lock.
type repository struct {
	id    int64
	owner string
	name  string
	// The systems that keep its code, deploy it and keep its incidents.
	host, deployer, tracker string

	created time.Time
	updated time.Time
	pushed  time.Time

	main        *commit
	commits     map[string]*commit
	branches    map[string]*commit
	tags        []*tag
	releases    []*release
	pulls       []*pull
	hidden      []*pull // what is not shown any more
	issues      []*issue
	deployments []*deployment // those that its host tells of
	runs        []*deployment // those that another system makes
	labels      []string
	topics      []string
	lastNumber  int

	archived, fork bool
	files          map[string]string // what lies in it, by path; only what somebody may look for
	workflows      []*deployment     // what runs of GitHub Actions did; nil: they made the deployments
}

func (r *repository) fullName() string { return r.owner + "/" + r.name }

func (r *repository) htmlURL() string { return "https://" + r.host + ".com/" + r.fullName() }

// made are the deployments of the repository, whoever makes them.
func (r *repository) made() *[]*deployment {
	if r.deployer == r.host {
		return &r.deployments
	}
	return &r.runs
}

type commit struct {
	repo      *repository
	sha       string
	parents   []*commit
	message   string
	author    *person
	authored  time.Time
	committer *person
	committed time.Time
	files     int
	// pulls are the pull requests that it is a commit of, or that landed as it.
	pulls []*pull
}

// paths are the files that it changed, compared with its first parent.
func (c *commit) paths() []string {
	for _, p := range c.pulls {
		if p.landed == c {
			return p.files
		}
	}
	list := make([]string, c.files)
	for i := range list {
		list[i] = fmt.Sprintf("src/part-%d.go", i)
	}
	return list
}

// shown are the pull requests of a commit that are shown.
func (c *commit) shown() []*pull {
	return slices.DeleteFunc(slices.Clone(c.pulls), func(p *pull) bool { return p.hidden })
}

type tag struct {
	repo   *repository
	name   string
	commit *commit
}

type release struct {
	id        int64
	repo      *repository
	tag       *tag
	author    *person
	created   time.Time
	published time.Time
}

type review struct {
	id     int64
	state  string // APPROVED, CHANGES_REQUESTED, COMMENTED
	author *person
	at     time.Time
	body   string
}

type pull struct {
	id        int64
	repo      *repository
	number    int
	title     string
	body      string
	branch    string
	author    *person
	draft     bool
	created   time.Time
	updated   time.Time
	closed    time.Time // zero while open
	merged    time.Time // zero unless merged
	mergedBy  *person
	landed    *commit // the merge, the squash, or the last of the rebased commits
	labels    []string
	commits   []*commit // its own, oldest first
	reviews   []*review
	files     []string
	hidden    bool // it is shown nowhere
	additions int
	deletions int
}

func (p *pull) state() string {
	switch {
	case !p.merged.IsZero():
		return "MERGED"
	case !p.closed.IsZero():
		return "CLOSED"
	}
	return "OPEN"
}

func (p *pull) url() string { return fmt.Sprintf("%s/pull/%d", p.repo.htmlURL(), p.number) }

type issueEvent struct {
	id    int64
	issue *issue
	kind  string // ClosedEvent, ReopenedEvent, LabeledEvent, UnlabeledEvent
	at    time.Time
	label string
	actor *person
}

type issue struct {
	id         int64
	repo       *repository
	number     int
	title      string
	body       string
	author     *person
	created    time.Time
	updated    time.Time
	closed     time.Time // zero while open
	reopened   bool
	notPlanned bool
	elsewhere  bool // another system keeps it than the repository's host
	labels     []string
	events     []*issueEvent
}

func (i *issue) state() string {
	if i.closed.IsZero() {
		return "OPEN"
	}
	return "CLOSED"
}

func (i *issue) url() string { return fmt.Sprintf("%s/issues/%d", i.repo.htmlURL(), i.number) }

type status struct {
	id         int64
	deployment *deployment
	state      string // as GraphQL writes it: SUCCESS, FAILURE, IN_PROGRESS …
	at         time.Time
	creator    *person
}

type deployment struct {
	id          int64
	repo        *repository
	service     *service
	commit      *commit
	ref         string
	environment string
	production  bool
	description string
	creator     *person
	created     time.Time
	updated     time.Time
	statuses    []*status // oldest first
	// shipped are the changes that entered production with it.
	shipped []change
	purpose purpose
	// workflow is what the workflow is called that ran; empty: Deploy and the like.
	workflow string
}

// purpose is why a deployment was made.
type purpose int

const (
	releaseOf purpose = iota
	redeployOf
	rollbackTo
)

func (d *deployment) latest() *status {
	if len(d.statuses) == 0 {
		return nil
	}
	return d.statuses[len(d.statuses)-1]
}

// finished is the first success, or zero.
func (d *deployment) finished() time.Time {
	for _, s := range d.statuses {
		if s.state == "SUCCESS" {
			return s.at
		}
	}
	return time.Time{}
}

// state is GitHub's deployment state, which follows the latest status; a success reads ACTIVE.
func (d *deployment) state() string {
	latest := d.latest()
	switch {
	case latest == nil:
		return "PENDING"
	case latest.state == "SUCCESS":
		return "ACTIVE"
	}
	return latest.state
}

// change is what somebody brought to the main line: a pull request, or a commit pushed straight to it (pull is nil).
type change struct {
	pull   *pull
	commit *commit
}

// draft is a commit about to be made.
type draft struct {
	message   string
	author    *person
	authored  time.Time
	committer *person
	at        time.Time
	files     int
	parents   []*commit
}

// commit stores a commit. Its sha is a digest of everything in it and of its parents, as git's is.
func (r *repository) commit(d draft) *commit {
	digest := sha1.New() //nolint:gosec // the name of a commit, not a secret
	_, _ = fmt.Fprintf(digest, "repository %s\n", r.fullName())
	for _, p := range d.parents {
		_, _ = fmt.Fprintf(digest, "parent %s\n", p.sha)
	}
	_, _ = fmt.Fprintf(digest, "author %s %d\ncommitter %s %d\n\n%s", d.author.login, d.authored.Unix(), d.committer.login, d.at.Unix(), d.message)
	sha := hex.EncodeToString(digest.Sum(nil))
	if known, ok := r.commits[sha]; ok {
		return known
	}
	c := &commit{
		repo: r, sha: sha, parents: d.parents, message: d.message, author: d.author, authored: d.authored,
		committer: d.committer, committed: d.at, files: d.files,
	}
	r.commits[sha] = c
	r.pushed, r.updated = d.at, d.at
	return c
}

func (r *repository) tagged(name string) *tag {
	for _, t := range r.tags {
		if t.name == name {
			return t
		}
	}
	return nil
}

func (r *repository) number() int {
	r.lastNumber++
	return r.lastNumber
}

func (r *repository) pull(number int) *pull {
	for _, p := range r.pulls {
		if p.number == number {
			return p
		}
	}
	return nil
}

func (r *repository) issue(number int) *issue {
	for _, i := range r.issues {
		if i.number == number {
			return i
		}
	}
	return nil
}

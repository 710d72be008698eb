package dora

import "time"

// Kind names what an event tells of.
type Kind string

// The kinds of events. A source hands over whole events, never differences: the newest version replaces the one before.
const (
	KindRepository Kind = "repository"
	KindCommit     Kind = "commit"
	KindChange     Kind = "change"
	KindDeployment Kind = "deployment"
	KindIncident   Kind = "incident"
	KindCorrection Kind = "correction"
)

// Kinds lists them all.
var Kinds = []Kind{KindRepository, KindCommit, KindChange, KindDeployment, KindIncident, KindCorrection}

// Header identifies an event and its version. Embedding it makes a struct an Event.
type Header struct {
	// Source is the id of the configured source that told of the event, such as "github".
	Source string `json:"source"`
	// ID is the event's name within its source, such as "owner/name:deployment:123". With the source in front it is
	// the id that people see. It never changes.
	ID string `json:"id"`
	// Updated is when the vendor last changed the event. Of two versions the later wins, whenever it arrives.
	Updated time.Time `json:"updated"`
	// Rank decides between versions of the same instant: the higher wins.
	Rank int `json:"rank,omitempty"`
}

// Event is something that happened in a source system.
type Event interface {
	Kind() Kind
	Head() Header
}

// Head returns the event's identity and version.
func (h Header) Head() Header { return h }

// FullID is the event's name across sources, such as "github:owner/name:deployment:123".
func (h Header) FullID() string { return h.Source + ":" + h.ID }

// NewerThan says whether this version replaces the other. Equal versions do not replace each other.
func (h Header) NewerThan(other Header) bool {
	if !h.Updated.Equal(other.Updated) {
		return h.Updated.After(other.Updated)
	}
	return h.Rank > other.Rank
}

// Repository is where changes are made. Its head moves; everything reachable from it is on the main line's history.
type Repository struct {
	Header
	Name          string `json:"name"` // owner/name
	DefaultBranch string `json:"defaultBranch"`
	HeadSHA       string `json:"headSha"` // 40 hex; empty while the repository has no commit
	URL           string `json:"url,omitempty"`
	// Number is the vendor's own, which a repository keeps whatever it is called; 0 where it is not known.
	Number int64 `json:"number,omitempty"`
	// Withdrawn says that the source has no repository of this name any more; nothing of it counts. Moved is what it is
	// called now, where that is known.
	Withdrawn bool   `json:"withdrawn,omitempty"`
	Moved     string `json:"moved,omitempty"`
	// Formerly are names that it had. Began is since when its name has meant this repository; zero: ever.
	Formerly []FormerName `json:"formerly,omitempty"`
	Began    time.Time    `json:"began,omitzero"`
	Traits
}

// FormerName is what a repository was called, and until when, as far as was noticed. What people said by then of what is
// in a repository of that name, they said of this one.
type FormerName struct {
	Name  string    `json:"name"` // owner/name
	Until time.Time `json:"until"`
}

// Commit is a node of a repository's history. It never changes.
type Commit struct {
	Header
	Repository string    `json:"repository"`
	SHA        string    `json:"sha"`     // 40 hex
	Parents    []string  `json:"parents"` // the first parent is the branch that was merged into
	Authored   time.Time `json:"authored"`
	Committed  time.Time `json:"committed"`
	Author     string    `json:"author,omitempty"` // login, or the name where none is known; automation ends in [bot]
	Message    string    `json:"message,omitempty"`
	// Files are known where services share its repository and it is a change of its own; a version that has them has a
	// higher rank.
	Files *Files `json:"files,omitempty"`
}

// Change is one merged pull or merge request.
type Change struct {
	Header
	Repository  string         `json:"repository"`
	Number      int            `json:"number"`
	Title       string         `json:"title"`
	Body        string         `json:"body,omitempty"`
	URL         string         `json:"url,omitempty"`
	Author      string         `json:"author,omitempty"`
	Labels      []string       `json:"labels,omitempty"`
	Base        string         `json:"base"`   // the branch that it was merged into
	Branch      string         `json:"branch"` // the branch that it came from
	Opened      time.Time      `json:"opened"`
	Merged      time.Time      `json:"merged"`
	MergeCommit string         `json:"mergeCommit"` // the merge, the squash, or the last landed commit of a rebase; empty where the vendor lost it
	Commits     []ChangeCommit `json:"commits"`     // its own, before the squash, as the vendor lists them
	Reviews     []Review       `json:"reviews,omitempty"`
	Files       *Files         `json:"files,omitempty"` // nil where they were not asked for
	// Early says that it was merged before the history that is collected, and read because a deployment within that ships
	// it or may yet ship it.
	Early bool `json:"early,omitempty"`
	// Withdrawn says that the source shows it no longer.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// ChangeCommit is a commit of a change's own branch.
type ChangeCommit struct {
	SHA      string    `json:"sha"`
	Authored time.Time `json:"authored"`
}

// Review is one person's or machine's review of a change.
type Review struct {
	Author string    `json:"author"`
	State  string    `json:"state"` // approved, changes_requested, commented, dismissed
	At     time.Time `json:"at"`
}

// ReviewApproved is the state of a review that approves.
const ReviewApproved = "approved"

// Deployment is one run that brings, or tries to bring, a version into an environment.
type Deployment struct {
	Header
	Repository  string `json:"repository"`
	Number      int64  `json:"number"` // the vendor's number; orders deployments that finished together
	Environment string `json:"environment"`
	// Tier is what the vendor says that the environment is for, such as production, where it does.
	Tier     string             `json:"tier,omitempty"`
	Task     string             `json:"task,omitempty"` // the deployment task or workflow, where the vendor has one
	SHA      string             `json:"sha"`            // 40 hex, or what says which version it is: see VersionSHA
	Ref      string             `json:"ref,omitempty"`
	RefKind  RefKind            `json:"refKind,omitempty"`
	Created  time.Time          `json:"created"`
	Statuses []DeploymentStatus `json:"statuses"` // in order of time
	URL      string             `json:"url,omitempty"`
	Creator  string             `json:"creator,omitempty"`
	// Retried says that the run was run again and that not all of its earlier attempts can be read any more: when it
	// first succeeded, if it did, is not known. It has no say where a success is known.
	Retried bool `json:"retried,omitempty"`
	// Withdrawn says that the source has it no longer: it was deleted there.
	Withdrawn bool `json:"withdrawn,omitempty"`
	// Run is the vendor's name of the run that it is a leg of. Where it is not told, URL may be the address of one.
	Run string `json:"run,omitempty"`
	// Landing says that it stands for its commit's landing on the main line: it finished when that landed, which is more
	// than its status knows.
	Landing bool `json:"landing,omitempty"`
	// Key is what people call it where that is no number, such as CHG0030001. A text that has it as a whole word names it.
	Key string `json:"key,omitempty"`
	// Recovered says that its own record, such as a change record, tells that it failed in production, and is when service was
	// restored. It finished, and counts, all the same.
	Recovered time.Time `json:"recovered,omitzero"`
	// Unseen is how many runs it stands for that the source can show no longer, such as numbers that its history skips; they
	// ended when it was created, as far as can be told. It is no deployment itself. Withdrawn once they are known.
	Unseen int `json:"unseen,omitempty"`
}

// RefKind says what a deployment's ref is. Only a tag is a version that an incident's text can name.
type RefKind string

// The kinds of refs; empty where the vendor does not say.
const (
	RefTag    RefKind = "tag"
	RefBranch RefKind = "branch"
	RefLost   RefKind = "lost" // the vendor does not tell any more what it was
)

// DeploymentStatus is one step in the life of a deployment.
type DeploymentStatus struct {
	State DeploymentState `json:"state"`
	At    time.Time       `json:"at"`
}

// DeploymentState is what a status says.
type DeploymentState string

// The states of a deployment. Retired is what vendors call inactive: a later deployment took its place; it says
// nothing about success.
const (
	StateWaiting DeploymentState = "waiting" // queued, pending or held for approval
	StateRunning DeploymentState = "running"
	StateSuccess DeploymentState = "success"
	StateFailure DeploymentState = "failure" // failed, in error, cancelled or abandoned
	StateRetired DeploymentState = "retired"
)

// Finished is when the deployment first succeeded; zero if it never did. A later failure does not revoke it.
func (d *Deployment) Finished() time.Time { return d.first(StateSuccess) }

// Started is when the deployment first ran; zero where the vendor did not say.
func (d *Deployment) Started() time.Time { return d.first(StateRunning) }

// Failed is when a run that never succeeded first failed; zero for every other.
func (d *Deployment) Failed() time.Time {
	if !d.Finished().IsZero() {
		return time.Time{}
	}
	return d.first(StateFailure)
}

// LastWord is when the deployment was last heard of: its creation, or the last of its statuses.
func (d *Deployment) LastWord() time.Time {
	at := d.Created
	for _, s := range d.Statuses {
		if s.At.After(at) {
			at = s.At
		}
	}
	return at
}

// Settled says that no later status can change what the deployment means: it has succeeded.
// A run that failed may still be tried again.
func (d *Deployment) Settled() bool { return !d.Finished().IsZero() }

func (d *Deployment) first(state DeploymentState) time.Time {
	var at time.Time
	for _, s := range d.Statuses {
		if s.State == state && (at.IsZero() || s.At.Before(at)) {
			at = s.At
		}
	}
	return at
}

// Incident is one interruption of a service.
type Incident struct {
	Header
	Repository   string    `json:"repository,omitempty"` // where incidents are issues
	Service      string    `json:"service,omitempty"`    // the incident system's own service, where it has one
	Number       int64     `json:"number"`
	Title        string    `json:"title"`
	Body         string    `json:"body,omitempty"`
	URL          string    `json:"url,omitempty"`
	Labels       []string  `json:"labels,omitempty"`
	Severity     string    `json:"severity,omitempty"` // as the source's pattern captured it, such as "1"
	Opened       time.Time `json:"opened"`
	Acknowledged time.Time `json:"acknowledged,omitzero"`
	Resolved     time.Time `json:"resolved,omitzero"` // the last close; zero while it is open or open again
	// Withdrawn says that it is no incident any more, such as an issue that lost its label, was deleted or moved elsewhere.
	Withdrawn bool `json:"withdrawn,omitempty"`
	// Key is what people call it where that is no number, such as INC0012345 or OPS-12.
	Key string `json:"key,omitempty"`
	// PartOf is the id, within the same source, of the record that tells of the whole interruption: what it was merged into,
	// is the child or a duplicate of. Such a record is no incident of its own, whatever became of the other.
	PartOf string `json:"partOf,omitempty"`
	// Names are deployments that fields of the record name, as what caused it or as its remedy: a deployment's full id, its
	// vendor's number, its address, a full sha or a version. When it finished says which of both it is.
	Names []string `json:"names,omitempty"`
	// Same are addresses or keys of records of other systems that, by the record's own fields, tell of the same interruption.
	Same []string `json:"same,omitempty"`
	// Change says that it is the record of a change that did not succeed, and of no interruption: it counts only as evidence
	// against the deployment of another source that it names. It was opened when the work began, and resolved when it ended.
	Change ChangeFailure `json:"change,omitempty"`
}

// ChangeFailure is what came of a change that did not succeed.
type ChangeFailure string

// What may come of one; empty for what is no change.
const (
	ChangeFailed   ChangeFailure = "failed"
	ChangeRestored ChangeFailure = "restored" // it failed in production, and service was restored when the work ended
)

// Kind implements Event.
func (*Repository) Kind() Kind { return KindRepository }

// Kind implements Event.
func (*Commit) Kind() Kind { return KindCommit }

// Kind implements Event.
func (*Change) Kind() Kind { return KindChange }

// Kind implements Event.
func (*Deployment) Kind() Kind { return KindDeployment }

// Kind implements Event.
func (*Incident) Kind() Kind { return KindIncident }

// Kind implements Event.
func (*Correction) Kind() Kind { return KindCorrection }

package dora

import (
	"sort"
	"time"
)

// Facts are what one service's events mean under one definition: the audit trail between raw events and figures.
// They are immutable once derived.
type Facts struct {
	Service     Service
	Deployments []*DeploymentFact // of production, that succeeded; by (finished, the vendor's number)
	FailedRuns  []FailedRun       // runs that never succeeded, by time
	Undecided   []UndecidedRun    // runs that have said neither success nor failure, by their last word
	Incidents   []*IncidentFact   // by opened
	Waiting     []Waiting         // merged and not shipped, by merged
	// Unmeasured counts what could not be measured over all time, by reason, but for unreported runs, which time makes: see
	// UnmeasuredBy. Snapshot.Unmeasured counts it in a range.
	Unmeasured map[Reason]int

	first, last time.Time // of its deployments, runs, incidents and recoveries; zero where there is none

	read    bool                     // all of its repositories have been
	left    map[unmeasurable][]int64 // when, in unix milliseconds, ascending
	lanes   []laneName
	legs    map[*Deployment][]*Deployment // by the one that stands for them
	columns map[Metric]column
	stages  [stageCount]column

	shipments
}

// DeploymentFact is a successful deployment of a service to production.
type DeploymentFact struct {
	Event    *Deployment
	Finished time.Time
	// Shipped counts the units of lead time that it shipped first, and Measured those of them that have one. They
	// themselves are in Facts.Shipments.
	Shipped, Measured int
	// Commits counts the commits that it shipped first, merges included.
	Commits int
	// First says that nothing ran there before: its changes have no lead time.
	First bool
	// Redeploy says that the same version ran already.
	Redeploy bool
	// Rollback says that an earlier version took the place of what ran.
	Rollback bool
	// BotsOnly says that it shipped changes, and machines made all of them.
	BotsOnly bool
	// Evidence says what speaks for its failure, the strongest first.
	Evidence []Evidence
	// Said is a person's word on it; nil if there is none. VerdictNotFailed outweighs all evidence.
	Said *Correction
	// Recovered is the earliest end of its failure; nil while it lasts, or where it did not fail.
	Recovered *RecoveryFact
	// Rework says why it was unplanned work; empty if it was planned.
	Rework ReworkReason

	place    int32 // in Facts.Deployments
	leads    int32 // where its lead times begin in their column
	lane     int
	blamed   int  // of a rollback: which deployment of the lane it blames; -1: none
	incident bool // an incident is linked to it
	negative bool // it recovered before it finished
	unknown  bool // its commit, or some of the history below it, is not known

	*working // nil once facts are derived
}

// working is what is known of a deployment while its facts are worked out.
type working struct {
	height   int32 // of a landing: how many commits were on the line by then
	contents []node
	changes  []*ChangeFact
	mends    []mend // what its changes put right
	// noBase says that its history shares no commit with any earlier one's.
	noBase bool
	// promotions counts the pull requests that it shipped and that are none of its changes, outside the commits that belong
	// to no change.
	promotions, outside int
}

// Failed says whether the deployment is held to have failed.
func (d *DeploymentFact) Failed() bool { return len(d.Evidence) > 0 && !d.Said.says(VerdictNotFailed) }

// ChangeFact is one unit of lead time that a deployment shipped first.
type ChangeFact struct {
	Repository string
	Number     int    // of the pull request; 0 for a plain commit
	SHA        string // the commit that landed
	Title      string
	URL        string
	Author     string

	FirstCommit time.Time // earliest authored of its commits
	Opened      time.Time // zero for a plain commit, as are FirstReview and Approved
	FirstReview time.Time // by another person; zero if none came before the merge
	Approved    time.Time
	Merged      time.Time // of a plain commit: committed

	// Lead is finished − start; only where Excluded is empty.
	Lead     time.Duration
	Stages   Stages
	Excluded Reason

	clamped int
	by      *Deployment // that shipped it
}

// FailedRun is a run that never succeeded.
type FailedRun struct {
	Event  *Deployment
	Failed time.Time
}

// UndecidedRun is a run that has said neither success nor failure. It may still: only after UnreportedAfter it is counted
// as one that nobody reports on.
type UndecidedRun struct {
	Event *Deployment
	// LastWord is when it was last heard of: its creation, or its last status.
	LastWord time.Time
}

// UnreportedAfter is how long after its last word a run that has said neither success nor failure is counted.
const UnreportedAfter = 7 * 24 * time.Hour

// Unreported lists the runs that have been silent for as long as it takes, as of a time.
func (f *Facts) Unreported(now time.Time) []UndecidedRun {
	silent := sort.Search(len(f.Undecided), func(i int) bool { return f.Undecided[i].LastWord.After(now.Add(-UnreportedAfter)) })
	return f.Undecided[:silent]
}

// Waiting is a change that is merged and not shipped.
type Waiting struct {
	Repository string
	Number     int
	SHA        string
	Title      string
	URL        string
	Author     string
	Merged     time.Time // of a plain commit: committed
}

// IncidentFact is an incident of the service and what it is linked to.
type IncidentFact struct {
	Event *Incident
	// Linked is the deployment that it is held against; nil if none.
	Linked *DeploymentFact
	// By says how it was linked.
	By EvidenceKind
	// Remedy is the deployment that its text names and that came after it; nil if none.
	Remedy *DeploymentFact
	// Names says that its text names a deployment, of whatever service, that finished before it opened: such an incident
	// is not linked by time.
	Names bool
	// Said is a person's word on it; nil if there is none.
	Said *Correction
}

// Evidence is one reason why a deployment is held to have failed.
type Evidence struct {
	Kind EvidenceKind
	// By is the full id of the incident, of the later deployment that rolled back or carried the remedy, or of the
	// correction.
	By string
	// Change is the remedy's pull request; 0 for a plain commit and for other kinds.
	Change int
	// At is when the evidence came to be: the incident opened, the later deployment finished.
	At time.Time
}

// RecoveryFact is the end of a deployment's failure.
type RecoveryFact struct {
	At time.Time
	By string // the full id of the deployment or incident that ended it
}

// ReworkReason says why a deployment was unplanned.
type ReworkReason string

// The reasons of rework, in the order in which one is named.
const (
	ReworkRollback ReworkReason = "rollback"
	ReworkRevert   ReworkReason = "revert"
	ReworkHotfix   ReworkReason = "hotfix"
	ReworkRemedy   ReworkReason = "remedy" // an incident names it as its remedy
)

// Reason says why something could not be measured.
type Reason string

// What cannot be measured, and why.
const (
	ReasonFirstDeployment    Reason = "first_deployment"    // shipped by the first deployment, which has no base
	ReasonBot                Reason = "bot"                 // made by a machine
	ReasonNegative           Reason = "negative"            // the lead time is below zero: a clock was wrong
	ReasonNoBase             Reason = "no_base"             // shipped by a deployment whose history shares no commit with an earlier one: it was rewritten
	ReasonUnknownCommit      Reason = "unknown_commit"      // a deployment whose commit or history is not known
	ReasonUnknownFiles       Reason = "unknown_files"       // a change of a service with paths whose files are not all known
	ReasonUnknownContents    Reason = "unknown_contents"    // a deployment or run of which it is not known whether it moved the service's paths
	ReasonNoStart            Reason = "no_start"            // the time at which lead time begins is not known
	ReasonNoMergeCommit      Reason = "no_merge_commit"     // the vendor lost what the pull request became
	ReasonNotOnMainLine      Reason = "not_on_main_line"    // merged into another branch, and never shipped
	ReasonPromotion          Reason = "promotion"           // a pull request that brings in only what was merged before
	ReasonOutsideChanges     Reason = "outside_changes"     // a shipped commit that belongs to no change, such as one pushed to a release branch
	ReasonFailedRun          Reason = "failed_runs"         // a run that never succeeded
	ReasonUnreportedRun      Reason = "unreported_runs"     // a run that a week after its last word has said neither success nor failure
	ReasonUnknownRef         Reason = "unknown_ref"         // a deployment or run of which it is not known any more what it was made of, by which services tell their own
	ReasonRetriedRun         Reason = "retried_run_unknown" // a run that was run again and whose first success cannot be read any more
	ReasonRollbackUnresolved Reason = "rollback_unresolved" // what a rollback restored had not run before
	ReasonRevertUnresolved   Reason = "revert_unresolved"   // what a revert takes back was not found
	ReasonClamped            Reason = "clamped"             // a stage's bounds were out of order
	ReasonNegativeRecovery   Reason = "negative_recovery"   // recovered before it finished
	ReasonIgnored            Reason = "ignored"             // a deployment or an incident that a person said to ignore
)

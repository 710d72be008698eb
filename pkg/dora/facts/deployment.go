package facts

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
)

// Deployment is a successful deployment of a service to production.
type Deployment struct {
	Event    *dora.Deployment
	Finished time.Time
	// Shipped counts the units of lead time that it shipped first, and Measured those of them that have one. They
	// themselves are in Service.Shipments.
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
	Said *dora.Correction
	// Recovered is the earliest end of its failure; nil while it lasts, or where it did not fail.
	Recovered *Recovery
	// Rework says why it was unplanned work; empty if it was planned.
	Rework ReworkReason

	place    int32 // in Service.Deployments
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
	contents []code.Node
	changes  []*Change
	mends    []mend // what its changes put right
	// noBase says that its history shares no commit with any earlier one's.
	noBase bool
	// noHistory says that nothing is known of any commit of its repository.
	noHistory bool
	// promotions counts the pull requests that it shipped and that are none of its changes, outside the commits that belong
	// to no change.
	promotions, outside int
}

// Failed says whether the deployment is held to have failed.
func (d *Deployment) Failed() bool { return len(d.Evidence) > 0 && !d.Said.Says(dora.VerdictNotFailed) }

// Evidence is one reason why a deployment is held to have failed.
type Evidence struct {
	Kind dora.EvidenceKind
	// By is the full id of the incident, of the later deployment that rolled back or carried the remedy, of the correction,
	// or of the deployment itself where its own record tells.
	By string
	// Change is the remedy's pull request; 0 for a plain commit and for other kinds.
	Change int
	// At is when the evidence came to be: the incident opened, the later deployment finished, its own record says that
	// service was restored.
	At time.Time
}

// Recovery is the end of a deployment's failure.
type Recovery struct {
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

package facts

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Change is one unit of lead time that a deployment shipped first.
type Change struct {
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
	by      *dora.Deployment // that shipped it
}

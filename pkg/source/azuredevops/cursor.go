package azuredevops

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

// cursorVersion changes when a cursor's form does. Reading again is harmless, so another form is none.
const cursorVersion = 1

// positions are where runs go on, by Azure DevOps' own ids, which stay whatever things are called.
type positions struct {
	Projects     cursor.Parts[projectPosition] `json:"projects"`
	Repositories cursor.Parts[position]        `json:"repositories"`
	// Names are which repository was read last that was called so, in lower case.
	Names map[string]string `json:"names"`

	last []byte // as it was handed over last
}

// projectPosition is how far one project's deployments and work items are read.
type projectPosition struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	// Origin is what made a deployment when they were last read.
	Origin string `json:"origin,omitempty"`
	// Habits are, by repositories' names in lower case, how those are deployed of which a rule says it. Turned says that what
	// was read as their deployments before a rule changed is still to be withdrawn.
	Habits map[string]string `json:"habits,omitempty"`
	Turned bool              `json:"turned,omitempty"`
	// Records are how far each environment's records are read, by its id.
	Records map[int64]recordsRead `json:"records,omitempty"`
	// Releases is up to when classic releases are read.
	Releases time.Time `json:"releases,omitzero"`
	// Runs is up to when runs that finished are read for their stages, and Ran those that finished shortly before, which are
	// listed once more.
	Runs time.Time           `json:"runs,omitzero"`
	Ran  map[int64]time.Time `json:"ran,omitempty"`
	// Builds are the repositories that pipelines build, by the pipelines' ids, and Elsewhere those of them that are on GitHub or
	// are no Git.
	Builds    map[int64]string `json:"builds,omitempty"`
	Elsewhere []string         `json:"elsewhere,omitempty"`
	// Passed are runs that are no deployments, or of repositories that are not read.
	Passed []int64 `json:"passed,omitempty"`
	// Month is what was seen of each way to deploy when it was looked for last.
	Month *month `json:"month,omitempty"`
	// Wanted is what made an incident when they were last read, and Changed how often that was another. Items is up to when
	// they are read, and Place the repository that they are in.
	Wanted  string    `json:"wanted,omitempty"`
	Changed int       `json:"changed,omitempty"`
	Items   time.Time `json:"items,omitzero"`
	Place   string    `json:"place,omitempty"`
}

// recordsRead is what an environment was called when its records were read last, and when the newest of them was queued.
type recordsRead struct {
	Name   string    `json:"name"`
	Newest time.Time `json:"newest,omitzero"`
}

// position is how far one repository's code is read.
type position struct {
	ID      string      `json:"id"`
	Project string      `json:"project"` // its project's id
	Name    string      `json:"name"`    // project/repository
	Branch  string      `json:"branch,omitempty"`
	Head    string      `json:"head,omitempty"` // all that leads to it is handed over
	URL     string      `json:"url,omitempty"`
	Traits  dora.Traits `json:"traits,omitzero"`
	// Announced is the version in which it was told of last. Gone says that it was told to be no more.
	Announced time.Time         `json:"announced,omitzero"`
	Gone      bool              `json:"gone,omitempty"`
	Formerly  []dora.FormerName `json:"formerly,omitempty"`
	Old       []string          `json:"old,omitempty"`
	Began     time.Time         `json:"began,omitzero"`

	// Anchors are heads that were reached. Walk is a reading of commits that is under way.
	lineage.Anchors
	Walk *walk `json:"walk,omitempty"`
	// Unplaced are deployed commits that the branch was not seen to lead to, Placed and Lost those that were looked for, and
	// Beside the commits off the branch that were handed over.
	Unplaced []string `json:"unplaced,omitempty"`
	Placed   []string `json:"placed,omitempty"`
	Lost     []string `json:"lost,omitempty"`
	Beside   []string `json:"beside,omitempty"`

	// Serving is what decided which deployments count, and PassedOver says that the commits of some that did not were left.
	Serving    string `json:"serving,omitempty"`
	PassedOver bool   `json:"passedOver,omitempty"`

	// Closed is up to when completed pull requests are read; zero: none. Seen is what was read of the last of them, by number.
	Closed time.Time          `json:"closed,omitzero"`
	Seen   map[int64]standing `json:"seen,omitempty"`

	Lanes lineage.Lanes `json:"lanes,omitempty"`
}

// standing is what of a pull request may change after it was completed.
type standing struct {
	Sum    string    `json:"s"`
	Closed time.Time `json:"c"`
}

// walk is how far the commits are handed over that lead to a head and not to the one before.
type walk struct {
	From   string `json:"from,omitempty"` // empty: from the beginning
	Target string `json:"target"`
	Done   int    `json:"done"`
}

func readPositions(text []byte) *positions {
	p, known := cursor.Read[positions](text, cursorVersion)
	if known {
		p.last = text
	}
	if p.Names == nil {
		p.Names = map[string]string{}
	}
	return p
}

func (p *positions) encode() ([]byte, error) {
	return cursor.Write(cursorVersion, cursor.Field{Name: "projects", Value: &p.Projects}, cursor.Field{Name: "repositories", Value: &p.Repositories}, cursor.Field{Name: "names", Value: p.Names})
}

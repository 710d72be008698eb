package gitlab

import (
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

// cursorVersion changes when a cursor's form does. Reading again is harmless, so another form is none.
const cursorVersion = 1

// positions are where runs go on, by project. A project is kept by GitLab's number, whatever it is called.
type positions struct {
	Projects cursor.Parts[position] `json:"projects"`
	// Names are by which number the project was read last that was called so, in lower case.
	Names map[string]int64 `json:"names"`
}

// position is how far one project is read.
type position struct {
	ID     int64       `json:"id"`
	Name   string      `json:"name"`
	Branch string      `json:"branch,omitempty"`
	Head   string      `json:"head,omitempty"`
	URL    string      `json:"url,omitempty"`
	Traits dora.Traits `json:"traits,omitzero"`
	// OwnersOf is the head of which the file CODEOWNERS was read, and CatalogOf that of the file catalog-info.yaml.
	OwnersOf  string `json:"ownersOf,omitempty"`
	CatalogOf string `json:"catalogOf,omitempty"`
	// Announced is the version in which it was told of last. Gone says that it was told to be no more.
	Announced time.Time `json:"announced,omitzero"`
	Gone      bool      `json:"gone,omitempty"`
	// Formerly are names that it had, and Old those of them of which is yet to be told that they lead to it. Began is since
	// when its name has meant it.
	Formerly []dora.FormerName `json:"formerly,omitempty"`
	Old      []string          `json:"old,omitempty"`
	Began    time.Time         `json:"began,omitzero"`

	History       history `json:"history"`
	MergeRequests stream  `json:"mergeRequests"`
	Deployments   stream  `json:"deployments"`
	Issues        stream  `json:"issues"`

	// Origin is what made a deployment when they were last read, and Incidents what an incident; Changed counts how often
	// that was another.
	Origin    string `json:"origin,omitempty"`
	Incidents string `json:"incidents,omitempty"`
	Changed   int    `json:"changed,omitempty"`
	// Turned says that what was read as a deployment before landings were is still to be withdrawn.
	Turned bool `json:"turned,omitempty"`
	// Serving is what decided which deployments count, and PassedOver says that the commits of some that did not were left.
	Serving    string `json:"serving,omitempty"`
	PassedOver bool   `json:"passedOver,omitempty"`

	// Tiers are those of the environments, as the deployments were last read with; Tiered says that they were read with any,
	// because a service goes by them, and Retiered counts how often they were others.
	Tiers    map[string]string `json:"tiers,omitempty"`
	Tiered   bool              `json:"tiered,omitempty"`
	Retiered int               `json:"retiered,omitempty"`

	// Unplaced are deployed commits that the default branch was not seen to lead to, Placed those that were found, of which
	// all that leads to them is handed over, and Lost those that GitLab does not know any more.
	Unplaced []string `json:"unplaced,omitempty"`
	Placed   []string `json:"placed,omitempty"`
	Lost     []string `json:"lost,omitempty"`
	// Lanes are the first deployments of services into environments, and Unclaimed the commits older than the history's limit
	// whose merge requests are still to be looked for, with when they were made.
	Lanes     lineage.Lanes        `json:"lanes,omitempty"`
	Unclaimed map[string]time.Time `json:"unclaimed,omitempty"`
	// Filed says that the files of changes are read, and Unfiled the commits of which they still are to be.
	Filed   bool      `json:"filed,omitempty"`
	Unfiled []unfiled `json:"unfiled,omitempty"`
	// People are the usernames of those who are known to be machines, true, or persons, over REST.
	People map[string]bool `json:"people,omitempty"`
}

// readPositions reads what a batch carried.
func readPositions(text []byte) *positions {
	p, _ := cursor.Read[positions](text, cursorVersion)
	if p.Names == nil {
		p.Names = map[string]int64{}
	}
	return p
}

// encode writes them.
func (p *positions) encode() ([]byte, error) {
	return cursor.Write(cursorVersion, cursor.Field{Name: "projects", Value: &p.Projects}, cursor.Field{Name: "names", Value: p.Names})
}

// at is the position of a project, which may be moved until the next one is read.
func (p *positions) at(id int64) *position {
	at := p.Projects.At(strconv.FormatInt(id, 10))
	at.ID = id
	return at
}

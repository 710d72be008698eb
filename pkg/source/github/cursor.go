package github

import (
	"cmp"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

// cursorVersion rises when the cursor's form changes; an older cursor is not understood and everything is read again.
const cursorVersion = 1

// positions are where a run goes on: per repository, keyed by its lower-case owner/name.
type positions struct {
	Repositories cursor.Parts[position] `json:"repositories"`
	// Homeless are the names of repositories, by number, whose last name is another's now.
	Homeless map[int64][]dora.FormerName `json:"homeless,omitempty"`
	// Topicless is when the server was last found to have no topics.
	Topicless time.Time `json:"topicless,omitzero"`
	// Teams are when the teams of an organisation were read last, by its name in lower case.
	Teams map[string]time.Time `json:"teams,omitempty"`
}

// position is how far one repository is read.
type position struct {
	// Name is the repository's name as GitHub spells it. After a renaming everything is read again under the new name.
	Name string `json:"name,omitempty"`
	// ID is GitHub's number of it; 0 where it was last read by a version that did not ask.
	ID int64 `json:"id,omitempty"`
	// Formerly are names that it had. Old are those of them that are still to be told gone, when all is read under the present
	// one. Asked is the name that it was last asked for by, where it has another. Began is since when its name has meant it.
	Formerly []dora.FormerName `json:"formerly,omitempty"`
	Old      []string          `json:"old,omitempty"`
	Asked    string            `json:"asked,omitempty"`
	Began    time.Time         `json:"began,omitzero"`
	// Gone says that it was told that there is no repository of this name any more.
	Gone bool `json:"gone,omitempty"`
	// Young says that something which is missing from its list was too young to be called gone: the next run looks again.
	Young bool `json:"young,omitempty"`
	// Probe is what the owner's list said when the last complete sync began; equal again means nothing changed.
	Probe string `json:"probe,omitempty"`
	// Branch, URL, Head, Traits and Announced are the last repository event.
	Branch    string      `json:"branch,omitempty"`
	URL       string      `json:"url,omitempty"`
	Head      string      `json:"head,omitempty"`
	Announced time.Time   `json:"announced,omitzero"`
	Traits    dora.Traits `json:"traits,omitzero"`
	// OwnersRead says that the file CODEOWNERS was read then.
	OwnersRead bool `json:"ownersRead,omitempty"`
	// CatalogRead says so of the file catalog-info.yaml.
	CatalogRead bool `json:"catalogRead,omitempty"`

	// Origin is what made a deployment when deployments were last read; empty for GitHub's own.
	Origin string `json:"origin,omitempty"`

	Pulls       cursor.Stream `json:"pulls,omitzero"`
	Deployments cursor.Stream `json:"deployments,omitzero"`
	Issues      cursor.Stream `json:"issues,omitzero"`
	History     history       `json:"history,omitzero"`
	// Counts are how many entries lists had. Unsure says that the store has something that a first reading, which was broken
	// off, may find gone.
	Counts map[list]census.Count `json:"counts,omitempty"`
	Unsure bool                  `json:"unsure,omitempty"`

	// Labels is what counted as an incident when issues were last read; Relabelled counts how often that changed.
	Labels     string `json:"labels,omitempty"`
	Relabelled int    `json:"relabelled,omitempty"`

	// Filed says that the files of changes have been read; Unfiled are the commits of the main line, the newest first, whose
	// files are still to be read.
	Filed   bool      `json:"filed,omitempty"`
	Unfiled []unfiled `json:"unfiled,omitempty"`

	// Open are deployments that have not succeeded and still may.
	Open cursor.Open[openDeployment] `json:"open,omitempty"`
	// Settled are the node ids of the last deployments that have succeeded, which REST need not be asked about again.
	Settled []string `json:"settled,omitempty"`
	// ETags are those of the lists' first pages, over REST, as of when each list was last read to its end.
	ETags map[list]string `json:"etags,omitempty"`
	// Unplaced are deployed commits that have not been met on the commit graph yet; Met the newest of those that have
	// been, while the graph is still being read; Placed the last ones of which all that leads to them is handed over;
	// Lost the last ones that GitHub does not know any more.
	Unplaced []string `json:"unplaced,omitempty"`
	Met      []string `json:"met,omitempty"`
	Placed   []string `json:"placed,omitempty"`
	Lost     []string `json:"lost,omitempty"`

	// Serving is what decided which deployments count when they were last read. PassedOver says that the commits of some
	// that did not were left unread.
	Serving    string `json:"serving,omitempty"`
	PassedOver bool   `json:"passedOver,omitempty"`
	// ByCommit are the kinds of deployments that are made of commits and have no ref to lose.
	ByCommit []string `json:"byCommit,omitempty"`
	// Lanes are the first deployments of services into environments; Unclaimed the commits older than the history's limit
	// whose pull requests are still to be asked for.
	Lanes     lineage.Lanes `json:"lanes,omitempty"`
	Unclaimed []string      `json:"unclaimed,omitempty"`
}

// called is what a repository is called, as far as is known where it is asked for by a name.
func (p *position) called(asked string) string { return cmp.Or(p.Name, asked) }

// history is the default branch, and where a later run may stop.
type history struct {
	lineage.Anchors
	// Line is the head of the main line that landings were last known to agree with, where they are deployments.
	Line string `json:"line,omitempty"`
	// First is the first reading while it is under way.
	First *firstReading `json:"first,omitempty"`
}

// firstReading is how far the history is read back from the head that it started from.
type firstReading struct {
	Target string `json:"target"`
	Page   string `json:"page"`
	// Next is the main line commit that comes next.
	Next string `json:"next,omitempty"`
	lineage.Sampling
	// Ahead are the commits read last, shortened: deployments of them may be read only after a break, when no other
	// memory of them is left.
	Ahead []string `json:"ahead,omitempty"`
}

// openDeployment is a deployment to ask about again.
type openDeployment struct {
	ID       string    `json:"id"` // GitHub's node id
	Number   int64     `json:"number,omitempty"`
	Created  time.Time `json:"created"`
	Progress int       `json:"progress"`
	ETag     string    `json:"etag,omitempty"` // of its statuses, over REST
	Ref      *refNode  `json:"ref,omitempty"`  // as it was first read
}

// Key implements cursor.Ending.
func (o openDeployment) Key() string { return o.ID }

// Began implements cursor.Ending.
func (o openDeployment) Began() time.Time { return o.Created }

// readPositions reads what a batch carried.
func readPositions(text []byte) *positions {
	p, _ := cursor.Read[positions](text, cursorVersion)
	return p
}

// encode writes them.
func (p *positions) encode() ([]byte, error) {
	fields := []cursor.Field{{Name: "repositories", Value: &p.Repositories}}
	if len(p.Homeless) > 0 {
		fields = append(fields, cursor.Field{Name: "homeless", Value: p.Homeless})
	}
	if !p.Topicless.IsZero() {
		fields = append(fields, cursor.Field{Name: "topicless", Value: p.Topicless})
	}
	if len(p.Teams) > 0 {
		fields = append(fields, cursor.Field{Name: "teams", Value: p.Teams})
	}
	return cursor.Write(cursorVersion, fields...)
}

// at is a repository's position, which may be moved until the next one is read.
func (p *positions) at(key string) *position { return p.Repositories.At(key) }

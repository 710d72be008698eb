package dora

import "slices"

// Ownership says where the owners of services are found, and what they are called.
type Ownership struct {
	// Rules are asked in order: the first that gives a service an owner decides. A service's own teams stand above them.
	Rules []OwnerRule
	// Names are what owners are called that are found under other names.
	Names []TeamName
}

// OwnerRule is a place where owners are found.
type OwnerRule struct {
	From OwnerPlace `json:"from"`
	// Source is the id of the only source whose repositories it is about; empty: of all.
	Source string `json:"source,omitempty"`
	// Pattern captures an owner's name in its first group, in a topic, a property's value or a group.
	Pattern Pattern `json:"pattern,omitzero"`
	// Property is the name of the property that has it.
	Property string `json:"property,omitempty"`
	// Depth is which part of a group's path has it, from 1; 0: the whole path.
	Depth int `json:"depth,omitempty"`
	// Permission is what a team of GitHub may do at least in what it owns; empty: maintain it.
	Permission TeamPermission `json:"permission,omitempty"`
	// Text is a list of services or repositories and their owners, in CSV.
	Text string `json:"text,omitempty"`
}

// OwnerPlace names a kind of place.
type OwnerPlace string

// The places.
const (
	OwnersInCSV        OwnerPlace = "csv"        // a list that somebody keeps
	OwnersInCodeOwners OwnerPlace = "codeowners" // the file CODEOWNERS of a repository
	OwnersInTopics     OwnerPlace = "topics"
	OwnersInProperties OwnerPlace = "properties"   // GitHub's custom properties
	OwnersInGroups     OwnerPlace = "groups"       // GitLab's groups, a project, an organisation
	OwnersInTeams      OwnerPlace = "github_teams" // GitHub's, by what they may do
	OwnersInCatalog    OwnerPlace = "catalog_info" // the file catalog-info.yaml of a repository
	OwnersInBackstage  OwnerPlace = "backstage"    // a catalogue, called as its system is
)

// Allowed lists what settings may name.
func (OwnerPlace) Allowed() []string {
	return []string{string(OwnersInCSV), string(OwnersInCodeOwners), string(OwnersInTopics), string(OwnersInProperties), string(OwnersInGroups), string(OwnersInTeams), string(OwnersInCatalog), string(OwnersInBackstage)}
}

// TeamPermission is what a team of GitHub may do in a repository.
type TeamPermission string

// The permissions, from the least that can own something.
const (
	TeamsWithWrite    TeamPermission = "write"
	TeamsWithMaintain TeamPermission = "maintain"
	TeamsWithAdmin    TeamPermission = "admin"
)

// Allowed lists what settings may name.
func (TeamPermission) Allowed() []string {
	return []string{string(TeamsWithWrite), string(TeamsWithMaintain), string(TeamsWithAdmin)}
}

// Covers says whether who may do this may do another as well.
func (p TeamPermission) Covers(other TeamPermission) bool {
	all := p.Allowed()
	return p != "" && slices.Index(all, string(p)) >= slices.Index(all, string(other))
}

// TeamName is what a team is called, and under which other names it is found: of before it was renamed, or as another place
// calls it.
type TeamName struct {
	Name string   `json:"name"`
	Also []string `json:"also"`
}

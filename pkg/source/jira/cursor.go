package jira

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// cursorVersion changes when a cursor's form does. Reading again is harmless, so another form is none.
const cursorVersion = 1

// positions are where runs go on.
type positions struct {
	Version int   `json:"v"`
	Site    *site `json:"site,omitempty"`
	// Wanted is what an incident was and what was read of it, and Changed how often that was another.
	Wanted  string `json:"wanted,omitempty"`
	Changed int    `json:"changed,omitempty"`
	// Projects are those that were read from their beginning, keys by id, and Mark when the newest of what was read of them changed.
	Projects map[string]string `json:"projects,omitempty"`
	Mark     time.Time         `json:"mark,omitzero"`
	// Coming are those that are being read from their beginning, and Come is Mark for them.
	Coming map[string]string `json:"coming,omitempty"`
	Come   time.Time         `json:"come,omitzero"`
	// Former are keys that projects had.
	Former []string `json:"former,omitempty"`
	// Kin are the issues that an incident may be part of, if they are incidents: ids by id.
	Kin map[string][]string `json:"kin,omitempty"`

	last []byte // as it was handed over last
}

// site is what kind of Jira is at an address, and where people open it.
type site struct {
	Root  string `json:"root"`
	Cloud bool   `json:"cloud,omitempty"`
	Base  string `json:"base"`
}

// kinLimit bounds how many incidents are known to be part of others.
const kinLimit = 10_000

func readPositions(text []byte) *positions {
	p, known := cursor.Read[positions](text, cursorVersion)
	p.Version = cursorVersion
	if known {
		p.last = text
	}
	if p.Projects == nil {
		p.Projects = map[string]string{}
	}
	if p.Kin == nil {
		p.Kin = map[string][]string{}
	}
	return p
}

// again has everything read from its beginning, in versions above those that were handed over.
func (p *positions) again() {
	p.Changed++
	p.Projects, p.Mark, p.Coming, p.Come = map[string]string{}, time.Time{}, nil, time.Time{}
}

package incidentio

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// positionVersion changes when a position's form does. Reading again is harmless, so another form is none.
const positionVersion = 1

// position is where a run goes on.
type position struct {
	cursor.Versioned
	// Mark is when the incident was updated that was updated last, of those up to which all are handed over. Heard are the
	// last versions before it, which need not be looked into again.
	Mark  time.Time `json:"mark,omitzero"`
	Heard []string  `json:"heard,omitempty"`
	// Since is the history limit that the incidents were listed to, and Whole says that they were.
	Since time.Time `json:"since,omitzero"`
	Whole bool      `json:"whole,omitempty"`
	// Again says that they are to be listed another time, in one go, to find who is gone.
	Again bool `json:"again,omitempty"`
	// After is the incident that a first listing goes on after; empty: none is under way.
	After string `json:"after,omitempty"`
	// Total is how many incidents there were, where that was told, and Newest when the newest was created.
	Total  *int      `json:"total,omitempty"`
	Newest time.Time `json:"newest,omitzero"`
	// Wanted is what made an incident when they were listed, and Changed how often that was another.
	Wanted  string `json:"wanted,omitempty"`
	Changed int    `json:"changed,omitempty"`
	// Broken are incidents that could not be read.
	Broken []string `json:"broken,omitempty"`
}

package grafanairm

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// positionVersion changes when a position's form does. Reading again is harmless, so another form is none.
const positionVersion = 1

// position is where a run goes on.
type position struct {
	cursor.Versioned
	// Mark is when the incident was modified that was modified last, of those up to which all are handed over. Heard are the
	// last versions before it, which need not be looked into again.
	Mark  time.Time `json:"mark,omitzero"`
	Heard []string  `json:"heard,omitempty"`
	// Listed is when all were listed in one go, and Count how many there were.
	Listed time.Time `json:"listed,omitzero"`
	Count  int       `json:"count,omitempty"`
	Since  time.Time `json:"since,omitzero"`
	// Next is where the first listing goes on; empty: none is under way.
	Next string `json:"next,omitempty"`
	// Wanted is what made an incident when they were listed, and Changed how often that was another.
	Wanted  string `json:"wanted,omitempty"`
	Changed int    `json:"changed,omitempty"`
}

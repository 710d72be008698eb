package pagerduty

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// positionVersion changes when a position's form does. Reading again is harmless, so another form is none.
const positionVersion = 1

// position is where a run goes on.
type position struct {
	cursor.Versioned
	// Mark is when the newest entry of the log was made, of those whose incidents are handed over.
	Mark time.Time `json:"mark,omitzero"`
	// Heard are the last entries before it, which need not be looked into again.
	Heard []string `json:"heard,omitempty"`
	// Since is the history limit that the incidents were listed to.
	Since time.Time `json:"since,omitzero"`
	// Total is how many incidents there were, where that was told, and Newest the newest of them.
	Total  *int `json:"total,omitempty"`
	Newest mark `json:"newest,omitzero"`
	// Wanted is what made an incident when they were listed, and Changed how often that was another.
	Wanted  string `json:"wanted,omitempty"`
	Changed int    `json:"changed,omitempty"`
	// Back is a listing that is under way; nil: none is. Whole says that one came to its end.
	Back  *back `json:"back,omitempty"`
	Whole bool  `json:"whole,omitempty"`
	// Broken are incidents that could not be read.
	Broken []string `json:"broken,omitempty"`
}

// mark is an incident, by its number.
type mark struct {
	Number int64     `json:"n,omitempty"`
	At     time.Time `json:"at,omitzero"`
}

// end is just after it; zero where there is none.
func (m mark) end() time.Time {
	if m.At.IsZero() {
		return m.At
	}
	return m.At.UTC().Truncate(time.Second).Add(time.Second)
}

// back is how far a listing from the newest incident backwards has come.
type back struct {
	// Until is when what is listed next was created before, and Log when the entries of the log that are read next were made
	// before.
	Until time.Time `json:"until"`
	Log   time.Time `json:"log"`
	// Told is what the log told of incidents that are not listed yet.
	Told told `json:"told,omitempty"`
	// Total and Newest are as in the position, as they were when it began.
	Total  *int `json:"total,omitempty"`
	Newest mark `json:"newest,omitzero"`
}

package servicenow

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// cursorVersion changes when a cursor's form does. Reading again is harmless, so another form is none.
const cursorVersion = 1

// positions are where runs go on.
type positions struct {
	Tables cursor.Parts[position] `json:"tables"`
	// Places are the repositories that events were of: by them the store is asked what it has.
	Places []string `json:"places"`

	last []byte // as it was handed over last
}

// position is how far one table is read.
type position struct {
	// Shape is a digest of the settings that it was read by.
	Shape string `json:"shape,omitempty"`
	// Mark is up to when changes are read; zero: not once to the end. Whole is when all was last read.
	Mark  time.Time `json:"mark,omitzero"`
	Whole time.Time `json:"whole,omitzero"`
	// Way is where a reading of everything goes on.
	Way *place `json:"way,omitempty"`
	// Total is how many records the filter gave when they were last listed, and Hidden how many of them nobody saw.
	Total  int `json:"n,omitempty"`
	Hidden int `json:"hidden,omitempty"`
}

// place is one in a table's order: when a record was last changed, as ServiceNow writes it, and its id.
type place struct {
	At string `json:"at,omitempty"`
	ID string `json:"id"`
}

func (p place) after(other place) bool { return p.At > other.At || p.At == other.At && p.ID > other.ID }

func readPositions(text []byte) *positions {
	p, known := cursor.Read[positions](text, cursorVersion)
	if known {
		p.last = text
	}
	return p
}

func (p *positions) encode() ([]byte, error) {
	return cursor.Write(cursorVersion, cursor.Field{Name: "tables", Value: &p.Tables}, cursor.Field{Name: "places", Value: p.Places})
}

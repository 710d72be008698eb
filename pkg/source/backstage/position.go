package backstage

import (
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// positionVersion changes when a position's form does. Reading again is harmless, so another form is none.
const positionVersion = 1

// position is what was told of the catalogue.
type position struct {
	cursor.Versioned
	Entities census.Entries `json:"entities,omitempty"`
}

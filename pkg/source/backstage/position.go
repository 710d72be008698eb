package backstage

import (
	"encoding/json"
	"hash/fnv"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// positionVersion changes when a position's form does. Reading again is harmless, so another form is none.
const positionVersion = 1

// position is what was told of the catalogue, by the full names of entities.
type position struct {
	cursor.Versioned
	Entities map[string]told `json:"entities,omitempty"`
}

// told is the version in which an entity was told of last, and a digest of what was said; empty: that it is there no more.
type told struct {
	At time.Time `json:"at"`
	As string    `json:"as,omitempty"`
}

func digest(e *dora.Entity) string {
	text, err := json.Marshal(e)
	if err != nil {
		panic(err) // it holds texts
	}
	sum := fnv.New64a()
	_, _ = sum.Write(text) // it cannot fail
	return strconv.FormatUint(sum.Sum64(), 36)
}

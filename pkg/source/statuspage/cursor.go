package statuspage

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// cursor says that pages were read, and of those that are read without a key what was shown: where a run goes on is the beginning.
type cursor struct {
	Version int               `json:"v"`
	Pages   map[string]*shown `json:"pages,omitempty"` // by id
}

// shown is what a page showed when it was last read without a key.
type shown struct {
	Address string   `json:"address"`
	Listed  []string `json:"listed"` // ids of incidents, the newest first
	// Begins is since when its incidents are known; zero: all.
	Begins time.Time `json:"begins,omitzero"`
}

// cursorOf reads a cursor. One that cannot be read says nothing.
func cursorOf(text []byte) *cursor {
	c := new(cursor)
	if json.Unmarshal(text, c) != nil {
		c = new(cursor)
	}
	c.Version = 1
	for page, was := range c.Pages {
		if was == nil {
			delete(c.Pages, page)
		}
	}
	return c
}

func (c *cursor) encode() []byte {
	text, err := json.Marshal(c)
	if err != nil {
		panic(err) // it holds texts and times that were read
	}
	return text
}

// Begins implements source.Recent: since when the incidents of all pages are known.
func (s *Source) Begins(text []byte) (since time.Time) {
	for page, was := range cursorOf(text).Pages {
		if slices.Contains(s.config.Pages, was.Address) || slices.Contains(s.config.Pages, page) {
			since = dora.Latest(since, was.Begins)
		}
	}
	return since
}

package wire

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/source"
)

// brokenLimit bounds how many records may be unreadable. Where there are more, it is not the records that are broken.
const brokenLimit = 100

// Broken are the records that a run could not read, by the vendor's ids. Each costs itself alone: it is asked for again by
// later runs, and the run says so at its end. The zero value has none.
type Broken struct {
	IDs map[string]bool
	// Nameless says that of some it is not known which they are.
	Nameless bool

	failures []error
}

// Add takes note of a record that cannot be read, and why; nil: it could not be before. Without an id it is not known which.
func (b *Broken) Add(id string, err error) {
	if err != nil {
		b.failures = append(b.failures, err)
	}
	if id == "" {
		b.Nameless = true
		return
	}
	if b.IDs == nil {
		b.IDs = map[string]bool{}
	}
	b.IDs[id] = true
}

// Names lists them.
func (b *Broken) Names() []string { return slices.Sorted(maps.Keys(b.IDs)) }

// TooMany says that there are more than can be asked for one by one.
func (b *Broken) TooMany() bool { return len(b.IDs) > brokenLimit }

// Failure says which records of a kind could not be read in this run, and why the first could not; nil: all could.
func (b *Broken) Failure(h *Host, kind string) error {
	if len(b.failures) == 0 {
		return nil
	}
	part := kind
	if len(b.IDs) > 0 {
		part += " " + source.Listed(b.Names())
	}
	var known *source.Error
	if errors.As(b.failures[0], &known) {
		failure := *known
		failure.Part = part
		return &failure
	}
	return h.Unexpected(part, b.failures[0])
}

// Rows are the rows of a list that are what they should be. The others are noted, by the id that a row may have and its
// record of it cannot be read by.
func Rows[T any, P interface {
	*T
	Record
}](rows []json.RawMessage, broken *Broken, id func(row json.RawMessage) string) (read []*T) {
	for _, row := range rows {
		each := new(T)
		err := json.Unmarshal(row, each)
		if err == nil {
			if lacks := P(each).Lacks(); lacks != "" {
				err = fmt.Errorf("%s is missing", lacks)
			}
		}
		if err != nil {
			broken.Add(id(row), err)
			continue
		}
		read = append(read, each)
	}
	return read
}

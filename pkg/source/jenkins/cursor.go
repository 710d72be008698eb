package jenkins

import (
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// cursorVersion changes when a cursor's form does. Reading again is harmless, so another form is none.
const cursorVersion = 1

// positions are where runs go on, by the full names of jobs.
type positions struct {
	Jobs cursor.Parts[position] `json:"jobs"`

	last []byte // as it was handed over last
}

// position is how far one job's builds are read.
type position struct {
	// Origin is what made a deployment when they were last read.
	Origin string `json:"origin,omitempty"`
	// Next and Last are what the list of jobs said when all was read.
	Next int64 `json:"next,omitempty"`
	Last last  `json:"last,omitzero"`
	// High is the newest build that was read, and Low the oldest; Count is how many there were, and Done says that there are no
	// older ones to read.
	High  last  `json:"high,omitzero"`
	Low   last  `json:"low,omitzero"`
	Count int   `json:"count,omitempty"`
	Done  bool  `json:"done,omitempty"`
	Began int64 `json:"began,omitempty"` // when the last build was made of an earlier job of this name, in milliseconds
	// Open are builds that have not ended.
	Open cursor.Open[openBuild] `json:"open,omitempty"`
	// Repositories are those that its builds were of, the last one first, and Environments those that they were deployed into.
	Repositories []string `json:"repositories,omitempty"`
	Environments []string `json:"environments,omitempty"`
	// Gaps are numbers that no build was seen of, and that are still to be told.
	Gaps []gap `json:"gaps,omitempty"`
	// Left says that no line takes the job any more.
	Left bool `json:"left,omitempty"`
}

// openBuild is a build to ask about again.
type openBuild struct {
	Number int64     `json:"n"`
	At     time.Time `json:"at"`
}

// Key implements cursor.Ending.
func (o openBuild) Key() string { return number(o.Number) }

// Began implements cursor.Ending.
func (o openBuild) Began() time.Time { return o.At }

// gap are numbers, both included, that were missing below a build of a moment, in milliseconds since 1970.
type gap struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
	At   int64 `json:"at"`
}

func readPositions(text []byte) *positions {
	p, known := cursor.Read[positions](text, cursorVersion)
	if known {
		p.last = text
	}
	return p
}

func (p *positions) encode() ([]byte, error) {
	return cursor.Write(cursorVersion, cursor.Field{Name: "jobs", Value: &p.Jobs})
}

// rememberLimit bounds how many repositories and environments of a job are remembered.
const rememberLimit = 20

// remember puts a name in front of a list, whatever its case.
func remember(list []string, name string) []string {
	if len(list) > 0 && list[0] == name {
		return list
	}
	kept := append([]string{name}, slices.DeleteFunc(slices.Clone(list), func(other string) bool { return strings.EqualFold(other, name) })...)
	return kept[:min(len(kept), rememberLimit)]
}

package lineage

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// anchorLimit bounds how many of the last heads, and how many older anchors, are remembered.
const anchorLimit = 24

// Anchors are commits whose every ancestor is handed over. Heads are the last ones of a branch that were reached, the newest
// first; Base are some of those before, the newest first. A reading ends where every way back leads to one of them, which
// holds for side branches older than the last head and after a forced push alike.
type Anchors struct {
	Heads []string `json:"heads,omitempty"`
	Base  []string `json:"base,omitempty"`
}

// Reach makes an anchor of a head that was read to the end.
func (a *Anchors) Reach(head string) {
	if slices.Index(a.Heads, head) == 0 {
		return
	}
	a.Heads = cursor.Remember(a.Heads, head, len(a.Heads)+1)
	if len(a.Heads) > anchorLimit {
		half := anchorLimit / 2
		a.Base = cursor.Remember(a.Base, a.Heads[half], len(a.Base)+1)
		a.Heads = a.Heads[:half]
	}
	if len(a.Base) > anchorLimit {
		a.Base = halve(a.Base)
	}
}

// Sampling keeps one main line commit of every Stride-th page of a first reading, to be anchors when it is through.
type Sampling struct {
	Sample []string `json:"sample,omitempty"`
	Pages  int      `json:"pages"`
	Stride int      `json:"stride"`
}

// NewSampling begins with the first page.
func NewSampling() Sampling { return Sampling{Stride: 1} }

// Turn moves past a page, of which one main line commit, if it had any, is told.
func (s *Sampling) Turn(line string) {
	if s.Pages%s.Stride == 0 && line != "" {
		s.Sample = append(s.Sample, line)
	}
	s.Pages++
	if len(s.Sample) > anchorLimit {
		s.Sample, s.Stride = halve(s.Sample), s.Stride*2
	}
}

// halve keeps every second entry, the first included.
func halve(list []string) []string {
	var kept []string
	for i := 0; i < len(list); i += 2 {
		kept = append(kept, list[i])
	}
	return kept
}

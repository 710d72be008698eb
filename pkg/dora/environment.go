package dora

import (
	"strings"
	"time"
)

// Vendors do not tell environments apart that differ in upper and lower case only, so that these are one environment. It
// is shown as it was written last.

// FoldEnvironment is the same for all spellings of an environment.
func FoldEnvironment(environment string) string { return strings.ToLower(environment) }

// Spelling is how an environment was written last.
type Spelling struct {
	Text    string
	Written time.Time
}

// Take notes how a deployment writes the environment.
func (s *Spelling) Take(d *Deployment) { s.Join(Spelling{d.Environment, d.Created}) }

// Join keeps the later of two spellings; of one moment, the one that comes first in the alphabet.
func (s *Spelling) Join(other Spelling) {
	if s.Text == "" || other.Written.After(s.Written) || other.Written.Equal(s.Written) && other.Text < s.Text {
		*s = other
	}
}

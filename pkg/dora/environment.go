package dora

import (
	"strings"
	"time"
)

// Vendors do not tell environments apart that differ in upper and lower case only, so that these are one environment. It
// is shown as it was written last.

// folded is the same for all spellings of an environment.
func folded(environment string) string { return strings.ToLower(environment) }

// spelling is how an environment was written last.
type spelling struct {
	text    string
	written time.Time
}

// take notes how a deployment writes the environment.
func (s *spelling) take(d *Deployment) { s.join(spelling{d.Environment, d.Created}) }

// join keeps the later of two spellings; of one moment, the one that comes first in the alphabet.
func (s *spelling) join(other spelling) {
	if s.text == "" || other.written.After(s.written) || other.written.Equal(s.written) && other.text < s.text {
		*s = other
	}
}

// spell finds how each environment was written last, by whichever service.
func (s *Snapshot) spell() {
	s.spellings = map[string]spelling{}
	for _, f := range s.Services {
		for _, l := range f.lanes {
			name := folded(l.environment.text)
			last := s.spellings[name]
			last.join(l.environment)
			s.spellings[name] = last
		}
	}
}

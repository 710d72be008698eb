package dora

import (
	"slices"
	"strings"
)

// Match says which repositories, or which parts of them, a rule makes services of: those of which all fits that it says.
type Match struct {
	Source     Shape `json:"source,omitzero"`
	Repository Shape `json:"repository,omitzero"` // owner/name
	// Group is the group or project that the repository is in, Topic any of its topics, and Property any value of each of its
	// custom properties, as the source tells them.
	Group    Shape            `json:"group,omitzero"`
	Topic    Shape            `json:"topic,omitzero"`
	Property map[string]Shape `json:"property,omitempty"`
	// What follows takes parts of a repository: its deployments into some environments, of some tasks, or of tags that begin so;
	// or the folders of its files, whose services share its deployments.
	Environment Shape `json:"environment,omitzero"`
	Tier        Shape `json:"tier,omitzero"`
	Task        Shape `json:"task,omitzero"`
	TagPrefix   Shape `json:"tagPrefix,omitzero"`
	Path        Shape `json:"path,omitzero"`
}

// The words that every rule knows beside those of its shapes.
const (
	WordRepository = "repository" // owner/name
	WordOwner      = "owner"      // all of it but the last part
	WordName       = "name"       // the last part
	WordService    = "service"    // what names the service, where nothing else is said
)

// OfParts says whether the rule takes parts of repositories rather than whole ones.
func (m *Match) OfParts() bool { return m.OfDeployments() || !m.Path.IsZero() }

// OfDeployments says whether it tells a repository's deployments apart.
func (m *Match) OfDeployments() bool {
	return !m.Environment.IsZero() || !m.Tier.IsZero() || !m.Task.IsZero() || !m.TagPrefix.IsZero()
}

// Tells says whether the rule goes by anything at all.
func (m *Match) Tells() bool {
	return slices.ContainsFunc(m.shapes(), func(s Shape) bool { return !s.IsZero() })
}

// Words are all that the rule remembers.
func (m *Match) Words() []string {
	words := []string{WordRepository, WordOwner, WordName}
	for _, shape := range m.shapes() {
		words = append(words, shape.Words()...)
	}
	return words
}

func (m *Match) shapes() []Shape {
	all := []Shape{m.Source, m.Repository, m.Group, m.Topic}
	for _, name := range m.Properties() {
		all = append(all, m.Property[name])
	}
	return append(all, m.Environment, m.Tier, m.Task, m.TagPrefix, m.Path)
}

// Properties are the names of the custom properties that the rule goes by, sorted.
func (m *Match) Properties() []string {
	names := make([]string, 0, len(m.Property))
	for name := range m.Property {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Takes says whether a repository of a source fits, and what is remembered of it.
func (m *Match) Takes(source, repository string, t *Traits) (c Captures, fits bool) {
	for _, plain := range []struct {
		shape Shape
		name  string
	}{{m.Source, source}, {m.Repository, repository}, {m.Group, t.Group}} {
		if len(plain.shape.words) == 0 && !plain.shape.IsZero() && !plain.shape.Fits(plain.name) {
			return nil, false
		}
	}
	if !m.Topic.IsZero() && !slices.ContainsFunc(t.Topics, m.Topic.Fits) { // which rules most out
		return nil, false
	}
	if c, fits = m.Source.Capture(source, nil); !fits {
		return nil, false
	}
	if c, fits = m.Repository.Capture(repository, c); !fits {
		return nil, false
	}
	if c, fits = m.Group.Capture(t.Group, c); !fits {
		return nil, false
	}
	if c, fits = captureAny(m.Topic, t.Topics, c); !fits {
		return nil, false
	}
	for _, name := range m.Properties() {
		if c, fits = captureAny(m.Property[name], t.Values(name), c); !fits {
			return nil, false
		}
	}
	return c, true
}

// captureAny remembers the first of several texts that fits.
func captureAny(shape Shape, texts []string, known Captures) (Captures, bool) {
	if shape.IsZero() {
		return known, true
	}
	for _, text := range texts {
		if c, fits := shape.Capture(text, known); fits {
			return c, true
		}
	}
	return known, false
}

// Named adds what every rule knows of a repository.
func (c Captures) Named(repository string) Captures {
	owner, name := "", repository
	if at := strings.LastIndexByte(repository, '/'); at >= 0 {
		owner, name = repository[:at], repository[at+1:]
	}
	for _, each := range []Capture{{WordRepository, repository}, {WordOwner, owner}, {WordName, name}} {
		if _, known := c.Of(each.Word); !known {
			c = append(slices.Clip(c), each)
		}
	}
	return c
}

// TakesPart says whether what a deployment says beside its repository fits, and what is remembered of it.
func (m *Match) TakesPart(environment, tier, task, ref string, known Captures) (c Captures, fits bool) {
	if c, fits = m.Environment.Capture(environment, known); !fits {
		return nil, false
	}
	if c, fits = m.Tier.Capture(tier, c); !fits {
		return nil, false
	}
	if c, fits = m.Task.Capture(task, c); !fits {
		return nil, false
	}
	return m.capturePrefix(ref, c)
}

// capturePrefix fits a tag whose prefix has the shape: what follows is the version, which begins with a digit.
func (m *Match) capturePrefix(ref string, known Captures) (Captures, bool) {
	if m.TagPrefix.IsZero() {
		return known, true
	}
	for at := 1; at < len(ref); at++ {
		if ref[at] < '0' || ref[at] > '9' || ref[at-1] >= '0' && ref[at-1] <= '9' {
			continue
		}
		if c, fits := m.TagPrefix.Capture(ref[:at], known); fits {
			return c, true
		}
	}
	return known, false
}

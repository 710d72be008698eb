package dora

import (
	"fmt"
	"regexp"
	"strings"
)

// Files are the files that a change or a commit changed.
type Files struct {
	// Paths are their names from the repository's root, as they are called since.
	Paths []string `json:"paths"`
	// Cut says that there are more than the vendor lists.
	Cut bool `json:"cut,omitempty"`
}

// Glob picks files by their path: * stands for any text within one part of it, ? for one letter, ** for any parts. A !
// in front leaves out.
type Glob struct {
	text    string
	exclude bool
	re      *regexp.Regexp
}

// MustGlob is a Glob written in code.
func MustGlob(text string) Glob {
	var g Glob
	if err := g.UnmarshalText([]byte(text)); err != nil {
		panic(err)
	}
	return g
}

// UnmarshalText reads a glob such as packages/x/**.
func (g *Glob) UnmarshalText(text []byte) error {
	path, exclude := strings.CutPrefix(string(text), "!")
	switch {
	case len(text) > patternLimit:
		return fmt.Errorf("the path has %d bytes, at most %d are allowed", len(text), patternLimit)
	case path == "", strings.HasPrefix(path, "/"), strings.HasPrefix(path, "./"), strings.HasSuffix(path, "/"), strings.Contains(path, `\`):
		return fmt.Errorf("%q is not allowed; allowed: a path from the repository's root without a / at either end, such as packages/x/** or go.mod", text)
	}
	re, err := regexp.Compile("^" + PathExpression(path) + "$")
	if err != nil {
		return fmt.Errorf("%q is not allowed; allowed: a path in UTF-8, such as packages/x/**", text)
	}
	*g = Glob{string(text), exclude, re}
	return nil
}

// MarshalText writes the glob.
func (g Glob) MarshalText() ([]byte, error) { return []byte(g.text), nil }

// String is the glob as settings write it.
func (g Glob) String() string { return g.text }

// Picks says whether the glob matches a path, be it to leave it out.
func (g Glob) Picks(path string) bool { return g.re != nil && g.re.MatchString(path) }

// Excludes says that the glob leaves out what it picks.
func (g Glob) Excludes() bool { return g.exclude }

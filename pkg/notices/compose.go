package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// part is something that is shipped and not ours. Directories are where its texts are looked for, each with what a
// text that is found there is called.
type part struct {
	name, version string
	directories   map[string]string // by path
}

// notice is the name of a file that must be handed on.
var notice = regexp.MustCompile(`(?i)^(licen[cs]es?|copying|copyright|notices?|patents|unlicense)([-.].*)?$`)

// code are names of files that are no texts, whatever they begin with.
var code = regexp.MustCompile(`(?i)\.(go|js|ts|json|map)$`)

// compose lays the notices out, in order. A part without any text is an error: it may not be handed on without one.
func compose(parts []part) ([]byte, error) {
	slices.SortFunc(parts, func(a, b part) int { return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.version, b.version)) })
	var out bytes.Buffer
	out.WriteString("Live DORA contains these parts of others. Each is followed by its own licence and notices.\n\n")
	for _, p := range parts {
		fmt.Fprintf(&out, "  %s\n", strings.TrimSpace(p.name+" "+p.version))
	}
	var missing []error
	for _, p := range parts {
		texts, err := p.texts()
		if err != nil {
			return nil, err
		}
		if len(texts) == 0 {
			missing = append(missing, fmt.Errorf("%s %s has no licence text: it may not be shipped before someone has looked", p.name, p.version))
		}
		fmt.Fprintf(&out, "\n%s\n%s\n", strings.Repeat("=", 80), strings.TrimSpace(p.name+" "+p.version))
		for _, each := range texts {
			fmt.Fprintf(&out, "\n--- %s\n\n%s\n", each.name, each.text)
		}
	}
	return out.Bytes(), errors.Join(missing...)
}

type text struct{ name, text string }

// texts are the licences and notices of a part, by name; the same text is one.
func (p part) texts() ([]text, error) {
	var found []text
	for directory, called := range p.directories {
		entries, err := os.ReadDir(directory)
		if err != nil {
			return nil, fmt.Errorf("%s cannot be looked through: %w", p.name, err)
		}
		for _, e := range entries {
			if e.IsDir() || !notice.MatchString(e.Name()) || code.MatchString(e.Name()) {
				continue
			}
			raw, err := os.ReadFile(filepath.Join(directory, e.Name()))
			if err != nil {
				return nil, fmt.Errorf("a notice of %s cannot be read: %w", p.name, err)
			}
			found = append(found, text{filepath.ToSlash(filepath.Join(called, e.Name())), strings.TrimSpace(strings.ReplaceAll(string(raw), "\r\n", "\n"))})
		}
	}
	slices.SortFunc(found, func(a, b text) int {
		return cmp.Or(cmp.Compare(strings.Count(a.name, "/"), strings.Count(b.name, "/")), cmp.Compare(a.name, b.name))
	})
	var kept []text
	for _, each := range found {
		if !slices.ContainsFunc(kept, func(k text) bool { return k.text == each.text }) {
			kept = append(kept, each)
		}
	}
	return kept, nil
}

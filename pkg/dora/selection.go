package dora

import (
	"path"
	"strings"
)

// Selection says which repositories of a source count, in the settings' own words: owner/name, with * and ? for parts of
// a name and ! in front to leave out. Where groups hold groups a name has more parts, and /** stands for all that is below.
// Names are matched whatever their case.
type Selection struct {
	Source       string   `json:"source"`
	Repositories []string `json:"repositories"`
}

// Takes says whether a repository is selected: by its name or by a pattern, and not left out.
func (s Selection) Takes(repository string) bool {
	return (s.Names(repository) || s.Lists(repository)) && !s.Excludes(repository)
}

// Names says whether a repository is selected by its very name.
func (s Selection) Names(repository string) bool {
	return s.any(func(selected string) bool { return !isPattern(selected) && strings.EqualFold(selected, repository) })
}

// Lists says whether a pattern picks a repository out of its owner's list.
func (s Selection) Lists(repository string) bool {
	return s.any(func(selected string) bool { return isPattern(selected) && like(selected, repository) })
}

// Excludes says whether a repository is left out.
func (s Selection) Excludes(repository string) bool {
	return s.any(func(selected string) bool {
		bare, exclusion := strings.CutPrefix(selected, "!")
		return exclusion && like(bare, repository)
	})
}

// ByName lists the repositories that are selected by their very names, as they are written there.
func (s Selection) ByName() []string {
	var names []string
	for _, each := range s.Repositories {
		if each = strings.TrimSpace(each); !strings.HasPrefix(each, "!") && !isPattern(each) {
			names = append(names, each)
		}
	}
	return names
}

func (s Selection) any(is func(string) bool) bool {
	for _, each := range s.Repositories {
		if is(strings.TrimSpace(each)) {
			return true
		}
	}
	return false
}

func isPattern(text string) bool {
	return !strings.HasPrefix(text, "!") && strings.ContainsAny(text, "*?")
}

func like(pattern, text string) bool {
	if above, below := strings.CutSuffix(pattern, "/**"); below {
		parts := strings.Split(text, "/")
		depth := strings.Count(above, "/") + 1
		if len(parts) <= depth {
			return false
		}
		pattern, text = above, strings.Join(parts[:depth], "/")
	}
	matched, err := path.Match(strings.ToLower(pattern), strings.ToLower(text))
	return err == nil && matched
}

package azuredevops

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// selection says which repositories are read, and which of GitHub's are deployed.
type selection struct {
	own, github dora.Selection
	projects    []string // of the patterns, in order
}

func newSelection(patterns, github []string) (selection, error) {
	s := selection{own: dora.Selection{Repositories: patterns}, github: dora.Selection{Repositories: github}}
	for _, pattern := range patterns {
		bare, exclusion := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		project, repository, _ := strings.Cut(bare, "/")
		if project == "" || repository == "" || strings.Contains(repository, "/") || strings.ContainsAny(project, "*?") {
			return s, fmt.Errorf("repositories: %q is not of the form project/repository, where * and ? stand for other letters of the repository's name", pattern)
		}
		same := func(p string) bool { return strings.EqualFold(p, project) }
		if !exclusion && !slices.ContainsFunc(s.projects, same) {
			s.projects = append(s.projects, project)
		}
	}
	if len(s.projects) == 0 {
		return s, errors.New("repositories: at least one project/repository is needed")
	}
	return s, nil
}

func (s selection) takesProject(name string) bool {
	return slices.ContainsFunc(s.projects, func(p string) bool { return strings.EqualFold(p, name) })
}

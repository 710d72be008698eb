package github

import (
	"context"
	"regexp"
	"strings"
)

// branch is the default branch's name; empty in a repository without a commit.
func (n *repositoryNode) branch() string {
	if n.DefaultBranchRef == nil {
		return ""
	}
	return n.DefaultBranchRef.Name
}

var shaPattern = regexp.MustCompile(`^[0-9a-f]{40}$`)

// refOf says what kind of ref a deployment was made of, which REST does not: the default branch and commits are known
// by themselves, tags by the list of them, which is read once in a run where it is needed.
func (a rest) refOf(ctx context.Context, repository, branch, ref string) (*refNode, error) {
	for prefix := range refKinds {
		if name, found := strings.CutPrefix(ref, prefix); found {
			return &refNode{Name: name, Prefix: prefix}, nil
		}
	}
	switch {
	case ref == "" || shaPattern.MatchString(ref):
		return nil, nil
	case ref == branch:
		return &refNode{Name: ref, Prefix: branchPrefix}, nil
	}
	tags, err := a.tagsOf(ctx, repository)
	if tags[ref] {
		return &refNode{Name: ref, Prefix: tagPrefix}, err
	}
	return &refNode{Name: ref, Prefix: branchPrefix}, err
}

func (a rest) tagsOf(ctx context.Context, repository string) (map[string]bool, error) {
	if known, read := a.tags[repository]; read {
		return known, nil
	}
	list, _, err := fetchAll[tagRecord](ctx, a.run, repository, repositoryPath(repository)+"/tags", "")
	if err != nil {
		return nil, err
	}
	tags := map[string]bool{}
	for _, each := range list {
		tags[each.Name] = true
	}
	a.tags[repository] = tags
	return tags, nil
}

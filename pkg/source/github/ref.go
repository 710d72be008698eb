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

var (
	shaPattern   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	wholeVersion = regexp.MustCompile(`^v?\d+\.\d+\.\d+([-+.].*)?$`)
	varying      = regexp.MustCompile(`[0-9a-f]{7,}|[0-9]+`) // numbers, and commits' names
)

// shapeOf is what is the same in the names of tags that differ in their numbers.
func shapeOf(name string) string { return varying.ReplaceAllString(name, "#") }

// plainRef is what the name of a ref itself tells of its kind: the default branch and commits are known by it.
func (a rest) plainRef(branch, ref string) (known *refNode, told bool) {
	for _, prefix := range []string{tagPrefix, branchPrefix} {
		if name, found := strings.CutPrefix(ref, prefix); found {
			return &refNode{Name: name, Prefix: prefix}, true
		}
	}
	switch {
	case ref == "" || shaPattern.MatchString(ref):
		return nil, true
	case ref == branch:
		return &refNode{Name: ref, Prefix: branchPrefix}, true
	}
	return nil, false
}

// refOf says what kind of ref a deployment was made of, which REST does not: tags are known by the list of them, which is
// read once in a run where it is needed, and those that are gone by what they are called like.
func (a rest) refOf(ctx context.Context, repository, branch, ref string) (*refNode, error) {
	if known, told := a.plainRef(branch, ref); told {
		return known, nil
	}
	tags, err := a.tagsOf(ctx, repository)
	if err != nil || tags[ref] {
		return &refNode{Name: ref, Prefix: tagPrefix}, err
	}
	like, err := a.likeTag(ctx, repository, ref)
	if err != nil || !like {
		return &refNode{Name: ref, Prefix: branchPrefix}, err
	}
	branches, err := a.isBranch(ctx, repository, ref)
	if branches {
		return &refNode{Name: ref, Prefix: branchPrefix}, err
	}
	return &refNode{Name: ref, Prefix: tagPrefix}, err
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

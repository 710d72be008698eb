package world

import (
	"slices"
	"strings"
	"time"
)

// ref is a branch or a tag.
type ref struct {
	repo   *repository
	prefix string // refs/heads/ or refs/tags/
	name   string
	commit *commit
}

// ref finds what a deployment or a caller calls by a short or full name; nil where it does not exist (any more).
func (r *repository) ref(name string) *ref {
	short := strings.TrimPrefix(name, "refs/heads/")
	if short == mainBranch && r.main != nil {
		return &ref{r, "refs/heads/", short, r.main}
	}
	if c := r.branches[short]; c != nil {
		return &ref{r, "refs/heads/", short, c}
	}
	if t := r.tagged(strings.TrimPrefix(name, "refs/tags/")); t != nil {
		return &ref{r, "refs/tags/", t.name, t.commit}
	}
	return nil
}

// commitish is the commit that a sha, branch or tag means, or nil.
func (r *repository) commitish(name string) *commit {
	if c := r.commits[name]; c != nil {
		return c
	}
	if found := r.ref(name); found != nil {
		return found.commit
	}
	return nil
}

// underPrefix says whether a folder of refs lies under what was asked for, or holds it.
func underPrefix(folder, asked string) bool {
	shorter := min(len(folder), len(asked))
	return folder[:shorter] == asked[:shorter]
}

func (r *repository) refs(prefix string) []*ref {
	var list []*ref
	if underPrefix("refs/heads/", prefix) {
		if r.main != nil {
			list = append(list, &ref{r, "refs/heads/", mainBranch, r.main})
		}
		for name, c := range r.branches {
			list = append(list, &ref{r, "refs/heads/", name, c})
		}
	}
	if underPrefix("refs/tags/", prefix) {
		for _, t := range r.tags {
			list = append(list, &ref{r, "refs/tags/", t.name, t.commit})
		}
	}
	slices.SortFunc(list, func(a, b *ref) int { return strings.Compare(a.prefix+a.name, b.prefix+b.name) })
	return list
}

type label struct {
	repo *repository
	name string
}

func labels(r *repository, names []string) []label {
	list := make([]label, len(names))
	for i, n := range names {
		list[i] = label{r, n}
	}
	return list
}

func defineRepository() {
	define("Repository", []string{"Node"}, map[string]*field{
		"id":               leaf(func(r *repository) any { return nodeID("Repository", r.id) }),
		"databaseId":       leaf(func(r *repository) any { return r.id }),
		"name":             leaf(func(r *repository) any { return r.name }),
		"nameWithOwner":    leaf(func(r *repository) any { return r.fullName() }),
		"url":              leaf(func(r *repository) any { return r.htmlURL() }),
		"description":      leaf(func(*repository) any { return nil }),
		"isArchived":       leaf(func(r *repository) any { return r.archived }),
		"isFork":           leaf(func(r *repository) any { return r.fork }),
		"isPrivate":        leaf(func(*repository) any { return true }),
		"isDisabled":       leaf(func(*repository) any { return false }),
		"isEmpty":          leaf(func(r *repository) any { return r.main == nil }),
		"createdAt":        leaf(func(r *repository) any { return stamp(r.created) }),
		"updatedAt":        leaf(func(r *repository) any { return stamp(r.updated) }),
		"pushedAt":         leaf(func(r *repository) any { return stamp(r.pushed) }),
		"defaultBranchRef": on("Ref", func(r *repository) any { return orNull(r.ref(mainBranch)) }),
		"ref": call("Ref", []string{"qualifiedName"}, func(_ *execution, r *repository, a arguments) (any, error) {
			return orNull(r.ref(a.text("qualifiedName"))), nil
		}),
		"refs": many("Ref", []string{"refPrefix", "orderBy", "direction", "query"}, func(r *repository, a arguments) (any, error) {
			by, descending, err := direction(a, "ALPHABETICAL", "ALPHABETICAL", "TAG_COMMIT_DATE")
			if err != nil {
				return nil, err
			}
			var items []item
			for i, f := range r.refs(a.text("refPrefix")) {
				it := item{key: int64(i), value: f}
				if by == "TAG_COMMIT_DATE" {
					it.key, it.id = f.commit.committed.Unix(), int64(i)
				}
				items = append(items, it)
			}
			return paged(a, items, descending)
		}),
		"object": call("GitObject", []string{"oid", "expression"}, func(_ *execution, r *repository, a arguments) (any, error) {
			if oid := a.text("oid"); oid != "" {
				return orNull(r.commits[oid]), nil
			}
			if path, is := strings.CutPrefix(a.text("expression"), "HEAD:"); is {
				return r.lying(path), nil
			}
			return orNull(r.commitish(a.text("expression"))), nil
		}),
		"deployments": many("Deployment", []string{"orderBy", "environments"}, func(r *repository, a arguments) (any, error) {
			_, descending, err := direction(a, "CREATED_AT", "CREATED_AT")
			if err != nil {
				return nil, err
			}
			environments := a.texts("environments")
			items := make([]item, 0, len(r.deployments))
			for _, d := range r.deployments {
				if len(environments) == 0 || slices.Contains(environments, d.environment) {
					items = append(items, item{d.created.Unix(), d.id, d})
				}
			}
			return paged(a, items, descending)
		}),
		"pullRequests": many("PullRequest", []string{"orderBy", "states", "baseRefName", "headRefName", "labels"}, func(r *repository, a arguments) (any, error) {
			by, descending, err := direction(a, "CREATED_AT", "CREATED_AT", "UPDATED_AT")
			if err != nil {
				return nil, err
			}
			states, names := a.texts("states"), a.texts("labels")
			base, head := a.text("baseRefName"), a.text("headRefName")
			items := make([]item, 0, len(r.pulls))
			for _, p := range r.pulls {
				if len(states) > 0 && !slices.Contains(states, p.state()) || base != "" && base != mainBranch ||
					head != "" && head != p.branch || len(names) > 0 && !overlap(names, p.labels) {
					continue
				}
				items = append(items, item{either(by == "UPDATED_AT", p.updated, p.created), int64(p.number), p})
			}
			return paged(a, items, descending)
		}),
		"issues": many("Issue", []string{"orderBy", "states", "labels", "filterBy"}, func(r *repository, a arguments) (any, error) {
			by, descending, err := direction(a, "CREATED_AT", "CREATED_AT", "UPDATED_AT")
			if err != nil {
				return nil, err
			}
			keep, err := issueFilter(a)
			if err != nil {
				return nil, err
			}
			items := make([]item, 0, len(r.issues))
			for _, i := range r.issues {
				if keep(i) {
					items = append(items, item{either(by == "UPDATED_AT", i.updated, i.created), int64(i.number), i})
				}
			}
			return paged(a, items, descending)
		}),
		"releases": many("Release", []string{"orderBy"}, func(r *repository, a arguments) (any, error) {
			by, descending, err := direction(a, "CREATED_AT", "CREATED_AT", "NAME")
			if err != nil {
				return nil, err
			}
			list := slices.Clone(r.releases)
			if by == "NAME" {
				slices.SortFunc(list, func(a, b *release) int { return strings.Compare(a.tag.name, b.tag.name) })
			}
			items := make([]item, len(list))
			for i, rel := range list {
				items[i] = item{rel.created.Unix(), rel.id, rel}
				if by == "NAME" {
					items[i].key = int64(i)
				}
			}
			return paged(a, items, descending)
		}),
		"repositoryTopics": many("RepositoryTopic", nil, func(r *repository, a arguments) (any, error) {
			return listed(a, r.topics)
		}),
		"labels": many("Label", []string{"orderBy", "query"}, func(r *repository, a arguments) (any, error) {
			return listed(a, labels(r, r.labels))
		}),
	})
	define("RepositoryTopic", nil, map[string]*field{"topic": on("Topic", func(topic string) any { return topic })})
	define("Topic", nil, map[string]*field{"name": leaf(func(topic string) any { return topic })})
	define("Ref", []string{"Node"}, map[string]*field{
		"id":     leaf(func(f *ref) any { return nodeIDOf("Ref", f.repo.fullName()+":"+f.prefix+f.name) }),
		"name":   leaf(func(f *ref) any { return f.name }),
		"prefix": leaf(func(f *ref) any { return f.prefix }),
		"target": on("GitObject", func(f *ref) any { return f.commit }),
	})
	define("Label", []string{"Node"}, map[string]*field{
		"id":   leaf(func(l label) any { return nodeIDOf("Label", l.repo.fullName()+":"+l.name) }),
		"name": leaf(func(l label) any { return l.name }),
	})
	define("Release", []string{"Node"}, map[string]*field{
		"id":           leaf(func(r *release) any { return nodeID("Release", r.id) }),
		"databaseId":   leaf(func(r *release) any { return r.id }),
		"name":         leaf(func(r *release) any { return r.tag.name }),
		"tagName":      leaf(func(r *release) any { return r.tag.name }),
		"tag":          on("Ref", func(r *release) any { return orNull(r.repo.ref("refs/tags/" + r.tag.name)) }),
		"tagCommit":    on("Commit", func(r *release) any { return r.tag.commit }),
		"createdAt":    leaf(func(r *release) any { return stamp(r.created) }),
		"publishedAt":  leaf(func(r *release) any { return stamp(r.published) }),
		"updatedAt":    leaf(func(r *release) any { return stamp(r.published) }),
		"isDraft":      leaf(func(*release) any { return false }),
		"isPrerelease": leaf(func(*release) any { return false }),
		"author":       on("User", func(r *release) any { return orNull(r.author) }),
		"url":          leaf(func(r *release) any { return r.repo.htmlURL() + "/releases/tag/" + r.tag.name }),
	})
}

func overlap(some, others []string) bool {
	return slices.ContainsFunc(some, func(s string) bool { return slices.Contains(others, s) })
}

func either(first bool, a, b time.Time) int64 {
	if first {
		return a.Unix()
	}
	return b.Unix()
}

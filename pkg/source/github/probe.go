package github

import (
	"context"
	"errors"
	"strings"
	"time"
)

// target is a repository to read. Probe is what its owner's list says of it, empty where it was not asked for.
type target struct{ name, probe string }

func (t target) key() string { return strings.ToLower(t.name) }

// targets lists what to read: the repositories configured by name, and those that the patterns pick from their
// owner's list. It returns those found beside the errors of owners that could not be listed.
func (r *run) targets(ctx context.Context) ([]target, error) {
	var list []target
	seen := map[string]bool{}
	add := func(t target) {
		if !seen[t.key()] {
			seen[t.key()] = true
			list = append(list, t)
		}
	}
	for _, name := range r.selection.exact {
		if !r.selection.excludes(name) {
			add(target{name: name})
		}
	}
	var failures []error
	for _, owner := range r.selection.owners {
		found, err := r.probe(ctx, owner)
		failures = append(failures, err)
		if stops(err) {
			return list, err
		}
		for _, t := range found {
			add(t)
		}
	}
	return list, errors.Join(failures...)
}

// probe lists an owner's repositories with the newest of everything that a sync reads, at 2 or 3 points a hundred. A
// repository of which the list says the same as before needs no sync.
func (r *run) probe(ctx context.Context, owner string) ([]target, error) {
	var found []target
	var after any
	roots := ownerRoots
	for {
		var answer probeAnswer
		err := r.ask(ctx, question{
			part: owner, text: probeText(roots[0]), tolerates: noSuchOwner,
			variables: func(width int) map[string]any {
				return map[string]any{"owner": owner, "repositories": width, "page": after, "withIssues": r.config.Incidents != nil}
			},
		}, &answer)
		if err != nil {
			return nil, err
		}
		if answer.Owner == nil {
			if roots = roots[1:]; len(roots) == 0 {
				return nil, r.noOwner(owner)
			}
			continue
		}
		roots = roots[:1]
		list := answer.Owner.Repositories
		for _, node := range list.Nodes {
			if !node.IsArchived && r.selection.lists(node.NameWithOwner) {
				found = append(found, target{name: node.NameWithOwner, probe: r.digest(node)})
			}
		}
		if !list.PageInfo.HasNextPage {
			return found, nil
		}
		after = list.PageInfo.EndCursor
	}
}

func noSuchOwner(e graphqlError) bool { return e.Type == "NOT_FOUND" && e.place() == "owner" }

// digest is what changes whenever a sync would find something new.
func (r *run) digest(node probeNode) string {
	parts := []string{node.NameWithOwner}
	add := func(name string, at time.Time) { parts = append(parts, name+" "+at.UTC().Format(time.RFC3339)) }
	if node.PushedAt != nil {
		add("pushed", *node.PushedAt)
	}
	for _, each := range node.PullRequests.Nodes {
		add("pull", each.UpdatedAt)
	}
	for _, each := range node.Deployments.Nodes {
		add("deployment "+each.ID, each.UpdatedAt)
	}
	if node.Issues != nil {
		parts = append(parts, r.incidentsWanted())
		for _, each := range node.Issues.Nodes {
			add("issue", each.UpdatedAt)
		}
	}
	return strings.Join(parts, "|")
}

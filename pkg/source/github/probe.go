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
	for {
		var answer probeAnswer
		err := r.ask(ctx, question{part: owner, text: probeText, variables: func(width int) map[string]any {
			return map[string]any{"owner": owner, "repositories": width, "page": after, "withIssues": r.config.Incidents != nil}
		}}, &answer)
		if err != nil {
			return nil, err
		}
		if answer.RepositoryOwner == nil {
			return nil, r.noOwner(owner)
		}
		list := answer.RepositoryOwner.Repositories
		for _, node := range list.Nodes {
			if node.IsArchived || !r.selection.lists(node.NameWithOwner) {
				continue
			}
			digest := []string{node.NameWithOwner, "", "", "", ""}
			if node.PushedAt != nil {
				digest[1] = node.PushedAt.UTC().Format(time.RFC3339)
			}
			for _, each := range node.PullRequests.Nodes {
				digest[2] = each.UpdatedAt.UTC().Format(time.RFC3339)
			}
			for _, each := range node.Deployments.Nodes {
				digest[3] = each.ID + "@" + each.UpdatedAt.UTC().Format(time.RFC3339)
			}
			if node.Issues != nil {
				digest[4] = r.incidentsWanted()
				for _, each := range node.Issues.Nodes {
					digest[4] += "@" + each.UpdatedAt.UTC().Format(time.RFC3339)
				}
			}
			found = append(found, target{name: node.NameWithOwner, probe: strings.Join(digest, "|")})
		}
		if !list.PageInfo.HasNextPage {
			return found, nil
		}
		after = list.PageInfo.EndCursor
	}
}

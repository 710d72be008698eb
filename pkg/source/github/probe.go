package github

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// owned lists an owner's repositories with the newest of everything that a sync reads, at 3 or 4 points a hundred. A
// repository of which the list says the same as before needs no sync.
func (r graphql) owned(ctx context.Context, owner string) ([]target, error) {
	var found []target
	var failures []error
	refused := map[int][]graphqlError{} // by place in the page
	var after any
	var way pages.Trail
	roots := ownerRoots
	for {
		var answer probeAnswer
		err := r.ask(ctx, question{
			part: owner, text: probeText(roots[0]),
			tolerates: func(e graphqlError) bool { return noSuchOwner(e) || e.ofListed(refused) },
			variables: func(width int) map[string]any {
				clear(refused)
				return map[string]any{"owner": owner, "repositories": width, "page": after, "withIssues": r.config.Incidents != nil}
			},
		}, &answer)
		if err != nil {
			return found, errors.Join(append([]error{err}, failures...)...)
		}
		if answer.Owner == nil {
			if roots = roots[1:]; len(roots) == 0 {
				return nil, r.noOwner(owner)
			}
			continue
		}
		roots = roots[:1]
		list := answer.Owner.Repositories
		for i, node := range list.Nodes {
			if node != nil {
				r.listed.Note(node.NameWithOwner, node.DatabaseID)
			}
			switch {
			case node == nil:
				failures = append(failures, r.unlisted(owner, "", refusal(refused[i], pages.ErrHole)))
			case node.unread != nil || len(refused[i]) > 0:
				failures = append(failures, r.unlisted(owner, node.NameWithOwner, refusal(refused[i], node.unread)))
			case r.selection.lists(node.NameWithOwner) && (!node.IsArchived || r.worthReading(node.probeNode)):
				found = append(found, target{name: node.NameWithOwner, probe: r.digest(node.probeNode), sizes: node.sizes(), traits: &node.traitsNode})
			}
		}
		if !list.PageInfo.HasNextPage {
			return found, errors.Join(failures...)
		}
		if way.Follow(len(list.Nodes), list.PageInfo) != nil {
			return found, errors.Join(append([]error{r.Endless(owner)}, failures...)...)
		}
		after = list.PageInfo.EndCursor
	}
}

// sizes are how long a repository's lists are at most.
func (n probeNode) sizes() sizes {
	found := sizes{pulls: n.PullRequests.TotalCount, deployments: n.Deployments.TotalCount, told: true}
	found.issues = n.issues()
	return found
}

func (n probeNode) issues() int {
	if n.Issues == nil {
		return 0
	}
	return n.Issues.TotalCount
}

// worthReading says whether anything happened in an archived repository back to the history limit, or was read of it before.
func (r *run) worthReading(n probeNode) bool {
	if r.positions.Repositories.Known(strings.ToLower(n.NameWithOwner)) != nil {
		return true
	}
	newest := []time.Time{}
	if n.PushedAt != nil {
		newest = append(newest, *n.PushedAt)
	}
	for _, list := range []*pages.Page[newestNode]{&n.PullRequests, &n.Deployments, n.Issues} {
		for _, each := range pages.Entries(list) {
			newest = append(newest, each.UpdatedAt)
		}
	}
	return dora.Latest(newest...).After(r.request.Since)
}

func noSuchOwner(e graphqlError) bool { return e.Type == "NOT_FOUND" && e.place() == "owner" }

// digest is what changes whenever a sync would find something new.
func (r *run) digest(node probeNode) string {
	habit := r.habits.Of(node.NameWithOwner)
	if from := habit.of(); from == FromWorkflowRuns || from == FromReleases {
		return "" // the list does not tell of them
	}
	parts := []string{node.NameWithOwner, strconv.FormatInt(node.DatabaseID, 10), habit.origin(), r.sharing(node.NameWithOwner), r.config.Serving(node.NameWithOwner)}
	if r.config.CodeOwners {
		parts = append(parts, "owners")
	}
	if r.config.CatalogInfo {
		parts = append(parts, "catalog")
	}
	add := func(name string, at time.Time) { parts = append(parts, name+" "+at.UTC().Format(time.RFC3339)) }
	if node.PushedAt != nil {
		add("pushed", *node.PushedAt)
	}
	for _, each := range node.PullRequests.Nodes {
		add("pull", each.UpdatedAt)
	}
	for _, length := range []int{node.PullRequests.TotalCount, node.Deployments.TotalCount, node.issues()} { // one that is deleted leaves no other trace
		parts = append(parts, strconv.Itoa(length))
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

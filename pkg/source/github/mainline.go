package github

import (
	"context"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Where every landed commit is a deployment, a branch that was rewritten, or another branch that is the default one now,
// takes deployments back: those of commits that its main line does not lead to any more. It shows by the head that there
// was, which the main line passes as long as it only goes on. Where it does not, the main line is walked to its root.

// relands makes sure that the deployments are those of the main line as it is.
func (s *repositorySync) relands(ctx context.Context) (events []dora.Event, changed bool, err error) {
	b, c := s.branch, s.censusOf(deploymentList)
	if s.from() != FromMerges || s.request.Known == nil || b.target == "" {
		return nil, false, nil
	}
	if b.gone > 0 || !b.Kept && !c.Whole {
		line, err := s.mainLine(ctx)
		if err != nil || line == nil {
			return nil, false, err
		}
		known := map[string]bool{}
		for _, e := range s.known(dora.KindDeployment, s.state.Name) {
			known[e.Head().ID] = true
		}
		c.Forget()
		c.Whole, s.landed = true, landing{}
		for _, e := range s.merged(s.state.Branch, line) {
			if !known[e.Head().ID] { // it was known as a commit, and off the main line
				events = append(events, e)
			}
		}
	}
	changed = b.state.Line != b.target
	b.state.Line = b.target
	return events, changed, nil
}

// mainLine walks down the main line to its root, the newest commit first; nil where its head is lost meanwhile.
func (s *repositorySync) mainLine(ctx context.Context) ([]*dora.Commit, error) {
	var line []*dora.Commit
	next, passed := s.branch.target, map[string]*dora.Commit{}
	delete(s.met.ways, "behind "+next)
	for after := ""; ; {
		node, err := read(ctx, s.run, func(api reader) (*historyNode, error) { return api.behind(ctx, s, s.branch.target, after) })
		if err != nil || node.lost() {
			return nil, err
		}
		for _, c := range node.History.Nodes {
			passed[c.OID] = s.commit(s.state.Name, c)
		}
		for at := passed[next]; at != nil; at = passed[next] {
			line, next = append(line, at), ""
			delete(passed, at.SHA)
			if len(at.Parents) > 0 {
				next = at.Parents[0]
			}
		}
		if after = node.History.PageInfo.EndCursor; !node.History.PageInfo.HasNextPage || next == "" {
			return line, nil
		}
	}
}

package facts

import (
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

// Of what a deployment shipped, reverts and hotfixes put right what an earlier one broke.

// mend is a change that puts right what an earlier deployment broke.
type mend struct {
	change  *shippedChange
	blamed  int // index in the lane; -1: none to be found
	hotfix  bool
	counted Reason // why it blames nothing, where that is worth counting
}

// mends finds, among the changes that a deployment shipped, reverts that take effect and hotfixes.
func (l *lane) mends(index int, shipped []shippedChange, def *dora.Definition) []mend {
	d := l.deployments[index]
	if d.unmeasured() != "" {
		return nil
	}
	var found []mend
	for i := range shipped {
		s := &shipped[i]
		hotfix := s.change != nil && l.hotfix(s.change, def)
		if s.reverts != nil {
			target, ok := reverted(l.repository, s.reverts)
			blamed, here := l.shipper(target.node)
			resolved := ok && here
			switch {
			case !ok && s.reverts.Again, ok && takesBack(l.repository, target.reverts, revertDepth):
				continue // brings back what a revert took away
			case resolved && blamed < index:
				found = append(found, mend{change: s, blamed: blamed})
				continue
			case resolved:
				continue // came and went in one deployment
			case !hotfix:
				found = append(found, mend{change: s, blamed: -1, counted: ReasonRevertUnresolved})
				continue
			}
		}
		if hotfix {
			found = append(found, mend{change: s, blamed: l.before(index), hotfix: true})
		}
	}
	return found
}

// hotfix says whether a change is an urgent fix. It is worked out once for a definition.
func (l *lane) hotfix(c *code.Change, def *dora.Definition) bool {
	if c.Judged != l.reading {
		c.Judged = l.reading
		c.Hotfix = def.Hotfix.Is(c.Event)
	}
	return c.Hotfix
}

// revertDepth bounds how far reverts of reverts are followed.
const revertDepth = 64

// reverted finds the change that a revert names.
func reverted(r *history.Repository, v *code.Revert) (target shippedChange, ok bool) {
	target.node = code.NoNode
	if v.Number > 0 {
		c := r.Changes[v.Number]
		if c == nil || (v.Repository != "" && !strings.EqualFold(v.Repository, r.Name)) {
			return target, false
		}
		return shippedChange{change: c, node: c.Merge, reverts: c.Reverts}, true
	}
	if v.Commit == "" {
		return target, false
	}
	n := r.Graph.Prefixed(v.Commit)
	if n == code.NoNode {
		return target, false
	}
	for _, owners := range [][]*code.Change{r.ByMerge.Of(n), r.OwnersOf(n)} {
		if len(owners) > 0 {
			return shippedChange{change: owners[0], node: owners[0].Merge, reverts: owners[0].Reverts}, true
		}
	}
	if !r.Graph.Known(n) {
		return target, false
	}
	if r.Main.Contains(n) {
		n = r.Main.Landed[r.Main.Bringer[n]-1]
	}
	return shippedChange{node: n, reverts: r.Graph.Commits[n].Reverts}, true
}

// takesBack says whether a revert takes something away, rather than bringing back what another took.
func takesBack(r *history.Repository, v *code.Revert, depth int) bool {
	if v == nil || depth == 0 {
		return false
	}
	target, ok := reverted(r, v)
	if !ok {
		return !v.Again
	}
	return !takesBack(r, target.reverts, depth-1)
}

// before is the deployment that a hotfix mends: the one just before, past redeploys; past a rollback it is the one
// that the rollback blames.
func (l *lane) before(index int) int {
	for i := index - 1; i >= 0; i-- {
		d := l.deployments[i]
		switch {
		case d.Rollback && d.blamed >= 0:
			return d.blamed
		case d.Rollback, d.Redeploy:
		default:
			return i
		}
	}
	return -1
}

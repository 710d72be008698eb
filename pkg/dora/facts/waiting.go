package facts

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Waiting is a change that is merged and not shipped.
type Waiting struct {
	Repository string
	Number     int
	SHA        string
	Title      string
	URL        string
	Author     string
	Merged     time.Time // of a plain commit: committed
}

// wait lists the service's changes that are merged and that no production environment has yet, for each of its
// repositories, and counts those that will never be because they were merged elsewhere. Whether a change is on the main
// line its merge commit says: branches are renamed.
func (f *Service) wait(lanes []*lane, def *dora.Definition) {
	shipped := map[*history.Repository][]*lane{}
	var order []*history.Repository
	for _, l := range lanes {
		if shipped[l.repository] == nil {
			order = append(order, l.repository)
		}
		shipped[l.repository] = append(shipped[l.repository], l)
	}
	var found []Waiting
	for _, r := range order {
		isShipped := func(n code.Node) bool {
			return slices.ContainsFunc(shipped[r], func(l *lane) bool { return l.ships(n) })
		}
		// own says whether a change is the service's, by any of the lanes; it counts one of which that is not known.
		own := func(s shippedChange) bool {
			all := touchesNot
			for _, l := range shipped[r] {
				all = all.or(l.touchOf(&s))
			}
			if all == unknownTouch {
				f.leave(ReasonUnknownFiles, samples.NoLane, s.landed(r), 1)
			}
			return all == touches
		}
		mayTouch := func(s shippedChange) bool {
			return slices.ContainsFunc(shipped[r], func(l *lane) bool { return l.touchOf(&s) != touchesNot })
		}
		for _, c := range r.Changes {
			e := c.Event
			switch {
			case isShipped(c.Merge):
			case c.Promotion:
				if mayTouch(shippedChange{change: c, node: c.Merge}) {
					f.leave(ReasonPromotion, samples.NoLane, e.Merged, 1)
				}
			case !own(shippedChange{change: c, node: c.Merge}):
			case e.MergeCommit == "":
				f.leave(ReasonNoMergeCommit, samples.NoLane, e.Merged, 1)
			case r.Main.Contains(c.Merge):
				found = append(found, Waiting{r.Name, e.Number, e.MergeCommit, e.Title, e.URL, e.Author, e.Merged})
			default:
				f.leave(ReasonNotOnMainLine, samples.NoLane, e.Merged, 1)
			}
		}
		if def.Unit == dora.UnitPullRequest {
			continue
		}
		for _, n := range r.Main.Landed {
			if r.Plain(n) && !isShipped(n) && own(shippedChange{node: n}) {
				c := commitFact(r, n, time.Time{})
				found = append(found, Waiting{r.Name, 0, c.SHA, c.Title, c.URL, c.Author, c.Merged})
			}
		}
	}
	slices.SortFunc(found, func(a, b Waiting) int {
		return cmp.Or(a.Merged.Compare(b.Merged), cmp.Compare(a.Repository, b.Repository), cmp.Compare(a.Number, b.Number), cmp.Compare(a.SHA, b.SHA))
	})
	f.Waiting = found
}

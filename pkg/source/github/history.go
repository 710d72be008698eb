package github

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// aheadLimit bounds how many commits of an unfinished first reading the cursor keeps.
const aheadLimit = 2000

// branch reads the default branch's history. The first reading ends at the root; later ones end where every way back
// leads to an anchor, which holds for side branches older than the last head and after a forced push alike.
type branch struct {
	lineage.Line
	graph  *lineage.Graph
	ahead  map[string]bool // what the first reading had read before a break, shortened
	state  *history
	done   bool
	target string // the head that this pass reads from; empty until it is known
	page   string
	// whole says that this run has seen all of it, of which recent are the commits within the history's limit.
	whole  bool
	recent map[string]bool
	gone   int // heads that were lost while they were read
}

func newBranch(p *position) *branch {
	b := &branch{graph: lineage.NewGraph(p.History.Heads, p.History.Base, p.Placed), state: &p.History, ahead: map[string]bool{}, recent: map[string]bool{}}
	b.whole = b.first() && b.state.First == nil
	if b.Was = b.state.Line; b.Was == "" && !b.first() {
		b.Was = b.state.Heads[0] // by an earlier version
	}
	if first := b.state.First; first != nil {
		b.target, b.page, b.Next = first.Target, first.Page, first.Next
		for _, short := range first.Ahead {
			b.ahead[short] = true
		}
	}
	return b
}

// has says whether a commit has been read or is known.
func (b *branch) has(sha string) bool { return b.graph.Has(sha) || b.ahead[shortened(sha)] }

// shortened is enough of a sha to tell it from a few thousand others.
func shortened(sha string) string { return sha[:min(len(sha), 12)] }

// first says that the branch has never been read to its end.
func (b *branch) first() bool { return len(b.state.Heads) == 0 }

func (b *branch) fromBranch() bool { return !b.done && b.target == "" }
func (b *branch) fromTarget() bool { return !b.done && b.target != "" }

// take reads one page and returns what is news in it.
func (b *branch) take(s *Source, repository string, node *repositoryNode) []dora.Event {
	if b.done {
		return nil
	}
	commits := node.targetHistory()
	switch {
	case b.target == "" && node.branchHistory() == nil: // a repository without a commit
		b.done = true
		return nil
	case b.target == "":
		commits = node.branchHistory()
		b.start(node.DefaultBranchRef.Target.OID)
	case commits == nil: // the head that was being read is gone: begin with the present one
		b.gone++
		b.restart()
		return nil
	}
	var news []dora.Event
	read, fresh := map[string]*dora.Commit{}, map[string]bool{}
	for _, c := range commits.Nodes {
		commit := s.commit(repository, c)
		read[commit.SHA] = commit
		if b.graph.Add(commit.SHA, commit.Parents) {
			news, fresh[commit.SHA] = append(news, commit), true
		}
	}
	line := b.Follow(read, fresh)
	b.page = commits.PageInfo.EndCursor
	if first := b.state.First; first != nil {
		first.Next = b.Next
		first.turn(commits, line)
	}
	if !commits.PageInfo.HasNextPage || (!b.first() && b.graph.Complete(b.target)) {
		b.finish()
	}
	return news
}

func (b *branch) start(head string) {
	b.target, b.Next = head, head
	if b.first() {
		b.state.First = &firstReading{Target: head, Next: head, Sampling: lineage.NewSampling()}
	}
}

// restart reads from the branch's present head again.
func (b *branch) restart() {
	b.target, b.page, b.Next, b.Kept, b.state.First = "", "", "", false, nil
	b.whole = b.first()
}

// turn moves the first reading past a page, of which one main line commit, if it had any, is told.
func (f *firstReading) turn(commits *pages.Page[commitNode], line string) {
	f.Turn(line)
	f.Page = commits.PageInfo.EndCursor
	for _, c := range commits.Nodes {
		f.Ahead = append(f.Ahead, shortened(c.OID))
	}
	f.Ahead = f.Ahead[max(0, len(f.Ahead)-aheadLimit):]
}

// finish makes an anchor of the head that was read to the end.
func (b *branch) finish() {
	b.done = true
	b.graph.Settle([]string{b.target})
	if first := b.state.First; first != nil {
		b.graph.Settle(first.Sample)
		b.state.Base, b.state.First = first.Sample, nil
	}
	b.state.Reach(b.target)
}

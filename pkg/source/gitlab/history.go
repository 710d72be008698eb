package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

// movesAtMost bounds how often within a run a project may lose the head that is being read.
const movesAtMost = 20

// history is the default branch, and where a later run may stop.
type history struct {
	lineage.Anchors
	// Line is the head of the main line that landings were last known to agree with, where they are deployments.
	Line string `json:"line,omitempty"`
	// First is the first reading while it is under way.
	First *firstReading `json:"first,omitempty"`
}

// firstReading is how far the history is read back from the head that it started from. Pages are counted from that head,
// so that they do not shift.
type firstReading struct {
	Target string `json:"target"`
	Page   int    `json:"page"`
	// Next is the main line commit that comes next.
	Next string `json:"next,omitempty"`
	lineage.Sampling
}

// branch reads the default branch's history. The first reading ends at the root; later ones end where every way back leads
// to an anchor, which holds for side branches older than the last head and after a forced push alike.
type branch struct {
	*projectSync
	lineage.Line
	graph  *lineage.Graph
	state  *history
	target string // the head that is read from
	// whole says that this run has seen all of it; early is when commits were made that are older than the history's limit.
	whole bool
	early map[string]time.Time
	lost  int // heads that were lost while they were read
}

func newBranch(s *projectSync) *branch {
	p := s.state
	b := &branch{projectSync: s, graph: lineage.NewGraph(p.History.Heads, p.History.Base, p.Placed), state: &p.History, early: map[string]time.Time{}}
	b.whole = b.first() && b.state.First == nil
	if b.Was = b.state.Line; b.Was == "" && !b.first() {
		b.Was = b.state.Heads[0]
	}
	return b
}

// first says that the branch has never been read to its end.
func (b *branch) first() bool { return len(b.state.Heads) == 0 }

// commitsOf reads a page of what a ref leads to; absent where there is no such ref.
func (r *run) commitsOf(ctx context.Context, part string, id int64, ref string, number int) (page[commitRecord], error) {
	return many[commitRecord](ctx, r, part, of(id)+"/repository/commits", url.Values{
		"ref_name": {ref}, "per_page": {strconv.Itoa(widest)}, "page": {strconv.Itoa(number)},
	}, http.StatusNotFound)
}

// read reads the branch until it is up to date, and hands it over.
func (b *branch) read(ctx context.Context) error {
	name := b.project.DefaultBranch
	if name == "" || b.project.Empty || disabled(b.project.RepositoryAccess) {
		return b.emit(ctx, b.announce(""))
	}
	for ref, number := b.begin(name); ; number++ {
		p, err := b.commitsOf(ctx, b.part, b.projectSync.state.ID, ref, number)
		if err != nil {
			return err
		}
		if len(p.rows) == 0 && number == 1 {
			if b.target == "" { // no commit
				return b.emit(ctx, b.announce(""))
			}
			// The head that was being read is gone: begin with the present one.
			if b.lost++; b.lost > movesAtMost {
				return b.Unexpected(b.part, errLostHead)
			}
			b.restart()
			ref, number = name, 0
			continue
		}
		if b.target == "" {
			b.start(p.rows[0].ID)
			ref = b.target
		}
		events, done := b.take(p)
		if done {
			b.finish()
			events = append(events, b.announce(b.target)...)
		}
		b.Progress.Done += len(events)
		b.Report()
		if len(events) > 0 || b.state.First != nil {
			if err := b.emit(ctx, events); err != nil {
				return err
			}
		}
		if done {
			return nil
		}
	}
}

// begin is where a reading begins: at the branch's head, or where the first reading was broken off.
func (b *branch) begin(name string) (ref string, number int) {
	if first := b.state.First; first != nil {
		b.target, b.Next = first.Target, first.Next
		return first.Target, first.Page
	}
	return name, 1
}

func (b *branch) start(head string) {
	b.target, b.Next = head, head
	if b.first() {
		b.state.First = &firstReading{Target: head, Page: 1, Next: head, Sampling: lineage.NewSampling()}
	}
}

// restart reads from the branch's present head again.
func (b *branch) restart() {
	b.target, b.Next, b.Kept, b.state.First = "", "", false, nil
	b.whole = b.first()
}

// take takes a page in: what is news in it, and whether the reading is through.
func (b *branch) take(p page[commitRecord]) (events []dora.Event, done bool) {
	read, fresh := map[string]*dora.Commit{}, map[string]bool{}
	for _, row := range p.rows {
		commit := b.commit(b.projectSync.state.Name, row)
		read[commit.SHA] = commit
		if b.graph.Add(commit.SHA, commit.Parents) {
			events, fresh[commit.SHA] = append(events, commit), true
		}
		if b.whole && !b.isRecent(commit.Committed) {
			b.early[commit.SHA] = commit.Committed
		}
	}
	line := b.Follow(read, fresh)
	if first := b.state.First; first != nil {
		first.Next = b.Next
		first.Turn(line)
		first.Page++
	}
	b.land(b.Landed)
	if b.from() == FromMerges {
		events = append(events, b.merged(b.Landed)...)
	}
	b.Landed = nil
	return events, p.next == 0 || len(p.rows) == 0 || !b.first() && b.graph.Complete(b.target)
}

// finish makes an anchor of the head that was read to the end.
func (b *branch) finish() {
	b.graph.Settle([]string{b.target})
	if first := b.state.First; first != nil {
		b.graph.Settle(first.Sample)
		b.state.Base, b.state.First = first.Sample, nil
	}
	b.state.Reach(b.target)
}

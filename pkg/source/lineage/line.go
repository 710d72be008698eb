package lineage

import "github.com/livedora/dora-datasource/pkg/dora"

// Line is a walk down a branch's main line, from its head by first parents.
type Line struct {
	// Next is the commit of the main line that comes next.
	Next string
	// Was is the head of the main line as it was last known; empty where nothing is known of it. Kept says that the main line
	// still leads to it.
	Was  string
	Kept bool
	// Landed are commits of the main line that are news and have not been taken.
	Landed []*dora.Commit
}

// Follow walks as far as what was read goes, by sha, and returns the last commit there; empty where there is none. Those that
// are fresh have landed since the branch was last read.
func (l *Line) Follow(read map[string]*dora.Commit, fresh map[string]bool) (last string) {
	for at := read[l.Next]; at != nil; at = read[l.Next] {
		l.Kept = l.Kept || at.SHA == l.Was
		delete(read, l.Next) // once each, should an answer say that a commit comes before itself
		last, l.Next = at.SHA, ""
		if len(at.Parents) > 0 {
			l.Next = at.Parents[0]
		}
		if fresh[at.SHA] {
			l.Landed = append(l.Landed, at)
		}
	}
	l.Kept = l.Kept || l.Next == l.Was
	return last
}

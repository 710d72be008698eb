package gitlab

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Where services share a project and tell their own changes by paths, the files of each change are read: those of merge
// requests with what else is read of them, those of a commit that belongs to none by a request of its own.

const (
	// filesAtMost is from how many files on a list is not believed to be whole: GitLab leaves out what is beyond its limits.
	filesAtMost = 1000
	// filedPerRun bounds how many commits' files one run reads; the next run goes on.
	filedPerRun = 1000
	// filedAtATime is how many of them are handed over together.
	filedAtATime = 50
	// unfiledLimit bounds how many commits the cursor keeps whose files are to be read. Those of others stay unknown.
	unfiledLimit = 5000
)

// fileRank lifts a version that has its files above those that have not.
const fileRank = 1 << 20

func rankOf(files *dora.Files) int {
	if files == nil {
		return 0
	}
	return fileRank
}

type diffRecord struct {
	NewPath string `json:"new_path"`
}

func (d *diffRecord) Lacks() string { return wire.FirstMissing(wire.Need("new_path", d.NewPath == "")) }

func filesOf(paths []string) *dora.Files {
	slices.Sort(paths)
	paths = slices.Compact(paths)
	if paths == nil {
		paths = []string{}
	}
	return &dora.Files{Paths: paths, Cut: len(paths) >= filesAtMost}
}

// unfiled is a commit of the main line whose files are to be read if it belongs to no merge request.
type unfiled struct {
	SHA      string    `json:"sha"`
	Authored time.Time `json:"authored"`
}

// share decides whether files are read. What was read before they were wanted lacks them, and is read again.
func (s *projectSync) share() {
	p := s.state
	s.shared = s.config.IsShared(p.Name)
	if s.shared && !p.Filed {
		p.MergeRequests, p.History, p.Placed = stream{}, history{}, nil
	}
	if p.Filed = s.shared; !s.shared {
		p.Unfiled = nil
	}
}

// land notes the commits that have landed on the main line since the history's limit.
func (s *projectSync) land(landed []*dora.Commit) {
	if !s.shared {
		return
	}
	for _, c := range landed {
		if !c.Committed.Before(s.request.Since) && len(s.state.Unfiled) < unfiledLimit {
			s.state.Unfiled = append(s.state.Unfiled, unfiled{c.SHA, c.Authored})
		}
	}
}

// leaveOwned drops the commits that merge requests of this run own: what these landed, their own, and what a rebase made of
// these, which keep their authored times.
func (s *projectSync) leaveOwned() {
	s.state.Unfiled = slices.DeleteFunc(s.state.Unfiled, func(u unfiled) bool { return s.claimed[u.SHA] || s.rebased[u.Authored.Unix()] })
}

// fileCommits reads the files of the commits that belong to no merge request, the newest first.
func (s *projectSync) fileCommits(ctx context.Context) error {
	s.leaveOwned()
	for len(s.state.Unfiled) > 0 && s.filed < filedPerRun {
		batch := s.state.Unfiled[:min(len(s.state.Unfiled), filedAtATime, filedPerRun-s.filed)]
		var events []dora.Event
		for _, u := range batch {
			s.filed++
			commit, err := s.filedCommit(ctx, u.SHA)
			if err != nil {
				return err
			}
			if commit != nil {
				events = append(events, commit)
			}
		}
		s.state.Unfiled = slices.Clone(s.state.Unfiled[len(batch):])
		s.Progress.Done += len(events)
		s.Report()
		if err := s.emit(ctx, events); err != nil {
			return err
		}
	}
	return nil
}

// filedCommit reads a commit with its files; nil where it is gone.
func (s *projectSync) filedCommit(ctx context.Context, sha string) (*dora.Commit, error) {
	path := of(s.state.ID) + "/repository/commits/" + sha
	row, found, err := one[commitRecord](ctx, s.run, s.part, path, url.Values{"stats": {"false"}})
	if err != nil || !found {
		return nil, err
	}
	diffs, found, err := all[diffRecord](ctx, s.run, s.part, path+"/diff", nil, func(d *diffRecord) string { return d.NewPath }, http.StatusNotFound)
	if err != nil || !found {
		return nil, err
	}
	commit := s.commit(s.state.Name, row)
	commit.Files = filesOf(paths(diffs))
	commit.Rank = rankOf(commit.Files)
	return commit, nil
}

func paths(diffs []*diffRecord) []string {
	found := make([]string, len(diffs))
	for i, each := range diffs {
		found[i] = each.NewPath
	}
	return found
}

// filesOfRequest reads the files of a merge request over REST.
func (s *projectSync) filesOfRequest(ctx context.Context, iid int64) (*dora.Files, error) {
	diffs, found, err := all[diffRecord](ctx, s.run, s.part, of(s.state.ID)+"/merge_requests/"+strconv.FormatInt(iid, 10)+"/diffs", nil,
		func(d *diffRecord) string { return d.NewPath }, http.StatusNotFound)
	if err != nil || !found {
		return nil, err
	}
	return filesOf(paths(diffs)), nil
}

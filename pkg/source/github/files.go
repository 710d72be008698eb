package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// Where services share a repository and tell their own changes by paths, the files of each change are read: those of
// pull requests with them, those of a commit that belongs to none by a request of its own, which only REST answers.

const (
	// filesAtMost is how many files of one change GitHub lists over REST. It bounds what is read over GraphQL as well.
	filesAtMost = 3000
	// filedPerRun bounds how many commits' files one run reads; the next run goes on.
	filedPerRun = 1000
	// filedAtATime is how many of them are handed over together.
	filedAtATime = 50
	// unfiledLimit bounds how many commits the cursor keeps whose files are to be read. Those of others stay unknown.
	unfiledLimit = 5000
)

// fileList is a pull request's files, as far as they are read.
type fileList struct{ pages.Page[fileNode] }

type fileNode struct{ Path string }

func (n fileNode) Key() string { return n.Path }

func (l *fileList) After() (string, bool) {
	position, more := l.Page.After()
	return position, more && len(l.Nodes) < filesAtMost
}

// files are the pull request's files; nil where they were not asked for.
func (p pullNode) files() *dora.Files {
	if p.Files == nil {
		return nil
	}
	files := &dora.Files{Paths: make([]string, len(p.Files.Nodes)), Cut: len(p.Files.Nodes) < p.ChangedFiles || len(p.Files.Nodes) >= filesAtMost}
	for i, each := range p.Files.Nodes {
		files.Paths[i] = each.Path
	}
	slices.Sort(files.Paths)
	return files
}

// fileRank lifts a version that has its files above those that have not.
const fileRank = 1 << 20

func rankOf(files *dora.Files) int {
	if files == nil {
		return 0
	}
	return fileRank
}

// unfiled is a commit of the main line whose files are to be read if it belongs to no pull request.
type unfiled struct {
	SHA      string    `json:"sha"`
	Authored time.Time `json:"authored"`
}

// share decides whether files are read. What was read before they were wanted lacks them, and is read again.
func (s *repositorySync) share() {
	p := s.state
	s.shared = s.config.IsShared(s.part) || s.config.IsShared(p.Name)
	if s.shared && !p.Filed {
		p.Pulls, p.History, p.Met, p.Placed = cursor.Stream{}, history{}, nil, nil
	}
	if p.Filed = s.shared; !s.shared {
		p.Unfiled = nil
	}
}

// land notes the commits that have landed on the main line since the history's limit.
func (s *repositorySync) land(landed []*dora.Commit) {
	if !s.shared {
		return
	}
	for _, c := range landed {
		if !c.Committed.Before(s.request.Since) && len(s.state.Unfiled) < unfiledLimit {
			s.state.Unfiled = append(s.state.Unfiled, unfiled{c.SHA, c.Authored})
		}
	}
}

// own takes a pull request's commits off those whose files are to be read: what it landed, its own, and what a rebase
// made of these, which keep their authored times.
func (s *repositorySync) own(change *dora.Change) {
	if !s.shared {
		return
	}
	s.owned[change.MergeCommit] = true
	for _, c := range change.Commits {
		s.owned[c.SHA], s.rebased[c.Authored.Unix()] = true, true
	}
}

// leaveOwned drops the commits that pull requests of this run own.
func (s *repositorySync) leaveOwned() {
	s.state.Unfiled = slices.DeleteFunc(s.state.Unfiled, func(u unfiled) bool { return s.owned[u.SHA] || s.rebased[u.Authored.Unix()] })
}

// fileCommits reads the files of the commits that belong to no pull request, the newest first.
func (s *repositorySync) fileCommits(ctx context.Context) error {
	for len(s.state.Unfiled) > 0 && s.filed < filedPerRun {
		batch := s.state.Unfiled[:min(len(s.state.Unfiled), filedAtATime, filedPerRun-s.filed)]
		var events []dora.Event
		for _, u := range batch {
			s.filed++
			commit, err := rest{s.run}.filedCommit(ctx, s, u.SHA)
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
func (a rest) filedCommit(ctx context.Context, s *repositorySync, sha string) (*dora.Commit, error) {
	var commit *dora.Commit
	files := &dora.Files{}
	for number := 1; number > 0; {
		answer, f, err := fetch[filedRecord](ctx, a.run, s.part, fmt.Sprintf("%s/commits/%s?page=%d", repositoryPath(s.part), sha, number), "")
		if isAbsent(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		commit = a.commit(s.state.Name, commitOf(&answer.commitRecord))
		for _, each := range answer.Files {
			files.Paths = append(files.Paths, each.Filename)
		}
		if f.next > 0 && f.next <= number || len(files.Paths) > filesAtMost {
			return nil, a.Endless(s.part)
		}
		number = f.next
	}
	slices.Sort(files.Paths)
	files.Cut = len(files.Paths) >= filesAtMost
	commit.Files, commit.Rank = files, rankOf(files)
	return commit, nil
}

// pullFiles reads the files of a pull request over REST.
func (a rest) pullFiles(ctx context.Context, s *repositorySync, path string) (*fileList, error) {
	list, _, err := fetchAll[fileRecord](ctx, a.run, s.part, path+"/files", "")
	files := &fileList{}
	for _, each := range list {
		files.Nodes = append(files.Nodes, fileNode{each.Filename})
	}
	return files, err
}

// sharing is what of a repository's digest changes when files come to be wanted.
func (s *Source) sharing(repository string) string {
	if s.config.IsShared(strings.ToLower(repository)) {
		return "files"
	}
	return ""
}

package github

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// page reads the next page of every list that has one, and what belongs to those entries that are new.
func (a rest) page(ctx context.Context, s *repositorySync) (*repositoryNode, error) {
	if err := a.about(ctx, s); err != nil {
		return nil, err
	}
	node := *s.met.about
	if s.state.Name != "" && (s.state.Name != node.NameWithOwner || another(s.state.ID, node.DatabaseID)) {
		return &node, nil // renamed: nothing else counts
	}
	for _, each := range []struct {
		done bool
		read func(context.Context, *repositorySync, *repositoryNode) error
	}{
		{s.branch.done, a.commits},
		{s.pulls.Done, a.pulls},
		{s.runs.Done || s.from() != FromDeployments, a.deployments},
		{s.issues == nil || s.issues.Done, a.issues},
	} {
		if each.done {
			continue
		}
		if err := each.read(ctx, s, &node); err != nil {
			return nil, err
		}
	}
	return &node, nil
}

// about reads what the repository is called, once in a run.
func (a rest) about(ctx context.Context, s *repositorySync) error {
	if s.met.about != nil {
		return nil
	}
	known := s.state.ETags[aboutList]
	if s.state.Branch == "" || s.state.Traits.Group == "" {
		known = ""
	}
	repository, f, err := fetch[repositoryRecord](ctx, a.run, s.part, repositoryPath(s.part), known)
	if isAbsent(err, http.StatusNotFound) {
		return a.noRepository(s.part, nil)
	}
	if err != nil {
		return err
	}
	s.met.about = &repositoryNode{NameWithOwner: repository.FullName, DatabaseID: repository.ID, URL: repository.HTMLURL, DefaultBranchRef: &branchNode{Name: repository.DefaultBranch}, traitsNode: repository.traits()}
	if f.unchanged {
		s.met.about = &repositoryNode{NameWithOwner: s.state.Name, DatabaseID: s.state.ID, URL: s.state.URL, DefaultBranchRef: &branchNode{Name: s.state.Branch}, traitsNode: traitsNode{kept: true}}
	}
	if err := a.readFiles(ctx, s, f.unchanged); err != nil {
		return err
	}
	s.met.etags[aboutList] = f.etag
	return nil
}

func (a rest) commits(ctx context.Context, s *repositorySync, node *repositoryNode) error {
	if s.branch.fromTarget() {
		commits, _, err := a.history(ctx, s, s.branch.target, s.branch.page, "")
		if isAbsent(err, http.StatusNotFound, http.StatusConflict, http.StatusUnprocessableEntity) {
			return nil // gone
		}
		node.Target = &historyNode{commits}
		return err
	}
	known := ""
	if !s.branch.first() && !s.restarted {
		known = s.state.ETags[commitList]
	}
	commits, f, err := a.history(ctx, s, node.DefaultBranchRef.Name, "", known)
	if isAbsent(err, http.StatusNotFound, http.StatusConflict) { // without a commit
		s.met.about.DefaultBranchRef, node.DefaultBranchRef = nil, nil
		return nil
	}
	if err != nil {
		return err
	}
	s.met.etags[commitList] = f.etag
	head := &headNode{History: commits}
	switch {
	case f.unchanged:
		head.OID = s.state.History.Heads[0]
	case len(commits.Nodes) > 0:
		head.OID = commits.Nodes[0].OID
	case commits.PageInfo.HasNextPage: // it is not empty, then
		return a.Endless(s.part)
	default:
		s.met.about.DefaultBranchRef, node.DefaultBranchRef = nil, nil
		return nil
	}
	node.DefaultBranchRef = &branchNode{Name: node.DefaultBranchRef.Name, Target: head}
	return nil
}

// resume says at which page of a list that is read from its newest entry backwards a reading goes on, and with which
// ETag. The first page of a list that has been read to its end before is not sent when it is as it was then: it is
// empty here.
func (s *repositorySync) resume(name list, pass *cursor.Pass) (number int, etag string, err error) {
	number, err = pageNumber(pass.Stream.Page)
	if number == 1 && pass.Stream.Done && !s.restarted {
		etag = s.state.ETags[name]
	}
	return number, etag, err
}

// following reads the next page of such a list.
func following[T any](ctx context.Context, a rest, s *repositorySync, name list, pass *cursor.Pass, path string, width int) ([]*T, fetched, error) {
	number, known, err := s.resume(name, pass)
	if err != nil {
		return nil, fetched{}, err
	}
	entries, f, err := goOn(a.run, s.part, s.met.reading(path, number), number, func(number int) ([]*T, fetched, error) {
		return fetchPage[T](ctx, a.run, s.part, path, width, number, known)
	})
	if number == 1 && err == nil {
		s.met.etags[name] = f.etag
		if list := s.censusOf(name); list != nil {
			list.sent = !f.unchanged
		}
	}
	return entries, f, err
}

func (a rest) pulls(ctx context.Context, s *repositorySync, node *repositoryNode) error {
	path := repositoryPath(s.part) + "/pulls"
	list, f, err := following[pullRecord](ctx, a, s, pullList, s.pulls, path+"?state=closed&sort=updated&direction=desc", detailedAtATime)
	if err != nil {
		return err
	}
	pulls := &pages.Page[pullNode]{PageInfo: f.info(), Unchanged: f.unchanged}
	for _, each := range list {
		pulls.Nodes = append(pulls.Nodes, pullOf(each))
	}
	for i := range cursor.Fresh(pulls.Nodes, func(n pullNode) time.Time { return n.UpdatedAt }, s.pulls.Until) {
		pull := &pulls.Nodes[i]
		if pull.MergedAt.IsZero() {
			continue
		}
		if err := a.detail(ctx, s, pull, list[i].Head.SHA); err != nil {
			return err
		}
	}
	node.PullRequests = pulls
	return nil
}

func deploymentPath(repository string, number int64) string {
	return fmt.Sprintf("%s/deployments/%d", repositoryPath(repository), number)
}

func (a rest) deployments(ctx context.Context, s *repositorySync, node *repositoryNode) error {
	list, f, err := following[deploymentRecord](ctx, a, s, deploymentList, s.runs, repositoryPath(s.part)+"/deployments", detailedAtATime)
	if err != nil {
		return err
	}
	deployments := &pages.Page[deploymentNode]{PageInfo: f.info(), Unchanged: f.unchanged}
	for _, each := range list {
		deployment := deploymentNode{ID: each.nodeID(), DatabaseID: each.ID, CreatedAt: each.CreatedAt.Time}
		behind := deployment.CreatedAt.Before(s.runs.Until)
		if deployment.known = behind || s.settled[each.ID] || slices.Contains(s.state.Settled, deployment.ID); !deployment.known {
			if deployment, err = a.deploymentOf(ctx, s.part, s.met.about.branch(), each); err != nil {
				return err
			}
			var statuses fetched
			if deployment.Statuses, statuses, err = a.statuses(ctx, s.part, each.ID, ""); err != nil {
				return err
			}
			deployment.etag = statuses.etag
		}
		deployments.Nodes = append(deployments.Nodes, deployment)
	}
	node.Deployments = deployments
	return nil
}

func (a rest) statuses(ctx context.Context, repository string, number int64, etag string) (*pages.Page[statusNode], fetched, error) {
	list, f, err := fetchAll[statusRecord](ctx, a.run, repository, deploymentPath(repository, number)+"/statuses", etag)
	statuses := &pages.Page[statusNode]{}
	for _, each := range list {
		statuses.Nodes = append(statuses.Nodes, statusOf(each))
	}
	return statuses, f, err
}

func (a rest) issues(ctx context.Context, s *repositorySync, node *repositoryNode) error {
	path := repositoryPath(s.part) + "/issues?state=all&sort=updated&direction=desc" // no since: the ETag would not last
	list, f, err := following[issueRecord](ctx, a, s, issueList, s.issues, path, wire.Widest)
	if isAbsent(err, http.StatusGone) { // switched off
		list, f, err = nil, fetched{}, nil
		s.met.noIssues = true
	}
	if err != nil {
		return err
	}
	node.Issues = &pages.Page[issueNode]{PageInfo: f.info(), Unchanged: f.unchanged}
	for _, each := range list {
		issue := issueOf(each)
		issue.pull = bool(each.PullRequest)
		node.Issues.Nodes = append(node.Issues.Nodes, issue)
	}
	return nil
}

package github

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// The widths of a page's lists. GitHub counts one for each list and rounds the sum to hundreds: 100 commits and 15 pull
// requests with three lists each make 147, which is 1 point, and 100 deployments more are 1 more; 48 pull requests are
// another. So pages are slim where the other lists take as many pages anyway. What is usually new since the last run
// fits into one page of 1 point.
const (
	pullsAtMost     = 48
	pullsForFree    = 15
	newPulls        = 12
	newEntries      = 24
	placedLimit     = 50
	lostLimit       = 20
	stillMaySucceed = 30 * 24 * time.Hour
)

// repositorySync reads one repository until it is up to date.
type repositorySync struct {
	*run
	part   string // as it is asked for
	state  *position
	branch *branch
	pulls  *pass
	runs   *pass
	issues *pass // nil where issues are not read
	pages  int
	left   remainder
	known  bool // whether incidents may have been handed over before
	// restarted says that a stored page was refused, and every list is read from its beginning.
	restarted bool
}

func (r *run) sync(ctx context.Context, t target) error {
	r.progress.Part, r.progress.Done, r.progress.Total = t.name, 0, 0
	r.report()
	state := r.cursor.at(t.key())
	if t.probe != "" && t.probe == state.Probe {
		return nil
	}
	s := r.beginSync(t.name, state)
	for s.more() {
		if err := s.page(ctx); err != nil {
			return err
		}
	}
	if err := s.place(ctx); err != nil {
		return err
	}
	if t.probe != "" && t.probe != state.Probe {
		state.Probe = t.probe
		return r.emit(ctx, nil)
	}
	return nil
}

func (r *run) beginSync(part string, state *position) *repositorySync {
	s := &repositorySync{run: r, part: part, state: state}
	s.branch = newBranch(state)
	s.pulls = newPass(&state.Pulls, r.request.Since)
	s.runs = newPass(&state.Deployments, r.request.Since)
	if r.config.Incidents != nil {
		wanted := r.incidentsWanted()
		if state.Labels != wanted && state.Labels != "" {
			state.Issues = stream{}
			state.Relabelled++
		}
		state.Labels = wanted
		s.known = state.Issues.Done || state.Relabelled > 0
		s.issues = newPass(&state.Issues, r.request.Since)
	}
	return s
}

// incidentsWanted is what makes an issue an incident; when it changes, issues are read again.
func (s *Source) incidentsWanted() string {
	labels := slices.Clone(s.config.Incidents.Labels)
	for i, label := range labels {
		labels[i] = strings.ToLower(label)
	}
	slices.Sort(labels)
	return strings.Join(labels, ",") + "\n" + s.config.Incidents.Severity.String()
}

func (s *repositorySync) more() bool {
	return !s.branch.done || !s.pulls.done || !s.runs.done || (s.issues != nil && !s.issues.done)
}

// page asks for the next page of every list that has one, and hands it over.
func (s *repositorySync) page(ctx context.Context) error {
	var answer syncAnswer
	err := s.ask(ctx, question{part: s.part, text: syncText, variables: s.variables}, &answer)
	if refusesPage(err) && !s.restarted {
		s.restart()
		return nil
	}
	if err != nil {
		return err
	}
	node := answer.Repository
	if node == nil {
		return s.noRepository(s.part, nil)
	}
	if s.state.Name != "" && s.state.Name != node.NameWithOwner { // renamed: everything has a new name
		*s.state = position{Name: node.NameWithOwner}
		*s = *s.beginSync(s.part, s.state)
		return nil
	}
	s.state.Name = node.NameWithOwner
	if err := s.complete(ctx, s.part, node); err != nil {
		return err
	}
	events := slices.Concat(s.takeCommits(node), s.takePulls(node.PullRequests), s.takeDeployments(node.Deployments), s.takeIssues(node.Issues))
	s.state.meet(s.branch)
	s.progress.Done += len(events)
	if s.pages == 0 {
		s.progress.Total = total(node)
		s.left.count(node)
	}
	s.left.read(node)
	s.pages++
	s.report()
	return s.emit(ctx, append(events, s.announce(node)...))
}

// refusesPage says that GitHub does not take a page's cursor any more.
func refusesPage(err error) bool {
	var refusal graphqlError
	return errors.As(err, &refusal) && refusal.Type == "INVALID_CURSOR_ARGUMENTS"
}

func (s *repositorySync) restart() {
	s.restarted = true
	s.branch.restart()
	s.state.Pulls.Page, s.state.Deployments.Page, s.state.Issues.Page = "", "", ""
}

// variables asks narrowly at first where little can be new, and as widely as the server bears from then on.
func (s *repositorySync) variables(width int) map[string]any {
	pulls, entries := min(width/2, pullsAtMost), width
	if s.left.pages > 0 && s.left.pulls <= pullsForFree*s.left.pages {
		pulls = min(pulls, pullsForFree)
	}
	if s.pages == 0 && s.pulls.state.Done && s.runs.state.Done && !s.branch.first() {
		pulls, entries = min(pulls, newPulls), min(entries, newEntries)
	}
	v := named(s.part)
	v["nested"] = width
	v["counts"] = s.pages == 0 && s.branch.first()
	v["pulls"], v["pullsPage"], v["withPulls"] = pulls, optional(s.pulls.state.Page), !s.pulls.done
	v["deployments"], v["deploymentsPage"], v["withDeployments"] = entries, optional(s.runs.state.Page), !s.runs.done
	v["commits"], v["commitsPage"] = entries, optional(s.branch.page)
	v["fromBranch"], v["fromTarget"], v["target"] = s.branch.fromBranch(), s.branch.fromTarget(), optional(s.branch.target)
	v["issues"], v["withIssues"], v["issuesPage"], v["issuesSince"] = entries, false, nil, nil
	if s.issues != nil {
		v["withIssues"], v["issuesPage"] = !s.issues.done, optional(s.issues.state.Page)
		if !s.issues.until.IsZero() {
			v["issuesSince"] = s.issues.until.UTC().Format(time.RFC3339)
		}
	}
	return v
}

func optional(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// remainder estimates what a first reading has before it: pull requests, and pages of the longest other list.
type remainder struct{ pulls, pages int }

func (r *remainder) count(node *repositoryNode) {
	longest := 0
	for _, commits := range []*page[commitNode]{node.branchHistory(), node.targetHistory()} {
		if commits != nil {
			longest = max(longest, commits.TotalCount)
		}
	}
	if node.Deployments != nil {
		longest = max(longest, node.Deployments.TotalCount)
	}
	if node.PullRequests != nil {
		r.pulls = node.PullRequests.TotalCount
	}
	r.pages = longest / widest
}

func (r *remainder) read(node *repositoryNode) {
	if node.PullRequests != nil {
		r.pulls -= len(node.PullRequests.Nodes)
	}
	r.pages--
}

// total is how many entries there are, where the answer counts them.
func total(node *repositoryNode) int {
	sum := 0
	if node.PullRequests != nil {
		sum += node.PullRequests.TotalCount
	}
	if node.Deployments != nil {
		sum += node.Deployments.TotalCount
	}
	if node.Issues != nil {
		sum += node.Issues.TotalCount
	}
	for _, commits := range []*page[commitNode]{node.branchHistory(), node.targetHistory()} {
		if commits != nil {
			sum += commits.TotalCount
		}
	}
	return sum
}

func (s *repositorySync) takeCommits(node *repositoryNode) []dora.Event {
	return s.branch.take(s.Source, s.state.Name, node)
}

func (s *repositorySync) takePulls(p *page[pullNode]) []dora.Event {
	if p == nil {
		return nil
	}
	count := fresh(p.Nodes, func(n pullNode) time.Time { return n.UpdatedAt }, s.pulls.until)
	events := make([]dora.Event, count)
	for i, n := range p.Nodes[:count] {
		events[i] = s.change(s.state.Name, n)
	}
	var newest time.Time
	if count > 0 {
		newest = p.Nodes[0].UpdatedAt
	}
	s.pulls.advance(newest, count, len(p.Nodes), p.PageInfo)
	return events
}

func (s *repositorySync) takeDeployments(p *page[deploymentNode]) []dora.Event {
	if p == nil {
		return nil
	}
	count := fresh(p.Nodes, func(n deploymentNode) time.Time { return n.CreatedAt }, s.runs.until)
	events := make([]dora.Event, count)
	for i, n := range p.Nodes[:count] {
		deployment := s.deployment(s.state.Name, n)
		events[i] = deployment
		s.reread[n.ID] = true
		s.state.watch(n.ID, deployment, s.now())
		s.state.deployed(deployment.SHA)
	}
	var newest time.Time
	if count > 0 {
		newest = p.Nodes[0].CreatedAt
	}
	s.runs.advance(newest, count, len(p.Nodes), p.PageInfo)
	return events
}

func (s *repositorySync) takeIssues(p *page[issueNode]) []dora.Event {
	if p == nil || s.issues == nil {
		return nil
	}
	count := fresh(p.Nodes, func(n issueNode) time.Time { return n.UpdatedAt }, s.issues.until)
	var events []dora.Event
	for _, n := range p.Nodes[:count] {
		if incident := s.incident(s.state.Name, n, s.state.Relabelled, s.known); incident != nil {
			events = append(events, incident)
		}
	}
	var newest time.Time
	if count > 0 {
		newest = p.Nodes[0].UpdatedAt
	}
	s.issues.advance(newest, count, len(p.Nodes), p.PageInfo)
	return events
}

// announce tells of the repository once its head is reached: everything that leads to the head is handed over by then.
// Its version is the run's clock, since nothing of GitHub's is sure to rise when a head moves.
func (s *repositorySync) announce(node *repositoryNode) []dora.Event {
	if !s.branch.done {
		return nil
	}
	name := ""
	if node.DefaultBranchRef != nil {
		name = node.DefaultBranchRef.Name
	}
	if !s.state.Announced.IsZero() && s.state.Head == s.branch.target && s.state.Branch == name {
		return nil
	}
	updated := s.now().UTC()
	if !updated.After(s.state.Announced) {
		updated = s.state.Announced.Add(time.Second)
	}
	s.state.Head, s.state.Branch, s.state.Announced = s.branch.target, name, updated
	return []dora.Event{s.repository(s.state, node.URL, updated)}
}

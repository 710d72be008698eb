package github

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

// stillMaySucceed is how long after its creation a deployment that has not succeeded is asked about.
const stillMaySucceed = 30 * 24 * time.Hour

// movesAtMost bounds how often within a run a repository may be called otherwise, or lose the head that is being read.
const movesAtMost = 20

// repositorySync reads one repository until it is up to date.
type repositorySync struct {
	*run
	part     string // as it is asked for
	state    *position
	branch   *branch
	pulls    *cursor.Pass
	runs     *cursor.Pass
	issues   *cursor.Pass // nil where issues are not read
	pages    int
	sizes    sizes
	left     remainder
	wasKnown bool // whether incidents may have been handed over before
	// restarted says that a stored page was refused, and every list is read from its beginning.
	restarted bool
	landed    landing
	renamed   int // how often it had another name in this run
	// last is what the repository was called when it was last asked for.
	last *repositoryNode
	// habit is how it is deployed.
	habit Habit
	// shared says that the files of changes are read. What pull requests of this run own are commits, and authored times
	// in seconds, of commits that a rebase may have made anew.
	shared  bool
	owned   map[string]bool
	rebased map[int64]bool
	// met is what REST has told of the repository in this run.
	met met
	// refPages are lists that REST was asked for, by environment, and passed the commits of deployments that do not count.
	refPages map[string]*refPages
	passed   map[string]bool
	// lists are those whose entries can go. Settled are the numbers of deployments that are read a second time, only to see
	// which there are, and whose statuses are known.
	lists   []*tally
	settled map[int64]bool
	// ended are the pull requests, and endedAt when each that was met was merged or closed, in seconds.
	ended    *tally
	endedAt  map[int]int64
	counting bool // the first page counts what there is
	// pullsRead are the numbers of pull requests that this run has read, claimed what they landed and consist of, and tips
	// the commits that were deployed into a lane.
	pullsRead map[int]bool
	claimed   map[string]bool
	tips      map[string][]string
}

func (r *run) sync(ctx context.Context, t target) error {
	r.Progress.Part, r.Progress.Done, r.Progress.Total = t.name, 0, 0
	r.Report()
	r.positions.Repositories.Rest()
	state := r.positions.at(t.key())
	if t.probe != "" && t.probe == state.Probe && len(state.Unfiled) == 0 && len(state.Unclaimed) == 0 && !state.Gone && !state.Young {
		return r.retell(ctx, state, t.traits)
	}
	s := r.beginSync(t.name, state)
	s.sizes = t.sizes
	for s.more() {
		if err := s.page(ctx); err != nil {
			return err
		}
	}
	if err := s.reconcile(ctx); err != nil {
		return err
	}
	if err := s.place(ctx); err != nil {
		return err
	}
	if err := s.claim(ctx); err != nil {
		return err
	}
	if err := s.fileCommits(ctx); err != nil {
		return err
	}
	if t.probe != "" && t.probe != state.Probe {
		state.Probe = t.probe
		return r.emit(ctx, nil)
	}
	return nil
}

func (r *run) beginSync(part string, state *position) *repositorySync {
	habit := r.habits.Of(state.called(part))
	state.turn(habit)
	s := &repositorySync{
		run: r, part: part, state: state, habit: habit, met: met{etags: map[list]string{}}, owned: map[string]bool{}, rebased: map[int64]bool{}, passed: map[string]bool{}, settled: map[int64]bool{},
		pullsRead: map[int]bool{}, claimed: map[string]bool{}, tips: map[string][]string{}, endedAt: map[int]int64{},
	}
	s.share()
	s.serve()
	s.branch = newBranch(state)
	s.pulls = cursor.NewPass(&state.Pulls, r.request.Since)
	s.runs = s.newRuns()
	s.lists = []*tally{s.newTally(deploymentList, dora.KindDeployment, s.runs)}
	s.ended = s.newTally(pullList, dora.KindChange, s.pulls)
	if r.config.Incidents != nil {
		wanted := r.incidentsWanted()
		if state.Labels != wanted && state.Labels != "" {
			state.Issues = cursor.Stream{}
			state.Relabelled++
		}
		state.Labels = wanted
		s.wasKnown = state.Issues.Done || state.Relabelled > 0
		s.issues = cursor.NewPass(&state.Issues, r.request.Since)
		s.lists = append(s.lists, s.newTally(issueList, dora.KindIncident, s.issues))
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
	return !s.branch.done || !s.pulls.Done || !s.runs.Done || (s.issues != nil && !s.issues.Done)
}

// page asks for the next page of every list that has one, and hands it over.
func (s *repositorySync) page(ctx context.Context) error {
	node, err := s.read(ctx)
	if refusesPage(err) && !s.restarted {
		s.restart()
		return nil
	}
	if err != nil {
		return err
	}
	if anew, err := s.recognise(ctx, node); anew || err != nil {
		if err == nil {
			sizes, renamed := s.sizes, s.renamed+1
			*s = *s.beginSync(s.part, s.state)
			if s.sizes, s.renamed = sizes, renamed; renamed > movesAtMost {
				err = s.Unexpected(s.part, errors.New("the repository has another name each time"))
			}
		}
		return err
	}
	events := slices.Concat(s.takeCommits(node), s.takePulls(node.PullRequests), s.takeDeployments(node.Deployments), s.takeIssues(node))
	if s.branch.gone > movesAtMost {
		return s.Unexpected(s.part, errors.New("the head of the branch is lost each time"))
	}
	s.state.meet(s.branch)
	s.leaveOwned()
	if !s.more() {
		s.state.ETags = s.met.etags
		s.passOver()
	}
	s.Progress.Done += len(events)
	if s.pages == 0 && s.counting {
		s.Progress.Total = total(node)
		s.left.count(node)
	}
	s.left.read(node)
	s.pages++
	s.Report()
	return s.emit(ctx, append(events, s.announce(node)...))
}

// read asks for a page of the lists that come with the repository, and for one of deployments where they are elsewhere.
func (s *repositorySync) read(ctx context.Context) (*repositoryNode, error) {
	node := new(repositoryNode)
	s.counting = s.branch.first()
	if s.last != nil && s.branch.done && s.pulls.Done && (s.issues == nil || s.issues.Done) && s.from() != FromDeployments {
		*node = *s.last
	} else {
		answer, err := read(ctx, s.run, func(api reader) (*repositoryNode, error) { return api.page(ctx, s) })
		if err != nil {
			return nil, err
		}
		node = answer
		s.last = &repositoryNode{NameWithOwner: node.NameWithOwner, DatabaseID: node.DatabaseID, URL: node.URL, traitsNode: node.traitsNode, ownersNode: node.ownersNode}
		if node.DefaultBranchRef != nil {
			s.last.DefaultBranchRef = &branchNode{Name: node.DefaultBranchRef.Name}
		}
	}
	return node, s.elsewhere(ctx, node)
}

// refusesPage says that GitHub does not take a page's cursor any more.
func refusesPage(err error) bool {
	var refusal graphqlError
	return errors.Is(err, errForeignPage) || errors.As(err, &refusal) && refusal.Type == "INVALID_CURSOR_ARGUMENTS"
}

func (s *repositorySync) restart() {
	s.restarted = true
	s.branch.restart()
	s.met = met{etags: map[list]string{}}
	s.state.Pulls.Page, s.state.Deployments.Page, s.state.Issues.Page = "", "", ""
}

func (s *repositorySync) takeCommits(node *repositoryNode) []dora.Event {
	commits := s.branch.take(s.Source, s.state.Name, node)
	s.noteRecent(commits)
	defer func() { s.branch.Landed = nil }()
	s.land(s.branch.Landed)
	if s.from() == FromMerges {
		return append(commits, s.merged(node.branch(), s.branch.Landed)...)
	}
	return commits
}

func (s *repositorySync) takePulls(p *pages.Page[pullNode]) []dora.Event {
	if p == nil {
		return nil
	}
	count := cursor.Fresh(p.Nodes, func(n pullNode) time.Time { return n.UpdatedAt }, s.pulls.Until)
	s.takeEnds(p)
	var events []dora.Event
	for _, n := range p.Nodes[:count] {
		if !n.MergedAt.IsZero() { // REST lists closed ones as well
			change := s.change(s.state.Name, n)
			s.own(change)
			s.owns(change)
			events = append(events, change)
		}
	}
	var newest time.Time
	if count > 0 {
		newest = p.Nodes[0].UpdatedAt
	}
	s.pulls.Advance(newest, count, len(p.Nodes), p.PageInfo)
	return events
}

func (s *repositorySync) takeDeployments(p *pages.Page[deploymentNode]) []dora.Event {
	if p == nil {
		return nil
	}
	count := cursor.Fresh(p.Nodes, func(n deploymentNode) time.Time { return n.CreatedAt }, s.runs.Until)
	list := s.censusOf(deploymentList)
	list.Page(p.TotalCount, p.Counted, s.runs.Stream.Page == "" && !p.PageInfo.HasNextPage && !p.Unchanged)
	for _, n := range p.Nodes {
		list.Number(n.DatabaseID)
		if !n.draft {
			list.Meet(n.id(), n.CreatedAt, nil)
		}
	}
	var events []dora.Event
	for _, n := range p.Nodes[:count] {
		if n.known {
			continue
		}
		deployment := s.deployment(s.state.Name, n)
		events = append(events, deployment)
		s.reread[n.ID] = true
		s.state.watch(n, deployment, s.Now())
		s.follow(deployment)
		s.ship(deployment)
	}
	var newest time.Time
	if count > 0 {
		newest = p.Nodes[0].CreatedAt
	}
	s.runs.Advance(newest, count, len(p.Nodes), p.PageInfo)
	return events
}

func (s *repositorySync) takeIssues(node *repositoryNode) []dora.Event {
	p := node.Issues
	if p == nil || s.issues == nil {
		return nil
	}
	list := s.censusOf(issueList)
	if every := node.EveryIssue; every != nil {
		list.Page(every.TotalCount, true, false)
	}
	if _, only := s.reader.(rest); only { // without a limit of time
		list.Page(0, false, s.issues.Stream.Page == "" && !p.PageInfo.HasNextPage && !p.Unchanged)
	}
	count := cursor.Fresh(p.Nodes, func(n issueNode) time.Time { return n.UpdatedAt }, s.issues.Until)
	var events []dora.Event
	for i, n := range p.Nodes {
		list.Number(n.Number)
		if n.pull {
			continue
		}
		incident := s.incident(s.state.Name, n, s.state.Relabelled, s.wasKnown && !list.Again)
		if incident != nil && i < count {
			events = append(events, incident)
		}
		if incident != nil && !incident.Withdrawn {
			list.Meet("issue:"+strconv.FormatInt(n.Number, 10), n.CreatedAt, incident)
		}
	}
	var newest time.Time
	if count > 0 {
		newest = p.Nodes[0].UpdatedAt
	}
	s.issues.Advance(newest, count, len(p.Nodes), p.PageInfo)
	return events
}

// announce tells of the repository once its head is reached: everything that leads to the head is handed over by then.
func (s *repositorySync) announce(node *repositoryNode) []dora.Event {
	if !s.branch.done {
		return nil
	}
	name := ""
	if node.DefaultBranchRef != nil {
		name = node.DefaultBranchRef.Name
	}
	before := s.state.Traits
	if s.state.OwnersRead = s.config.CodeOwners; node.ownersTold {
		before.CodeOwners = node.codeOwners()
	}
	if s.state.CatalogRead = s.config.CatalogInfo; node.catalogTold {
		before.CatalogInfo = node.CatalogInfo.whole()
	}
	traits := s.traits(node.NameWithOwner, &node.traitsNode, before)
	if !s.state.Announced.IsZero() && s.state.Head == s.branch.target && s.state.Branch == name && traits.Same(&s.state.Traits) {
		return nil
	}
	s.state.Head, s.state.Branch, s.state.URL, s.state.Traits, s.state.Announced = s.branch.target, name, node.URL, traits, s.version(s.state.Announced)
	return []dora.Event{s.repository(s.state, s.state.Announced)}
}

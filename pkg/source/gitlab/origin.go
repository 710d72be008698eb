package gitlab

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Where deployments are something else than GitLab's own, they take the same way: what is read is put into the words of a
// deployment with its steps.

// origin says what makes a deployment of a project, as configured. When it changes, the project is read again.
func (h Habit) origin() string {
	if h.of() == FromDeployments {
		return ""
	}
	text, _ := json.Marshal(h) // texts: it cannot fail
	return string(text)
}

// from is what deployments of the project are.
func (s *projectSync) from() From { return s.habit.of() }

// numbered makes a number that orders what has none: by its second, and within one by rank.
func numbered(at time.Time, rank uint16) int64 { return at.Unix()<<16 | int64(rank) }

func ranked(name string) uint16 {
	order := fnv.New32a()
	_, _ = order.Write([]byte(name)) // it cannot fail
	return uint16(order.Sum32())
}

// made is a deployment that is no deployment of GitLab's.
func (s *projectSync) made(name, sha, ref string, kind dora.RefKind, number int64, updated time.Time) *dora.Deployment {
	return &dora.Deployment{
		Header:     dora.Header{Source: s.config.ID, ID: s.state.Name + ":" + name, Updated: updated.UTC()},
		Repository: s.state.Name, Number: number, Environment: s.habit.target(), SHA: sha, Ref: ref, RefKind: kind,
	}
}

// noEnvironment are the sources of pipelines that enter no environment: those of merge requests that are not merged, those
// that are part of another, and those that only look.
var noEnvironment = []string{
	"merge_request_event", "external_pull_request_event", "parent_pipeline", "ondemand_dast_scan", "ondemand_dast_validation", "security_orchestration_policy",
}

// readPipelines reads pipelines as deployments.
func (s *projectSync) readPipelines(ctx context.Context) error {
	query := url.Values{}
	if s.habit.Branch != "" {
		query.Set("ref", s.habit.Branch)
	}
	return follow[pipelineRecord](ctx, s, list[pipelineRecord]{
		kind: dora.KindDeployment, path: "/pipelines", query: query, pos: &s.state.Deployments,
		id:     func(p *pipelineRecord) string { return s.state.Name + ":pipeline:" + strconv.FormatInt(p.ID, 10) },
		take:   s.takePipelines,
		counts: s.deploys,
	})
}

// deploys says whether a pipeline is a deployment.
func (s *projectSync) deploys(p *pipelineRecord) bool {
	pattern := s.habit.Pipeline
	return !slices.Contains(noEnvironment, p.Source) && !strings.HasPrefix(p.Ref, "refs/merge-requests/") && (pattern.IsZero() || pattern.Match(p.Name))
}

// pipelineStates say what a pipeline's states mean. One that is not here waits.
var pipelineStates = map[string]dora.DeploymentState{
	"running": dora.StateRunning, "success": dora.StateSuccess, "failed": dora.StateFailure, "canceled": dora.StateFailure, "canceling": dora.StateFailure, "skipped": dora.StateFailure,
}

func (s *projectSync) takePipelines(ctx context.Context, rows []*pipelineRecord) ([]dora.Event, error) {
	var events []dora.Event
	known := s.knownDeployments()
	for _, row := range rows {
		if !s.deploys(row) {
			continue
		}
		own, found, err := one[pipelineRecord](ctx, s.run, s.part, of(s.state.ID)+"/pipelines/"+strconv.FormatInt(row.ID, 10), nil)
		if err != nil {
			return nil, err
		}
		if !found { // deleted since it was listed
			continue
		}
		own.Name = row.Name
		d, err := s.pipeline(ctx, own)
		if err != nil {
			return nil, err
		}
		keepFirst(d, known[d.ID])
		s.deployed(d)
		events = append(events, d)
	}
	return events, nil
}

// pipeline makes a deployment of a pipeline. One that is run again keeps its number, and its end is the last one's: when it
// first succeeded is told by its jobs, of which each counts with its first success.
func (s *projectSync) pipeline(ctx context.Context, p *pipelineRecord) (*dora.Deployment, error) {
	kind := dora.RefBranch
	if p.Tag != nil && *p.Tag {
		kind = dora.RefTag
	}
	d := s.made("pipeline:"+strconv.FormatInt(p.ID, 10), p.SHA, p.Ref, kind, p.ID, p.UpdatedAt.Time)
	d.Created, d.URL, d.Task = p.CreatedAt.Time, p.WebURL, p.Name
	if p.User != nil {
		d.Creator = who(p.User, p.User.machine())
	}
	d.Statuses = []dora.DeploymentStatus{{State: dora.StateWaiting, At: d.Created}}
	if !p.StartedAt.IsZero() {
		d.Statuses = append(d.Statuses, dora.DeploymentStatus{State: dora.StateRunning, At: p.StartedAt.Time})
	}
	state := pipelineStates[p.Status]
	ended := p.FinishedAt.Time
	if state == dora.StateSuccess {
		first, err := s.firstSuccess(ctx, p)
		if err != nil {
			return nil, err
		}
		if !first.IsZero() && (ended.IsZero() || first.Before(ended)) {
			ended = first
		}
	}
	if state == dora.StateSuccess || state == dora.StateFailure {
		if ended.IsZero() {
			ended = p.UpdatedAt.Time
		}
		d.Statuses = append(d.Statuses, dora.DeploymentStatus{State: state, At: ended})
	}
	d.Rank = len(d.Statuses)
	d.Updated = dora.Latest(d.Updated, ended)
	return d, nil
}

// firstSuccess is when each of a pipeline's jobs that succeeded had done so for the first time; zero where none tells.
func (s *projectSync) firstSuccess(ctx context.Context, p *pipelineRecord) (time.Time, error) {
	jobs, _, err := all[jobRecord](ctx, s.run, s.part, of(s.state.ID)+"/pipelines/"+strconv.FormatInt(p.ID, 10)+"/jobs", url.Values{"include_retried": {"true"}},
		func(j *jobRecord) string { return strconv.FormatInt(j.ID, 10) }, http.StatusNotFound)
	if err != nil {
		return time.Time{}, err
	}
	first := map[string]time.Time{}
	for _, job := range jobs {
		if at := job.FinishedAt.Time; job.Status == "success" && !at.IsZero() && (first[job.Name].IsZero() || at.Before(first[job.Name])) {
			first[job.Name] = at
		}
	}
	var last time.Time
	for _, at := range first {
		last = dora.Latest(last, at)
	}
	return last, nil
}

func (j *jobRecord) Lacks() string { return wire.FirstMissing(wire.Need("id", j.ID <= 0)) }

// readReleases reads releases as deployments. Nothing but reading them tells of those that are new or gone.
func (s *projectSync) readReleases(ctx context.Context) error {
	rows, _, err := all[releaseRecord](ctx, s.run, s.part, of(s.state.ID)+"/releases", url.Values{"order_by": {"released_at"}, "sort": {"desc"}},
		func(r *releaseRecord) string { return r.TagName })
	if err != nil {
		return err
	}
	var found []*dora.Deployment
	for _, row := range rows {
		at := row.ReleasedAt.Time
		if at.IsZero() {
			at = row.CreatedAt.Time
		}
		if row.Upcoming || row.Commit == nil || row.Commit.ID == "" || at.After(s.Now()) {
			continue // nothing is released yet, or nobody knows what
		}
		d := s.made("release:"+row.TagName, row.Commit.ID, row.TagName, dora.RefTag, numbered(at, ranked(row.TagName)), at)
		d.URL = row.Links.Self
		if row.Author != nil {
			d.Creator = who(row.Author, row.Author.machine())
		}
		found = append(found, released(d, at))
	}
	return s.compare(ctx, found)
}

// readTags reads tags as deployments: as old as their annotation, or as their commit.
func (s *projectSync) readTags(ctx context.Context) error {
	rows, _, err := all[tagRecord](ctx, s.run, s.part, of(s.state.ID)+"/repository/tags", url.Values{"order_by": {"updated"}, "sort": {"desc"}},
		func(t *tagRecord) string { return t.Name })
	if err != nil {
		return err
	}
	var found []*dora.Deployment
	for _, row := range rows {
		if row.Commit == nil || row.Commit.ID == "" {
			continue
		}
		at := row.CreatedAt.Time
		if at.IsZero() {
			at = row.Commit.CommittedDate.Time
		}
		found = append(found, released(s.made("tag:"+row.Name, row.Commit.ID, row.Name, dora.RefTag, numbered(at, ranked(row.Name)), at), at))
	}
	return s.compare(ctx, found)
}

// released is a success as soon as it is there.
func released(d *dora.Deployment, at time.Time) *dora.Deployment {
	d.Created = at.UTC()
	d.Statuses, d.Rank = []dora.DeploymentStatus{{State: dora.StateSuccess, At: at.UTC()}}, 1
	return d
}

// compare hands over those of a list that is always read whole that are other than the store has them, and withdraws what
// the store has and the list has not.
func (s *projectSync) compare(ctx context.Context, found []*dora.Deployment) error {
	known := s.knownDeployments()
	var events []dora.Event
	for _, d := range found {
		if d.Created.Before(s.request.Since) {
			continue
		}
		s.deployed(d)
		was := known[d.ID]
		delete(known, d.ID)
		switch {
		case was == nil:
			events = append(events, d)
		case was.SHA != d.SHA || was.Withdrawn || !was.Finished().Equal(d.Finished()):
			events = append(events, census.Above(d, was))
		}
	}
	for _, d := range known {
		if !d.Withdrawn && !d.Posted() && !d.Created.Before(s.request.Since) {
			events = append(events, census.Withdraw(d))
		}
	}
	slices.SortFunc(events, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
	s.state.Deployments.Done = true
	if len(events) == 0 {
		return nil
	}
	return s.emit(ctx, events)
}

// landing counts the commits that landed in one second, so that they keep their order.
type landing struct {
	at    time.Time
	count uint16
}

// merged makes deployments of the commits that landed on the default branch, the newest first. When each landed depends on
// all that landed before, which is read later: it is worked out on the graph, whatever the order of reading.
func (s *projectSync) merged(landed []*dora.Commit) []dora.Event {
	var events []dora.Event
	for _, c := range landed {
		if c.Committed.Before(s.request.Since) {
			continue
		}
		if !c.Committed.Equal(s.landed.at) {
			s.landed = landing{at: c.Committed}
		}
		d := released(s.made("merge:"+c.SHA, c.SHA, s.project.DefaultBranch, dora.RefBranch, numbered(c.Committed, ^s.landed.count), c.Committed), c.Committed)
		d.Creator, d.Landing = c.Author, true
		s.landed.count++
		events = append(events, d)
		s.ship(d)
	}
	return events
}

// relands makes sure that, where landed commits are deployments, these are those of the main line as it is: a branch that
// was rewritten, or another that is the default one now, takes deployments back. It shows by the head that there was, which
// the main line passes as long as it only goes on.
func (s *projectSync) relands(ctx context.Context) error {
	b := s.branch
	if s.from() != FromMerges || b.target == "" {
		return nil
	}
	defer func() { b.state.Line = b.target }()
	rewritten := !b.Kept && b.Was != ""
	if s.request.Known == nil || !rewritten && !s.state.Turned {
		return nil
	}
	known := s.knownDeployments()
	var events []dora.Event
	back := false // some that landed were withdrawn while something else was a deployment
	for _, d := range known {
		back = back || d.Landing && d.Withdrawn
		if s.state.Turned && !d.Landing && !d.Withdrawn && !d.Posted() && !d.Created.Before(s.request.Since) {
			events = append(events, census.Withdraw(d))
		}
	}
	s.state.Turned = false
	if !rewritten && !back {
		return s.emit(ctx, events)
	}
	line, err := s.mainLine(ctx)
	if err != nil {
		s.state.Turned = true
		return err
	}
	s.landed = landing{}
	for _, e := range s.merged(line) {
		if was := known[e.Head().ID]; was == nil || was.Withdrawn {
			var before dora.Event
			if was != nil {
				before = was
			}
			events = append(events, census.Above(e, before))
		}
		delete(known, e.Head().ID)
	}
	for _, d := range known {
		if d.Landing && !d.Withdrawn {
			events = append(events, census.Withdraw(d))
		}
	}
	return s.emit(ctx, events)
}

// mainLine walks down the main line to its root, the newest commit first.
func (s *projectSync) mainLine(ctx context.Context) ([]*dora.Commit, error) {
	var line []*dora.Commit
	next, passed := s.branch.target, map[string]*dora.Commit{}
	for number := 1; ; number++ {
		p, err := s.commitsOf(ctx, s.part, s.state.ID, s.branch.target, number)
		if err != nil {
			return nil, err
		}
		for _, row := range p.rows {
			passed[row.ID] = s.commit(s.state.Name, row)
		}
		for at := passed[next]; at != nil; at = passed[next] {
			line, next = append(line, at), ""
			delete(passed, at.SHA)
			if len(at.Parents) > 0 {
				next = at.Parents[0]
			}
		}
		if p.next == 0 || len(p.rows) == 0 || next == "" {
			return line, nil
		}
	}
}

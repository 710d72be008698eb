package gitlab

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// projectSync reads one project until it is up to date.
type projectSync struct {
	*run
	part    string // what it is called now, for sentences
	project *projectRecord
	state   *position
	branch  *branch
	habit   Habit // how it is deployed
	// claimed are the commits that merge requests of this run landed or consist of, and requests their numbers.
	claimed  map[string]bool
	requests map[int64]bool
	// tips are the commits that were deployed into a lane.
	tips map[string][]string
	// tags says of names whether they are tags, as far as GitLab was asked; allTags that what is not there is none.
	tags    map[string]bool
	allTags bool
	landed  landing
	// shared says that the files of changes are read. Rebased are authored times in seconds, of commits that a rebase may have
	// made anew.
	shared  bool
	rebased map[int64]bool
}

// sync reads a project. What cannot be read costs what needs it, and no more.
func (r *run) sync(ctx context.Context, t target) error {
	r.Progress.Part, r.Progress.Done, r.Progress.Total = t.Path, 0, 0
	r.Report()
	r.cursor.Projects.Rest()
	state, err := r.recognise(ctx, t)
	if err != nil {
		return err
	}
	s := &projectSync{
		run: r, part: t.Path, project: &t.projectRecord, state: state,
		claimed: map[string]bool{}, requests: map[int64]bool{}, tips: map[string][]string{}, tags: map[string]bool{}, rebased: map[int64]bool{},
	}
	s.prepare()
	s.share()
	s.branch = newBranch(s)
	var failures []error
	code := true
	for _, step := range []struct {
		needsCode bool
		do        func(context.Context) error
	}{
		{false, s.branch.read},
		{true, s.readOwners},
		{false, s.readMergeRequests},
		{false, s.readDeployments},
		{false, s.readIncidents},
		{true, s.relands},
		{true, s.place},
		{true, s.claim},
		{true, s.fileCommits},
	} {
		if step.needsCode && !code {
			continue
		}
		err := step.do(ctx)
		failures = append(failures, err)
		if source.Stops(err) {
			return errors.Join(failures...)
		}
		if err != nil && len(failures) == 1 {
			code = false
		}
	}
	err = errors.Join(failures...)
	if moved := s.tellMovedOnce(err); len(moved) > 0 {
		err = errors.Join(err, s.emit(ctx, moved))
	}
	return err
}

// tellMovedOnce tells of former names once everything is handed over under the present one.
func (s *projectSync) tellMovedOnce(failed error) []dora.Event {
	if failed != nil || len(s.state.Old) == 0 {
		return nil
	}
	return s.tellMoved()
}

// prepare makes the position forget what other settings made of what it is past.
func (s *projectSync) prepare() {
	p := s.state
	s.habit = s.habits.Of(p.Name)
	if origin := s.habit.origin(); p.Origin != origin {
		p.Origin, p.Deployments, p.Turned = origin, stream{}, s.from() == FromMerges
		if s.from() == FromMerges { // they are found while the history is read
			p.History, p.Placed, p.Unplaced, p.Lost = history{}, nil, nil, nil
		}
	}
	if serving := s.config.Serving(s.state.Name); p.Serving != serving {
		if p.PassedOver {
			p.Deployments, p.PassedOver = stream{}, false
		}
		p.Serving = serving
	}
	if wanted := s.incidentsWanted(); p.Incidents != wanted {
		if p.Incidents != "" {
			p.Changed++
		}
		p.Incidents, p.Issues = wanted, stream{}
	}
}

// incidentsWanted is what makes an issue an incident; when it changes, issues are read again.
func (s *Source) incidentsWanted() string {
	if s.config.Incidents.From == NoIncidents {
		return "none"
	}
	labels := slices.Clone(s.config.incidentLabels)
	for i, label := range labels {
		labels[i] = strings.ToLower(label)
	}
	slices.Sort(labels)
	return strings.Join(labels, ",") + "\n" + s.config.Incidents.Severity.String()
}

// readMergeRequests reads the merged merge requests. GitLab leaves out nobody's where the project is asked; elsewhere it
// would show what the token's user wrote.
func (s *projectSync) readMergeRequests(ctx context.Context) error {
	if disabled(s.project.MergeRequestsAccess) {
		return nil
	}
	return follow[mergeRequestRecord](ctx, s, list[mergeRequestRecord]{
		kind: dora.KindChange, path: "/merge_requests", query: url.Values{"state": {"merged"}, "scope": {"all"}}, pos: &s.state.MergeRequests,
		id:     func(m *mergeRequestRecord) string { return mergeRequestID(s.state.Name, m.IID) },
		take:   s.takeMergeRequests,
		counts: func(*mergeRequestRecord) bool { return true },
	})
}

func (s *projectSync) takeMergeRequests(ctx context.Context, rows []*mergeRequestRecord) ([]dora.Event, error) {
	more, err := s.detail(ctx, rows)
	if err != nil {
		return nil, err
	}
	events := make([]dora.Event, 0, len(rows))
	for i, row := range rows {
		change := s.change(s.state.Name, row, more[i])
		s.owns(change)
		events = append(events, change)
	}
	return events, nil
}

// readDeployments reads whatever is a deployment, by the settings.
func (s *projectSync) readDeployments(ctx context.Context) error {
	switch s.from() {
	case FromMerges: // they came with the history
		return nil
	case FromDeployments:
		if disabled(s.project.EnvironmentsAccess) {
			return nil
		}
	case FromPipelines:
		return s.readPipelines(ctx)
	case FromReleases:
		return s.readReleases(ctx)
	case FromTags:
		return s.readTags(ctx)
	}
	if err := s.readTiers(ctx); err != nil {
		return err
	}
	return follow[deploymentRecord](ctx, s, list[deploymentRecord]{
		kind: dora.KindDeployment, path: "/deployments", query: url.Values{}, pos: &s.state.Deployments,
		id:     func(d *deploymentRecord) string { return deploymentID(s.state.Name, d.ID) },
		take:   s.takeDeployments,
		counts: func(*deploymentRecord) bool { return true },
	})
}

func (s *projectSync) takeDeployments(ctx context.Context, rows []*deploymentRecord) ([]dora.Event, error) {
	events := make([]dora.Event, 0, len(rows))
	var known map[string]*dora.Deployment
	if err := s.knowRefs(ctx, rows); err != nil {
		return nil, err
	}
	for _, row := range rows {
		deployment := s.deployment(s.state.Name, row)
		deployment.Tier = s.state.Tiers[row.Environment.Name]
		deployment.Rank += s.state.Retiered << retierBits
		if row.Deployable == nil { // it was reported through the API: neither what its ref is nor when it ended is told
			if known == nil {
				known = s.knownDeployments()
			}
			keepFirst(deployment, known[deployment.ID])
			kind, err := s.kindOf(ctx, deployment.Ref)
			if err != nil {
				return nil, err
			}
			deployment.RefKind = kind
		}
		s.deployed(deployment)
		events = append(events, deployment)
	}
	return events, nil
}

// deployed has a deployment's commit found where a service may count the deployment: review apps are deployed by the
// thousand from commits that no branch leads to any more.
func (s *projectSync) deployed(d *dora.Deployment) {
	switch {
	case !s.config.Counts(d.Repository, d.Environment):
		s.state.PassedOver = s.state.PassedOver || !s.branch.graph.Has(d.SHA)
	case !s.branch.graph.Has(d.SHA):
		s.state.deployed(d.SHA)
	}
	s.ship(d)
}

func (s *projectSync) knownDeployments() map[string]*dora.Deployment {
	known := map[string]*dora.Deployment{}
	for _, e := range s.known(dora.KindDeployment, s.state.Name) {
		if d, ok := e.(*dora.Deployment); ok {
			known[d.ID] = d
		}
	}
	return known
}

// keepFirst makes sure that a success that is dated by the last change keeps the date at which it was first seen.
func keepFirst(d, known *dora.Deployment) {
	if known == nil || known.Finished().IsZero() || !known.Finished().Before(d.Finished()) {
		return
	}
	for i := range d.Statuses {
		if d.Statuses[i].State == dora.StateSuccess {
			d.Statuses[i].At = known.Finished()
		}
	}
}

// refsAtOnce is how many refs are asked about one by one; of more, all tags are listed.
const refsAtOnce = 5

// knowRefs lists all tags where many deployments come without a job.
func (s *projectSync) knowRefs(ctx context.Context, rows []*deploymentRecord) error {
	refs := map[string]bool{}
	for _, row := range rows {
		if _, asked := s.tags[row.Ref]; row.Deployable == nil && !asked && row.Ref != s.project.DefaultBranch {
			refs[row.Ref] = true
		}
	}
	if s.allTags || len(refs) <= refsAtOnce {
		return nil
	}
	tags, _, err := all[tagRecord](ctx, s.run, s.part, of(s.state.ID)+"/repository/tags", nil, func(t *tagRecord) string { return t.Name })
	for _, tag := range tags {
		s.tags[tag.Name] = true
	}
	s.allTags = err == nil
	return err
}

// kindOf says what a ref is that comes without a job.
func (s *projectSync) kindOf(ctx context.Context, ref string) (dora.RefKind, error) {
	if ref == "" || ref == s.project.DefaultBranch {
		return dora.RefBranch, nil
	}
	tag, asked := s.tags[ref]
	if !asked && !s.allTags {
		_, found, err := one[tagRecord](ctx, s.run, s.part, of(s.state.ID)+"/repository/tags/"+url.PathEscape(ref), nil)
		if err != nil {
			return "", err
		}
		tag = found
		s.tags[ref] = found
	}
	if tag {
		return dora.RefTag, nil
	}
	return dora.RefBranch, nil
}

// readIncidents reads the issues that are incidents. Their list is asked for by what makes one, so that one that is none any
// more is missed from it.
func (s *projectSync) readIncidents(ctx context.Context) error {
	if s.config.Incidents.From == NoIncidents || disabled(s.project.IssuesAccess) {
		return nil
	}
	query := url.Values{"scope": {"all"}}
	switch len(s.config.incidentLabels) {
	case 0:
		query.Set("issue_type", incidentType)
	case 1:
		query.Set("labels", s.config.incidentLabels[0])
	} // of several labels GitLab would list the issues that have all of them
	return follow[issueRecord](ctx, s, list[issueRecord]{
		kind: dora.KindIncident, path: "/issues", query: query, pos: &s.state.Issues,
		id: func(i *issueRecord) string { return incidentID(s.state.Name, i.IID) },
		take: func(_ context.Context, rows []*issueRecord) ([]dora.Event, error) {
			var events []dora.Event
			for _, row := range rows {
				if incident := s.incident(s.state.Name, row, s.state.Changed); !incident.Withdrawn || s.mayBeKnown(row) {
					events = append(events, incident)
				}
			}
			return events, nil
		},
		counts: s.isIncident,
	})
}

// mayBeKnown says that an issue that is no incident may have been handed over as one. Only where issues are read for several
// labels do others come along.
func (s *projectSync) mayBeKnown(i *issueRecord) bool {
	return slices.ContainsFunc(s.known(dora.KindIncident, s.state.Name), func(e dora.Event) bool {
		return e.Head().ID == incidentID(s.state.Name, i.IID) && isThere(e)
	})
}

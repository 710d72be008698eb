package azuredevops

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

const (
	// recordsAtOnce is how many records a page has; without it 25.
	recordsAtOnce = 500
	// buildsAtOnce is how many runs are asked for at a time.
	buildsAtOnce = 200
	// recordsLate is how long behind the newest a record may show up: runs wait for approvals, and some show theirs at the end.
	recordsLate = 30 * 24 * time.Hour
	// passedLimit bounds how many runs are remembered that are no deployments here.
	passedLimit = 2000
)

// readDeployments reads whatever is a deployment, by the settings.
func (s *projectSync) readDeployments(ctx context.Context) error {
	p, usual := s.state, s.config.Deployments.Habit
	if origin := string(usual.of()) + "\n" + usual.Pipeline.String() + "\n" + strings.Join(s.config.Selects(), "\n") + usual.Stage.String(); p.Origin != origin {
		p.Runs, p.Ran, p.Turned = time.Time{}, nil, p.Turned || p.Origin != ""
		p.Origin, p.Releases, p.Records, p.Passed, p.Builds, p.Month = origin, time.Time{}, nil, nil, nil, nil
	}
	s.turn()
	s.recall()
	for _, r := range s.repos {
		r.reconsider()
	}
	var failures []error
	for _, way := range s.ways() {
		err := map[From]func(context.Context) error{FromEnvironments: s.readEnvironments, FromStages: s.readStages, FromReleases: s.readReleases}[way](ctx)
		failures = append(failures, err)
		if source.Stops(err) {
			break
		}
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	return s.withdrawOthers(ctx)
}

// readEnvironments reads what every environment records.
func (s *projectSync) readEnvironments(ctx context.Context) error {
	environments, err := all[environmentRecord](ctx, s.run, s.part, question{path: s.path + "/_apis/distributedtask/environments", about: ofEnvironments})
	if err != nil {
		return err
	}
	s.environments = len(environments)
	for _, environment := range environments {
		if err := s.readEnvironment(ctx, environment); err != nil {
			return err
		}
	}
	if s.touched {
		s.touched = false
		return s.emit(ctx, nil)
	}
	return nil
}

// recall takes in what the store has of the deployments of this project's repositories.
func (s *projectSync) recall() {
	s.stored = map[string]*dora.Deployment{}
	names := slices.Clone(s.state.Elsewhere)
	for _, r := range s.repos {
		names = append(names, r.state.Name)
	}
	for _, name := range names {
		for _, e := range s.known(dora.KindDeployment, name) {
			if d, ok := e.(*dora.Deployment); ok && !d.Posted() {
				s.stored[d.ID] = d
			}
		}
	}
	s.former = map[string]*dora.Deployment{}
	for _, r := range s.repos {
		for _, d := range s.moved(r) {
			if !d.Posted() {
				s.former[d.ID] = d
			}
		}
	}
}

// moved are, under a repository's present name, the deployments that the store has under its former ones.
func (s *projectSync) moved(r *repositorySync) (found []*dora.Deployment) {
	for _, name := range r.state.Old {
		found = append(found, census.Moved(s.known(dora.KindDeployment, name), r.state.Name)...)
	}
	return found
}

// leg is what one stage of one run did in an environment: a deployment, by all its jobs and attempts.
type leg struct {
	build int64
	stage string
	jobs  []*jobRecord
}

// readEnvironment reads an environment's records, the newest first. There is no filter by time, and what shows up late shows up
// behind what is newer, so those of a month before the newest that is known are read each time, however long ago that was; all
// of them where the environment is called otherwise, since so are they then.
func (s *projectSync) readEnvironment(ctx context.Context, environment *environmentRecord) error {
	from, read := s.request.Since, recordsRead{Name: environment.Name}
	if before, was := s.state.Records[environment.ID]; was && before.Name == environment.Name {
		read.Newest = before.Newest
		if late := read.Newest.Add(-recordsLate); late.After(from) {
			from = late
		}
	}
	legs := map[string]*leg{}
	path := s.path + "/_apis/distributedtask/environments/" + number(environment.ID) + "/environmentdeploymentrecords"
	err := each[jobRecord](ctx, s.run, s.part, question{path: path, query: url.Values{"top": {strconv.Itoa(recordsAtOnce)}}, about: ofEnvironments}, func(rows []*jobRecord) (bool, error) {
		for _, row := range rows {
			read.Newest = dora.Latest(read.Newest, row.Queued.Time)
			if !s.mayDeploy(FromEnvironments, row.Definition.Name) {
				continue
			}
			key := number(row.Owner.ID) + " " + row.Stage
			if legs[key] == nil {
				legs[key] = &leg{build: row.Owner.ID, stage: row.Stage}
			}
			legs[key].jobs = append(legs[key].jobs, row)
		}
		return len(rows) > 0 && !rows[len(rows)-1].Queued.Before(from), nil
	})
	if err != nil {
		return err
	}
	maps.DeleteFunc(legs, func(_ string, l *leg) bool {
		last := slices.MaxFunc(l.jobs, func(a, b *jobRecord) int { return a.Queued.Compare(b.Queued.Time) })
		if month := s.Now().Add(-monthOf); !last.Queued.Before(month) {
			s.into++
		}
		return last.Queued.Before(from)
	})
	ordered := slices.SortedFunc(maps.Values(legs), func(a, b *leg) int { return cmp.Or(cmp.Compare(a.build, b.build), cmp.Compare(a.stage, b.stage)) })
	if err := s.buildsOf(ctx, environment, ordered); err != nil {
		return err
	}
	var events []dora.Event
	for _, l := range ordered {
		if d := s.deploymentOf(environment, l); d != nil && s.deploys(FromEnvironments, d) {
			events = append(events, s.news(d)...)
		}
	}
	if before, was := s.state.Records[environment.ID]; !was || before.Name != read.Name || !before.Newest.Equal(read.Newest) {
		if s.state.Records == nil {
			s.state.Records = map[int64]recordsRead{}
		}
		s.state.Records[environment.ID], s.touched = read, true
	}
	if len(events) == 0 {
		return nil
	}
	s.touched = false
	return s.emit(ctx, events)
}

// storedOf is what the store has of a stage of a run, under whichever repository.
func (s *projectSync) storedOf(environment *environmentRecord, l *leg) *dora.Deployment {
	for _, name := range s.deployable() {
		id := legID(name, environment, l)
		if d := s.stored[id]; d != nil {
			return d
		}
		if d := s.former[id]; d != nil {
			return d
		}
	}
	return nil
}

// deployable are the repositories of which deployments may be told.
func (s *projectSync) deployable() []string {
	names := slices.Clone(s.state.Elsewhere)
	for _, r := range s.repos {
		names = append(names, r.state.Name)
	}
	return names
}

func legID(repository string, environment *environmentRecord, l *leg) string {
	return repository + ":deployment:" + number(environment.ID) + ":" + l.stage + ":" + number(l.build)
}

// buildsOf asks for the runs that nothing is known of yet.
func (s *projectSync) buildsOf(ctx context.Context, environment *environmentRecord, legs []*leg) error {
	var ids []int64
	for _, l := range legs {
		if s.builds[l.build] == nil && !slices.Contains(s.state.Passed, l.build) && !slices.Contains(ids, l.build) && s.storedOf(environment, l) == nil {
			ids = append(ids, l.build)
		}
	}
	for some := range slices.Chunk(ids, buildsAtOnce) {
		texts := make([]string, len(some))
		for i, id := range some {
			texts[i] = number(id)
		}
		query := url.Values{"buildIds": {strings.Join(texts, ",")}, "$top": {strconv.Itoa(buildsAtOnce)}}
		rows, err := all[buildRecord](ctx, s.run, s.part, question{path: s.path + "/_apis/build/builds", query: query, about: ofBuilds})
		if err != nil {
			return err
		}
		for _, row := range rows {
			s.builds[row.ID] = row
			if s.note(row) == "" || row.ofPullRequest() {
				s.pass(row.ID)
			}
		}
	}
	return s.pipelinesOf(ctx, slices.DeleteFunc(slices.Clone(legs), func(l *leg) bool { return !slices.Contains(ids, l.build) || s.builds[l.build] != nil }))
}

// note takes note of the repository that a run's pipeline builds; empty where it is not read or told here.
func (s *projectSync) note(b *buildRecord) string {
	name := s.repositoryOf(b)
	if s.state.Builds == nil {
		s.state.Builds = map[int64]string{}
	}
	if name != "" && s.state.Builds[b.Definition.ID] != name {
		s.state.Builds[b.Definition.ID], s.touched = name, true
	}
	return name
}

// ofPullRequest says that a run was made for a pull request, whose trial merge enters no environment. One may be begun by hand.
func (b *buildRecord) ofPullRequest() bool {
	return strings.EqualFold(b.Reason, "pullRequest") || trialMerge(b.Branch)
}

func trialMerge(branch string) bool { return strings.HasPrefix(branch, "refs/pull/") }

// pipelinesOf finds what the pipelines build of whose runs the retention has deleted those that deployed: by their newest runs.
// Where they have none any more, it is not known what was deployed.
func (s *projectSync) pipelinesOf(ctx context.Context, gone []*leg) error {
	var ids []string
	for _, l := range gone {
		pipeline := l.jobs[0].Definition.ID // none where the pipeline itself was deleted
		if id := number(pipeline); pipeline > 0 && s.state.Builds[pipeline] == "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for some := range slices.Chunk(ids, buildsAtOnce) {
		query := url.Values{"definitions": {strings.Join(some, ",")}, "maxBuildsPerDefinition": {"1"}, "$top": {strconv.Itoa(buildsAtOnce)}}
		rows, err := all[buildRecord](ctx, s.run, s.part, question{path: s.path + "/_apis/build/builds", query: query, about: ofBuilds})
		if err != nil {
			return err
		}
		for _, row := range rows {
			s.note(row)
		}
	}
	for _, l := range gone {
		if s.state.Builds[l.jobs[0].Definition.ID] == "" {
			s.pass(l.build)
		}
	}
	return nil
}

func (s *projectSync) pass(build int64) {
	s.state.Passed, s.touched = append(s.state.Passed, build), true
	if more := len(s.state.Passed) - passedLimit; more > 0 {
		s.state.Passed = s.state.Passed[more:]
	}
}

// repositoryOf is what a run built, if it is read or told here; empty otherwise.
func (s *projectSync) repositoryOf(b *buildRecord) string {
	return s.repositoryBy(b.Repository.Type, b.Repository.ID, s.state.Name)
}

func (s *projectSync) repositoryBy(kind, id, project string) string {
	name := ""
	switch strings.ToLower(kind) {
	case "tfsgit", "git":
		if r := s.repos[strings.ToLower(id)]; r != nil {
			return r.state.Name
		}
		return ""
	case "github", "githubenterprise":
		if name = strings.TrimSuffix(id, ".git"); !s.selection.github.Takes(name) {
			return ""
		}
	case "tfsversioncontrol":
		if name = project + "/$"; !s.selection.own.Takes(name) {
			return ""
		}
	default:
		return ""
	}
	if !slices.Contains(s.state.Elsewhere, name) {
		s.state.Elsewhere, s.touched = append(s.state.Elsewhere, name), true
		for _, e := range s.known(dora.KindDeployment, name) {
			if d, ok := e.(*dora.Deployment); ok {
				s.stored[d.ID] = d
			}
		}
	}
	return name
}

// commitOf is the commit that something was made of. What is none is called so that it is no other's.
func commitOf(kind, sha, otherwise string) string {
	switch sha = strings.ToLower(sha); {
	case strings.EqualFold(kind, "TfsVersionControl") && sha != "":
		return "tfvc:" + strings.TrimPrefix(sha, "c")
	case isCommit(sha):
		return sha
	}
	return otherwise
}

// deploymentOf puts the jobs of a stage together; nil where it is no deployment here. It finished at the end of the first
// attempt in which no job failed.
func (s *projectSync) deploymentOf(environment *environmentRecord, l *leg) *dora.Deployment {
	if slices.Contains(s.state.Passed, l.build) {
		return nil
	}
	d := &dora.Deployment{Header: dora.Header{Source: s.config.ID}, Number: l.build, Run: s.state.Name + "/" + number(l.build), Environment: environment.Name, Task: l.jobs[0].Definition.Name}
	stored := s.storedOf(environment, l)
	switch b := s.builds[l.build]; {
	case b != nil:
		d.Repository = s.repositoryOf(b)
		d.SHA = commitOf(b.Repository.Type, b.Version, "run:"+number(l.build))
		d.Ref, d.RefKind = refOf(b.Branch)
		d.Creator = b.RequestedFor.who()
	case stored != nil:
		d.Repository, d.SHA, d.Ref, d.RefKind, d.Creator = stored.Repository, stored.SHA, stored.Ref, stored.RefKind, stored.Creator
	default: // the retention has deleted it
		d.Repository, d.SHA, d.RefKind = s.state.Builds[l.jobs[0].Definition.ID], "run:"+number(l.build), dora.RefLost
	}
	if d.Repository == "" {
		return nil
	}
	d.ID = legID(d.Repository, environment, l)
	d.URL = s.root + "/" + url.PathEscape(s.state.Name) + "/_build/results?buildId=" + number(l.build)
	d.Statuses, d.Created = steps(l.jobs)
	if firstAttempt(l.jobs) > 1 { // those before are not read any more
		if stored != nil {
			d.Statuses, d.Created = joined(stored.Statuses, d.Statuses), earliest(stored.Created, d.Created)
		} else {
			d.Retried = true
			d.Statuses = slices.DeleteFunc(d.Statuses, func(status dora.DeploymentStatus) bool { return status.State == dora.StateSuccess })
		}
	}
	d.Rank = len(d.Statuses)
	d.Updated = d.LastWord()
	return d
}

func firstAttempt(jobs []*jobRecord) int {
	return slices.MinFunc(jobs, func(a, b *jobRecord) int { return cmp.Compare(a.Attempt, b.Attempt) }).Attempt
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// joined are the steps that are known and those that were read, each once, in order of time.
func joined(known, read []dora.DeploymentStatus) []dora.DeploymentStatus {
	all := slices.Clone(known)
	for _, status := range read {
		if !slices.ContainsFunc(all, func(other dora.DeploymentStatus) bool {
			return other.State == status.State && other.At.Equal(status.At)
		}) {
			all = append(all, status)
		}
	}
	slices.SortStableFunc(all, func(a, b dora.DeploymentStatus) int { return a.At.Compare(b.At) })
	return all
}

// wentWell are the results of jobs that do not undo their stage. A stage all of whose jobs were skipped did nothing.
var wentWell = map[string]bool{"succeeded": true, "succeededwithissues": true, "partiallysucceeded": true, "skipped": true}

// steps are what the attempts of a stage came to, as far as the first that went well, and when it was first queued.
func steps(jobs []*jobRecord) ([]dora.DeploymentStatus, time.Time) {
	attempts := map[int]map[string]*jobRecord{}
	for _, job := range jobs {
		if attempts[job.Attempt] == nil {
			attempts[job.Attempt] = map[string]*jobRecord{}
		}
		// A job that was run again within the attempt is what it came to last; the first record of it stands for the same try.
		if other := attempts[job.Attempt][job.Job]; other == nil || job.JobAttempt > other.JobAttempt || job.JobAttempt == other.JobAttempt && job.ID < other.ID {
			attempts[job.Attempt][job.Job] = job
		}
	}
	var found []dora.DeploymentStatus
	var created time.Time
	for _, attempt := range slices.Sorted(maps.Keys(attempts)) {
		var queued, began, ended time.Time
		failed, over, deployed := false, true, false
		for _, job := range attempts[attempt] {
			if queued.IsZero() || job.Queued.Before(queued) {
				queued = job.Queued.Time
			}
			if !job.Started.IsZero() && (began.IsZero() || job.Started.Before(began)) {
				began = job.Started.Time
			}
			ended = dora.Latest(ended, job.Finished.Time)
			result := strings.ToLower(job.Result)
			over = over && result != ""
			failed = failed || result != "" && !wentWell[result]
			deployed = deployed || result != "skipped" && wentWell[result]
		}
		if created.IsZero() || queued.Before(created) {
			created = queued
		}
		found = append(found, dora.DeploymentStatus{State: dora.StateWaiting, At: queued})
		if !began.IsZero() {
			found = append(found, dora.DeploymentStatus{State: dora.StateRunning, At: began})
		}
		if !over {
			continue
		}
		if ended.IsZero() {
			ended = dora.Latest(queued, began)
		}
		if failed || !deployed {
			found = append(found, dora.DeploymentStatus{State: dora.StateFailure, At: ended})
			continue
		}
		return append(found, dora.DeploymentStatus{State: dora.StateSuccess, At: ended}), created
	}
	return found, created
}

// news is a deployment where the store has it not, or otherwise, and has its commit looked for.
func (s *projectSync) news(d *dora.Deployment) []dora.Event {
	for _, r := range s.repos {
		if r.state.Name == d.Repository {
			r.ship(d)
			if s.stored[d.ID] == nil {
				r.deployed(d)
			}
		}
	}
	stored := s.stored[d.ID]
	switch {
	case stored == nil:
		return []dora.Event{d}
	case d.NewerThan(stored.Header):
		return []dora.Event{d}
	case d.Environment != stored.Environment || d.SHA != stored.SHA || stored.Withdrawn:
		return []dora.Event{census.Above(d, stored)}
	}
	return nil
}

package azuredevops

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// projectSync reads one project until it is up to date.
type projectSync struct {
	*run
	part    string // the project's name, for sentences
	path    string // of the project, by its id
	state   *projectPosition
	repos   map[string]*repositorySync // those that are read, by Azure DevOps' id in lower case
	names   map[string]string          // of all repositories of the project, by id in lower case
	listed  bool
	builds  map[int64]*buildRecord
	stored  map[string]*dora.Deployment // by id; nil: nothing is known of the store
	former  map[string]*dora.Deployment // those of repositories that were called otherwise, by the ids that they have now
	touched bool
	met     map[string]bool // deployments by stages that this run read, by id
	// environments is how many there are, and into how many stages of runs deployed into them in the last month.
	environments, into int
}

// repositorySync reads one repository's code.
type repositorySync struct {
	*projectSync
	path  string
	state *position
	own   repositoryRecord
	// seen are the commits that the branch leads to, as far as this run was told; whole says that these are all. claimed are
	// those that pull requests of this run landed.
	seen    map[string]bool
	whole   bool
	claimed map[string]bool
}

func (r *run) project(ctx context.Context, name string) (*projectRecord, error) {
	p, found, err := one[projectRecord](ctx, r, name, question{path: "/_apis/projects/" + url.PathEscape(name), about: ofProjects})
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, r.Failure(source.CauseNotFound, name, fmt.Sprintf("there is no project %s in this organisation, or the token may not see it: check its name, the organisation in the address and the token's access", name), nil)
	}
	return p, nil
}

// wanted are the names of the projects of this run. A service hook names a project by its id.
func (r *run) wanted() []string {
	if len(r.request.Only) == 0 {
		return r.selection.projects
	}
	var names []string
	for _, each := range r.request.Only {
		name, _, _ := strings.Cut(each, "/")
		if p := r.cursor.Projects.Known(strings.ToLower(each)); p != nil {
			name = p.Name
		}
		if r.selection.takesProject(name) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// sync reads a project. What cannot be read costs what needs it, and no more.
func (r *run) sync(ctx context.Context, name string) error {
	r.Progress.Part, r.Progress.Done, r.Progress.Total = name, 0, 0
	r.Report()
	r.cursor.Projects.Rest()
	r.cursor.Repositories.Rest()
	p, err := r.project(ctx, name)
	if err != nil {
		return err
	}
	if !strings.EqualFold(p.Name, name) && !strings.EqualFold(p.ID, name) {
		return r.Failure(source.CauseNotFound, name, fmt.Sprintf("the project %s is called %s now: enter that name", name, p.Name), nil)
	}
	s := &projectSync{run: r, part: name, path: "/" + url.PathEscape(p.ID), repos: map[string]*repositorySync{}, names: map[string]string{}, builds: map[int64]*buildRecord{}, met: map[string]bool{}}
	s.state = r.cursor.Projects.At(strings.ToLower(p.ID))
	s.state.ID, s.state.Name = p.ID, p.Name
	var failures []error
	for _, step := range []func(context.Context) error{s.listRepositories, s.readCode, s.readDeployments, s.readAside, s.readIncidents, s.tellMoved} {
		err := step(ctx)
		failures = append(failures, err)
		if source.Stops(err) {
			break
		}
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	return s.lookAround(ctx)
}

// listRepositories recognises those that are to be read, and tells of those that are not there any more.
func (s *projectSync) listRepositories(ctx context.Context) error {
	rows, err := all[repositoryRecord](ctx, s.run, s.part, question{path: s.path + "/_apis/git/repositories", about: ofCode})
	if err != nil {
		return err
	}
	s.listed = true
	there := map[string]bool{}
	var events []dora.Event
	for _, row := range rows {
		id, name := strings.ToLower(row.ID), s.state.Name+"/"+row.Name
		s.names[id] = name
		there[id] = true
		if p := s.cursor.Repositories.Known(id); row.Disabled && p != nil && !p.Announced.IsZero() && !p.Gone && !p.Traits.Archived {
			events = append(events, s.tell(s.cursor.Repositories.At(id), row.traits(s.state.Name)))
		}
		if row.Disabled || !s.selection.own.Takes(name) {
			continue
		}
		state, err := s.recognise(ctx, id, name)
		if err != nil {
			return err
		}
		s.repos[id] = &repositorySync{projectSync: s, path: s.path + "/_apis/git/repositories/" + url.PathEscape(row.ID), state: state, own: *row, seen: map[string]bool{}, claimed: map[string]bool{}}
	}
	for id, p := range s.cursor.Repositories.All() {
		if p.Project != s.state.ID || p.Gone || there[id] || p.Name == "" {
			continue
		}
		e := census.Gone(s.config.ID, p.Name, "", s.now(), p.Announced)
		at := s.cursor.Repositories.At(id)
		at.Gone, at.Announced = true, e.Updated
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	return s.emit(ctx, events)
}

// recognise takes note of what a repository is called now. Where that is another name than it had, it is read from its
// beginning; where the name was another's, what was read of that is forgotten.
func (s *projectSync) recognise(ctx context.Context, id, name string) (*position, error) {
	p, key := s.cursor.Repositories.At(id), strings.ToLower(name)
	p.ID, p.Project = id, s.state.ID
	var forget []string
	if before := s.cursor.Names[key]; before != "" && before != id {
		if other := s.cursor.Repositories.At(before); strings.EqualFold(other.Name, name) {
			*other = position{ID: other.ID, Project: other.Project, Formerly: append(slices.Clone(other.Formerly), dora.FormerName{Name: other.Name, Until: s.now()})}
		}
		s.forgotten[key] = true
		forget = append(forget, name)
	}
	s.cursor.Names[key] = id
	switch {
	case p.Name == "":
		p.Name = name
	case p.Name != name:
		moved := position{ID: p.ID, Project: p.Project, Name: name, Formerly: p.Formerly, Old: p.Old, Announced: p.Announced}
		if !strings.EqualFold(p.Name, name) {
			moved.Formerly = append(moved.Formerly, dora.FormerName{Name: p.Name, Until: s.now()})
			moved.Old = append(moved.Old, p.Name)
		}
		*p = moved
		s.state.Releases = time.Time{} // its deployments are told under its present name
		s.state.Records, s.state.Builds = nil, nil
		s.state.Runs, s.state.Ran = time.Time{}, nil
	}
	if p.Gone { // it is there again
		p.Gone, p.Head = false, ""
	}
	if forget != nil {
		p.Began = s.now()
		return p, s.emit(ctx, nil, forget...)
	}
	return p, nil
}

// tellMoved tells of names under which repositories are not to be found any more, now that all of them is handed over under
// their present ones.
func (s *projectSync) tellMoved(ctx context.Context) error {
	var events []dora.Event
	for _, r := range s.repos {
		events = append(events, s.leftBehind(r)...)
		for _, name := range r.state.Old {
			events = append(events, census.Gone(s.config.ID, name, r.state.Name, s.now(), r.state.Announced))
		}
		r.state.Old = nil
	}
	if len(events) == 0 {
		return nil
	}
	return s.emit(ctx, events)
}

// leftBehind are the deployments of a repository that was called otherwise which Azure DevOps shows no longer.
func (s *projectSync) leftBehind(r *repositorySync) (events []dora.Event) {
	if len(r.state.Old) == 0 || s.request.Known == nil {
		return nil
	}
	there := map[string]bool{}
	for _, e := range s.known(dora.KindDeployment, r.state.Name) {
		there[e.Head().ID] = true
	}
	for _, d := range s.moved(r) {
		if !there[d.ID] {
			events = append(events, d)
		}
	}
	return events
}

// readCode reads the branches and pull requests of the repositories.
func (s *projectSync) readCode(ctx context.Context) error {
	return s.eachRepository(func(r *repositorySync) error {
		if err := r.readBranch(ctx); err != nil {
			return err
		}
		return r.readPullRequests(ctx)
	})
}

// readAside reads what deployments shipped from beside the branch, and from before the history.
func (s *projectSync) readAside(ctx context.Context) error {
	return s.eachRepository(func(r *repositorySync) error {
		if err := r.place(ctx); err != nil {
			return err
		}
		return r.claim(ctx)
	})
}

func (s *projectSync) eachRepository(do func(*repositorySync) error) error {
	var ids []string
	for id := range s.repos {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return source.Each(ids, func(id string) error { return do(s.repos[id]) })
}

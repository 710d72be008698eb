package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// repositorySync reads one repository until it is up to date.
type repositorySync struct {
	*run
	part  string // its name
	path  string
	state *position
	own   *repositoryRecord
	// seen are the commits that this run read, by the twelve digits that pull requests have of them.
	seen map[string][]string
}

const repositoryFields = "uuid,full_name,mainbranch.name,updated_on,links.html,project.key,parent.uuid"

// repository asks for one by its name.
func (r *run) repository(ctx context.Context, name string) (*repositoryRecord, error) {
	found, err := one[repositoryRecord](ctx, r, name, r.at(below(name), url.Values{"fields": {repositoryFields}}), http.StatusNotFound)
	if err == nil && found == nil {
		err = r.Failure(source.CauseNotFound, name, fmt.Sprintf("there is no repository %s, or the token may not see it: check its name and the token's access", name), nil)
	}
	return found, err
}

// list asks for all of a workspace.
func (r *run) list(ctx context.Context, workspace string) ([]*repositoryRecord, error) {
	fields := "next,values." + strings.ReplaceAll(repositoryFields, ",", ",values.")
	return all[repositoryRecord](ctx, r, workspace, r.at(url.PathEscape(workspace), url.Values{"pagelen": {"100"}, "fields": {fields}}))
}

// wanted are the repositories of this run. Those that are named alone are asked for one by one, which a token of one
// repository may.
func (r *run) wanted(ctx context.Context) (found []*repositoryRecord, err error) {
	if len(r.request.Only) > 0 {
		for _, name := range r.request.Only {
			if !r.selection.Takes(name) {
				continue
			}
			row, failed := r.repository(ctx, name)
			err = errors.Join(err, failed)
			if failed == nil {
				found = append(found, row)
			}
		}
		return found, err
	}
	for _, workspace := range r.workspaces {
		rows, failed := r.ofWorkspace(ctx, workspace)
		err = errors.Join(err, failed)
		found = append(found, rows...)
		if source.Stops(failed) {
			break
		}
	}
	return found, err
}

func (r *run) ofWorkspace(ctx context.Context, workspace string) (found []*repositoryRecord, err error) {
	within := func(name string) bool {
		owner, _, _ := strings.Cut(name, "/")
		return strings.EqualFold(owner, workspace)
	}
	if !slices.ContainsFunc(r.config.Repositories, func(p string) bool {
		return within(p) && strings.ContainsAny(p, "*?") && !strings.HasPrefix(p, "!")
	}) {
		for _, name := range r.selection.ByName() {
			if within(name) && !r.selection.Excludes(name) {
				row, failed := r.repository(ctx, name)
				err = errors.Join(err, failed)
				if failed == nil {
					found = append(found, row)
				}
			}
		}
		return found, err
	}
	rows, err := r.list(ctx, workspace)
	if err != nil {
		return nil, err
	}
	there := map[string]bool{}
	for _, row := range rows {
		there[row.ID] = true
		if r.selection.Takes(row.Name) {
			found = append(found, row)
		}
	}
	return found, r.tellGone(ctx, func(id string, p *position) bool { return within(p.Name) && !there[id] })
}

// tellGone tells of repositories that are not there any more.
func (r *run) tellGone(ctx context.Context, gone func(id string, p *position) bool) error {
	var events []dora.Event
	r.cursor.Repositories.Rest()
	for id, p := range r.cursor.Repositories.All() {
		if p.Gone || p.Name == "" || !gone(id, p) {
			continue
		}
		e := census.Gone(r.config.ID, p.Name, "", r.now(), p.Announced)
		at := r.cursor.Repositories.At(id)
		at.Gone, at.Announced = true, e.Updated
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	return r.emit(ctx, events)
}

// sync reads a repository. What cannot be read costs what needs it, and no more.
func (r *run) sync(ctx context.Context, row *repositoryRecord) error {
	r.Progress.Part, r.Progress.Done, r.Progress.Total = row.Name, 0, 0
	r.Report()
	r.cursor.Repositories.Rest()
	state, err := r.recognise(ctx, row)
	if err != nil {
		return err
	}
	s := &repositorySync{run: r, part: row.Name, path: below(row.Name), state: state, own: row, seen: map[string][]string{}}
	var failures []error
	for _, step := range []func(context.Context) error{s.readCode, s.readDeployments, s.place, s.claim, s.tellMoved} {
		err := step(ctx)
		failures = append(failures, err)
		if source.Stops(err) {
			break
		}
	}
	return errors.Join(failures...)
}

// readCode reads commits and pull requests where anything was pushed since, which a merge is too.
func (s *repositorySync) readCode(ctx context.Context) error {
	pushed := s.own.Updated.Time
	if len(s.request.Only) == 0 && !pushed.IsZero() && pushed.Equal(s.state.Pushed) && s.state.Branch == s.own.branch() {
		return s.announce(ctx, s.state.Head)
	}
	if err := s.readBranch(ctx); err != nil {
		return err
	}
	if err := s.readRequests(ctx); err != nil {
		return err
	}
	if pushed.Equal(s.state.Pushed) {
		return nil
	}
	s.state.Pushed = pushed
	return s.emit(ctx, nil)
}

// recognise takes note of what a repository is called now. Where that is another name than it had, it is read from its
// beginning; where the name was another's, what was read of that is forgotten.
func (r *run) recognise(ctx context.Context, row *repositoryRecord) (*position, error) {
	p, key := r.cursor.Repositories.At(row.ID), strings.ToLower(row.Name)
	var forget []string
	if before := r.cursor.Names[key]; before != "" && before != row.ID {
		if other := r.cursor.Repositories.At(before); strings.EqualFold(other.Name, row.Name) {
			*other = position{Formerly: append(slices.Clone(other.Formerly), dora.FormerName{Name: other.Name, Until: r.now()})}
		}
		r.forgotten[key] = true
		forget = append(forget, row.Name)
	}
	r.cursor.Names[key] = row.ID
	switch {
	case p.Name == "":
		p.Name = row.Name
	case p.Name != row.Name:
		moved := position{Name: row.Name, Formerly: p.Formerly, Old: p.Old, Announced: p.Announced}
		if !strings.EqualFold(p.Name, row.Name) {
			moved.Formerly = append(moved.Formerly, dora.FormerName{Name: p.Name, Until: r.now()})
			moved.Old = append(moved.Old, p.Name)
		}
		*p = moved
	}
	if p.Gone { // it is there again
		p.Gone, p.Head, p.Pushed = false, "", time.Time{}
	}
	if forget != nil {
		p.Began = r.now()
		return p, r.emit(ctx, nil, forget...)
	}
	return p, nil
}

// tellMoved tells of names under which the repository is not to be found any more, now that all of it is handed over under its
// present one. What the list of deployments has no longer moves as it was told.
func (s *repositorySync) tellMoved(ctx context.Context) error {
	if len(s.state.Old) == 0 {
		return nil
	}
	there := map[string]bool{}
	for _, e := range s.known(dora.KindDeployment, s.state.Name) {
		there[e.Head().ID] = true
	}
	var events []dora.Event
	for _, d := range s.moved() {
		if !there[d.ID] {
			events = append(events, d)
		}
	}
	for _, name := range s.state.Old {
		events = append(events, census.Gone(s.config.ID, name, s.state.Name, s.now(), s.state.Announced))
	}
	s.state.Old = nil
	return s.emit(ctx, events)
}

// moved are, under the repository's present name, the deployments that the store has under its former ones.
func (s *repositorySync) moved() (found []*dora.Deployment) {
	for _, name := range s.state.Old {
		found = append(found, census.Moved(s.known(dora.KindDeployment, name), s.state.Name)...)
	}
	return found
}

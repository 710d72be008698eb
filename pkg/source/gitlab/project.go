package gitlab

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// target is a project to read.
type target struct {
	part string // as it was asked for
	projectRecord
}

// project reads a project by its path, or by its number.
func (r *run) project(ctx context.Context, part, name string) (*projectRecord, error) {
	project, found, err := one[projectRecord](ctx, r, part, "/projects/"+url.PathEscape(name), nil)
	if err != nil {
		return nil, err
	}
	if !found || project.doomed() {
		return nil, r.noProject(part, nil)
	}
	return project, nil
}

// find reads a project by its path. One that is not there by that path any more may have moved: it is looked for by the
// number that it had.
func (r *run) find(ctx context.Context, name string) (*projectRecord, error) {
	project, err := r.project(ctx, name, name)
	before := r.cursor.Names[strings.ToLower(name)]
	if err == nil || before == 0 || !isAbsent(err) {
		return project, err
	}
	moved, found, failed := one[projectRecord](ctx, r, name, of(before), nil)
	switch {
	case failed != nil:
		return nil, failed
	case !found || moved.doomed():
		return nil, err
	}
	return moved, nil
}

// listed lists the projects of a group, or of a user. Check asks for the first page alone.
func (r *run) listed(ctx context.Context, g group, only bool) ([]*projectRecord, error) {
	query := url.Values{
		"include_subgroups": {strconv.FormatBool(g.below)}, "with_shared": {"false"}, "order_by": {"id"}, "sort": {"asc"}, "per_page": {strconv.Itoa(widest)},
	}
	path := "/groups/" + url.PathEscape(g.path) + "/projects"
	if only {
		_, err := r.group(ctx, g, path, query)
		return nil, err
	}
	key := func(p *projectRecord) string { return strconv.FormatInt(p.ID, 10) }
	rows, found, err := all[projectRecord](ctx, r, g.path, path, query, key, absent...)
	if err != nil || found {
		return rows, err
	}
	rows, found, err = all[projectRecord](ctx, r, g.path, "/users/"+url.PathEscape(g.path)+"/projects", url.Values{"order_by": {"id"}, "sort": {"asc"}}, key, absent...)
	switch {
	case source.Stops(err):
		return nil, err
	case err != nil || !found: // it is no group, and no user either
		return nil, r.noGroup(g.path, nil)
	}
	return rows, nil
}

func (r *run) group(ctx context.Context, g group, path string, query url.Values) (page[projectRecord], error) {
	p, err := many[projectRecord](ctx, r, g.path, path, query, absent...)
	if err != nil || !p.absent {
		return p, err
	}
	p, err = many[projectRecord](ctx, r, g.path, "/users/"+url.PathEscape(g.path)+"/projects", url.Values{"order_by": {"id"}}, absent...)
	switch {
	case source.Stops(err):
		return p, err
	case err != nil || p.absent:
		return p, r.noGroup(g.path, nil)
	}
	return p, nil
}

// wanted are the projects of this run: those that were asked for, as far as they are read at all, or every one. It returns
// those found beside the errors of those that could not be found.
func (r *run) wanted(ctx context.Context) ([]target, error) {
	var list []target
	var failures []error
	seen := map[int64]bool{}
	add := func(part string, p *projectRecord) {
		if !seen[p.ID] {
			seen[p.ID] = true
			list = append(list, target{part, *p})
		}
	}
	names := r.selection.exact
	if len(r.request.Only) > 0 {
		names = r.request.Only
	}
	for _, name := range names {
		if len(r.request.Only) > 0 && !r.selection.Takes(name) || r.selection.Excludes(name) {
			continue
		}
		p, err := r.find(ctx, name)
		if source.Stops(err) {
			return list, err
		}
		if err != nil {
			r.Progress.Parts++
			failures = append(failures, err)
			continue
		}
		add(name, p)
	}
	if len(r.request.Only) > 0 {
		return list, errors.Join(failures...)
	}
	for _, g := range r.selection.groups {
		rows, err := r.listed(ctx, g, false)
		if source.Stops(err) {
			return list, err
		}
		failures = append(failures, err)
		r.groups[g] = err == nil
		for _, p := range rows {
			if p.doomed() {
				continue
			}
			r.there[strings.ToLower(p.Path)], r.called[p.ID] = true, p.Path
			if r.selection.lists(p.Path) {
				add(p.Path, p)
			}
		}
	}
	return list, errors.Join(failures...)
}

// recognise takes note of what a project is called now. Where that is another name than it had, it is read from its
// beginning; where the name was another project's, what was read of that is forgotten.
func (r *run) recognise(ctx context.Context, t target) (*position, error) {
	p, now, key := r.cursor.at(t.ID), r.Now().UTC(), strings.ToLower(t.Path)
	var forget []string
	if before := r.cursor.Names[key]; before != 0 && before != t.ID {
		if other := r.cursor.at(before); strings.EqualFold(other.Name, t.Path) {
			*other = position{ID: other.ID, Formerly: append(slices.Clone(other.Formerly), dora.FormerName{Name: other.Name, Until: now})}
		}
		r.forgotten[key] = true
		forget = append(forget, t.Path)
	}
	r.cursor.Names[key] = t.ID
	switch {
	case p.Name == "":
		p.Name = t.Path
		if forget != nil {
			p.Began = now
		}
	case p.Name != t.Path:
		moved := position{ID: p.ID, Name: t.Path, Formerly: p.Formerly, Old: p.Old, Announced: p.Announced, People: p.People}
		if !strings.EqualFold(p.Name, t.Path) {
			moved.Formerly = append(moved.Formerly, dora.FormerName{Name: p.Name, Until: now})
			moved.Old = append(moved.Old, p.Name)
		}
		if forget != nil {
			moved.Began = now
		}
		*p = moved
	}
	if !strings.EqualFold(t.part, p.Name) && !slices.Contains(p.Old, t.part) && !slices.ContainsFunc(p.Formerly, func(f dora.FormerName) bool { return strings.EqualFold(f.Name, t.part) }) {
		p.Old = append(p.Old, t.part) // GitLab leads from a name that it had
	}
	if p.Gone { // it is there again
		p.Gone, p.Head = false, ""
	}
	if forget != nil {
		return p, r.emit(ctx, nil, forget...)
	}
	return p, nil
}

// tellMoved tells of the names under which a project is not to be found any more, now that all of it is handed over under
// its present one, and brings over what was posted under them, which nobody can read again.
func (s *projectSync) tellMoved() []dora.Event {
	p := s.state
	var events []dora.Event
	for _, name := range slices.Compact(slices.Sorted(slices.Values(p.Old))) {
		events = append(events, s.gone(name, p.Name, p.Announced))
		events = append(events, census.Posted(s.known(dora.KindDeployment, name), p.Name)...)
	}
	p.Old = nil
	return events
}

// gone tells that there is no project of a name any more, in a version above one that was handed over.
func (r *run) gone(name, moved string, version time.Time) *dora.Repository {
	return census.Gone(r.config.ID, name, moved, r.Now().UTC(), version)
}

// vanished tells of the projects that their group's list shows no longer, where all of it was listed. One that is read under
// another name was told of when that was done.
func (r *run) vanished(ctx context.Context) error {
	var events []dora.Event
	r.cursor.Projects.Rest()
	for _, p := range r.cursor.Projects.All() {
		if p.Gone || p.Name == "" || r.there[strings.ToLower(p.Name)] || !r.selection.lists(p.Name) || r.selection.Names(p.Name) || !r.wouldList(p.Name) {
			continue
		}
		e := r.gone(p.Name, r.called[p.ID], p.Announced)
		p = r.cursor.at(p.ID)
		p.Gone, p.Announced = true, e.Updated
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	return r.emit(ctx, events)
}

// wouldList says whether a group that was listed wholly would have shown a project.
func (r *run) wouldList(name string) bool {
	above := strings.ToLower(name[:strings.LastIndexByte(name, '/')])
	for g, listed := range r.groups {
		if listed && (above == g.path || g.below && strings.HasPrefix(above, g.path+"/")) {
			return true
		}
	}
	return false
}

// traits are what GitLab tells of a project beside its code. Its group is the path of groups that it is in, or the user.
func (p *projectRecord) traits() dora.Traits {
	return dora.Traits{Topics: p.Topics, Group: p.Path[:strings.LastIndexByte(p.Path, '/')], Archived: p.Archived, Fork: p.Forked != nil}.Ordered()
}

// announce tells of the project once its head is reached: everything that leads to the head is handed over by then.
func (s *projectSync) announce(head string) []dora.Event {
	p, traits := s.state, s.project.traits()
	traits.CodeOwners, traits.SectionedOwners, traits.CatalogInfo = p.Traits.CodeOwners, p.Traits.SectionedOwners, p.Traits.CatalogInfo
	if !p.Announced.IsZero() && p.Head == head && p.Branch == s.project.DefaultBranch && p.Traits.Same(&traits) {
		return nil
	}
	updated := s.Now().UTC()
	if !updated.After(p.Announced) {
		updated = p.Announced.Add(time.Second)
	}
	p.Head, p.Branch, p.URL, p.Traits, p.Announced = head, s.project.DefaultBranch, s.project.WebURL, traits, updated
	return []dora.Event{s.repository(p, updated)}
}

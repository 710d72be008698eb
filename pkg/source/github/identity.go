package github

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// A repository is told by GitHub's number, which it keeps whatever it is called and whosever it is. Names are handed on:
// one may lead to a repository of another name, and be given to another repository later.

// recognise says whether a repository is to be read from its beginning: because it is called otherwise than it was, or
// because its name means another one.
func (s *repositorySync) recognise(ctx context.Context, node *repositoryNode) (anew bool, err error) {
	p, now := s.state, s.Now().UTC()
	switch same := strings.EqualFold(p.Name, node.NameWithOwner); {
	case p.Name == "":
		p.ID, p.Formerly = node.DatabaseID, s.positions.formerNames(node, now)
	case another(p.ID, node.DatabaseID):
		s.positions.unhouse(p, now)
		*p = position{Name: node.NameWithOwner, ID: node.DatabaseID, Formerly: s.positions.formerNames(node, now), Began: now, Announced: p.Announced}
		s.forgotten[strings.ToLower(p.Name)] = true
		text, err := s.positions.encode()
		if err != nil {
			return false, err
		}
		return true, s.request.Emit(ctx, source.Batch{Forget: []string{p.Name}, Cursor: text})
	case p.Name != node.NameWithOwner:
		renamed := position{Name: node.NameWithOwner, ID: max(p.ID, node.DatabaseID), Formerly: p.Formerly, Old: p.Old, Began: p.Began, Announced: p.Announced, Traits: p.Traits}
		if !same {
			renamed.Formerly = append(renamed.Formerly, dora.FormerName{Name: p.Name, Until: now})
			renamed.Old = append(renamed.Old, p.Name)
		}
		*p = renamed
		return true, nil
	case p.ID == 0:
		p.ID = node.DatabaseID
	}
	if p.Gone { // it is there again
		p.Gone, p.Head = false, ""
	}
	p.Name = node.NameWithOwner
	return false, nil
}

// another says whether two numbers, as far as they are known, are those of two repositories.
func another(known, told int64) bool { return known != 0 && told != 0 && known != told }

// unhouse remembers what a repository was called, whose name is another's now.
func (c *positions) unhouse(p *position, now time.Time) {
	if c.Homeless == nil {
		c.Homeless = map[int64][]dora.FormerName{}
	}
	c.Homeless[p.ID] = append(slices.Clone(p.Formerly), dora.FormerName{Name: p.Name, Until: now})
}

// formerNames are what a repository was called, that is read under a name for the first time.
func (c *positions) formerNames(node *repositoryNode, now time.Time) []dora.FormerName {
	if node.DatabaseID == 0 {
		return nil
	}
	names := slices.Clone(c.Homeless[node.DatabaseID])
	delete(c.Homeless, node.DatabaseID)
	for _, p := range c.Repositories.All() {
		if p.ID == node.DatabaseID && p.Name != "" {
			names = append(names, p.Formerly...)
			if !strings.EqualFold(p.Name, node.NameWithOwner) {
				names = append(names, dora.FormerName{Name: p.Name, Until: now})
			}
		}
	}
	slices.SortFunc(names, func(a, b dora.FormerName) int {
		if order := a.Until.Compare(b.Until); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return slices.CompactFunc(names, func(a, b dora.FormerName) bool { return a.Name == b.Name && a.Until.Equal(b.Until) })
}

// tellMoved tells of the names under which the repository is not to be found any more, now that all of it is handed over
// under its present one.
func (s *repositorySync) tellMoved() []dora.Event {
	p, former := s.state, s.state.Old
	version := p.Announced
	var events []dora.Event
	for key, other := range s.positions.Repositories.All() {
		if other != p && !other.Gone && other.ID != 0 && other.ID == p.ID && !strings.EqualFold(other.Name, p.Name) {
			other = s.positions.at(key)
			other.Gone, version = true, dora.Latest(version, other.Announced)
			former = append(former, other.Name)
		}
	}
	if s.part != p.Asked && !strings.EqualFold(s.part, p.Name) {
		p.Asked, former = s.part, append(former, s.part)
	}
	p.Old = nil
	slices.Sort(former)
	for _, name := range slices.Compact(former) {
		events = append(events, s.gone(name, p.Name, version))
		events = append(events, census.Posted(s.known(dora.KindDeployment, name), p.Name)...)
	}
	return events
}

// gone tells that there is no repository of a name any more, in a version above one that was handed over.
func (r *run) gone(name, moved string, version time.Time) *dora.Repository {
	return census.Gone(r.config.ID, name, moved, r.Now().UTC(), version)
}

// vanished tells of the repositories that their owner's list shows no longer, where all of it was listed. One that is to be
// read under another name is told of when that is done.
func (r *run) vanished(ctx context.Context) error {
	var events []dora.Event
	r.positions.Repositories.Rest()
	for key, p := range r.positions.Repositories.All() {
		owner, _, _ := strings.Cut(strings.ToLower(p.Name), "/")
		if p.Gone || p.Name == "" || !r.listed.Lacks(owner, p.Name) || !r.selection.lists(p.Name) {
			continue
		}
		moved := r.listed.Called(p.ID)
		if moved != "" && r.selection.Takes(moved) || r.selection.Names(p.Name) {
			continue
		}
		e := r.gone(p.Name, moved, p.Announced)
		p = r.positions.at(key)
		p.Gone, p.Announced = true, e.Updated
		events = append(events, e)
	}
	if len(events) == 0 {
		return nil
	}
	return r.emit(ctx, events)
}

// known is what the store has of a repository; nothing where its name means another one since.
func (r *run) known(kind dora.Kind, name string) []dora.Event {
	if r.request.Known == nil || r.forgotten[strings.ToLower(name)] {
		return nil
	}
	return r.request.Known(kind, name)
}

package github

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Which teams may do what in repositories is told by lists of their own, one for each team, so that it is asked for once in a
// while.

const (
	// teamsEvery is how often the teams of an organisation are read at most.
	teamsEvery = time.Hour
	// teamsLimit bounds how many of its teams are read.
	teamsLimit = 1000
)

type teamRecord struct {
	Slug   string                 `json:"slug"`
	Parent *struct{ Slug string } `json:"parent"`
}

func (t *teamRecord) Lacks() string  { return wire.FirstMissing(wire.Need("slug", t.Slug == "")) }
func (t *teamRecord) nodeID() string { return t.Slug }

type teamRepositoryRecord struct {
	FullName    string                                      `json:"full_name"`
	Permissions maybe[struct{ Admin, Maintain, Push bool }] `json:"permissions"`
}

func (t *teamRepositoryRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("full_name", t.FullName == ""))
}
func (t *teamRepositoryRecord) nodeID() string { return t.FullName }

// permission is the most that the team may do, of what owning goes by; empty: less.
func (t *teamRepositoryRecord) permission() dora.TeamPermission {
	switch may := t.Permissions.value; {
	case may.Admin:
		return dora.TeamsWithAdmin
	case may.Maintain:
		return dora.TeamsWithMaintain
	case may.Push:
		return dora.TeamsWithWrite
	}
	return ""
}

// team is what a team may do, by repository in lower case.
type team struct {
	slug, parent string
	may          map[string]dora.TeamPermission
}

// readTeams reads the teams of the organisations that repositories are of. Where they may not be read, what was known of them
// stays, and a remark says so.
func (r *run) readTeams(ctx context.Context, targets []target) error {
	if !r.config.Teams || len(r.request.Only) > 0 {
		return nil
	}
	for _, owner := range ownersOf(targets) {
		if age := r.Now().Sub(r.positions.Teams[owner]); age >= 0 && age < teamsEvery {
			continue
		}
		teams, err := r.teamsOf(ctx, owner)
		var known *source.Error
		switch {
		case isAbsent(err, http.StatusNotFound), errors.As(err, &known) && known.Cause == source.CausePermission: // a person's, or a token that may not see them
			r.Progress.Remark = "The teams of " + owner + " may not be read: give a classic token the scope read:org, and any other, or the App, the organisation's permission Members (read)."
			continue
		case err != nil:
			return err
		}
		r.teamed[owner] = true
		for repository, all := range access(teams) {
			r.teams[repository] = all
		}
	}
	return nil
}

// teamsRead notes that all repositories were told of with their teams.
func (r *run) teamsRead(ctx context.Context) error {
	if len(r.teamed) == 0 {
		return nil
	}
	if r.positions.Teams == nil {
		r.positions.Teams = map[string]time.Time{}
	}
	for owner := range r.teamed {
		r.positions.Teams[owner] = r.Now().UTC()
	}
	return r.emit(ctx, nil)
}

func (r *run) teamsOf(ctx context.Context, owner string) (teams []team, err error) {
	path := "orgs/" + url.PathEscape(owner) + "/teams"
	rows, _, err := fetchAll[teamRecord](ctx, r, owner, path, "")
	if err != nil {
		return nil, err
	}
	if len(rows) > teamsLimit {
		r.Progress.Remark = owner + " has more than 1000 teams; the first of them are read."
		rows = rows[:teamsLimit]
	}
	for _, row := range rows {
		repositories, _, err := fetchAll[teamRepositoryRecord](ctx, r, owner, path+"/"+url.PathEscape(row.Slug)+"/repos", "")
		if isAbsent(err, http.StatusNotFound) { // it was deleted since
			continue
		}
		if err != nil {
			return nil, err
		}
		each := team{slug: row.Slug, may: map[string]dora.TeamPermission{}}
		if row.Parent != nil {
			each.parent = row.Parent.Slug
		}
		for _, repository := range repositories {
			each.may[strings.ToLower(repository.FullName)] = repository.permission()
		}
		teams = append(teams, each)
	}
	return teams, nil
}

// access is which teams may do what, by repository. What a team may because the one above it may is that one's.
func access(teams []team) map[string][]dora.Property {
	above := map[string]team{}
	for _, each := range teams {
		above[each.slug] = each
	}
	may := map[string][]dora.Property{}
	for _, each := range teams {
		for repository, permission := range each.may {
			if permission != "" && !above[each.parent].may[repository].Covers(permission) {
				may[repository] = append(may[repository], dora.Property{Name: each.slug, Values: []string{string(permission)}})
			}
		}
	}
	return may
}

// ownersOf are the organisations and people whose repositories are read, in lower case.
func ownersOf(targets []target) (owners []string) {
	for _, t := range targets {
		if owner, _, _ := strings.Cut(t.key(), "/"); !slices.Contains(owners, owner) {
			owners = append(owners, owner)
		}
	}
	return owners
}

package azuredevops

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// Azure DevOps tells of deployments project by project, in up to three ways. Each way is read that a repository of the project
// is deployed in, and what it tells of a repository that is deployed in another is left.

// ways are those in which repositories of the project are deployed. What is on GitHub is known only once it was deployed, so
// where it is told here every way counts that there is.
func (s *projectSync) ways() (ways []From) {
	for _, way := range []From{FromEnvironments, FromStages, FromReleases} {
		is := func(name string) bool { return s.habits.Of(name).of() == way }
		if len(s.config.GitHub) > 0 && s.reads(way) || slices.ContainsFunc(s.deployable(), is) || s.selection.own.Takes(s.state.Name+"/$") && is(s.state.Name+"/$") {
			ways = append(ways, way)
		}
	}
	if len(ways) == 0 {
		return []From{s.config.Deployments.of()}
	}
	return ways
}

// mayDeploy says whether a pipeline deploys anything in a way, whatever it builds.
func (s *projectSync) mayDeploy(way From, pipeline string) bool {
	for habit := range s.habits.All() {
		if habit.of() == way && habit.takes(pipeline) {
			return true
		}
	}
	return false
}

// deploys says whether what was read in a way is a deployment of its repository.
func (s *projectSync) deploys(way From, d *dora.Deployment) bool {
	habit := s.habits.Of(d.Repository)
	return habit.of() == way && habit.takes(d.Task)
}

// turn has those ways read from their beginning in which repositories are deployed now that were deployed otherwise before.
func (s *projectSync) turn() {
	usual := said(s.config.Deployments.Habit)
	habits := map[string]string{}
	for _, name := range s.deployable() {
		key, habit := strings.ToLower(name), s.habits.Of(name)
		now := said(habit)
		if now == usual {
			now = ""
		} else {
			habits[key] = now
		}
		if s.state.Habits[key] == now {
			continue
		}
		s.state.Turned, s.touched = true, true
		switch habit.of() {
		case FromReleases:
			s.state.Releases = time.Time{}
		case FromStages:
			s.state.Runs, s.state.Ran = time.Time{}, nil
		default:
			s.state.Records, s.state.Passed = nil, nil
		}
	}
	if len(habits) == 0 {
		habits = nil
	}
	if !maps.Equal(habits, s.state.Habits) {
		s.state.Habits, s.touched = habits, true
	}
}

func said(h Habit) string {
	h.From = h.of()
	text, _ := json.Marshal(h) // texts: it cannot fail
	return string(text)
}

// withdrawOthers takes back what is stored as a deployment of repositories that are deployed otherwise now, once all is read, and
// brings back what was taken back so before, though Azure DevOps may not show it any more: nothing else takes one back.
func (s *projectSync) withdrawOthers(ctx context.Context) error {
	if !s.state.Turned {
		return nil
	}
	var events []dora.Event
	for _, name := range s.deployable() {
		for _, e := range s.known(dora.KindDeployment, name) {
			d, ok := e.(*dora.Deployment)
			if !ok || d.Posted() || d.Created.Before(s.request.Since) {
				continue
			}
			switch stands := s.stands(d); {
			case !stands && !d.Withdrawn:
				events = append(events, census.Withdraw(d))
			case stands && d.Withdrawn:
				events = append(events, census.Restore(d))
			}
		}
	}
	s.state.Turned, s.touched = false, false
	return s.emit(ctx, events)
}

// stands says that what is stored is a deployment by what counts now, as far as can be told.
func (s *projectSync) stands(d *dora.Deployment) bool {
	way := FromEnvironments
	switch kind := strings.TrimPrefix(d.ID, d.Repository); {
	case strings.HasPrefix(kind, ":release_deployment:"):
		way = FromReleases
	case strings.HasPrefix(kind, ":deployment:0:"): // stages enter no environment that has a number
		way = FromStages
	}
	return s.deploys(way, d) && (way != FromStages || s.met[d.ID] || s.builds[d.Number] == nil)
}

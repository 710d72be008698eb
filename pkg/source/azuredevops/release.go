package azuredevops

import (
	"context"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// readReleases reads what classic releases deployed into stages, each attempt of it, by when it last changed: when it began
// includes what it waited for approval.
func (s *projectSync) readReleases(ctx context.Context) error {
	since := s.request.Since
	if at := s.state.Releases.Add(-cursor.Overlap); !s.state.Releases.IsZero() && at.After(since) {
		since = at
	}
	// The oldest first by their numbers, which do not shift; a mark moves only when all of it is read.
	query := url.Values{"$top": {"100"}, "queryOrder": {"ascending"}}
	if !since.IsZero() {
		query.Set("minModifiedTime", instant(since))
	}
	mark := s.state.Releases
	err := each[releaseDeploymentRecord](ctx, s.run, s.part, question{root: s.releases, path: s.path + "/_apis/release/deployments", query: query, about: ofReleases}, func(rows []*releaseDeploymentRecord) (bool, error) {
		var events []dora.Event
		for _, row := range rows {
			mark = dora.Latest(mark, row.Modified.Time)
			if !s.mayDeploy(FromReleases, row.Definition.Name) {
				continue
			}
			if d := s.released(row); d != nil && s.deploys(FromReleases, d) {
				events = append(events, s.news(d)...)
			}
		}
		if len(events) == 0 {
			return true, nil
		}
		return true, s.emit(ctx, events)
	})
	if err != nil || mark.Equal(s.state.Releases) {
		return err
	}
	s.state.Releases = mark
	return s.emit(ctx, nil)
}

// released makes a deployment of one attempt; nil where its repository is not read.
func (s *projectSync) released(row *releaseDeploymentRecord) *dora.Deployment {
	d := &dora.Deployment{Header: dora.Header{Source: s.config.ID}, Number: row.ID, Environment: row.Environment.Name, Task: row.Definition.Name, Creator: row.RequestedFor.who(), Created: row.Queued.Time, URL: row.Release.Web}
	for _, artifact := range row.Release.Artifacts {
		if !artifact.Primary && len(row.Release.Artifacts) > 1 {
			continue
		}
		told := artifact.Definition
		kind := told["repository.provider"].ID
		d.Repository = s.repositoryBy(kind, told["repository"].ID, told["project"].Name)
		d.SHA = commitOf(kind, told["sourceVersion"].ID, "release:"+number(row.ID))
		d.Ref, d.RefKind = refOf(told["branch"].ID)
		if trialMerge(told["branch"].ID) {
			return nil
		}
	}
	if d.Repository == "" {
		return nil
	}
	d.ID = d.Repository + ":release_deployment:" + number(row.ID)
	d.Statuses = []dora.DeploymentStatus{{State: dora.StateWaiting, At: row.Queued.Time}}
	if state, known := releaseStates(row); known {
		at := row.Completed.Time
		if at.IsZero() {
			at = row.Modified.Time
		}
		d.Statuses = append(d.Statuses, dora.DeploymentStatus{State: state, At: at})
	}
	d.Rank = len(d.Statuses)
	d.Updated = dora.Latest(row.Modified.Time, d.LastWord())
	return d
}

// releaseStates are what a deployment came to. One that was not deployed waits, unless it was refused or taken back.
func releaseStates(row *releaseDeploymentRecord) (dora.DeploymentState, bool) {
	switch strings.ToLower(row.Status) {
	case "succeeded", "partiallysucceeded":
		return dora.StateSuccess, true
	case "failed":
		return dora.StateFailure, true
	case "inprogress":
		return dora.StateRunning, true
	}
	switch strings.ToLower(row.Operation) {
	case "rejected", "canceled", "phasecanceled", "phasefailed", "gatefailed":
		return dora.StateFailure, true
	}
	return "", false
}

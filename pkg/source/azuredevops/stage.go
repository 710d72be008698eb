package azuredevops

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// runsAtOnce is how many runs are listed and handed over together. The timeline of each is a request.
const runsAtOnce = 100

// readStages reads the stages of runs: of those that finished since, the oldest first, and of those that are under way. A run
// of which a stage is run again finishes again, and is read again.
func (s *projectSync) readStages(ctx context.Context) error {
	since := s.request.Since
	if at := s.state.Runs.Add(-cursor.Overlap); !s.state.Runs.IsZero() && at.After(since) {
		since = at
	}
	err := s.eachRun(ctx, "completed", "finishTimeAscending", since, func(rows []*buildRecord) error {
		var fresh []*buildRecord
		for _, row := range rows {
			if at, read := s.state.Ran[row.ID]; !read || !at.Equal(row.Finished.Time) {
				fresh = append(fresh, row)
			}
		}
		if len(fresh) == 0 {
			return nil
		}
		events, err := s.stagesOf(ctx, fresh)
		if err != nil {
			return err
		}
		if s.state.Ran == nil {
			s.state.Ran = map[int64]time.Time{}
		}
		for _, row := range fresh {
			s.state.Ran[row.ID], s.state.Runs = row.Finished.Time, dora.Latest(s.state.Runs, row.Finished.Time)
		}
		behind := s.state.Runs.Add(-cursor.Overlap)
		maps.DeleteFunc(s.state.Ran, func(_ int64, at time.Time) bool { return at.Before(behind) })
		s.touched = false
		return s.emit(ctx, events)
	})
	if err != nil {
		return err
	}
	return s.eachRun(ctx, "inProgress", "queueTimeAscending", s.request.Since, func(rows []*buildRecord) error {
		events, err := s.stagesOf(ctx, rows)
		if err != nil || len(events) == 0 {
			return err
		}
		s.touched = false
		return s.emit(ctx, events)
	})
}

// eachRun lists runs by their status. The earliest time is of whatever the order goes by.
func (s *projectSync) eachRun(ctx context.Context, status, order string, since time.Time, take func([]*buildRecord) error) error {
	query := url.Values{"statusFilter": {status}, "queryOrder": {order}, "$top": {strconv.Itoa(runsAtOnce)}}
	if !since.IsZero() {
		query.Set("minTime", instant(since))
	}
	return each[buildRecord](ctx, s.run, s.part, question{path: s.path + "/_apis/build/builds", query: query, about: ofBuilds}, func(rows []*buildRecord) (bool, error) {
		return true, take(rows)
	})
}

// stagesOf makes deployments of the stages of runs whose names are chosen.
func (s *projectSync) stagesOf(ctx context.Context, runs []*buildRecord) (events []dora.Event, err error) {
	for _, run := range runs {
		repository := s.repositoryOf(run)
		habit := s.habits.Of(repository)
		if repository == "" || run.ofPullRequest() || habit.of() != FromStages || !habit.takes(run.Definition.Name) {
			continue
		}
		s.builds[run.ID] = run
		records, err := s.timeline(ctx, run.ID, "")
		if err != nil {
			return nil, err
		}
		for _, record := range records {
			environment, chosen := habit.Stage.Capture(record.Name)
			if record.Type != "Stage" || !chosen || environment == "" {
				continue
			}
			into := &environmentRecord{Name: environment}
			l := &leg{build: run.ID, stage: record.stage()}
			if l.jobs, err = s.attempts(ctx, run, record, records, s.storedOf(into, l)); err != nil {
				return nil, err
			}
			if len(l.jobs) == 0 {
				continue
			}
			if d := s.deploymentOf(into, l); d != nil {
				s.met[d.ID] = true
				events = append(events, s.news(d)...)
			}
		}
	}
	return events, nil
}

// attempts are those of a stage in which it did something. Earlier ones have timelines of their own, which are asked for
// unless it is known that one succeeded.
func (s *projectSync) attempts(ctx context.Context, run *buildRecord, stage *timelineRecord, records []*timelineRecord, stored *dora.Deployment) (tries []*jobRecord, err error) {
	if stored == nil || stored.Finished().IsZero() {
		for _, previous := range stage.Previous {
			if previous.Timeline == "" {
				continue
			}
			earlier, err := s.timeline(ctx, run.ID, previous.Timeline)
			if err != nil {
				return nil, err
			}
			for _, record := range earlier {
				if record.Type == "Stage" && record.stage() == stage.stage() && record.Attempt == previous.Attempt {
					tries = append(tries, tried(run, record, earlier)...)
				}
			}
		}
	}
	return append(tries, tried(run, stage, records)...), nil
}

// tried is one attempt of a stage, as what a job of it would be recorded as; nothing where none of its jobs ran: it waits, its
// approval was refused or ran out, or its condition did not hold.
func tried(run *buildRecord, stage *timelineRecord, records []*timelineRecord) []*jobRecord {
	if strings.EqualFold(stage.Result, "skipped") || !stage.ran(records) {
		return nil
	}
	queued := stage.Started
	if queued.IsZero() {
		queued = run.Queued
	}
	return []*jobRecord{{
		ID: 1, Stage: stage.stage(), Attempt: max(1, stage.Attempt), Result: stage.Result, Queued: queued, Started: stage.Started, Finished: stage.Finished,
		Definition: run.Definition,
	}}
}

// ran says whether any job of a stage began.
func (t *timelineRecord) ran(records []*timelineRecord) bool {
	within := map[string]bool{t.ID: true}
	for grew := true; grew; { // phases are between, and nothing says that parents come first
		grew = false
		for _, record := range records {
			if !within[record.ID] && within[record.Parent] {
				within[record.ID], grew = true, true
			}
		}
	}
	return slices.ContainsFunc(records, func(record *timelineRecord) bool {
		return record.Type == "Job" && within[record.ID] && !record.Started.IsZero() && !strings.EqualFold(record.Result, "skipped")
	})
}

// timeline is what a run, or an earlier attempt of it, consists of. A run that never began has none, and one that is deleted.
func (s *projectSync) timeline(ctx context.Context, build int64, id string) ([]*timelineRecord, error) {
	path := s.path + "/_apis/build/builds/" + number(build) + "/timeline"
	if id != "" {
		path += "/" + url.PathEscape(id)
	}
	answer, err := s.get(ctx, s.part, question{path: path, about: ofBuilds}, http.StatusNotFound, http.StatusNoContent)
	if err != nil || answer.Status != http.StatusOK {
		return nil, err
	}
	told, err := wire.Decode[*struct {
		Records *[]*timelineRecord `json:"records"`
	}](s.Session, s.part, answer)
	if err != nil || told == nil {
		return nil, err
	}
	if told.Records == nil {
		return nil, s.whole(s.part, "records")
	}
	records := slices.DeleteFunc(*told.Records, func(record *timelineRecord) bool { return record == nil || record.ID == "" })
	return records, nil
}

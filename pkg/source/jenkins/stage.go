package jenkins

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// runsAtOnce is how many runs Jenkins lists with their stages, whatever is asked for.
const runsAtOnce = 10

// ahead reads the stages of several builds at once where that can be.
func (s *jobSync) ahead(ctx context.Context, builds []*build) error {
	s.stages = map[int64][]stageRecord{}
	if !stages(s.rules) || len(builds) < 2 || len(builds) > runsAtOnce {
		return nil
	}
	answer, err := s.get(ctx, s.job.Full, at(s.job.Full)+"/wfapi/runs", http.StatusNotFound)
	if err != nil || answer.Status != http.StatusOK {
		return err
	}
	runs, err := wire.Decode[[]stageList](s.Session, s.job.Full, answer)
	if err != nil {
		return err
	}
	for _, each := range runs {
		if lacking := each.Lacks(); lacking != "" {
			return s.Unexpected(s.job.Full, fmt.Errorf("%s is missing", lacking))
		}
		for _, b := range builds {
			if number(b.Number) == each.ID {
				s.stages[b.Number] = *each.Stages
			}
		}
	}
	return nil
}

// stagesOf are a build's; none where it is no pipeline's.
func (s *jobSync) stagesOf(ctx context.Context, b *build) ([]stageRecord, error) {
	if told, known := s.stages[b.Number]; known {
		return told, nil
	}
	if !strings.HasSuffix(s.job.Class, "WorkflowJob") {
		return nil, nil
	}
	path := at(s.job.Full) + "/" + number(b.Number)
	list, there, err := one[stageList](ctx, s.run, s.job.Full, path+"/wfapi/describe", http.StatusNotFound)
	if err != nil {
		return nil, err
	}
	if there {
		return *list.Stages, nil
	}
	// Either the build is gone since it was listed, or nothing tells of stages.
	if _, still, err := one[build](ctx, s.run, s.job.Full, export(path, buildTree), http.StatusNotFound); err != nil || !still {
		return nil, err
	}
	return nil, s.Failure(source.CauseConfiguration, s.job.Full, "Jenkins tells of no stages: install its plugin Pipeline: REST API (pipeline-rest-api), or name the job or a parameter in jobs", nil)
}

// staging finds the stages that deploy, and what became of each: it deployed if it ran and succeeded, whatever the build came to
// later. One that was not executed deployed nothing. Stages that are run again are one; the first success counts.
func staging(staged []*rule, stages []stageRecord, decided []target, steps map[target][]dora.DeploymentStatus) (found []target) {
	for _, stage := range stages {
		states := stage.states()
		if states == nil {
			continue
		}
		for _, r := range staged {
			star, matches := r.value.match(stage.Name)
			environment := r.environment(star)
			if !matches || environment == "" || slices.ContainsFunc(decided, func(t target) bool { return strings.EqualFold(t.environment, environment) }) {
				continue
			}
			t := target{environment, stage.Name}
			if steps[t] == nil {
				found = append(found, t)
			}
			steps[t] = append(steps[t], states...)
			break
		}
	}
	return found
}

// states are what a stage says; nil where it did not run.
func (s *stageRecord) states() []dora.DeploymentStatus {
	began, ended := instantOf(s.Start), instantOf(s.Start+max(s.Duration, 0))
	running := dora.DeploymentStatus{State: dora.StateRunning, At: began}
	switch s.Status {
	case "SUCCESS":
		return []dora.DeploymentStatus{running, {State: dora.StateSuccess, At: ended}}
	case "FAILED", "ABORTED", "UNSTABLE":
		return []dora.DeploymentStatus{running, {State: dora.StateFailure, At: ended}}
	case "PAUSED_PENDING_INPUT":
		return []dora.DeploymentStatus{{State: dora.StateWaiting, At: began}}
	case "IN_PROGRESS":
		return []dora.DeploymentStatus{running}
	}
	return nil
}

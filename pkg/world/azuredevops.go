package world

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// azureProject is the project whose pipelines deploy what is kept on GitHub.
const azureProject = "Diagnostics"

// The ids that paths have for it and for its repository.
const (
	azureProjectID    = "5d2a8b1e-0c3f-4c58-9a61-7e0f43b6c2d9"
	azureRepositoryID = "c7b1f0de-52a4-4f0b-8d0e-19f6c4a2e7b3"
)

// AzureDevOps speaks the part of Azure DevOps' REST that tells of pipelines over repositories on GitHub: what environments
// record of jobs, and the runs behind them.
func (w *World) AzureDevOps(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(),
		secret: func(r *http.Request) string {
			_, password, _ := r.BasicAuth()
			return password
		},
		refused: shape{"message": "The token is not accepted."}, absent: shape{"message": "It does not exist."},
	}
	const root = "GET /" + Organization
	t.knows(root+"/_apis/projects/"+azureProject, func(*asked) any { return shape{"id": azureProjectID, "name": azureProject} })
	t.knows(root+"/"+azureProjectID+"/_apis/git/repositories", func(*asked) any {
		// the one that every project begins with; nobody has put anything into it
		return azureList([]any{shape{"id": azureRepositoryID, "name": azureProject}})
	})
	t.knows(root+"/"+azureProjectID+"/_apis/git/repositories/"+azureRepositoryID+"/pullrequests", func(*asked) any { return azureList([]any{}) })
	t.knows(root+"/"+azureProjectID+"/_apis/distributedtask/environments", (*asked).azureEnvironments)
	t.knows(root+"/"+azureProjectID+"/_apis/distributedtask/environments/{environment}/environmentdeploymentrecords", (*asked).azureRecords)
	t.knows(root+"/"+azureProjectID+"/_apis/build/builds", (*asked).azureBuilds)
	t.knows(root+"/"+azureProjectID+"/_apis/release/deployments", func(*asked) any { return azureList([]any{}) }) // nobody has classic ones
	return t.speak(token)
}

func azureList(list []any) any { return shape{"count": len(list), "value": list} }

func azureTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// runsOf are the deployments that a system makes, oldest first.
func (w *World) runsOf(deployer string) []*deployment {
	var all []*deployment
	for _, r := range append(slices.Clone(w.repos), w.elsewhere...) {
		if r.deployer == deployer && r.deployer != r.host {
			all = append(all, r.runs...)
		}
	}
	slices.SortStableFunc(all, func(a, b *deployment) int { return a.created.Compare(b.created) })
	return all
}

func (a *asked) azureEnvironmentNames() (names []string) {
	for _, d := range a.world.runsOf("azuredevops") {
		if !slices.Contains(names, d.environment) {
			names = append(names, d.environment)
		}
	}
	return names
}

func (a *asked) azureEnvironments() any {
	list := []any{}
	for i, name := range a.azureEnvironmentNames() {
		list = append(list, shape{"id": i + 1, "name": name})
	}
	return azureList(list)
}

// azureResults are what jobs and runs end with, by GitHub's states.
var azureResults = map[string]string{"SUCCESS": "succeeded", "FAILURE": "failed", "ERROR": "canceled"}

// azureRecords are what an environment records of the jobs of runs, the newest first.
func (a *asked) azureRecords() any {
	names, place := a.azureEnvironmentNames(), number(a.PathValue("environment"), 0)
	if place < 1 || place > len(names) {
		return nil
	}
	runs := slices.DeleteFunc(a.world.runsOf("azuredevops"), func(d *deployment) bool { return d.environment != names[place-1] })
	slices.Reverse(runs)
	query := a.URL.Query()
	begin := min(len(runs), number(query.Get("continuationToken"), 0))
	end := min(len(runs), begin+number(query.Get("top"), 25))
	if end < len(runs) {
		a.header.Set("X-MS-ContinuationToken", strconv.Itoa(end))
	}
	list := []any{}
	for _, d := range runs[begin:end] {
		record := shape{
			"id": d.id, "stageName": d.environment, "jobName": "deploy", "stageAttempt": 1, "jobAttempt": 1, "queueTime": azureTime(d.created),
			"definition": azurePipeline(d), "owner": shape{"id": d.id, "name": strconv.FormatInt(d.id, 10)},
		}
		for _, step := range d.statuses {
			result, over := azureResults[step.state]
			switch {
			case record["result"] != nil: // what is said of it afterwards changes nothing
			case over:
				record["result"], record["finishTime"] = result, azureTime(step.at)
			case step.state == "IN_PROGRESS":
				record["startTime"] = azureTime(step.at)
			}
		}
		list = append(list, record)
	}
	return azureList(list)
}

func azurePipeline(d *deployment) any {
	return shape{"id": d.repo.id, "name": "deploy " + d.service.name}
}

func (a *asked) azureBuilds() any {
	query := a.URL.Query()
	wanted := strings.Split(query.Get("buildIds"), ",")
	since, _ := time.Parse(time.RFC3339Nano, query.Get("minTime")) // of those that are over, where none is named
	list := []any{}
	for _, d := range a.world.runsOf("azuredevops") {
		id := strconv.FormatInt(d.id, 10)
		asked := slices.Contains(wanted, id)
		if !query.Has("buildIds") {
			asked = slices.ContainsFunc(d.statuses, func(step *status) bool { return azureResults[step.state] != "" && !step.at.Before(since) })
		}
		if !asked {
			continue
		}
		branch := "refs/heads/" + d.ref
		if d.repo.tagged(d.ref) != nil {
			branch = "refs/tags/" + d.ref
		}
		list = append(list, shape{
			"id": d.id, "buildNumber": id, "reason": "manual", "sourceBranch": branch, "sourceVersion": d.commit.sha, "definition": azurePipeline(d),
			"requestedFor": shape{"displayName": d.creator.name(), "uniqueName": d.creator.email()},
			"repository":   shape{"id": d.repo.fullName(), "name": d.repo.fullName(), "type": "GitHub"},
		})
	}
	return azureList(list)
}

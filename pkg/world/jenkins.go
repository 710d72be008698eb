package world

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
)

// Jenkins speaks the remote API of a controller with one folder, deploy, in which each environment of a service has a job.
// It keeps every build.
func (w *World) Jenkins(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(),
		secret: func(r *http.Request) string {
			_, password, _ := r.BasicAuth()
			return password
		},
		refused: shape{"message": "Invalid password/token"}, absent: shape{"message": "Not Found"},
	}
	t.knows("GET /api/json", func(a *asked) any { return shape{"_class": "hudson.model.Hudson", "jobs": []any{a.jenkinsFolder()}} })
	t.knows("GET /job/deploy/api/json", func(a *asked) any { return a.jenkinsFolder() })
	t.knows("GET /job/deploy/job/{job}/api/json", (*asked).jenkinsJob)
	return t.speak(token)
}

// jenkinsRuns are the builds of the jobs, oldest first.
func (a *asked) jenkinsRuns() (names []string, runs map[string][]*deployment) {
	runs = map[string][]*deployment{}
	for _, d := range a.world.runsOf("jenkins") {
		name := d.service.name + "-" + d.environment
		if runs[name] == nil {
			names = append(names, name)
		}
		runs[name] = append(runs[name], d)
	}
	slices.Sort(names)
	return names, runs
}

func (a *asked) jenkinsFolder() any {
	names, runs := a.jenkinsRuns()
	jobs := []any{}
	for _, name := range names {
		last := runs[name][len(runs[name])-1]
		jobs = append(jobs, shape{
			"_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob", "name": name, "fullName": "deploy/" + name, "nextBuildNumber": len(runs[name]) + 1,
			"lastBuild": shape{"number": len(runs[name]), "timestamp": last.created.UnixMilli()},
		})
	}
	return shape{"_class": "com.cloudbees.hudson.plugins.folder.Folder", "name": "deploy", "fullName": "deploy", "jobs": jobs}
}

// jenkinsTree is what is asked of a job: a part of its builds, counted from the newest.
var jenkinsTree = regexp.MustCompile(`^(builds|allBuilds)\[.*\]\{(\d+),(\d+)\}$`)

func (a *asked) jenkinsJob() any {
	_, runs := a.jenkinsRuns()
	all, asked := runs[a.PathValue("job")], jenkinsTree.FindStringSubmatch(a.URL.Query().Get("tree"))
	if all == nil || asked == nil {
		return nil
	}
	builds := []any{}
	for i, d := range slices.Backward(all) {
		builds = append(builds, jenkinsBuild(a.PathValue("job"), i+1, d))
	}
	if asked[1] == "builds" {
		builds = builds[:min(100, len(builds))]
	}
	from, to := min(len(builds), number(asked[2], 0)), min(len(builds), number(asked[3], 0))
	return shape{"_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob", asked[1]: builds[from:max(from, to)]}
}

// jenkinsBuild is a run. What is said of a success afterwards changes nothing.
func jenkinsBuild(job string, n int, d *deployment) any {
	b := shape{
		"_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun", "number": n, "queueId": d.id, "timestamp": d.created.UnixMilli(), "duration": 0, "building": true, "result": nil,
		"url": fmt.Sprintf("https://jenkins.example-health.org/job/deploy/job/%s/%d/", job, n),
		"actions": []any{shape{"causes": []any{shape{"userId": d.creator.login, "userName": d.creator.login}}}, shape{
			"_class": "hudson.plugins.git.util.BuildData", "remoteUrls": []string{d.repo.htmlURL() + ".git"},
			"lastBuiltRevision": shape{"SHA1": d.commit.sha, "branch": []any{shape{"name": "refs/remotes/origin/" + d.ref}}},
		}},
	}
	for _, step := range d.statuses {
		if result, over := map[string]string{"SUCCESS": "SUCCESS", "FAILURE": "FAILURE", "ERROR": "ABORTED"}[step.state]; over {
			b["building"], b["result"], b["duration"] = false, result, step.at.Sub(d.created).Milliseconds()
			break
		}
	}
	return b
}

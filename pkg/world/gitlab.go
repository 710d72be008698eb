package world

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// GitLab speaks GitLab's REST of the projects that are kept there: lists in the order that is asked for, with how long they
// are. It has no GraphQL, as instances may not.
func (w *World) GitLab(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(),
		secret: func(r *http.Request) string {
			return cmp.Or(r.Header.Get("PRIVATE-TOKEN"), strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		},
		refused: map[string]any{"message": "401 Unauthorized"}, absent: map[string]any{"message": "404 Not found"},
	}
	const project = "GET /api/v4/projects/{project}"
	t.knows("GET /api/v4/groups/{group}/projects", (*asked).gitlabProjects)
	t.knows("GET /api/v4/users/{user}", (*asked).gitlabUser)
	for path, answers := range map[string]func(*asked, *repository) any{
		"":                              (*asked).gitlabProject,
		"/repository/commits":           (*asked).gitlabCommits,
		"/merge_requests":               (*asked).gitlabMergeRequests,
		"/merge_requests/{iid}/commits": (*asked).gitlabMergeRequestCommits,
		"/merge_requests/{iid}/notes":   (*asked).gitlabNotes,
		"/deployments":                  (*asked).gitlabDeployments,
		"/environments":                 (*asked).gitlabEnvironments,
		"/issues":                       (*asked).gitlabIssues,
	} {
		t.knows(project+path, func(a *asked) any {
			if r := a.gitlabNamed(a.PathValue("project")); r != nil {
				return answers(a, r)
			}
			return nil
		})
	}
	return t.speak(token)
}

type shape = map[string]any

func (w *World) kept(host string) []*repository {
	return slices.DeleteFunc(slices.Clone(w.elsewhere), func(r *repository) bool { return r.host != host })
}

// gitlabNamed is a project by its number or path.
func (a *asked) gitlabNamed(name string) *repository {
	for _, r := range a.world.kept("gitlab") {
		if strconv.FormatInt(r.id, 10) == name || strings.EqualFold(r.fullName(), name) {
			return r
		}
	}
	return nil
}

// gitlabTime is a time as GitLab writes it; nothing for none.
func gitlabTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.000Z")
}

// gitlabList is a page of a list, with where it is in it.
func gitlabList[T any](a *asked, list []T, show func(T) any) any {
	width, page := min(100, number(a.URL.Query().Get("per_page"), 20)), max(1, number(a.URL.Query().Get("page"), 1))
	begin, end := min(len(list), (page-1)*width), min(len(list), page*width)
	next := ""
	if end < len(list) {
		next = strconv.Itoa(page + 1)
	}
	a.header.Set("X-Total", strconv.Itoa(len(list)))
	a.header.Set("X-Page", strconv.Itoa(page))
	a.header.Set("X-Next-Page", next)
	shown := make([]any, 0, end-begin)
	for _, each := range list[begin:end] {
		shown = append(shown, show(each))
	}
	return shown
}

// gitlabChanged is a page of a list that can be asked for by last change.
func gitlabChanged[T any](a *asked, list []T, updated func(T) time.Time, show func(T) any) any {
	query := a.URL.Query()
	for key, out := range map[string]func(at, bound time.Time) bool{"updated_after": time.Time.Before, "updated_before": time.Time.After} {
		if bound, err := time.Parse(time.RFC3339, query.Get(key)); err == nil {
			list = slices.DeleteFunc(list, func(each T) bool { return out(updated(each), bound) })
		}
	}
	slices.SortStableFunc(list, func(a, b T) int { return updated(a).Compare(updated(b)) })
	if query.Get("sort") != "asc" {
		slices.Reverse(list)
	}
	return gitlabList(a, list, show)
}

func (a *asked) gitlabProjects() any {
	group := a.PathValue("group")
	list := slices.DeleteFunc(a.world.kept("gitlab"), func(r *repository) bool { return !strings.HasPrefix(r.fullName(), group+"/") })
	if len(list) == 0 {
		return nil
	}
	return gitlabList(a, list, func(r *repository) any { return a.gitlabProject(r) })
}

func (a *asked) gitlabProject(r *repository) any {
	return shape{"id": r.id, "path_with_namespace": r.fullName(), "default_branch": mainBranch, "web_url": r.htmlURL(), "empty_repo": false}
}

func gitlabPerson(p *person) any { return shape{"id": p.id, "username": p.login, "name": p.login} }

func (a *asked) gitlabUser() any {
	s := a.world.staff
	for _, p := range append([]*person{s.renovate, s.actions, s.webFlow}, s.devs...) {
		if strconv.FormatInt(p.id, 10) == a.PathValue("user") {
			return shape{"id": p.id, "username": p.login, "bot": p.bot}
		}
	}
	return nil
}

func gitlabCommit(c *commit) any {
	parents := []string{}
	for _, p := range c.parents {
		parents = append(parents, p.sha)
	}
	return shape{
		"id": c.sha, "parent_ids": parents, "message": c.message, "author_name": c.author.name(), "author_email": c.author.email(),
		"authored_date": gitlabTime(c.authored), "committed_date": gitlabTime(c.committed),
	}
}

func (a *asked) gitlabCommits(r *repository) any {
	from := r.commitish(a.URL.Query().Get("ref_name"))
	if from == nil {
		return nil
	}
	return gitlabList(a, history(from), gitlabCommit)
}

func (a *asked) gitlabMergeRequests(r *repository) any {
	list := slices.DeleteFunc(slices.Clone(r.pulls), func(p *pull) bool { return p.state() != "MERGED" })
	return gitlabChanged(a, list, func(p *pull) time.Time { return p.updated }, func(p *pull) any {
		shown := shape{
			"iid": p.number, "title": p.title, "description": p.body, "web_url": fmt.Sprintf("%s/-/merge_requests/%d", r.htmlURL(), p.number),
			"author": gitlabPerson(p.author), "labels": append([]string{}, p.labels...), "target_branch": mainBranch, "source_branch": p.branch,
			"sha": p.commits[len(p.commits)-1].sha, "merge_commit_sha": nil, "squash_commit_sha": nil,
			"created_at": gitlabTime(p.created), "updated_at": gitlabTime(p.updated), "merged_at": gitlabTime(p.merged), "closed_at": nil,
		}
		if len(p.landed.parents) > 1 {
			shown["merge_commit_sha"] = p.landed.sha
		}
		return shown
	})
}

func (a *asked) gitlabMergeRequestCommits(r *repository) any {
	p := r.pull(number(a.PathValue("iid"), 0))
	if p == nil {
		return nil
	}
	newest := slices.Clone(p.commits)
	slices.Reverse(newest)
	return gitlabList(a, newest, gitlabCommit)
}

// gitlabNotes are what people said of a merge request, and what GitLab notes of their acts.
func (a *asked) gitlabNotes(r *repository) any {
	p := r.pull(number(a.PathValue("iid"), 0))
	if p == nil {
		return nil
	}
	notes := map[string]string{"APPROVED": "approved this merge request", "CHANGES_REQUESTED": "requested changes"}
	return gitlabList(a, p.reviews, func(v *review) any {
		body, acts := notes[v.state]
		if !acts {
			body = v.body
		}
		return shape{"id": v.id, "body": body, "system": acts, "created_at": gitlabTime(v.at), "author": gitlabPerson(v.author)}
	})
}

// gitlabStates say what becomes of the steps of a deployment. A success stays one.
var gitlabStates = map[string]string{"QUEUED": "created", "WAITING": "blocked", "IN_PROGRESS": "running", "FAILURE": "failed", "ERROR": "canceled"}

func (a *asked) gitlabDeployments(r *repository) any {
	return gitlabChanged(a, slices.Clone(r.deployments), func(d *deployment) time.Time { return d.updated }, func(d *deployment) any {
		state, job := "created", shape{"id": d.id, "name": "deploy:" + d.environment, "tag": r.tagged(d.ref) != nil, "started_at": nil, "finished_at": nil, "web_url": fmt.Sprintf("%s/-/jobs/%d", r.htmlURL(), d.id), "user": gitlabPerson(d.creator)}
		for _, step := range d.statuses {
			if state == "success" || state == "failed" || state == "canceled" {
				break
			}
			switch step.state {
			case "SUCCESS":
				state = "success"
				job["finished_at"] = gitlabTime(step.at)
			case "FAILURE", "ERROR":
				job["finished_at"] = gitlabTime(step.at)
				state = gitlabStates[step.state]
			case "IN_PROGRESS":
				job["started_at"] = gitlabTime(step.at)
				state = gitlabStates[step.state]
			default:
				state = cmp.Or(gitlabStates[step.state], state)
			}
		}
		job["status"] = state
		return shape{
			"id": d.id, "sha": d.commit.sha, "ref": d.ref, "status": state, "created_at": gitlabTime(d.created), "updated_at": gitlabTime(d.updated),
			"user": gitlabPerson(d.creator), "environment": shape{"id": 1, "name": d.environment}, "deployable": job,
		}
	})
}

func (a *asked) gitlabEnvironments(r *repository) any {
	tiers := map[string]string{}
	for _, d := range r.deployments {
		tiers[d.environment] = "staging"
		if d.production {
			tiers[d.environment] = "production"
		}
	}
	var names []string
	for name := range tiers {
		names = append(names, name)
	}
	slices.Sort(names)
	return gitlabList(a, names, func(name string) any {
		return shape{"id": slices.Index(names, name) + 1, "name": name, "tier": tiers[name]}
	})
}

// gitlabIssues are the issues of a type. An incident is one as long as people say so.
func (a *asked) gitlabIssues(r *repository) any {
	kind := func(i *issue) string {
		if slices.Contains(i.labels, "incident") {
			return "incident"
		}
		return "issue"
	}
	wanted := a.URL.Query().Get("issue_type")
	list := slices.DeleteFunc(slices.Clone(r.issues), func(i *issue) bool { return wanted != "" && kind(i) != wanted })
	return gitlabChanged(a, list, func(i *issue) time.Time { return i.updated }, func(i *issue) any {
		state, severity := "opened", "UNKNOWN"
		if !i.closed.IsZero() {
			state = "closed"
		}
		for label, called := range map[string]string{"sev1": "CRITICAL", "sev2": "HIGH", "sev3": "MEDIUM"} {
			if slices.Contains(i.labels, label) {
				severity = called
			}
		}
		return shape{
			"iid": i.number, "title": i.title, "description": i.body, "web_url": fmt.Sprintf("%s/-/issues/%d", r.htmlURL(), i.number), "state": state,
			"labels": append([]string{}, i.labels...), "issue_type": kind(i), "severity": severity,
			"created_at": gitlabTime(i.created), "updated_at": gitlabTime(i.updated), "closed_at": gitlabTime(i.closed),
		}
	})
}

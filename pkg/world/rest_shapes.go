package world

import (
	"cmp"
	"fmt"
	"strings"
	"time"
)

// The JSON shapes of GitHub's REST API, as far as a reader of deployments, changes and incidents can notice.

func (c *restCall) repoURL(r *repository) string { return c.base + "/repos/" + r.fullName() }

func (c *restCall) showPerson(p *person) any {
	if p == nil {
		return nil
	}
	kind := "User"
	if p.bot {
		kind = "Bot"
	}
	return map[string]any{
		"login": p.restLogin(), "id": p.id, "node_id": nodeID(kind, p.id), "type": kind, "site_admin": false,
		"avatar_url": fmt.Sprintf("https://avatars.githubusercontent.com/u/%d?v=4", p.id),
		"url":        c.base + "/users/" + p.restLogin(), "html_url": "https://github.com/" + p.login,
	}
}

func (c *restCall) showRepository(r *repository) any {
	return map[string]any{
		"id": r.id, "node_id": nodeID("Repository", r.id), "name": r.name, "full_name": r.fullName(), "private": true,
		"owner":    map[string]any{"login": r.owner, "id": organizationID, "node_id": nodeID("Organization", organizationID), "type": "Organization"},
		"html_url": r.htmlURL(), "url": c.repoURL(r), "description": nil, "fork": r.fork, "archived": r.archived, "disabled": false,
		"visibility": "private", "default_branch": mainBranch, "topics": append([]string{}, r.topics...),
		"created_at": stamp(r.created), "updated_at": stamp(r.updated), "pushed_at": stamp(r.pushed),
	}
}

func (c *restCall) showDeployment(d *deployment) any {
	own := fmt.Sprintf("%s/deployments/%d", c.repoURL(d.repo), d.id)
	return map[string]any{
		"id": d.id, "node_id": nodeID("Deployment", d.id), "url": own, "statuses_url": own + "/statuses", "repository_url": c.repoURL(d.repo),
		"sha": d.commit.sha, "ref": d.ref, "task": "deploy", "payload": map[string]any{}, "description": d.description,
		"environment": d.environment, "original_environment": d.environment, "transient_environment": false, "production_environment": d.production,
		"creator": c.showPerson(d.creator), "created_at": stamp(d.created), "updated_at": stamp(d.updated),
	}
}

func (c *restCall) showStatus(s *status) any {
	d := s.deployment
	deploymentURL := fmt.Sprintf("%s/deployments/%d", c.repoURL(d.repo), d.id)
	return map[string]any{
		"id": s.id, "node_id": nodeID("DeploymentStatus", s.id), "url": fmt.Sprintf("%s/statuses/%d", deploymentURL, s.id),
		"state": strings.ToLower(s.state), "description": "", "environment": d.environment, "target_url": d.logURL(), "log_url": d.logURL(),
		"environment_url": d.environmentURL(), "deployment_url": deploymentURL, "repository_url": c.repoURL(d.repo),
		"creator": c.showPerson(s.creator), "created_at": stamp(s.at), "updated_at": stamp(s.at),
	}
}

func (c *restCall) showLabels(names []string) any {
	return shown(names, func(n string) any { return map[string]any{"name": n, "color": "ededed", "default": false} })
}

func lowerState(closed time.Time) string {
	if closed.IsZero() {
		return "open"
	}
	return "closed"
}

func (c *restCall) showPull(p *pull) any {
	r := p.repo
	repository := c.showRepository(r)
	side := func(ref, sha string) any {
		return map[string]any{"ref": ref, "sha": sha, "label": r.owner + ":" + ref, "repo": repository}
	}
	var landed any
	if p.landed != nil {
		landed = p.landed.sha
	}
	first := p.commits[0].parents[0]
	return map[string]any{
		"id": p.id, "node_id": nodeID("PullRequest", p.id), "number": p.number, "title": p.title, "body": p.body, "state": lowerState(p.closed),
		"draft": p.draft, "locked": false, "user": c.showPerson(p.author), "labels": c.showLabels(p.labels),
		"url": fmt.Sprintf("%s/pulls/%d", c.repoURL(r), p.number), "html_url": p.url(),
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closed), "merged_at": stamp(p.merged),
		"merge_commit_sha": landed, "head": side(p.branch, p.commits[len(p.commits)-1].sha), "base": side(mainBranch, first.sha),
	}
}

func (c *restCall) showReview(p *pull, r *review) any {
	return map[string]any{
		"id": r.id, "node_id": nodeID("PullRequestReview", r.id), "user": c.showPerson(r.author), "body": r.body, "state": r.state,
		"submitted_at": stamp(r.at), "html_url": fmt.Sprintf("%s#pullrequestreview-%d", p.url(), r.id),
		"pull_request_url": fmt.Sprintf("%s/pulls/%d", c.repoURL(p.repo), p.number), "commit_id": p.commits[len(p.commits)-1].sha,
	}
}

func (c *restCall) showCommit(h *commit) any {
	signature := func(p *person, at time.Time) any {
		return map[string]any{"name": p.name(), "email": p.email(), "date": stamp(at)}
	}
	own := c.repoURL(h.repo) + "/commits/"
	return map[string]any{
		"sha": h.sha, "node_id": nodeIDOf("Commit", h.sha), "url": own + h.sha, "html_url": h.url(),
		"author": c.showPerson(h.author), "committer": c.showPerson(h.committer),
		"commit": map[string]any{
			"message": h.message, "author": signature(h.author, h.authored), "committer": signature(h.committer, h.committed),
			"url": c.repoURL(h.repo) + "/git/commits/" + h.sha, "comment_count": 0,
		},
		"parents": shown(h.parents, func(p *commit) any {
			return map[string]any{"sha": p.sha, "url": own + p.sha, "html_url": p.url()}
		}),
	}
}

func (c *restCall) showIssue(i *issue) any {
	return map[string]any{
		"id": i.id, "node_id": nodeID("Issue", i.id), "number": i.number, "title": i.title, "body": i.body, "state": lowerState(i.closed),
		"state_reason": orNullText(i.stateReason()), "locked": false, "comments": 0, "user": c.showPerson(i.author), "labels": c.showLabels(i.labels),
		"url": fmt.Sprintf("%s/issues/%d", c.repoURL(i.repo), i.number), "html_url": i.url(), "repository_url": c.repoURL(i.repo),
		"created_at": stamp(i.created), "updated_at": stamp(i.updated), "closed_at": stamp(i.closed),
	}
}

func (c *restCall) showPullAsIssue(p *pull) any {
	return map[string]any{
		"id": p.id + 1, "node_id": nodeID("PullRequest", p.id), "number": p.number, "title": p.title, "body": p.body, "state": lowerState(p.closed),
		"state_reason": nil, "locked": false, "comments": 0, "draft": p.draft, "user": c.showPerson(p.author), "labels": c.showLabels(p.labels),
		"url": fmt.Sprintf("%s/issues/%d", c.repoURL(p.repo), p.number), "html_url": p.url(), "repository_url": c.repoURL(p.repo),
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closed),
		"pull_request": map[string]any{
			"url": fmt.Sprintf("%s/pulls/%d", c.repoURL(p.repo), p.number), "html_url": p.url(), "merged_at": stamp(p.merged),
		},
	}
}

func (c *restCall) showTag(t *tag) any {
	return map[string]any{
		"name": t.name, "node_id": nodeIDOf("Ref", t.repo.fullName()+":refs/tags/"+t.name),
		"commit":      map[string]any{"sha": t.commit.sha, "url": c.repoURL(t.repo) + "/commits/" + t.commit.sha},
		"zipball_url": c.repoURL(t.repo) + "/zipball/refs/tags/" + t.name, "tarball_url": c.repoURL(t.repo) + "/tarball/refs/tags/" + t.name,
	}
}

func (c *restCall) showRelease(r *release) any {
	return map[string]any{
		"id": r.id, "node_id": nodeID("Release", r.id), "tag_name": r.tag.name, "name": r.tag.name, "target_commitish": mainBranch, "body": "",
		"draft": false, "prerelease": false, "author": c.showPerson(r.author), "created_at": stamp(r.created), "published_at": stamp(r.published),
		"url": fmt.Sprintf("%s/releases/%d", c.repoURL(r.repo), r.id), "html_url": r.repo.htmlURL() + "/releases/tag/" + r.tag.name, "assets": []any{},
	}
}

// runState is the status and conclusion of the workflow run that made the deployment: what its deployment is told after
// its end, by a successor or a smoke test, is no longer the run's.
func (d *deployment) runState() (status, conclusion string) {
	if !d.finished().IsZero() {
		return "completed", "success"
	}
	latest := d.latest()
	if latest == nil {
		return "queued", ""
	}
	switch latest.state {
	case "FAILURE", "ERROR":
		return "completed", "failure"
	case "IN_PROGRESS":
		return "in_progress", ""
	case "WAITING":
		return "waiting", ""
	}
	return "queued", ""
}

func (c *restCall) showRun(d *deployment) any {
	status, conclusion := d.runState()
	updated := d.created
	for _, s := range d.statuses {
		updated = s.at
		if s.state == "SUCCESS" || s.state == "FAILURE" || s.state == "ERROR" {
			break
		}
	}
	return map[string]any{
		"id": d.runID(), "name": cmp.Or(d.workflow, "Deploy"), "path": ".github/workflows/deploy.yml", "workflow_id": d.repo.id*10 + 1, "run_attempt": 1,
		"display_title": d.description, "event": "push", "status": status, "conclusion": orNullText(conclusion),
		"head_branch": d.ref, "head_sha": d.commit.sha, "actor": c.showPerson(d.creator), "triggering_actor": c.showPerson(d.creator),
		"url": fmt.Sprintf("%s/actions/runs/%d", c.repoURL(d.repo), d.runID()), "html_url": d.logURL(), "pull_requests": []any{},
		"created_at": stamp(d.created), "run_started_at": stamp(d.created), "updated_at": stamp(updated),
	}
}

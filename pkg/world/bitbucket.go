package world

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Bitbucket speaks the REST of Bitbucket Cloud of the repositories that are kept there, as one reads it: whole objects, whatever
// fields are asked for, and lists by the address of their next page.
func (w *World) Bitbucket(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(),
		secret:  func(r *http.Request) string { return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") },
		refused: bitbucketError("Token is invalid, expired, or not supported for this endpoint."), absent: bitbucketError("Resource not found"),
	}
	const below = "GET /2.0/repositories/{workspace}/{repository}"
	t.knows("GET /2.0/repositories/{workspace}", (*asked).bitbucketRepositories)
	for path, answers := range map[string]func(*asked, *repository) any{
		"":                            (*asked).bitbucketRepository,
		"/commits":                    (*asked).bitbucketCommits,
		"/pullrequests":               (*asked).bitbucketRequests,
		"/pullrequests/{id}/commits":  (*asked).bitbucketRequestCommits,
		"/pullrequests/{id}/activity": (*asked).bitbucketActivity,
		"/pipelines":                  (*asked).bitbucketPipelines,
		"/deployments":                (*asked).bitbucketDeployments,
	} {
		t.knows(below+path, func(a *asked) any {
			for _, r := range a.world.kept("bitbucket") {
				if strings.EqualFold(r.fullName(), a.PathValue("workspace")+"/"+a.PathValue("repository")) {
					return answers(a, r)
				}
			}
			return nil
		})
	}
	return t.speak(token)
}

func bitbucketError(text string) shape {
	return shape{"type": "error", "error": shape{"message": text}}
}

// bitbucketID is a UUID that ends in a number.
func bitbucketID(id int64) string { return fmt.Sprintf("{00000000-0000-4000-8000-be%010d}", id) }

// bitbucketTime is a time as Bitbucket writes it; nothing for none.
func bitbucketTime(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format("2006-01-02T15:04:05.000000-07:00")
}

// bitbucketList is a page of a list, with the address of the next one.
func bitbucketList[T any](a *asked, list []T, show func(T) any) any {
	query := a.URL.Query()
	width, page := max(1, number(query.Get("pagelen"), 10)), max(1, number(query.Get("page"), 1))
	begin, end := min(len(list), (page-1)*width), min(len(list), page*width)
	values := make([]any, 0, end-begin)
	for _, each := range list[begin:end] {
		values = append(values, show(each))
	}
	shown := shape{"pagelen": width, "page": page, "values": values}
	if end < len(list) {
		query.Set("page", fmt.Sprint(page+1))
		path, _, _ := strings.Cut(a.RequestURI, "?")
		shown["next"] = (&url.URL{Scheme: "http", Host: a.Host, Path: path, RawQuery: query.Encode()}).String()
	}
	return shown
}

func (a *asked) bitbucketRepositories() any {
	list := slices.DeleteFunc(a.world.kept("bitbucket"), func(r *repository) bool { return !strings.EqualFold(r.owner, a.PathValue("workspace")) })
	if len(list) == 0 {
		return nil
	}
	return bitbucketList(a, list, a.bitbucketRepository)
}

func (a *asked) bitbucketRepository(r *repository) any {
	pushed := r.main.committed
	for _, p := range r.pulls {
		if p.updated.After(pushed) {
			pushed = p.updated
		}
	}
	return shape{
		"uuid": bitbucketID(r.id), "full_name": r.fullName(), "mainbranch": shape{"name": mainBranch}, "updated_on": bitbucketTime(pushed),
		"links": shape{"html": shape{"href": "https://bitbucket.org/" + r.fullName()}}, "project": shape{"key": "HEALTH"},
	}
}

func bitbucketAccount(p *person) any {
	if p.bot {
		return shape{"type": "app_user", "display_name": strings.TrimSuffix(p.login, "[bot]")}
	}
	return shape{"type": "user", "display_name": p.login, "nickname": p.login}
}

func bitbucketCommit(c *commit) any {
	parents := []any{}
	for _, p := range c.parents {
		parents = append(parents, shape{"hash": p.sha})
	}
	return shape{
		"hash": c.sha, "date": bitbucketTime(c.authored), "message": c.message, "parents": parents,
		"author": shape{"raw": fmt.Sprintf("%s <%s>", c.author.name(), c.author.email()), "user": bitbucketAccount(c.author)},
	}
}

// bitbucketCommits are those that lead to one and not to another, newest first.
func (a *asked) bitbucketCommits(r *repository) any {
	query := a.URL.Query()
	newest := r.commitish(query.Get("include"))
	if newest == nil {
		return nil
	}
	list := history(newest)
	if excluded := query.Get("exclude"); excluded != "" {
		older := r.commitish(excluded)
		if older == nil {
			return nil
		}
		known := map[*commit]bool{}
		for _, c := range history(older) {
			known[c] = true
		}
		list = slices.DeleteFunc(list, func(c *commit) bool { return known[c] })
	}
	return bitbucketList(a, list, bitbucketCommit)
}

// bitbucketShort is how much of a commit's hash a pull request has.
const bitbucketShort = 12

// bitbucketRequests are the merged ones, by their last change, from or up to one.
func (a *asked) bitbucketRequests(r *repository) any {
	query := a.URL.Query()
	list := slices.DeleteFunc(slices.Clone(r.pulls), func(p *pull) bool { return p.state() != "MERGED" })
	for _, compared := range []struct {
		sign string
		out  func(at, bound time.Time) bool
	}{{"updated_on >= ", time.Time.Before}, {"updated_on < ", func(at, bound time.Time) bool { return !at.Before(bound) }}} {
		if text, is := strings.CutPrefix(query.Get("q"), compared.sign); is {
			bound, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				return nil
			}
			list = slices.DeleteFunc(list, func(p *pull) bool { return compared.out(p.updated, bound) })
		}
	}
	slices.SortStableFunc(list, func(a, b *pull) int { return a.updated.Compare(b.updated) })
	if strings.HasPrefix(query.Get("sort"), "-") {
		slices.Reverse(list)
	}
	return bitbucketList(a, list, func(p *pull) any {
		return shape{
			"id": p.number, "title": p.title, "description": p.body, "state": "MERGED", "author": bitbucketAccount(p.author),
			"created_on": bitbucketTime(p.created), "updated_on": bitbucketTime(p.updated), "merge_commit": shape{"hash": p.landed.sha[:bitbucketShort]},
			"source": shape{"branch": shape{"name": p.branch}}, "destination": shape{"branch": shape{"name": mainBranch}},
			"links": shape{"html": shape{"href": fmt.Sprintf("https://bitbucket.org/%s/pull-requests/%d", r.fullName(), p.number)}},
		}
	})
}

func (a *asked) bitbucketRequestCommits(r *repository) any {
	p := r.pull(number(a.PathValue("id"), 0))
	if p == nil {
		return nil
	}
	newest := slices.Clone(p.commits)
	slices.Reverse(newest)
	return bitbucketList(a, newest, bitbucketCommit)
}

// bitbucketActivity is what happened to a pull request, newest first. Only here it is told when it was merged.
func (a *asked) bitbucketActivity(r *repository) any {
	p := r.pull(number(a.PathValue("id"), 0))
	if p == nil {
		return nil
	}
	activity := []any{shape{"update": shape{"state": "OPEN", "date": bitbucketTime(p.created)}}}
	for _, v := range p.reviews {
		what, when := map[string]string{"APPROVED": "approval", "CHANGES_REQUESTED": "changes_requested"}[v.state], "date"
		if what == "" {
			what, when = "comment", "created_on"
		}
		activity = append(activity, shape{what: shape{when: bitbucketTime(v.at), "user": bitbucketAccount(v.author)}})
	}
	activity = append(activity, shape{"update": shape{"state": "MERGED", "date": bitbucketTime(p.merged)}})
	slices.Reverse(activity)
	return bitbucketList(a, activity, func(each any) any { return each })
}

// bitbucketResults is the address of the pipeline that made a deployment.
func bitbucketResults(d *deployment) string {
	return fmt.Sprintf("https://bitbucket.org/%s/pipelines/results/%d", d.repo.fullName(), d.id)
}

// bitbucketEnd is how a run ended, and when: "" while it has not. What is said of it afterwards changes nothing.
func bitbucketEnd(d *deployment) (result string, began, ended time.Time) {
	for _, step := range d.statuses {
		switch step.state {
		case "IN_PROGRESS":
			began = step.at
		case "SUCCESS", "FAILURE", "ERROR":
			return map[string]string{"SUCCESS": "SUCCESSFUL", "FAILURE": "FAILED", "ERROR": "STOPPED"}[step.state], began, step.at
		}
	}
	return "", began, time.Time{}
}

// bitbucketPipelines are those that deployed, each into one environment, newest first.
func (a *asked) bitbucketPipelines(r *repository) any {
	newest := slices.Clone(r.deployments)
	slices.SortStableFunc(newest, func(a, b *deployment) int { return b.created.Compare(a.created) })
	return bitbucketList(a, newest, func(d *deployment) any {
		state, kind := shape{"name": "IN_PROGRESS"}, "branch"
		result, _, ended := bitbucketEnd(d)
		if result != "" {
			state = shape{"name": "COMPLETED", "result": shape{"name": result}}
		}
		if r.tagged(d.ref) != nil {
			kind = "tag"
		}
		return shape{
			"uuid": bitbucketID(d.id), "created_on": bitbucketTime(d.created), "completed_on": bitbucketTime(ended), "state": state,
			"target": shape{"ref_type": kind, "ref_name": d.ref},
		}
	})
}

// bitbucketDeployments are numbered within their environments.
func (a *asked) bitbucketDeployments(r *repository) any {
	numbers, number := map[*deployment]int{}, map[string]int{}
	for _, d := range r.deployments {
		number[d.environment]++
		numbers[d] = number[d.environment]
	}
	return bitbucketList(a, r.deployments, func(d *deployment) any {
		result, began, ended := bitbucketEnd(d)
		state := shape{"name": "UNDEPLOYED", "deployer": bitbucketAccount(d.creator)}
		switch {
		case result != "":
			state["name"], state["status"] = "COMPLETED", shape{"name": result}
			state["started_on"], state["completed_on"] = bitbucketTime(began), bitbucketTime(ended)
		case !began.IsZero():
			state["name"], state["started_on"] = "IN_PROGRESS", bitbucketTime(began)
		}
		kind := "Staging"
		if d.production {
			kind = "Production"
		}
		return shape{
			"uuid": bitbucketID(d.id), "number": numbers[d], "state": state, "last_update_time": bitbucketTime(d.updated),
			"environment": shape{"name": d.environment, "environment_type": shape{"name": kind}},
			"release": shape{
				"commit": shape{"hash": d.commit.sha}, "pipeline": shape{"uuid": bitbucketID(d.id)}, "created_on": bitbucketTime(d.created),
				"url": bitbucketResults(d),
			},
		}
	})
}

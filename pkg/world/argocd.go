package world

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// ArgoCD speaks Argo CD's REST of applications: one for each environment of a service that is deployed by it, made from the
// service's own repository. Their teams have set no limit to the history; what failed is told until the next operation begins.
func (w *World) ArgoCD(token string) http.Handler {
	t := &tongue{
		world: w, mux: http.NewServeMux(), secret: bearer,
		refused: shape{"error": "invalid session: token is not valid", "code": 16, "message": "invalid session: token is not valid"},
		absent:  shape{"error": "application not found", "code": 5, "message": "application not found"},
	}
	t.knows("GET /api/v1/applications", (*asked).argoApplications)
	t.knows("GET /api/v1/applications/{application}", (*asked).argoApplication)
	return t.speak(token)
}

// bearer is the token of a request that has it for a bearer's.
func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// argoName is the application that is an environment of a service.
func argoName(d *deployment) string { return d.service.name + "-" + d.environment }

// argoRuns are the operations of the applications, by their names.
func (a *asked) argoRuns() map[string][]*deployment {
	runs := map[string][]*deployment{}
	for _, d := range a.world.runsOf("argocd") {
		runs[argoName(d)] = append(runs[argoName(d)], d)
	}
	return runs
}

func (a *asked) argoApplications() any {
	items := []any{}
	for name, runs := range a.argoRuns() {
		items = append(items, argoShown(name, runs, false))
	}
	slices.SortFunc(items, func(x, y any) int {
		name := func(each any) string { return each.(shape)["metadata"].(shape)["name"].(string) }
		return strings.Compare(name(x), name(y))
	})
	return shape{"metadata": shape{"resourceVersion": "1"}, "items": items}
}

func (a *asked) argoApplication() any {
	name := a.PathValue("application")
	if runs := a.argoRuns()[name]; runs != nil {
		return argoShown(name, runs, true)
	}
	return nil
}

func argoShown(name string, runs []*deployment, whole bool) any {
	last := runs[len(runs)-1]
	from := func(d *deployment) shape {
		return shape{"repoURL": d.repo.htmlURL() + ".git", "path": "deploy", "targetRevision": d.ref}
	}
	status := shape{"operationState": argoOperation(last, from(last)), "summary": shape{}}
	if whole {
		history := []any{}
		for _, d := range runs {
			if at := d.finished(); !at.IsZero() {
				history = append(history, shape{
					"id": len(history), "revision": d.commit.sha, "deployStartedAt": argoTime(d.created), "deployedAt": argoTime(at),
					"source": from(d), "initiatedBy": argoWho(d.creator),
				})
			}
		}
		status["history"] = history
	}
	return shape{
		"metadata": shape{"name": name, "namespace": "argocd", "creationTimestamp": argoTime(last.repo.created), "labels": shape{"service": last.service.name}},
		"spec": shape{
			"project": last.service.teamName, "source": from(last),
			"destination": shape{"server": "https://kubernetes.default.svc", "namespace": last.environment},
		},
		"status": status,
	}
}

func argoTime(at time.Time) string { return at.UTC().Format(time.RFC3339) }

func argoWho(p *person) any {
	if p.bot {
		return shape{"automated": true}
	}
	return shape{"username": p.login}
}

// argoOperation is what is told of the last one. What is said of a success afterwards changes nothing.
func argoOperation(d *deployment, from shape) any {
	o := shape{
		"phase": "Running", "startedAt": argoTime(d.created), "operation": shape{"sync": shape{"revision": d.commit.sha}, "initiatedBy": argoWho(d.creator)},
		"syncResult": shape{"revision": d.commit.sha, "source": from},
	}
	for _, step := range d.statuses {
		if phase, over := map[string]string{"SUCCESS": "Succeeded", "FAILURE": "Failed", "ERROR": "Error"}[step.state]; over {
			o["phase"], o["finishedAt"] = phase, argoTime(step.at)
			break
		}
	}
	return o
}

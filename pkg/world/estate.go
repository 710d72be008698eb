package world

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// Settled is the truth of one service of an estate.
type Settled struct {
	Repository string // owner/name
	Host       string // the system that keeps it
	Part       string // of a monorepo; empty: it is all of the repository
	Team       string
	Habit      string // how it is deployed, in a person's words
	// From is what of the host its deployments are, as settings call it; Environments, Workflows or Prefix pick them.
	From         string
	Environments []string
	Workflows    []string
	// Deployed are the moments of its deployments to production that succeeded, of the last 90 days.
	Deployed []time.Time
}

// Estate is the truth of the services of an organisation that was grown with Options.Estate.
func (w *World) Estate() []Settled { return slices.Clone(w.estate) }

// estateTeams are the names of the teams, in two words or one.
var estateTeams = []string{
	"payments", "checkout", "catalog", "search", "pricing", "billing", "invoicing", "ledger", "identity", "access", "profiles", "consents", "booking", "calendar", "reminders",
	"messaging", "mailroom", "printing", "scanning", "archive", "reports", "insights", "metering", "forecast", "planning", "stock", "orders", "shipping", "returns", "claims",
	"support", "portal", "mobile", "kiosk", "gateway", "data-hub", "data-lake", "platform", "tooling", "quality",
}

var estateNouns = []string{"api", "worker", "web", "admin", "sync", "export", "import", "rules", "events", "cache", "proxy", "batch", "views", "jobs", "hooks"}

// estateParts are the names of services in monorepos.
var estateParts = []string{
	"tariffs", "vouchers", "discounts", "basket", "wishlist", "coupons", "letters", "labels", "parcels", "routes", "depots", "drivers", "shifts", "rosters", "wards", "beds",
	"visits", "slots", "queues", "tickets", "agents", "scripts", "surveys", "ratings", "reviews-feed", "photos", "videos", "uploads", "thumbnails", "fonts", "themes", "locales",
	"glossary", "audits", "policies", "consents-log", "tokens", "sessions", "devices", "beacons", "maps", "geocoder",
}

// habit is how a team brings a repository to production.
type habit struct {
	name  string
	share int // of a thousand
	live  func(e *settler)
}

// settler makes the past of one repository.
type settler struct {
	w     *World
	r     *repository
	rng   *rand.Rand
	staff []*person
	at    []time.Time // of its releases, all in the last 90 days but the first two
	heads []*commit   // of each
	truth Settled
	more  []Settled // of a monorepo's parts
}

const estateWindow = 90 * 24 * time.Hour

// habits are twenty-five, and those of repositories that are no services.
func habits() []habit {
	environments := func(production string) func(*settler) {
		return func(e *settler) {
			e.truth.From, e.truth.Environments = "deployments", []string{production}
			for i, at := range e.at {
				e.deployed(i, "staging", at.Add(-time.Hour), "SUCCESS", "")
				e.deployed(i, production, at, "SUCCESS", "")
			}
		}
	}
	workflow := func(others []string, deploys ...string) func(*settler) {
		return func(e *settler) {
			e.truth.From, e.truth.Workflows = "workflow_runs", deploys
			for i, at := range e.at {
				for n, name := range others {
					e.ran(i, name, at.Add(-time.Duration(n+1)*10*time.Minute), e.rng.IntN(5) > 0)
				}
				for _, name := range deploys {
					e.ran(i, name, at, true)
				}
			}
			e.has(".github/workflows/deploy.yml", "name: deploy\n")
		}
	}
	return []habit{
		{"deployments to production, by way of staging", 150, environments("production")},
		{"deployments to prod", 90, environments("prod")},
		{"deployments to live", 40, environments("live")},
		{"deployments to prd", 20, environments("prd")},
		{"deployments to prod-eu and prod-us", 25, func(e *settler) {
			e.truth.From, e.truth.Environments = "deployments", []string{"prod-eu", "prod-us"}
			for i, at := range e.at {
				e.deployed(i, "preprod", at.Add(-time.Hour), "SUCCESS", "")
				e.deployed(i, []string{"prod-eu", "prod-us"}[i%2], at, "SUCCESS", "")
			}
		}},
		{"deployments to eu-live", 20, environments("eu-live")},
		{"deployments, of which some fail", 60, func(e *settler) {
			e.truth.From, e.truth.Environments = "deployments", []string{"production"}
			for i, at := range e.at {
				e.deployed(i, "qa", at.Add(-time.Hour), "SUCCESS", "")
				if i%3 == 0 {
					e.deployed(i, "production", at.Add(-30*time.Minute), "FAILURE", "")
				}
				e.deployed(i, "production", at, "SUCCESS", "")
			}
		}},
		{"deployments of tags", 40, func(e *settler) {
			e.truth.From, e.truth.Environments = "deployments", []string{"production"}
			for i, at := range e.at {
				tag := fmt.Sprintf("v1.%d.0", i)
				e.tagged(i, tag)
				e.deployed(i, "production", at, "SUCCESS", tag)
			}
		}},
		{"deployments to an environment that is called as its cluster", 10, environments("k8s-main")},
		{"deployments that never say how they end, and tags", 15, func(e *settler) {
			e.truth.From = "tags"
			e.runs()
			for i, at := range e.at {
				e.deployed(i, "production", at, "", "")
				e.tagged(i, fmt.Sprintf("v2.%d.0", i))
			}
		}},
		{"the workflow Deploy to production", 60, workflow([]string{"CI"}, "Deploy to production")},
		{"the workflow Deploy, beside CI", 60, workflow([]string{"CI", "Lint"}, "Deploy")},
		{"the workflow Deploy production, after Deploy staging", 40, workflow([]string{"Deploy staging", "Tests"}, "Deploy production")},
		{"the workflow Build and deploy", 30, workflow([]string{"CodeQL"}, "Build and deploy")},
		{"the workflow Release, beside CI", 25, workflow([]string{"CI"}, "Release")},
		{"the workflow CD", 25, workflow([]string{"CI"}, "CD")},
		{"the workflow Promote to live", 20, workflow([]string{"CI", "Preview"}, "Promote to live")},
		{"the workflow Pipeline, which does everything", 10, workflow(nil, "Pipeline")},
		{"releases", 40, func(e *settler) {
			e.truth.From = "releases"
			e.runs()
			for i := range e.at {
				e.released(i, fmt.Sprintf("v3.%d.0", i))
			}
		}},
		{"releases, beside CI", 30, func(e *settler) {
			e.truth.From = "releases"
			e.runs()
			e.has(".github/workflows/ci.yml", "name: CI\n")
			for i, at := range e.at {
				e.ran(i, "CI", at.Add(-time.Hour), true)
				e.released(i, fmt.Sprintf("v3.%d.1", i))
			}
		}},
		{"tags of versions", 35, func(e *settler) {
			e.truth.From = "tags"
			e.runs()
			for i := range e.at {
				e.tagged(i, fmt.Sprintf("v0.%d.0", i))
			}
		}},
		{"tags that begin with release-", 20, func(e *settler) {
			e.truth.From = "tags"
			e.runs()
			for i := range e.at {
				e.tagged(i, fmt.Sprintf("release-2.%d.0", i))
			}
		}},
		{"each merge", 30, func(e *settler) {
			e.truth.From = "merges"
			e.runs()
			for i, p := range e.r.pulls {
				e.at[i] = p.merged
			}
		}},
		{"a monorepo, by tags of each service", 15, func(e *settler) {
			e.parts("deployments", func(i int, at time.Time, part string) {
				tag := fmt.Sprintf("%s-v1.%d.0", part, i)
				e.tagged(i, tag)
				e.deployed(i, "production", at, "SUCCESS", tag)
			})
		}},
		{"a monorepo, by an environment for each service", 15, func(e *settler) {
			e.parts("deployments", func(i int, at time.Time, part string) {
				e.deployed(i, part+"-staging", at.Add(-time.Hour), "SUCCESS", "")
				e.deployed(i, part+"-prod", at, "SUCCESS", "")
			})
		}},
		{"a monorepo, by a workflow for each service", 15, func(e *settler) {
			e.has(".github/workflows/deploy.yml", "name: deploy\n")
			e.parts("workflow_runs", func(i int, at time.Time, part string) {
				e.ran(i, "CI", at.Add(-time.Hour), true)
				e.ran(i, "Deploy "+part, at, true)
			})
		}},

		{"archived", 15, func(e *settler) { environments("production")(e); e.r.archived = true; e.truth.From = "" }},
		{"forked", 15, func(e *settler) {
			e.r.fork = true
			e.tagged(0, "v1.0.0")
			e.tagged(len(e.at)-1, "v1.1.0")
		}},
		{"empty", 10, func(e *settler) {
			*e.r = repository{id: e.r.id, owner: e.r.owner, name: e.r.name, host: GitHub, deployer: GitHub, tracker: GitHub, created: e.r.created}
		}},
		{"a library, by releases", 15, func(e *settler) {
			for i := range e.at {
				e.released(i, fmt.Sprintf("v5.%d.0", i))
			}
		}},
	}
}

// settled grows the repositories, each with a past of its own.
func (w *World) settled(seed uint64, n int) {
	rng := rand.New(rand.NewPCG(seed, 0x5e771ed)) //nolint:gosec // repeatable on purpose
	all := habits()
	total := 0
	for _, h := range all {
		total += h.share
	}
	used := map[string]bool{}
	for i := range n {
		at, pick := (i*total+total/2)/n, 0 // the shares are kept whatever the seed
		for at >= all[pick].share {
			at -= all[pick].share
			pick++
		}
		team := estateTeams[(i*7+rng.IntN(3))%len(estateTeams)]
		name := ""
		for number := 0; name == "" || used[name]; number++ {
			name = fmt.Sprintf("%s-%s", team, estateNouns[rng.IntN(len(estateNouns))])
			if number > 6 {
				name = fmt.Sprintf("%s-%d", name, number)
			}
		}
		used[name] = true
		w.estate = append(w.estate, w.settle(rng, i, name, team, all[pick])...)
	}
}

func (w *World) settle(rng *rand.Rand, i int, name, team string, h habit) []Settled {
	r := &repository{
		id: 612_300_000 + int64(i)*7919, owner: Organization, name: name, created: w.began, updated: w.began, host: GitHub, deployer: GitHub, tracker: GitHub,
		commits: map[string]*commit{}, branches: map[string]*commit{}, labels: []string{"bug", "enhancement"}, files: map[string]string{"README.md": "# " + name + "\n"},
	}
	w.repos = append(w.repos, r)
	e := &settler{w: w, r: r, rng: rng, staff: w.staff.team(i % teams), truth: Settled{Repository: r.fullName(), Host: GitHub, Team: team, Habit: h.name}}
	e.past()
	e.owned(team, i)
	h.live(e)
	if i%3 == 0 {
		e.incidents()
	}
	slices.SortStableFunc(r.deployments, func(a, b *deployment) int { return a.created.Compare(b.created) })
	slices.SortStableFunc(r.workflows, func(a, b *deployment) int { return a.created.Compare(b.created) })
	if h.name != "empty" && i%40 == 11 { // it was called otherwise
		w.formerly(r, Organization+"/old-"+name)
	}
	switch {
	case e.truth.From == "":
		return nil
	case len(e.more) > 0:
		return e.more
	}
	for i, at := range e.at {
		if !at.Before(w.today.Add(-estateWindow)) {
			e.truth.Deployed = append(e.truth.Deployed, at)
		}
		_ = i
	}
	return []Settled{e.truth}
}

// formerly notes a name that leads to a repository still.
func (w *World) formerly(r *repository, name string) {
	if w.former == nil {
		w.former = map[string]*repository{}
	}
	w.former[strings.ToLower(name)] = r
}

// past is what was written: a merged pull request for each release.
func (e *settler) past() {
	count := 6 + e.rng.IntN(12)
	from := e.w.today.Add(-estateWindow - 20*24*time.Hour)
	step := e.w.today.Sub(from) / time.Duration(count+1)
	first := e.r.commit(draft{message: "Initial commit", author: e.staff[0], authored: e.w.began, committer: e.w.staff.webFlow, at: e.w.began, files: 3})
	e.r.main = first
	for n := range count {
		at := from.Add(step*time.Duration(n+1) + time.Duration(e.rng.IntN(3600))*time.Second).Truncate(time.Second)
		author := e.staff[e.rng.IntN(len(e.staff))]
		merged := at.Add(-2 * time.Hour)
		own := e.r.commit(draft{message: fmt.Sprintf("Change %d", n+1), author: author, authored: merged.Add(-5 * time.Hour), committer: author, at: merged.Add(-5 * time.Hour), files: 2, parents: []*commit{e.r.main}})
		landed := e.r.commit(draft{message: fmt.Sprintf("Merge change %d", n+1), author: author, authored: merged, committer: e.w.staff.webFlow, at: merged, files: 2, parents: []*commit{e.r.main, own}})
		p := &pull{
			id: e.w.id(e.rng), repo: e.r, number: e.r.number(), title: fmt.Sprintf("Change %d", n+1), branch: fmt.Sprintf("change-%d", n+1), author: author,
			created: merged.Add(-4 * time.Hour), updated: merged, closed: merged, merged: merged, mergedBy: author, landed: landed, commits: []*commit{own}, files: []string{"src/part.go"}, additions: 9, deletions: 3,
		}
		own.pulls, landed.pulls = []*pull{p}, []*pull{p}
		e.r.pulls = append(e.r.pulls, p)
		e.r.main = landed
		e.at, e.heads = append(e.at, at), append(e.heads, landed)
	}
}

// owned leaves what says whose it is: for most two places, for some one, for a few nothing or something else.
func (e *settler) owned(team string, i int) {
	switch {
	case i%60 == 7: // nobody says
	case i%60 == 23: // a person
		e.has("CODEOWNERS", "* @dev-01\n")
	case i%60 == 41: // the file is of a team that had it before
		e.has(".github/CODEOWNERS", "* @"+Organization+"/"+estateTeams[(slices.Index(estateTeams, team)+1)%len(estateTeams)]+"\n")
		e.r.topics = append(e.r.topics, "team-"+team)
	case i%4 == 0:
		e.has(".github/CODEOWNERS", "# whom to ask\n* @"+Organization+"/"+team+"\n/docs/ @"+Organization+"/writers\n")
	case i%4 == 1:
		e.r.topics = append(e.r.topics, "go", "team-"+team)
	default:
		e.has("CODEOWNERS", "* @"+Organization+"/"+team+"\n")
		e.r.topics = append(e.r.topics, "team-"+team)
	}
}

func (e *settler) has(path, text string) { e.r.files[path] = text }

// runs leaves a sign that it is something that runs.
func (e *settler) runs() {
	e.has([]string{"Dockerfile", "Procfile", "charts/app/Chart.yaml", "k8s/deployment.yaml"}[e.rng.IntN(4)], "# runs\n")
}

func (e *settler) deployment(i int, at time.Time, state, ref string) *deployment {
	if ref == "" {
		ref = mainBranch
	}
	d := &deployment{id: e.w.id(e.rng), repo: e.r, commit: e.heads[i], ref: ref, creator: e.w.staff.actions, created: at.Add(-3 * time.Minute), updated: at}
	if state != "" {
		d.statuses = []*status{{id: e.w.id(e.rng), deployment: d, state: "IN_PROGRESS", at: at.Add(-2 * time.Minute), creator: d.creator}, {id: e.w.id(e.rng), deployment: d, state: state, at: at, creator: d.creator}}
	}
	return d
}

// deployed is a deployment of the i-th release; without a state nothing is told of its end.
func (e *settler) deployed(i int, environment string, at time.Time, state, tag string) {
	d := e.deployment(i, at, state, tag)
	d.environment = environment
	e.r.deployments = append(e.r.deployments, d)
}

// ran is a run of a workflow.
func (e *settler) ran(i int, name string, at time.Time, well bool) {
	state := "SUCCESS"
	if !well {
		state = "FAILURE"
	}
	d := e.deployment(i, at, state, "")
	d.workflow = name
	e.r.workflows = append(e.r.workflows, d)
}

func (e *settler) tagged(i int, name string) {
	e.r.tags = append(e.r.tags, &tag{repo: e.r, name: name, commit: e.heads[i]})
}

func (e *settler) released(i int, name string) {
	e.tagged(i, name)
	e.r.releases = append(e.r.releases, &release{id: e.w.id(e.rng), repo: e.r, tag: e.r.tags[len(e.r.tags)-1], author: e.staff[0], created: e.at[i], published: e.at[i]})
}

// parts lets three services of a monorepo be deployed in turn.
func (e *settler) parts(from string, deploy func(i int, at time.Time, part string)) {
	for n := range 3 {
		name := estateParts[(int(e.r.id/7919)*3+n)%len(estateParts)]
		for number := 2; slices.ContainsFunc(e.w.estate, func(other Settled) bool { return other.Part == name }); number++ {
			name = fmt.Sprintf("%s-%s", name, estateNouns[number%len(estateNouns)])
		}
		e.has("services/"+name+"/main.go", "package main\n")
		part := e.truth
		part.Part, part.From = name, from
		e.more = append(e.more, part)
	}
	for i, at := range e.at {
		part := &e.more[i%len(e.more)]
		e.r.pulls[i].files = []string{"services/" + part.Part + "/main.go"}
		deploy(i, at, part.Part)
		if !at.Before(e.w.today.Add(-estateWindow)) {
			part.Deployed = append(part.Deployed, at)
		}
	}
	e.truth.From = from
}

func (e *settler) incidents() {
	e.r.labels = append(e.r.labels, "incident")
	for n, at := range e.at {
		if n%5 != 2 {
			continue
		}
		opened := at.Add(40 * time.Minute)
		i := &issue{id: e.w.id(e.rng), repo: e.r, number: e.r.number(), title: "Errors after a release", author: e.staff[1], created: opened, updated: opened.Add(time.Hour), closed: opened.Add(time.Hour), labels: []string{"incident"}}
		e.r.issues = append(e.r.issues, i)
	}
}

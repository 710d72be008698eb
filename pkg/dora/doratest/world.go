package doratest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// Chooser decides between low and high, both included; what it decides is named for whoever reads of a failure.
type Chooser func(what string, low, high int) int

// drawnWorlds is how many histories are drawn evenly, from seeds that are always the same.
const drawnWorlds = 50

// ForDrawn checks a property on histories that rapid draws, which can be shrunk but are mostly small, and on those
// that an even hand draws, which are mostly large.
func ForDrawn(t *testing.T, check func(t rapid.TB, draw Chooser)) {
	t.Run("small", rapid.MakeCheck(func(t *rapid.T) {
		check(t, func(what string, low, high int) int { return rapid.IntRange(low, high).Draw(t, what) })
	}))
	for seed := range uint64(drawnWorlds) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			source := rand.New(rand.NewPCG(seed, 0))
			check(t, func(_ string, low, high int) int { return low + source.IntN(high-low+1) })
		})
	}
}

// OneOf draws one of some values.
func OneOf[T any](draw Chooser, what string, from ...T) T { return from[draw(what, 0, len(from)-1)] }

// World draws small histories: every way in which a change lands, a version is deployed and an incident is told of.
type World struct {
	draw        Chooser
	Events      []dora.Event
	repos       []*worldRepo
	deployments []*dora.Deployment
	now         time.Time
	serial      int
}

// worldRepo is a repository under way.
type worldRepo struct {
	name    string
	tip     string   // of the main line
	develop string   // the tip of the other long-lived branch
	shas    []string // all that can be deployed
	main    []string // of these, the main line
	changes []*dora.Change
	plain   []*dora.Commit
	number  int
}

// WorldStart is when a world begins.
var WorldStart = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// DrawWorld draws the events of a history, newest versions and overtaken ones.
func DrawWorld(draw Chooser) *World {
	w := &World{draw: draw, now: WorldStart}
	for _, name := range []string{"acme/api", "acme/web"}[:w.int("repositories", 1, 2)] {
		w.repos = append(w.repos, &worldRepo{name: name})
	}
	for _, r := range w.repos {
		w.land(r, w.commit(r, w.author()))
	}
	for range w.int("steps", 2, 50) {
		w.now = w.now.Add(time.Duration(w.int("hours", 0, 9)) * time.Hour)
		r := w.repos[w.int("repository", 0, len(w.repos)-1)]
		switch w.pick("step", "plain", "side", "flow", "rewritten", "merge", "squash", "rebase", "nested", "forward", "deploy", "deploy", "deploy", "deploy", "deploy", "deploy", "deploy", "incident", "incident", "incident") {
		case "plain":
			c := w.commit(r, w.author(), r.tip)
			c.Message = w.message(r, fmt.Sprintf("Work on %d", w.serial))
			w.land(r, c)
			r.plain = append(r.plain, c)
		case "side":
			w.side(r)
		case "flow":
			w.flow(r)
		case "rewritten": // the whole history, as after a secret was taken out of it
			if w.one("truly rewritten", 3) {
				w.land(r, w.commit(r, w.author()))
			}
		case "deploy":
			w.deploy(r)
		case "incident":
			for range w.int("records", 1, 3) {
				w.incident(r)
			}
		default:
			w.pull(r, "")
		}
	}
	w.relations()
	w.corrections()
	for _, r := range w.repos {
		w.Events = append(w.Events, &dora.Repository{Header: w.head(r.name, w.now), Name: r.name, DefaultBranch: "main", HeadSHA: r.tip})
		if w.one("an older head", 3) {
			w.Events = append(w.Events, &dora.Repository{Header: w.head(r.name, WorldStart.Add(-time.Hour)), Name: r.name, DefaultBranch: "main", HeadSHA: r.main[len(r.main)/2]})
		}
	}
	return w
}

func (w *World) int(what string, low, high int) int { return w.draw(what, low, high) }

// one says yes once in n times.
func (w *World) one(what string, n int) bool { return w.int(what, 0, n-1) == n-1 }

func (w *World) pick(what string, from ...string) string { return OneOf(w.draw, what, from...) }

func (w *World) author() string {
	return w.pick("author", "dev-01", "dev-02", "dev-03", "dependabot[bot]")
}

func (w *World) head(id string, updated time.Time) dora.Header {
	return dora.Header{Source: "github", ID: id, Updated: updated}
}

func (w *World) next() int {
	w.serial++
	return w.serial
}

// skewed is now, or what a wrong clock or a patient author makes of it.
func (w *World) skewed() time.Time {
	return w.now.Add(time.Duration(w.int("clock", -30, 4))*time.Hour + time.Duration(w.serial)*time.Second)
}

// files are what a change changed: of one service, of both, of none, or not known.
func (w *World) files() *dora.Files {
	switch w.pick("files", "x", "x", "x", "y", "y", "y", "both", "none", "test", "cut", "unknown") {
	case "x":
		return &dora.Files{Paths: []string{"x/deep/a.go"}}
	case "y":
		return &dora.Files{Paths: []string{"README.md", "y/a.go"}}
	case "both":
		return &dora.Files{Paths: []string{"x/a.go", "y/b.go"}}
	case "none":
		return &dora.Files{Paths: []string{"xy/README.md"}}
	case "test":
		return &dora.Files{Paths: []string{"x/test/a.go", "y/test/deep/a.go"}}
	case "cut":
		return &dora.Files{Paths: []string{"y/a.go"}, Cut: true}
	}
	return nil
}

func (w *World) commit(r *worldRepo, author string, parents ...string) *dora.Commit {
	sha := fmt.Sprintf("%040x", 0xa0+w.next())
	c := &dora.Commit{Header: w.head(r.name+":commit:"+sha, time.Time{}), Repository: r.name, SHA: sha, Parents: parents, Authored: w.skewed(), Committed: w.now, Author: author}
	c.Files = w.files()
	if w.one("lost commit", 60) && r.tip != "" {
		return c
	}
	w.Events = append(w.Events, c)
	r.shas = append(r.shas, sha)
	return c
}

func (w *World) land(r *worldRepo, c *dora.Commit) {
	r.tip = c.SHA
	r.main = append(r.main, c.SHA)
}

// side makes a commit off the main line, or merges one without a pull request.
func (w *World) side(r *worldRepo) {
	branch := w.commit(r, w.author(), r.tip)
	if w.one("merged by hand", 2) {
		w.land(r, w.commit(r, w.author(), r.tip, branch.SHA))
	}
}

// flow is a step of git flow: work that lands on develop, a release, a merge back, or an urgent fix that goes to both.
func (w *World) flow(r *worldRepo) {
	if r.develop == "" {
		r.develop = r.tip
	}
	merge := func(onto *string, tip, branch string) {
		if len(w.ahead(r, *onto, tip)) == 0 {
			return // there is nothing to merge
		}
		r.number++
		p := &dora.Change{
			Header: w.head(fmt.Sprintf("%s:change:%d", r.name, r.number), w.now), Repository: r.name, Number: r.number, Author: w.author(),
			Title: fmt.Sprintf("Merge %d", r.number), Base: "main", Branch: branch, Opened: w.now, Merged: w.now, Files: w.files(),
		}
		for _, c := range w.ahead(r, *onto, tip) {
			p.Commits = append(p.Commits, dora.ChangeCommit{SHA: c.SHA, Authored: c.Authored})
		}
		landed := w.commit(r, p.Author, *onto, tip)
		p.MergeCommit, *onto = landed.SHA, landed.SHA
		if onto == &r.tip {
			r.main = append(r.main, landed.SHA)
		}
		r.changes = append(r.changes, p)
		w.Events = append(w.Events, p)
	}
	switch w.pick("flow", "work", "work", "pushed", "release", "release", "back", "fix") {
	case "work":
		merge(&r.develop, w.commit(r, w.author(), r.develop).SHA, "topic")
	case "pushed":
		r.develop = w.commit(r, w.author(), r.develop).SHA
	case "release":
		merge(&r.tip, r.develop, "develop")
	case "back":
		merge(&r.develop, r.tip, "main")
	case "fix":
		fix := w.commit(r, w.author(), r.tip).SHA
		merge(&r.tip, fix, "hotfix/it")
		merge(&r.develop, fix, "hotfix/it")
	}
}

// ahead lists the commits that a tip has and a base has not, as far as they were told of.
func (w *World) ahead(r *worldRepo, base, tip string) (found []*dora.Commit) {
	commits := map[string]*dora.Commit{}
	for _, e := range w.Events {
		if c, ok := e.(*dora.Commit); ok && c.Repository == r.name {
			commits[c.SHA] = c
		}
	}
	seen := map[string]bool{}
	var walk func(sha string, yield func(*dora.Commit))
	walk = func(sha string, yield func(*dora.Commit)) {
		if c := commits[sha]; c != nil && !seen[sha] {
			seen[sha] = true
			yield(c)
			for _, parent := range c.Parents {
				walk(parent, yield)
			}
		}
	}
	walk(base, func(*dora.Commit) {})
	walk(tip, func(c *dora.Commit) { found = append(found, c) })
	return found
}

// message may make a revert of a text.
func (w *World) message(r *worldRepo, title string) string {
	if !w.one("revert", 3) {
		return title
	}
	number, sha := "", fmt.Sprintf("%040x", 0xdead)
	if len(r.changes) > 0 {
		undone := r.changes[w.int("undone", 0, len(r.changes)-1)]
		number, title, sha = fmt.Sprintf("#%d", undone.Number), undone.Title, undone.MergeCommit
		if w.one("a commit of its branch", 4) {
			sha = undone.Commits[0].SHA
		}
	}
	if len(r.plain) > 0 && w.one("plain undone", 3) {
		undone := r.plain[w.int("which plain", 0, len(r.plain)-1)]
		number = ""
		sha = undone.SHA
		title, _, _ = strings.Cut(undone.Message, "\n")
	}
	switch w.pick("revert by", "number", "sha", "title", "words", "other repository") {
	case "number":
		return "Revert \"" + title + "\"\n\nReverts " + r.name + number
	case "sha":
		return "Revert \"" + title + "\"\n\nThis reverts commit " + sha + "."
	case "title":
		if number != "" {
			return "Revert \"" + title + " (" + number + ")\" (#99)"
		}
		return "Revert \"" + title + "\" (#77)"
	case "other repository":
		return "Undo\n\nReverts acme/other" + number
	}
	return "Revert \"" + title + "\""
}

// pull merges a pull request; onto a branch if one is named, else onto the main line.
func (w *World) pull(r *worldRepo, nested string) {
	base, author := r.tip, w.author()
	r.number++
	number := r.number
	opened := w.skewed()
	if w.one("opened in time", 2) {
		opened = w.now.Add(-time.Duration(w.int("open for", 0, 20)) * time.Hour)
	}
	p := &dora.Change{Header: w.head(fmt.Sprintf("%s:change:%d", r.name, number), w.now), Repository: r.name, Number: number, Author: author, Base: "main", Branch: fmt.Sprintf("topic-%d", number), Opened: opened, Merged: w.now}
	p.Files = w.files()
	title, body, _ := strings.Cut(w.message(r, fmt.Sprintf("Add %d", number)), "\n")
	p.Title, p.Body = title, strings.TrimSpace(body)
	if w.one("hotfix label", 5) {
		p.Labels = []string{"Hotfix"}
	}
	if w.one("hotfix branch", 6) {
		p.Branch = "hotfix/it"
	}
	for range w.int("reviews", 0, 2) {
		p.Reviews = append(p.Reviews, dora.Review{Author: w.author(), State: w.pick("review", "approved", "commented"), At: w.skewed()})
	}
	var own []*dora.Commit
	at := base
	for range w.int("commits", 1, 3) {
		c := w.commit(r, author, at)
		own, at = append(own, c), c.SHA
	}
	for _, c := range own {
		p.Commits = append(p.Commits, dora.ChangeCommit{SHA: c.SHA, Authored: c.Authored})
	}
	kind := w.pick("landing", "merge", "squash", "rebase", "forward", "nested", "lost", "retargeted")
	if nested != "" {
		kind = "merge"
	}
	switch kind {
	case "merge":
		w.merged(r, p, w.commit(r, author, base, at))
	case "squash":
		w.merged(r, p, w.commit(r, author, base))
	case "forward":
		w.merged(r, p, own[len(own)-1])
	case "rebase":
		if w.one("copies", 4) { // of what was on the main line when the branch began; it does not land again
			for _, c := range w.Events {
				if c, ok := c.(*dora.Commit); ok && c.Repository == r.name && c.SHA == base {
					copied := w.commit(r, author, c.Parents...)
					p.Commits = append([]dora.ChangeCommit{{SHA: copied.SHA, Authored: c.Authored}}, p.Commits...)
				}
			}
		}
		if w.one("moved on", 2) {
			c := w.commit(r, author, r.tip)
			w.land(r, c)
			r.plain = append(r.plain, c)
		}
		for i, c := range own {
			landed := w.commit(r, author, r.tip)
			landed.Authored = c.Authored
			if i == len(own)-1 { // it was merged once, with the last
				w.merged(r, p, landed)
			} else {
				w.land(r, landed)
			}
		}
	case "nested":
		// Merged into a branch, which may itself be merged later.
		inner := w.commit(r, author, base, at)
		p.Base, p.MergeCommit = fmt.Sprintf("topic-%d", number+1), inner.SHA
		if w.one("outer", 2) {
			r.number++
			outer := *p
			outer.Header = w.head(fmt.Sprintf("%s:change:%d", r.name, r.number), w.now)
			outer.Number, outer.Base, outer.Title, outer.Body = r.number, "main", fmt.Sprintf("Add %d", r.number), ""
			outer.Commits = append(append([]dora.ChangeCommit{}, p.Commits...), dora.ChangeCommit{SHA: inner.SHA, Authored: inner.Authored})
			w.merged(r, &outer, w.commit(r, author, base, inner.SHA))
			r.changes = append(r.changes, &outer)
			w.Events = append(w.Events, &outer)
		}
	case "lost":
		p.MergeCommit = ""
	case "retargeted":
		p.Base = "release"
		c := w.commit(r, author, base)
		p.MergeCommit = c.SHA
	}
	r.changes = append(r.changes, p)
	w.Events = append(w.Events, p)
	if w.one("an older version", 4) {
		old := *p
		old.Updated = old.Updated.Add(-time.Hour)
		old.Labels, old.Reviews, old.MergeCommit, old.Title = []string{"hotfix"}, nil, r.main[0], "Old"
		w.Events = append(w.Events, &old)
	}
}

func (w *World) merged(r *worldRepo, p *dora.Change, landed *dora.Commit) {
	p.MergeCommit = landed.SHA
	if w.one("shown no longer", 12) {
		gone := *p
		gone.Withdrawn, gone.Rank = true, p.Rank+1
		w.Events = append(w.Events, &gone)
		if w.one("shown again", 2) {
			back := *p
			back.Rank = gone.Rank + 1
			w.Events = append(w.Events, &back)
		}
	}
	w.land(r, landed)
}

// deploy brings a version into an environment, or tries to.
func (w *World) deploy(r *worldRepo) {
	sha := r.tip
	switch w.pick("version", "tip", "tip", "main", "again", "again", "again", "any", "unknown") {
	case "main":
		sha = r.main[max(0, len(r.main)-w.int("back", 1, 5))]
	case "any":
		sha = r.shas[w.int("any sha", 0, len(r.shas)-1)]
	case "again":
		var before []string
		for _, d := range w.deployments {
			if d.Repository == r.name {
				before = append(before, d.SHA)
			}
		}
		if len(before) > 0 {
			sha = before[max(0, len(before)-w.int("which again", 1, 4))]
		}
	case "unknown":
		if w.one("truly", 3) {
			sha = fmt.Sprintf("%040x", 0xfff000+w.next())
		}
	}
	number := w.next() + 500100
	d := &dora.Deployment{
		Header:      w.head(fmt.Sprintf("%s:deployment:%d", r.name, number), w.now),
		Repository:  r.name,
		Number:      int64(number),
		Environment: w.pick("environment", "production", "production", "production", "production", "Production", "worker", "staging"),
		Task:        w.pick("task", "deploy", "deploy", "deploy:worker"),
		SHA:         sha,
		Ref:         w.pick("prefix", "x-v", "y-v") + strings.TrimLeft(sha, "0"),
		RefKind:     dora.RefKind(w.pick("ref kind", "tag", "branch", "")),
		Created:     w.now,
		Run:         w.pick("run", "", "", "", "71", "72"),
		Landing:     w.one("a landing", 6),
		URL:         fmt.Sprintf("https://forge.example/%s/deployments/%d", r.name, number),
	}
	if w.one("a plain number", 5) {
		d.Ref = fmt.Sprintf("%d.%d", number%7, number%3)
	}
	status := func(state dora.DeploymentState, hours int) {
		d.Statuses = append(d.Statuses, dora.DeploymentStatus{State: state, At: w.now.Add(time.Duration(hours) * time.Hour)})
	}
	status(dora.StateWaiting, 0)
	status(dora.StateRunning, 0)
	took := w.int("took", 0, 3)
	switch w.pick("outcome", "success", "success", "success", "success", "failure", "second try", "revoked", "running") {
	case "success":
		status(dora.StateSuccess, took)
		status(dora.StateRetired, took+1)
	case "failure":
		status(dora.StateFailure, took)
	case "second try":
		status(dora.StateFailure, 0)
		status(dora.StateSuccess, took+1)
	case "revoked":
		status(dora.StateSuccess, took)
		status(dora.StateFailure, took+1)
		status(dora.StateSuccess, took+2)
	}
	if w.one("a change record", 5) {
		d.Key = fmt.Sprintf("CHG%07d", number)
	}
	if w.one("failed by its own word", 12) {
		d.Recovered = w.now.Add(time.Duration(w.int("restored", -2, 9)) * time.Hour)
	}
	if w.one("runs that nobody sees", 15) {
		lost := *d
		lost.ID, lost.SHA, lost.Statuses, lost.Unseen = d.ID+"/unseen", "", nil, w.int("unseen", 1, 9)
		lost.Withdrawn = w.one("seen after all", 4)
		w.Events = append(w.Events, &lost)
	}
	w.deployments = append(w.deployments, d)
	w.Events = append(w.Events, d)
	if w.one("one run, two environments", 6) {
		twin := *d
		twin.ID, twin.Environment = d.ID+"/twin", "worker"
		w.Events = append(w.Events, &twin)
	}
	if w.one("seen under way", 4) {
		early := *d
		early.Updated = early.Updated.Add(-time.Minute)
		early.Statuses = d.Statuses[:1]
		w.Events = append(w.Events, &early)
	}
}

// incident tells of an interruption.
func (w *World) incident(r *worldRepo) {
	number := w.next() + 7000
	opened := w.now.Add(time.Duration(w.int("opened", -24, 30)) * time.Hour)
	i := &dora.Incident{
		Header: w.head(fmt.Sprintf("%s:incident:%d", r.name, number), w.now), Repository: r.name, Number: int64(number),
		Title: "Errors", Body: w.mention(r), Opened: opened, Labels: []string{"incident"},
	}
	if w.one("by pager", 3) {
		i.Source, i.Repository, i.Service = "pagerduty", "", w.pick("pager service", "PAPI", "PWEB")
		i.ID, i.Key = fmt.Sprintf("incident:%d", number), fmt.Sprintf("PD-%d", number)
	} else if w.one("by desk", 4) {
		i.Source, i.Repository, i.Service = "desk", "", w.pick("desk service", "PAPI", "PWEB")
		i.ID, i.Key, i.URL = fmt.Sprintf("incident:%d", number), fmt.Sprintf("INC%07d", number), fmt.Sprintf("https://desk.example/incident?id=%d", number)
	}
	if w.one("acknowledged", 2) {
		i.Acknowledged = opened.Add(time.Duration(w.int("acknowledged after", -1, 5)) * time.Hour)
	}
	if w.one("worker's", 4) {
		i.Labels = append(i.Labels, "Service:Worker")
	}
	switch w.pick("state", "resolved", "resolved", "resolved", "open", "withdrawn") {
	case "resolved":
		i.Resolved = opened.Add(time.Duration(w.int("lasted", -3, 40)) * time.Hour)
	case "withdrawn":
		i.Withdrawn = true
	}
	w.Events = append(w.Events, i)
	if i.Source == "desk" && len(w.deployments) > 0 && w.one("a change's record", 3) {
		w.failedChange(i)
		return
	}
	if w.one("before it was reopened", 3) {
		closed := *i
		closed.Updated, closed.Resolved = i.Updated.Add(-time.Hour), opened.Add(time.Hour)
		w.Events = append(w.Events, &closed)
	}
}

// failedChange makes of a record that of a change that did not succeed, and that names deployments in its fields.
func (w *World) failedChange(i *dora.Incident) {
	i.Change, i.Body = OneOf(w.draw, "came to", dora.ChangeFailed, dora.ChangeRestored), ""
	i.Resolved = i.Opened.Add(time.Duration(w.int("worked", 0, 60)) * time.Hour)
	earlier := *i
	for range w.int("names", 1, 3) {
		d := w.deployments[w.int("changed", 0, len(w.deployments)-1)]
		i.Names = append(i.Names, w.pick("changed by", d.FullID(), fmt.Sprint(d.Number), d.URL, d.SHA, d.SHA, d.Ref))
	}
	if w.one("another name before", 2) {
		earlier.Updated = i.Updated.Add(-time.Hour)
		earlier.Names = []string{w.deployments[w.int("changed before", 0, len(w.deployments)-1)].FullID()}
		w.Events = append(w.Events, &earlier)
	}
}

// mention is an incident's text: it names a deployment in one of many ways, or none.
func (w *World) mention(r *worldRepo) string {
	if len(w.deployments) == 0 || w.one("names nothing", 2) {
		return w.pick("words", "Error rate above threshold.", "See #12 and v1.", "Since "+r.tip[:12]+" it is slow.")
	}
	d := w.deployments[w.int("named", 0, len(w.deployments)-1)]
	switch w.pick("named by", "sha", "number", "id", "address", "ref", "bare", "inside", "two") {
	case "sha":
		return "Commit: " + d.SHA + "."
	case "number":
		return fmt.Sprintf(w.pick("word", "deployment_id: %d", "Deploy #%d is slow", "deployed as %d.", "DEPLOYMENT %d, again"), d.Number)
	case "id":
		return "(" + d.FullID() + ")"
	case "address":
		return "See <" + d.URL + ">, please"
	case "ref":
		return "Broken since " + w.pick("version word", "", "v", "Release ") + d.Ref + "."
	case "bare": // what may be any number names nothing
		return fmt.Sprintf("Answers %d, see #%d, after the deployment at 12:%d or in deployments %d", d.Number, d.Number, d.Number, d.Number)
	case "inside":
		return fmt.Sprintf("x%s %d7 %s-rc1 %s.2.2", d.SHA, d.Number, d.Ref, d.Ref)
	}
	other := w.deployments[w.int("also named", 0, len(w.deployments)-1)]
	return d.SHA + " or " + other.SHA
}

// relations have records of incidents name each other, and deployments in their fields.
func (w *World) relations() {
	var incidents []*dora.Incident
	for _, e := range w.Events {
		if i, ok := e.(*dora.Incident); ok && i.Change == "" && !i.Updated.Before(WorldStart) {
			incidents = append(incidents, i)
		}
	}
	if len(incidents) == 0 || w.one("nothing is related", 4) {
		return
	}
	for range w.int("relations", 1, 2*len(incidents)) {
		i := incidents[w.int("which record", 0, len(incidents)-1)]
		other := incidents[w.int("related to", 0, len(incidents)-1)]
		switch w.pick("relation", "part", "part", "part", "lost", "key", "address", "text", "text", "deployment", "deployment", "deployment") {
		case "part":
			same := slices.DeleteFunc(slices.Clone(incidents), func(other *dora.Incident) bool { return other.Source != i.Source })
			i.PartOf = same[w.int("part of", 0, len(same)-1)].ID
		case "lost":
			i.PartOf = w.pick("lost", "", "", "incident:0")
		case "key":
			i.Same = append(i.Same, other.Key)
		case "address":
			i.Same = append(i.Same, other.URL)
		case "text":
			name := other.Key
			if other.Repository != "" {
				name = fmt.Sprintf("%s#%d", other.Repository, other.Number)
			} else if w.one("by its address", 2) && other.URL != "" {
				name = other.URL
			}
			i.Body += " " + w.pick("same by text", "Same as %s.", "(%s)", "not %s-2 nor x%s") // the last names none
			i.Body = strings.ReplaceAll(i.Body, "%s", name)
		case "deployment":
			if len(w.deployments) > 0 {
				d := w.deployments[w.int("named by a field", 0, len(w.deployments)-1)]
				i.Names = append(i.Names, w.pick("field", d.FullID(), fmt.Sprint(d.Number), fmt.Sprintf("#%d", d.Number), d.URL, d.SHA, d.Ref, d.Key))
			}
		}
	}
}

// corrections are people's words on some of what happened, and second thoughts.
func (w *World) corrections() {
	if len(w.deployments) == 0 || w.one("nobody corrects anything", 2) {
		return
	}
	var incidents []*dora.Incident
	for _, e := range w.Events {
		if i, ok := e.(*dora.Incident); ok {
			incidents = append(incidents, i)
		}
	}
	for range w.int("corrections", 1, 6) {
		d := w.deployments[w.int("corrected deployment", 0, len(w.deployments)-1)]
		made := w.now.Add(time.Duration(w.int("made", 0, 3)) * time.Hour)
		c := &dora.Correction{Service: w.pick("only for", "", "", "api", "web", "acme/web"), Reason: "seen by those on call", Author: "dev-01", Made: made}
		place := d.Repository
		if len(incidents) > 0 && w.one("on an incident", 2) {
			i := incidents[w.int("corrected incident", 0, len(incidents)-1)]
			place, _, _ = strings.Cut(i.ID, ":")
			c.Incident = i.FullID()
			c.Verdict = OneOf(w.draw, "verdict", dora.VerdictLinked, dora.VerdictLinked, dora.VerdictUnlinked, dora.VerdictIgnored)
			if c.Verdict == dora.VerdictLinked {
				c.Deployment = d.FullID()
			}
		} else {
			c.Verdict = OneOf(w.draw, "verdict", dora.VerdictFailed, dora.VerdictNotFailed, dora.VerdictIgnored)
			c.Deployment = d.FullID()
		}
		c.Header = dora.Header{Source: dora.CorrectionsSource, ID: fmt.Sprintf("%s:%d", place, w.next()), Updated: made}
		w.Events = append(w.Events, c)
		if w.one("taken back", 4) {
			undone := *c
			undone.Undone, undone.Updated = true, made.Add(time.Hour)
			w.Events = append(w.Events, &undone)
		}
	}
}

// DrawMapping draws which services there are.
func DrawMapping(draw Chooser) dora.Mapping {
	production := dora.MustPattern("(?i)^(prod|production|live)$")
	api := []dora.IncidentRule{{Source: "github", Repository: "acme/api", ExcludeLabels: []string{"service:worker"}}, {Source: "pagerduty", Service: "PAPI"}, {Source: "desk", Service: "PAPI"}}
	worker := []dora.IncidentRule{{Source: "github", Repository: "acme/api", Labels: []string{"service:worker"}}}
	web := []dora.IncidentRule{{Source: "github", Repository: "acme/web"}, {Source: "pagerduty", Service: "PWEB"}, {Source: "desk"}}
	deploys := func(rule dora.DeploymentRule, repository string) []dora.DeploymentRule {
		rule.Source, rule.Repository = "github", repository
		return []dora.DeploymentRule{rule}
	}
	webService := dora.Service{Name: "web", Team: "front", Deployments: deploys(dora.DeploymentRule{}, "acme/web"), Incidents: web}
	one := func(rule dora.DeploymentRule) dora.Service {
		return dora.Service{Name: "api", Team: "back", Deployments: deploys(rule, "acme/api"), Incidents: api}
	}
	two := func(rule dora.DeploymentRule) dora.Service {
		return dora.Service{Name: "worker", Team: "back", Teams: []string{"front"}, Deployments: deploys(rule, "acme/api"), Incidents: worker}
	}
	both := func(s dora.Service, more dora.DeploymentRule) dora.Service {
		s.Deployments = append(s.Deployments, deploys(more, "acme/api")...)
		return s
	}
	return dora.Mapping{Production: production, Services: OneOf(draw, "services", [][]dora.Service{
		nil,
		{one(dora.DeploymentRule{}), webService},
		{one(dora.DeploymentRule{}), two(dora.DeploymentRule{Environment: dora.MustPattern("^worker$")}), webService},
		{one(dora.DeploymentRule{TagPrefix: "x-v"}), two(dora.DeploymentRule{TagPrefix: "y-v"})},
		{one(dora.DeploymentRule{Task: "deploy"}), two(dora.DeploymentRule{Task: "deploy:worker"}), webService},
		{one(dora.DeploymentRule{Environment: dora.MustPattern("prod|worker")})},
		{one(dora.DeploymentRule{Paths: Globs("x/**", "!**/test/**")}), two(dora.DeploymentRule{Paths: Globs("y/*.go")}), webService},
		{one(dora.DeploymentRule{Environment: dora.MustPattern("prod|worker"), Paths: Globs("**/?.go")})},
		{both(one(dora.DeploymentRule{TagPrefix: "x-v", Paths: Globs("x/**")}), dora.DeploymentRule{Environment: dora.MustPattern("^worker$")})},
		{{Name: "all", Team: "all", Deployments: []dora.DeploymentRule{{Source: "github"}}, Incidents: append(api, web...)}},
	}...)}
}

// Globs are globs written in code.
func Globs(texts ...string) []dora.Glob {
	list := make([]dora.Glob, len(texts))
	for i, text := range texts {
		list[i] = dora.MustGlob(text)
	}
	return list
}

// DrawDefinition draws a team's reading.
func DrawDefinition(draw Chooser) dora.Definition {
	def := dora.DefaultDefinition()
	inclusion := []dora.Inclusion{dora.Include, dora.Exclude}
	def.Unit = OneOf(draw, "unit", dora.UnitChange, dora.UnitChange, dora.UnitPullRequest, dora.UnitCommit)
	def.LeadTimeStart = OneOf(draw, "start", dora.StartFirstCommit, dora.StartFirstCommit, dora.StartOpened, dora.StartMerged)
	def.Bots.LeadTime = OneOf(draw, "bots' lead time", inclusion...)
	def.Bots.Frequency = OneOf(draw, "bots' deployments", inclusion...)
	def.Redeploys = OneOf(draw, "redeploys", inclusion...)
	def.Recovery = OneOf(draw, "recovery", dora.RecoveryOfDeployment, dora.RecoveryOfIncident, dora.RecoveryToAcknowledge)
	def.Rework = OneOf(draw, "rework", dora.ReworkFix, dora.ReworkIncident)
	def.IncidentWindow = OneOf(draw, "window", dora.Duration(24*time.Hour), dora.Duration(2*time.Hour), 0)
	if draw("all evidence", 0, 3) == 3 {
		var kept []dora.EvidenceKind
		for _, kind := range def.Evidence {
			if draw(string(kind), 0, 1) == 1 {
				kept = append(kept, kind)
			}
		}
		def.Evidence = kept
	}
	return def
}

// Question asks about the drawn weeks, day by day.
func Question(metric dora.Metric, statistic dora.Statistic) figures.Question {
	from := WorldStart.AddDate(0, 0, -3)
	return figures.Question{
		Metric: metric, Statistic: statistic, Now: WorldStart.AddDate(0, 0, 20),
		Spans: figures.Day.Spans(from, from.AddDate(0, 0, 20), time.UTC),
	}
}

// SnapshotOf is what events mean.
func SnapshotOf(mapping dora.Mapping, def dora.Definition, events []dora.Event) *facts.Snapshot {
	h := facts.NewDeriver(mapping)
	h.Apply(events...)
	return h.Derive(def)
}

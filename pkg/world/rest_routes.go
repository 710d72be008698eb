package world

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

func (c *restCall) user() (any, error) { return c.showPerson(c.world.staff.devs[0]), nil }

func (c *restCall) organizationRepositories() (any, error) {
	if c.PathValue("owner") != Organization {
		return nil, errNotFound
	}
	return shown(part(c, c.world.owned(), standardPage), c.showRepository), nil
}

func (c *restCall) repository() (any, error) { return c.showRepository(c.repo), nil }

func (c *restCall) deployments() (any, error) {
	query := c.URL.Query()
	var list []*deployment
	for _, d := range slices.Backward(c.repo.deployments) {
		same := func(name, value string) bool { return query.Get(name) == "" || query.Get(name) == value }
		if same("environment", d.environment) && same("sha", d.commit.sha) && same("ref", d.ref) && same("task", "deploy") {
			list = append(list, d)
		}
	}
	return shown(part(c, list, standardPage), c.showDeployment), nil
}

func (c *restCall) deployment() (any, error) {
	d := c.findDeployment()
	if d == nil {
		return nil, errNotFound
	}
	return c.showDeployment(d), nil
}

func (c *restCall) findDeployment() *deployment {
	for _, d := range c.repo.deployments {
		if d.id == c.number("id") {
			return d
		}
	}
	return nil
}

func (c *restCall) statuses() (any, error) {
	d := c.findDeployment()
	if d == nil {
		return nil, errNotFound
	}
	list := slices.Clone(d.statuses)
	slices.Reverse(list)
	return shown(part(c, list, standardPage), c.showStatus), nil
}

func (c *restCall) pulls() (any, error) {
	state, err := c.choice("state", "open", "closed", "all")
	if err != nil {
		return nil, err
	}
	query := c.URL.Query()
	var list []*pull
	for _, p := range c.repo.pulls {
		base, head := query.Get("base"), query.Get("head")
		if (state == "all" || (state == "open") == p.closed.IsZero()) && (base == "" || base == mainBranch) && (head == "" || head == Organization+":"+p.branch) {
			list = append(list, p)
		}
	}
	if err := order(c, list, func(p *pull) (time.Time, time.Time, int) { return p.created, p.updated, p.number }); err != nil {
		return nil, err
	}
	return shown(part(c, list, standardPage), c.showPull), nil
}

// order sorts by what sort and direction say: created or updated, newest first unless told otherwise.
func order[T any](c *restCall, list []T, times func(T) (created, updated time.Time, number int)) error {
	by, err := c.choice("sort", "created", "updated")
	if err != nil {
		return err
	}
	direction, err := c.choice("direction", "desc", "asc")
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b T) int {
		createdA, at, numberA := times(a)
		createdB, bt, numberB := times(b)
		if by == "created" {
			at, bt = createdA, createdB
		}
		result := at.Compare(bt)
		if result == 0 {
			result = numberA - numberB
		}
		if direction == "desc" {
			return -result
		}
		return result
	})
	return nil
}

func (c *restCall) findPull() (*pull, error) {
	if p := c.repo.pull(int(c.number("number"))); p != nil {
		return p, nil
	}
	return nil, errNotFound
}

func (c *restCall) pull() (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	shown := c.showPull(p).(map[string]any)
	shown["merged"] = !p.merged.IsZero()
	shown["merged_by"] = c.showPerson(p.mergedBy)
	shown["commits"], shown["additions"], shown["deletions"], shown["changed_files"] = len(p.commits), p.additions, p.deletions, len(p.files)
	return shown, nil
}

func (c *restCall) pullCommits() (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	return shown(part(c, p.commits, standardPage), c.showCommit), nil
}

func (c *restCall) pullReviews() (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	return shown(part(c, p.reviews, standardPage), func(r *review) any { return c.showReview(p, r) }), nil
}

func (c *restCall) pullFiles() (any, error) {
	p, err := c.findPull()
	if err != nil {
		return nil, err
	}
	return shown(part(c, p.files, standardPage), showFile), nil
}

func showFile(path string) any { return map[string]any{"filename": path, "status": "modified"} }

func (c *restCall) commits() (any, error) {
	head := c.repo.main
	if name := c.URL.Query().Get("sha"); name != "" {
		if head = c.repo.commitish(name); head == nil {
			return nil, errNotFound
		}
	}
	since, err := c.since("since")
	if err != nil {
		return nil, err
	}
	until, err := c.since("until")
	if err != nil {
		return nil, err
	}
	list := slices.DeleteFunc(history(head), func(h *commit) bool {
		return h.committed.Before(since) || !until.IsZero() && h.committed.After(until)
	})
	return shown(part(c, list, standardPage), c.showCommit), nil
}

// commit answers /commits/{ref}, and /commits/{sha}/pulls, which the same pattern catches since a ref may have slashes.
func (c *restCall) commit() (any, error) {
	name := c.PathValue("ref")
	sha, pulls := strings.CutSuffix(name, "/pulls")
	if pulls && c.repo.ref(name) == nil {
		found := c.repo.commitish(sha)
		if found == nil {
			return nil, errNotFound
		}
		return shown(part(c, found.shown(), standardPage), c.showPull), nil
	}
	found := c.repo.commitish(name)
	if found == nil {
		return nil, restError{http.StatusUnprocessableEntity, "No commit found for SHA: " + name}
	}
	shownCommit := c.showCommit(found).(map[string]any)
	shownCommit["files"] = shown(part(c, found.paths(), commitFiles), showFile)
	return shownCommit, nil
}

// issues lists issues and, as GitHub does, pull requests among them.
func (c *restCall) issues() (any, error) {
	state, err := c.choice("state", "open", "closed", "all")
	if err != nil {
		return nil, err
	}
	since, err := c.since("since")
	if err != nil {
		return nil, err
	}
	var wanted []string
	if text := c.URL.Query().Get("labels"); text != "" {
		wanted = strings.Split(text, ",")
	}
	keep := func(open bool, updated time.Time, labels []string) bool {
		return (state == "all" || (state == "open") == open) && !updated.Before(since) &&
			!slices.ContainsFunc(wanted, func(l string) bool { return !slices.Contains(labels, l) })
	}
	type entry struct {
		created, updated time.Time
		number           int
		show             func() any
	}
	var list []entry
	for _, i := range c.repo.issues {
		if keep(i.closed.IsZero(), i.updated, i.labels) {
			list = append(list, entry{i.created, i.updated, i.number, func() any { return c.showIssue(i) }})
		}
	}
	for _, p := range c.repo.pulls {
		if keep(p.closed.IsZero(), p.updated, p.labels) {
			list = append(list, entry{p.created, p.updated, p.number, func() any { return c.showPullAsIssue(p) }})
		}
	}
	if err := order(c, list, func(e entry) (time.Time, time.Time, int) { return e.created, e.updated, e.number }); err != nil {
		return nil, err
	}
	return shown(part(c, list, standardPage), func(e entry) any { return e.show() }), nil
}

func (c *restCall) issue() (any, error) {
	number := int(c.number("number"))
	if i := c.repo.issue(number); i != nil {
		return c.showIssue(i), nil
	}
	if p := c.repo.pull(number); p != nil {
		return c.showPullAsIssue(p), nil
	}
	return nil, errNotFound
}

func (c *restCall) tags() (any, error) {
	list := slices.Clone(c.repo.tags)
	slices.Reverse(list)
	return shown(part(c, list, standardPage), c.showTag), nil
}

func (c *restCall) releases() (any, error) {
	list := slices.Clone(c.repo.releases)
	slices.Reverse(list)
	return shown(part(c, list, standardPage), c.showRelease), nil
}

// compare is what head reaches and base does not, oldest first.
func (c *restCall) compare() (any, error) {
	baseName, headName, found := strings.Cut(c.PathValue("basehead"), "...")
	base, head := c.repo.commitish(baseName), c.repo.commitish(headName)
	if !found || base == nil || head == nil {
		return nil, errNotFound
	}
	inBase, inHead := ancestors(base), ancestors(head)
	ahead := slices.DeleteFunc(history(head), func(h *commit) bool { return inBase[h] })
	behind := slices.DeleteFunc(history(base), func(h *commit) bool { return inHead[h] })
	slices.Reverse(ahead)
	status := "diverged"
	switch {
	case len(ahead) == 0 && len(behind) == 0:
		status = "identical"
	case len(behind) == 0:
		status = "ahead"
	case len(ahead) == 0:
		status = "behind"
	}
	var fork any
	for _, h := range history(head) {
		if inBase[h] {
			fork = c.showCommit(h)
			break
		}
	}
	return map[string]any{
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead),
		"base_commit": c.showCommit(base), "merge_base_commit": fork, "files": []any{},
		"commits": shown(part(c, ahead, comparePage), c.showCommit),
	}, nil
}

// filteredRuns is how many workflow runs a filtered search can see.
const filteredRuns = 1000

// runs are the workflow runs that made the deployments, newest first.
func (c *restCall) runs() (any, error) {
	query := c.URL.Query()
	from, to, err := c.created(query.Get("created"))
	if err != nil {
		return nil, err
	}
	var list []*deployment
	ran := c.repo.deployments
	if c.repo.workflows != nil {
		ran = c.repo.workflows
	}
	for _, d := range slices.Backward(ran) {
		status, conclusion := d.runState()
		wanted := query.Get("status")
		if (wanted == "" || wanted == status || wanted == conclusion) && !d.created.Before(from) && (to.IsZero() || !d.created.After(to)) &&
			(query.Get("head_sha") == "" || query.Get("head_sha") == d.commit.sha) && (query.Get("branch") == "" || query.Get("branch") == d.ref) {
			list = append(list, d)
		}
	}
	total := len(list)
	if query.Has("created") || query.Has("status") || query.Has("head_sha") || query.Has("branch") {
		list = list[:min(len(list), filteredRuns)]
	}
	return map[string]any{"total_count": total, "workflow_runs": shown(part(c, list, standardPage), c.showRun)}, nil
}

// created reads a search range of dates: >=A, <=B or A..B.
func (c *restCall) created(text string) (from, to time.Time, err error) {
	read := func(s string) time.Time {
		for _, layout := range []string{time.RFC3339, time.DateOnly} {
			if t, parseErr := time.Parse(layout, s); parseErr == nil {
				return t
			}
		}
		err = restError{http.StatusUnprocessableEntity, "created: \"" + text + "\" is neither >=TIME, <=TIME nor TIME..TIME"}
		return time.Time{}
	}
	after, hasFrom := strings.CutPrefix(text, ">=")
	before, hasTo := strings.CutPrefix(text, "<=")
	switch first, second, isRange := strings.Cut(text, ".."); {
	case text == "":
	case hasFrom:
		from = read(after)
	case hasTo:
		to = read(before)
	case isRange:
		from, to = read(first), read(second)
	default:
		read("")
	}
	return from, to, err
}

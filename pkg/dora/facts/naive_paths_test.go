package facts_test

import (
	"path"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// naiveTouch says whether something touches a service's paths: yes, no, or that this is not known.
type naiveTouch string

const (
	yes     naiveTouch = "yes"
	no      naiveTouch = "no"
	unknown naiveTouch = "unknown"
)

// any is yes if any of them is; if none is, one that is not known leaves it unknown.
func anyOf(all ...naiveTouch) naiveTouch {
	switch {
	case slices.Contains(all, yes):
		return yes
	case slices.Contains(all, unknown):
		return unknown
	}
	return no
}

// shared says that every entry that matches anything here has paths.
func (l *naiveLane) shared() bool {
	for _, rule := range l.entries {
		if len(rule.Paths) == 0 {
			return false
		}
	}
	return true
}

func (l *naiveLane) files(files *dora.Files) naiveTouch {
	if !l.shared() {
		return yes
	}
	if files == nil {
		return unknown
	}
	for _, file := range files.Paths {
		for _, rule := range l.entries {
			picked, left := false, false
			for _, glob := range rule.Paths {
				pattern, out := strings.CutPrefix(glob.String(), "!")
				if !matchParts(strings.Split(pattern, "/"), strings.Split(file, "/")) {
					continue
				}
				picked, left = picked || !out, left || out
			}
			if picked && !left {
				return yes
			}
		}
	}
	if files.Cut {
		return unknown
	}
	return no
}

// matchParts matches part by part; ** is any number of parts, and at least one at the end.
func matchParts(pattern, parts []string) bool {
	switch {
	case len(pattern) == 0:
		return len(parts) == 0
	case len(parts) == 0:
		return false
	case pattern[0] == "**" && len(pattern) == 1:
		return true
	case pattern[0] == "**":
		return matchParts(pattern[1:], parts) || matchParts(pattern, parts[1:])
	}
	matched, err := path.Match(pattern[0], parts[0])
	return err == nil && matched && matchParts(pattern[1:], parts[1:])
}

func (l *naiveLane) change(c *naiveChange) naiveTouch {
	if c.pull != nil {
		return l.files(c.pull.Files)
	}
	return l.files(c.commit.Files)
}

// commit is a commit's: that of the pull requests that it landed, else of the smallest that it belongs to, else of the
// change that brought it to the main line.
func (l *naiveLane) commit(sha string) naiveTouch {
	if !l.shared() {
		return yes
	}
	r := l.repository
	if r.commits[sha] == nil {
		return unknown
	}
	var landed []naiveTouch
	var smallest *naiveChange
	for _, c := range r.units {
		if c.pull == nil {
			continue
		}
		if c.landed == sha {
			landed = append(landed, l.change(c))
		}
		if slices.Contains(c.shas, sha) && (smallest == nil || len(c.pull.Commits) < len(smallest.pull.Commits)) {
			smallest = c
		}
	}
	for _, c := range r.promotions {
		if c.landed == sha && len(landed) == 0 {
			return no // it brings nothing of its own
		}
	}
	if len(landed) > 0 {
		return anyOf(landed...)
	}
	if smallest != nil {
		return l.change(smallest)
	}
	for _, c := range r.units {
		if c.pull == nil && c.landed == sha {
			return l.change(c)
		}
	}
	for _, c := range r.mainLine() {
		if c.SHA != sha && r.brought(c)[sha] {
			return l.commit(c.SHA)
		}
	}
	return unknown
}

// step says whether what one version has and the other has not touches the paths.
func (l *naiveLane) step(from, to string) naiveTouch {
	r := l.repository
	if r.commits[from] == nil || r.commits[to] == nil {
		return unknown
	}
	before, after := r.reach(from), r.reach(to)
	found := no
	for _, moved := range []set{minus(before, after), minus(after, before)} {
		for sha := range moved {
			found = anyOf(found, l.commit(sha))
		}
	}
	return found
}

// own leaves in the lane the deployments, runs and changes of the service alone.
func (l *naiveLane) own(def dora.Definition, unmeasured map[facts.Reason]int) {
	if !l.shared() {
		return
	}
	whose := map[*naiveDeployment]naiveTouch{}
	for i, d := range l.deployments {
		switch {
		case i == 0:
			whose[d] = yes
		case d.event.SHA == l.deployments[i-1].event.SHA:
			whose[d] = whose[l.deployments[i-1]]
		default:
			whose[d] = l.step(l.deployments[i-1].event.SHA, d.event.SHA)
		}
	}
	var runs []*dora.Deployment
	for _, run := range l.failed {
		var before *naiveDeployment
		for _, d := range l.deployments {
			if at := run.Failed(); !d.finish.After(at) || at.IsZero() && !d.finish.After(run.LastWord()) {
				before = d
			}
		}
		its := yes
		switch {
		case before == nil:
		case before.event.SHA == run.SHA:
			its = whose[before]
		default:
			its = l.step(before.event.SHA, run.SHA)
		}
		switch {
		case its == yes || its == unknown && run.Failed().IsZero():
			runs = append(runs, run)
		case its == unknown:
			unmeasured[facts.ReasonUnknownContents]++
		}
	}
	l.failed = runs
	var own []*naiveDeployment
	for i, d := range l.deployments {
		var changes []*naiveChange
		for _, c := range d.changes {
			switch its := l.change(c); {
			case its == yes:
				changes = append(changes, c)
			case its == unknown && i > 0 && (def.Unit == dora.UnitChange || (c.pull != nil && def.Unit == dora.UnitPullRequest)):
				unmeasured[facts.ReasonUnknownFiles]++
			}
		}
		l.elsewhere = slices.Concat(l.elsewhere, d.changes, d.promotions)
		d.changes = changes
		for _, sha := range sortedKeys(d.contents) {
			its := l.commit(sha)
			if its == unknown && i > 0 && def.Unit == dora.UnitCommit && len(l.repository.commits[sha].Parents) < 2 {
				unmeasured[facts.ReasonUnknownFiles]++
			}
			if its != yes {
				delete(d.contents, sha)
			}
		}
		switch whose[d] {
		case yes:
			own = append(own, d)
		case unknown:
			unmeasured[facts.ReasonUnknownContents]++
		}
	}
	l.deployments = own
	for i, d := range own {
		d.at = i
	}
}

package facts_test

import (
	"fmt"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// naiveUnit is one unit of lead time.
type naiveUnit struct {
	number   int
	sha      string
	author   string
	start    time.Time
	opened   time.Time
	review   time.Time
	approved time.Time
	merged   time.Time
	own      bool // a commit, which begins at its own authored time whatever the definition's start is
}

func (n *naive) units(d *naiveDeployment) []naiveUnit {
	var units []naiveUnit
	if n.def.Unit == dora.UnitCommit {
		for sha := range d.contents {
			if c := d.lane.repository.commits[sha]; len(c.Parents) < 2 {
				units = append(units, naiveUnit{sha: sha, author: c.Author, start: c.Authored, merged: c.Committed, own: true})
			}
		}
		return units
	}
	for _, c := range d.changes {
		if c.pull == nil && n.def.Unit == dora.UnitPullRequest {
			continue
		}
		u := naiveUnit{sha: c.landed, author: c.author, start: c.first}
		if p := c.pull; p != nil {
			u.number, u.opened, u.merged = p.Number, p.Opened, p.Merged
			u.review, u.approved = n.reviews(p)
		} else {
			u.merged = c.commit.Committed // a plain commit is merged when it is committed
		}
		units = append(units, u)
	}
	return units
}

// reviews finds the first review and the first approval by another person before the merge.
func (n *naive) reviews(p *dora.Change) (review, approved time.Time) {
	for _, r := range p.Reviews {
		if r.Author == p.Author || n.def.Bots.Pattern.Match(r.Author) || r.At.After(p.Merged) {
			continue
		}
		review = earlier(review, r.At)
		if r.State == dora.ReviewApproved {
			approved = earlier(approved, r.At)
		}
	}
	return review, approved
}

// tell measures a unit and writes it down.
func (u naiveUnit) tell(def dora.Definition, d *naiveDeployment, unmeasured map[facts.Reason]int) string {
	text := fmt.Sprintf("  #%d %s first=%s opened=%s review=%s approved=%s merged=%s", u.number, short(u.sha), stamp(u.start), stamp(u.opened), stamp(u.review), stamp(u.approved), stamp(u.merged))
	start, from := u.start, facts.StageCoding
	if !u.own {
		switch def.LeadTimeStart {
		case dora.StartOpened:
			start, from = u.opened, facts.StagePickup
		case dora.StartMerged:
			start, from = u.merged, facts.StageDeploy
		}
	}
	finished := d.finish
	reason := facts.Reason("")
	switch {
	case d.at == 0:
		reason = facts.ReasonFirstDeployment
	case d.noBase:
		reason = facts.ReasonNoBase
	case d.unknown:
		return text + " excluded=" + string(facts.ReasonUnknownCommit) // the deployment is counted, not each unit
	case def.Bots.Pattern.Match(u.author) && def.Bots.LeadTime == dora.Exclude:
		reason = facts.ReasonBot
	case start.IsZero():
		reason = facts.ReasonNoStart
	case finished.Before(start):
		reason = facts.ReasonNegative
	}
	if reason != "" {
		unmeasured[reason]++
		return text + " excluded=" + string(reason)
	}
	text += " lead=" + finished.Sub(start).String()
	merged := u.merged
	if u.number == 0 {
		merged = time.Time{} // a plain commit has no review that could end
	}
	at := start
	for _, end := range []struct {
		stage facts.Stage
		at    time.Time
	}{{facts.StageCoding, u.opened}, {facts.StagePickup, u.review}, {facts.StageReview, merged}, {facts.StageDeploy, finished}} {
		if end.stage < from || end.at.IsZero() {
			continue
		}
		boundary := end.at
		if boundary.Before(at) {
			boundary = at
			unmeasured[facts.ReasonClamped]++
		}
		if boundary.After(finished) {
			boundary = finished
			unmeasured[facts.ReasonClamped]++
		}
		text += fmt.Sprintf(" %d:%s", end.stage, boundary.Sub(at))
		at = boundary
	}
	return text
}

package facts_test

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// rollbacks finds deployments of a strict ancestor of what ran, and whom they blame.
func (l *naiveLane) rollbacks(def dora.Definition, unmeasured map[facts.Reason]int) {
	for i, d := range l.deployments {
		if i == 0 {
			continue
		}
		if !l.repository.strictAncestor(d.event.SHA, l.deployments[i-1].event.SHA) {
			continue
		}
		d.rollback = true
		for j := i - 1; j >= 0 && d.blamed == nil; j-- {
			if earlier := l.deployments[j].event.SHA; earlier == d.event.SHA || l.repository.strictAncestor(earlier, d.event.SHA) {
				d.blamed = l.deployments[j+1]
			}
		}
		if d.blamed == nil {
			unmeasured[facts.ReasonRollbackUnresolved]++
			continue
		}
		if def.Uses(dora.EvidenceRollback) {
			d.blamed.recovery = append(d.blamed.recovery, naiveEnd{d.finish, d, d.event.FullID()})
			d.blamed.accuse(dora.EvidenceRollback, d.event.FullID(), 0, d.finish)
		}
	}
}

// strictAncestor says whether one commit is reachable from another and not the same. Of a commit that is not known
// nothing is said, "never guessed".
func (r *naiveRepository) strictAncestor(a, of string) bool {
	return a != of && r.commits[a] != nil && r.reach(of)[a]
}

func (d *naiveDeployment) accuse(kind dora.EvidenceKind, by string, change int, at time.Time) {
	d.evidence = append(d.evidence, fmt.Sprintf("  failed: %s by %s #%d at %s", kind, by, change, stamp(at)))
}

// remedies finds what reverts and hotfixes mend.
func (l *naiveLane) remedies(def dora.Definition, unmeasured map[facts.Reason]int) {
	for i, d := range l.deployments {
		if i == 0 || d.noBase || d.unknown {
			continue // "it has no base, so its changes are unmeasurable": nor do they mend anything
		}
		for _, c := range d.changes {
			hotfix := c.pull != nil && (def.Hotfix.Branches.Match(c.pull.Branch) || slices.ContainsFunc(c.pull.Labels, func(label string) bool {
				return slices.ContainsFunc(def.Hotfix.Labels, func(wanted string) bool { return strings.EqualFold(label, wanted) })
			}))
			v := l.repository.undone(c)
			if v.is && (v.again && v.what == nil || v.what != nil && l.repository.effective(v.what, nil)) {
				continue // a re-landing
			}
			shipped := l.shipper(v.what)
			var failed *naiveDeployment
			switch {
			case shipped != nil && shipped.at >= i:
				continue // ships together with what it reverts
			case shipped != nil:
				failed = shipped
				d.reverts = append(d.reverts, failed)
			case hotfix:
				failed = l.mendedByHotfix(i)
				d.hotfixes = append(d.hotfixes, failed)
			case v.is:
				unmeasured[facts.ReasonRevertUnresolved]++
				continue
			default:
				continue
			}
			if def.Uses(dora.EvidenceRemedy) {
				failed.accuse(dora.EvidenceRemedy, d.event.FullID(), c.number(), d.finish)
				failed.recovery = append(failed.recovery, naiveEnd{d.finish, d, d.event.FullID()})
			}
		}
	}
}

// shipper is the deployment that shipped a change.
func (l *naiveLane) shipper(c *naiveChange) *naiveDeployment {
	if c == nil {
		return nil
	}
	for _, d := range l.deployments {
		if d.contents[c.landed] {
			return d
		}
	}
	return nil
}

// mendedByHotfix is "the deployment just before the remedy's, skipping redeploys and rollbacks (after a rollback: the
// one it blamed)".
func (l *naiveLane) mendedByHotfix(remedy int) *naiveDeployment {
	for i := remedy - 1; i >= 0; i-- {
		switch d := l.deployments[i]; {
		case d.blamed != nil:
			return d.blamed
		case !d.redeploy && !d.rollback:
			return d
		}
	}
	panic("the first deployment is neither redeploy nor rollback")
}

// naiveRevert is what a change's text says that it takes back.
type naiveRevert struct {
	is    bool         // a revert
	what  *naiveChange // nil if that was not found
	again bool         // its title says that what it takes back is a revert in its turn
}

// effective says that a change is a revert and no re-landing.
func (r *naiveRepository) effective(c *naiveChange, seen []*naiveChange) bool {
	v := r.undone(c)
	switch {
	case !v.is:
		return false
	case v.what == nil || slices.Contains(seen, c):
		return !v.again
	}
	return !r.effective(v.what, append(seen, c))
}

// undone reads of a change whether it is a revert, and what it takes back. What names the other first decides: a
// number in the body, a commit in the body, the quoted title.
func (r *naiveRepository) undone(c *naiveChange) naiveRevert {
	title, body, _ := strings.Cut(c.message, "\n")
	v := naiveRevert{again: againInTitle(title)}
	for _, words := range splitAfter(body, "Reverts ") {
		name, rest, ok := strings.Cut(words, "#")
		if number := leadingNumber(rest); ok && number > 0 && strings.Count(name, "/") == 1 && !strings.Contains(name, " ") {
			v.is = true
			if strings.EqualFold(name, r.name) {
				v.what = r.numbered(number)
			}
			return v
		}
	}
	for _, words := range splitAfter(body, "This reverts commit ") {
		if len(words) >= 40 {
			v.is, v.what = true, r.withCommit(words[:40])
			return v
		}
	}
	quoted, ok := quotedTitle(title)
	v.is = ok
	if at := strings.LastIndex(quoted, "#"); at >= 0 {
		v.what = r.numbered(leadingNumber(quoted[at+1:]))
	}
	return v
}

// quotedTitle is what stands inside the outermost quotes of a revert's title.
func quotedTitle(title string) (string, bool) {
	if !strings.HasPrefix(title, `Revert "`) || strings.Count(title, `"`) < 2 {
		return "", false
	}
	return title[len(`Revert "`):strings.LastIndex(title, `"`)], true
}

// againInTitle says that a title reverts a revert; a revert of that one is no re-landing.
func againInTitle(title string) bool {
	quoted, ok := quotedTitle(title)
	if !ok {
		return false
	}
	_, inner := quotedTitle(quoted)
	return inner && !againInTitle(quoted)
}

func (r *naiveRepository) numbered(number int) *naiveChange {
	for _, c := range slices.Concat(r.units, r.promotions) {
		if c.pull != nil && c.pull.Number == number {
			return c
		}
	}
	return nil
}

// withCommit is the change that a commit landed, else that it is one of; else the commit by itself.
func (r *naiveRepository) withCommit(sha string) *naiveChange {
	for _, c := range slices.Concat(r.units, r.promotions) {
		if c.landed == sha {
			return c
		}
	}
	for _, c := range r.units {
		if slices.Contains(c.shas, sha) {
			return c
		}
	}
	if c := r.commits[sha]; c != nil {
		return &naiveChange{commit: c, landed: sha, author: c.Author, message: c.Message}
	}
	return nil
}

// splitAfter is what follows each occurrence of a phrase.
func splitAfter(text, phrase string) []string { return strings.Split(text, phrase)[1:] }

func leadingNumber(text string) int {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	number, _ := strconv.Atoi(text[:end])
	return number
}

// link holds a service's incidents against its deployments, and tells of them.
func (n *naive) link(s dora.Service, all []*naiveDeployment, unmeasured map[facts.Reason]int) (lines []string) {
	type told struct {
		opened time.Time
		text   string
	}
	var incidents []told
	interruptions, parts := n.interruptions(s, all, unmeasured)
	for _, records := range interruptions {
		i := records[0]
		var said dora.Correction
		for _, record := range records {
			if c := n.said(record.FullID(), s); c.Made.After(said.Made) || c.Made.Equal(said.Made) && c.ID > said.ID {
				said = c
			}
		}
		byHand := byHand(said, all)
		if n.def.Recovery == dora.RecoveryOfIncident && !i.Resolved.IsZero() && i.Resolved.Before(i.Opened) {
			unmeasured[facts.ReasonNegativeRecovery]++
		}
		if n.def.Recovery == dora.RecoveryToAcknowledge {
			switch {
			case i.Acknowledged.IsZero() && i.Resolved.IsZero():
			case i.Acknowledged.IsZero():
				unmeasured[facts.ReasonNotAcknowledged]++
			case i.Acknowledged.Before(i.Opened):
				unmeasured[facts.ReasonNegativeRecovery]++
			}
		}
		var linked, remedy *naiveDeployment
		var by dora.EvidenceKind
		knows := false    // a known deployment that finished before the incident opened, whosever it is
		linkedID := false // by what no other deployment has
		for _, name := range namesOf(records) {
			isName := name.is
			var before, after *naiveDeployment
			for _, d := range n.deployments {
				at := d.Finished()
				for _, own := range all {
					if slices.Contains(own.legs, d) {
						at = own.finish
					}
				}
				knows = knows || isName(d) && !at.IsZero() && !at.After(i.Opened)
			}
			for _, d := range all {
				switch {
				case !isLeg(d, isName):
				case !d.finish.After(i.Opened):
					before = d
				case after == nil:
					after = d
				}
			}
			// "A sha or version means its last success finished ≤ opened"; of several names the latest deployment counts, but an
			// id's before a sha's or a version's.
			switch {
			case before != nil:
				if linked == nil || name.id && !linkedID || name.id == linkedID && earlierDeployment(linked, before) {
					linked, by, linkedID = before, dora.EvidenceExplicit, name.id
				}
			case after != nil:
				if remedy == nil || earlierDeployment(remedy, after) {
					remedy = after
				}
			}
		}
		if !n.def.Uses(dora.EvidenceExplicit) {
			linked, by = nil, ""
		}
		if !knows && said.Verdict != dora.VerdictLinked && n.def.Uses(dora.EvidenceIncident) {
			for _, d := range all {
				if !d.finish.After(i.Opened) {
					linked, by = d, dora.EvidenceIncident
				}
			}
			if linked != nil && i.Opened.Sub(linked.finish) > time.Duration(n.def.IncidentWindow) {
				linked, by = nil, ""
			}
		}
		switch {
		case said.Verdict == dora.VerdictUnlinked:
			linked, by = nil, ""
		case byHand != nil:
			linked, by = byHand, dora.EvidenceManual
		}
		text := fmt.Sprintf("incident %s names=%t", i.FullID(), knows)
		if linked != nil {
			linked.linked = append(linked.linked, i)
			linked.accuse(by, i.FullID(), 0, i.Opened)
			text += " linked to " + linked.event.FullID() + " by " + string(by)
		}
		if remedy != nil {
			remedy.remedy = true
			text += " remedied by " + remedy.event.FullID()
		}
		sort.Slice(records[1:], func(a, b int) bool { return opensBefore(records[1+a], records[1+b]) })
		for _, part := range records[1:] {
			text += " with " + part.FullID()
		}
		incidents = append(incidents, told{i.Opened, text})
	}
	sort.SliceStable(incidents, func(a, b int) bool { return incidents[a].opened.Before(incidents[b].opened) })
	defer func() { lines = append(lines, parts...) }()
	lines = make([]string, len(incidents))
	for i := range incidents {
		lines[i] = incidents[i].text
	}
	return lines
}

// blame holds records of changes that did not succeed against the deployments of other sources that they name: by an id what
// finished by the end of the work, by a commit or a version what did while the work was done; of several the latest, by an id
// before all others.
func (n *naive) blame(all []*naiveDeployment) {
	for _, i := range n.incidents {
		if i.Change == "" || i.Withdrawn || !n.def.Uses(dora.EvidenceExplicit) {
			continue
		}
		var blamed *naiveDeployment
		for _, id := range []bool{true, false} {
			for _, name := range namesOf([]*dora.Incident{i}) {
				for _, d := range all {
					within := !d.finish.After(i.Resolved) && (id || !d.finish.Before(i.Opened))
					if name.id == id && within && isLeg(d, name.is) && d.event.Source != i.Source && (blamed == nil || earlierDeployment(blamed, d)) {
						blamed = d
					}
				}
			}
			if blamed != nil {
				break
			}
		}
		if blamed == nil {
			continue
		}
		blamed.accuse(dora.EvidenceExplicit, i.FullID(), 0, i.Resolved)
		if i.Change == dora.ChangeRestored {
			blamed.recovery = append(blamed.recovery, naiveEnd{at: i.Resolved, by: i.FullID()})
		}
	}
}

func isLeg(d *naiveDeployment, is func(*dora.Deployment) bool) bool {
	return slices.ContainsFunc(d.legs, is)
}

// said is the last word of a person, on a deployment or an incident, that counts for a service and was not taken back.
func (n *naive) said(about string, s dora.Service) dora.Correction {
	var last dora.Correction
	for _, c := range n.corrections {
		subject := c.Deployment
		if c.Incident != "" {
			subject = c.Incident
		}
		if subject != about || c.Undone || (c.Service != "" && c.Service != s.Name) {
			continue
		}
		if c.Made.After(last.Made) || c.Made.Equal(last.Made) && c.ID > last.ID {
			last = *c
		}
	}
	return last
}

// naiveName says of what may name a deployment whether it is a deployment's, and whether it is an id, an address or a key.
type naiveName struct {
	is func(*dora.Deployment) bool
	id bool
}

// namesIn lists what in an incident's text may name a deployment.
func namesIn(i *dora.Incident) []naiveName {
	text := i.Title + "\n" + i.Body
	// A name ends where no letter, digit or mark goes on, but for the end of a sentence.
	find := func(pattern string) (found []string) {
		name := regexp.MustCompile(pattern + `\.?(?:$|[^\w.+/~-])`)
		for rest := text; ; {
			at := name.FindStringSubmatchIndex(rest)
			if at == nil {
				return found
			}
			found, rest = append(found, rest[at[2]:at[3]]), rest[at[3]:]
		}
	}
	const begin = `(?:^|[^\w.+/~-])`
	var all []naiveName
	is := func(id bool, found []string, name func(*dora.Deployment) string) {
		for _, one := range found {
			all = append(all, naiveName{func(d *dora.Deployment) bool { return one == name(d) }, id})
		}
	}
	number := func(d *dora.Deployment) string { return strconv.FormatInt(d.Number, 10) }
	plain := regexp.MustCompile(`^[\d-]+(?:\.[\d-]*)?$`)
	version := func(isPlain bool) func(*dora.Deployment) string {
		return func(d *dora.Deployment) string {
			if d.RefKind == dora.RefTag && strings.ContainsAny(d.Ref, "0123456789") && plain.MatchString(d.Ref) == isPlain {
				return d.Ref
			}
			return "none"
		}
	}
	is(false, find(begin+`([0-9a-f]{40})`), func(d *dora.Deployment) string { return d.SHA })
	is(true, find(`(https://[^ <>]*)`), func(d *dora.Deployment) string { return d.URL })
	is(true, find(begin+`(\d{7,})`), number)
	is(true, find(`(?i)\b(?:deployment|deploy|deployment_id|deployed as)(?:: | #|:| )(\d+)`), number)
	is(false, find(`(?i)\b(?:(?:version|release|tag) |v)(\d[\d.-]*\d|\d)`), version(true))
	is(false, find(begin+`([\w.-]+\w)`), version(false))
	is(true, find(begin+`(CHG\d+)`), func(d *dora.Deployment) string { return d.Key })
	return all
}

// recovered is the earliest end of a failure.
func (n *naive) recovered(d *naiveDeployment, unmeasured map[facts.Reason]int) string {
	if len(d.evidence) == 0 || d.said.Verdict == dora.VerdictNotFailed {
		return ""
	}
	ends := slices.Clone(d.recovery)
	if len(d.linked) > 0 {
		last := naiveEnd{}
		open := false
		for _, i := range d.linked {
			open = open || i.Resolved.IsZero()
			if i.Resolved.After(last.at) {
				last = naiveEnd{at: i.Resolved, by: i.FullID()}
			}
		}
		if !open {
			ends = append(ends, last)
		}
	}
	if len(ends) == 0 {
		return ""
	}
	sort.SliceStable(ends, func(a, b int) bool {
		if !ends[a].at.Equal(ends[b].at) {
			return ends[a].at.Before(ends[b].at)
		}
		if one, other := ends[a].deployment, ends[b].deployment; one != nil && other != nil && one != other {
			return earlierDeployment(one, other)
		} else if one != other {
			return one != nil
		}
		return ends[a].by < ends[b].by
	})
	if ends[0].at.Before(d.finish) {
		if n.def.Recovery == dora.RecoveryOfDeployment {
			unmeasured[facts.ReasonNegativeRecovery]++
		}
		return ""
	}
	return fmt.Sprintf("  recovered %s by %s", stamp(ends[0].at), ends[0].by)
}

// rework says why a deployment was unplanned. Under the reading `incident` an incident stands behind the reason.
func (n *naive) rework(d *naiveDeployment) facts.ReworkReason {
	behind := func(blamed *naiveDeployment) bool {
		return n.def.Rework == dora.ReworkFix || (blamed != nil && len(blamed.linked) > 0)
	}
	switch {
	case d.rollback && behind(d.blamed):
		return facts.ReworkRollback
	case slices.ContainsFunc(d.reverts, behind):
		return facts.ReworkRevert
	case slices.ContainsFunc(d.hotfixes, behind):
		return facts.ReworkHotfix
	case d.remedy:
		return facts.ReworkRemedy
	}
	return ""
}

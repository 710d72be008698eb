package dora_test

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// rollbacks finds deployments of a strict ancestor of what ran, and whom they blame.
func (l *naiveLane) rollbacks(def dora.Definition, unmeasured map[dora.Reason]int) {
	for i, d := range l.deployments {
		if i == 0 {
			continue
		}
		running := l.deployments[i-1].event.SHA
		if d.event.SHA == running || !l.repository.reach(running)[d.event.SHA] {
			continue
		}
		d.rollback = true
		d.reasons["rollback"] = true
		restored := l.repository.reach(d.event.SHA)
		for j := i - 1; j >= 0 && d.blamed == nil; j-- {
			if restored[l.deployments[j].event.SHA] {
				d.blamed = l.deployments[j+1]
			}
		}
		if d.blamed == nil {
			unmeasured[dora.ReasonRollbackUnresolved]++
			continue
		}
		d.mended = append(d.mended, d.blamed)
		d.blamed.recovery = append(d.blamed.recovery, naiveEnd{d.event.Finished(), d.event.FullID()})
		if def.Uses(dora.EvidenceRollback) {
			d.blamed.accuse(dora.EvidenceRollback, d.event.FullID(), 0, d.event.Finished())
		}
	}
}

func (d *naiveDeployment) accuse(kind dora.EvidenceKind, by string, change int, at time.Time) {
	d.evidence = append(d.evidence, fmt.Sprintf("  failed: %s by %s #%d at %s", kind, by, change, stamp(at)))
}

// remedies finds what reverts and hotfixes mend.
func (l *naiveLane) remedies(def dora.Definition, unmeasured map[dora.Reason]int) {
	shippedBy := map[*naiveChange]*naiveDeployment{}
	for _, d := range l.deployments {
		for _, c := range d.changes {
			shippedBy[c] = d
		}
	}
	for i, d := range l.deployments {
		for _, c := range d.changes {
			hotfix := c.pull != nil && (def.Hotfix.Branches.Match(c.pull.Branch) || slices.ContainsFunc(c.pull.Labels, func(label string) bool {
				return slices.ContainsFunc(def.Hotfix.Labels, func(wanted string) bool { return strings.EqualFold(label, wanted) })
			}))
			revert, undone := l.repository.undone(c)
			var failed *naiveDeployment
			switch {
			case undone != nil:
				if l.repository.effective(undone, nil) || shippedBy[undone] == d {
					continue // a re-landing, or a revert that ships with what it reverts
				}
				failed = shippedBy[undone]
				if failed == nil || failed.at > d.at {
					unmeasured[dora.ReasonRevertUnresolved]++
					continue
				}
				d.reasons["revert"] = true
			case hotfix:
				d.reasons["hotfix"] = true
				before := i - 1
				for before >= 0 && l.deployments[before].redeploy {
					before--
				}
				if before >= 0 {
					failed = l.deployments[before]
					if failed.rollback {
						failed = failed.blamed
					}
				}
				if failed == nil {
					unmeasured[dora.ReasonHotfixUnresolved]++
					continue
				}
			case revert:
				unmeasured[dora.ReasonRevertUnresolved]++
				continue
			default:
				continue
			}
			d.mended = append(d.mended, failed)
			failed.recovery = append(failed.recovery, naiveEnd{d.event.Finished(), d.event.FullID()})
			if def.Uses(dora.EvidenceRemedy) {
				failed.accuse(dora.EvidenceRemedy, d.event.FullID(), c.number(), d.event.Finished())
			}
		}
	}
}

// effective says that a change is a revert and no re-landing.
func (r *naiveRepository) effective(c *naiveChange, seen []*naiveChange) bool {
	revert, undone := r.undone(c)
	if undone == nil || slices.Contains(seen, c) {
		return revert
	}
	return !r.effective(undone, append(seen, c))
}

// undone reads of a change whether it is a revert, and what it takes back; nil if that was not found.
func (r *naiveRepository) undone(c *naiveChange) (revert bool, what *naiveChange) {
	title, body, _ := strings.Cut(c.message, "\n")
	for _, words := range splitAfter(body, "Reverts ") {
		name, rest, ok := strings.Cut(words, "#")
		if !ok || !strings.EqualFold(name, r.name) {
			continue
		}
		revert = true
		if number := leadingNumber(rest); number > 0 && what == nil {
			what = r.numbered(number)
		}
	}
	if what != nil {
		return true, what
	}
	for _, words := range splitAfter(body, "This reverts commit ") {
		revert = true
		for _, other := range r.units {
			if len(words) >= 40 && what == nil && (other.landed == words[:40] || slices.Contains(other.shas, words[:40])) {
				what = other
			}
		}
	}
	if what != nil {
		return true, what
	}
	if strings.HasPrefix(title, `Revert "`) && strings.Count(title, `"`) >= 2 {
		quoted := title[len(`Revert "`):strings.LastIndex(title, `"`)]
		if at := strings.LastIndex(quoted, "#"); at >= 0 {
			what = r.numbered(leadingNumber(quoted[at+1:]))
		}
		return true, what
	}
	return revert, nil
}

func (r *naiveRepository) numbered(number int) *naiveChange {
	for _, c := range r.units {
		if c.pull != nil && c.pull.Number == number {
			return c
		}
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
func (n *naive) link(s dora.Service, all []*naiveDeployment) []string {
	type told struct {
		opened time.Time
		text   string
	}
	var incidents []told
	for _, i := range n.incidents {
		if i.Withdrawn || !slices.ContainsFunc(s.Incidents, func(r dora.IncidentRule) bool { return r.Matches(i) }) {
			continue
		}
		var linked, remedy *naiveDeployment
		var by dora.EvidenceKind
		names := false
		for _, d := range n.deployments {
			names = names || (mentions(i, d) && !d.Finished().IsZero())
		}
		for _, d := range all {
			if !mentions(i, d.event) {
				continue
			}
			if d.event.Finished().After(i.Opened) {
				if remedy == nil {
					remedy = d
				}
			} else {
				linked, by = d, dora.EvidenceExplicit
			}
		}
		if !n.def.Uses(dora.EvidenceExplicit) {
			linked, by = nil, ""
		}
		if !names && n.def.Uses(dora.EvidenceIncident) {
			for _, d := range all {
				if !d.event.Finished().After(i.Opened) {
					linked, by = d, dora.EvidenceIncident
				}
			}
			if linked != nil && i.Opened.Sub(linked.event.Finished()) > time.Duration(n.def.IncidentWindow) {
				linked, by = nil, ""
			}
		}
		text := fmt.Sprintf("incident %s names=%t", i.FullID(), names)
		if linked != nil {
			linked.linked = append(linked.linked, i)
			linked.accuse(by, i.FullID(), 0, i.Opened)
			text += " linked to " + linked.event.FullID() + " by " + string(by)
		}
		if remedy != nil {
			remedy.remedy = true
			remedy.reasons["remedy"] = true
			text += " remedied by " + remedy.event.FullID()
		}
		incidents = append(incidents, told{i.Opened, text})
	}
	sort.SliceStable(incidents, func(a, b int) bool { return incidents[a].opened.Before(incidents[b].opened) })
	lines := make([]string, len(incidents))
	for i := range incidents {
		lines[i] = incidents[i].text
	}
	return lines
}

// mentions says whether an incident's text contains a deployment's sha, id, address or version as a whole token.
func mentions(i *dora.Incident, d *dora.Deployment) bool {
	names := []string{d.SHA, d.ID, d.FullID(), strconv.FormatInt(d.Number, 10)}
	if d.URL != "" {
		names = append(names, d.URL)
	}
	if d.RefKind == dora.RefTag && d.Ref != "" {
		names = append(names, d.Ref)
	}
	for _, word := range strings.Fields(i.Title + "\n" + i.Body) {
		if slices.Contains(names, strings.Trim(word, ".,;:!?()[]{}<>\"'`")) {
			return true
		}
	}
	return false
}

// recovered is the earliest end of a failure.
func (n *naive) recovered(d *naiveDeployment, unmeasured map[dora.Reason]int) string {
	if len(d.evidence) == 0 {
		return ""
	}
	ends := slices.Clone(d.recovery)
	if len(d.linked) > 0 {
		last := naiveEnd{}
		open := false
		for _, i := range d.linked {
			open = open || i.Resolved.IsZero()
			if i.Resolved.After(last.at) {
				last = naiveEnd{i.Resolved, i.FullID()}
			}
		}
		if !open {
			ends = append(ends, last)
		}
	}
	if len(ends) == 0 {
		return ""
	}
	sort.SliceStable(ends, func(a, b int) bool { return ends[a].at.Before(ends[b].at) })
	if ends[0].at.Before(d.event.Finished()) {
		unmeasured[dora.ReasonNegativeRecovery]++
		return ""
	}
	return fmt.Sprintf("  recovered %s by %s", stamp(ends[0].at), ends[0].by)
}

// rework says why a deployment was unplanned.
func (n *naive) rework(d *naiveDeployment) dora.ReworkReason {
	if n.def.Rework == dora.ReworkIncident && !d.remedy &&
		!slices.ContainsFunc(d.mended, func(failed *naiveDeployment) bool { return len(failed.linked) > 0 }) {
		return ""
	}
	for _, reason := range []dora.ReworkReason{dora.ReworkRollback, dora.ReworkRevert, dora.ReworkHotfix, dora.ReworkRemedy} {
		if d.reasons[string(reason)] {
			return reason
		}
	}
	return ""
}

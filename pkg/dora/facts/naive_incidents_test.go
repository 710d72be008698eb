package facts_test

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// interruptions are a service's incidents, each with all of the records that tell of it, the one that counts first; and what
// is told of those that do not count.
func (n *naive) interruptions(s dora.Service, all []*naiveDeployment, unmeasured map[facts.Reason]int) (found [][]*dora.Incident, parts []string) {
	sort.SliceStable(n.incidents, func(a, b int) bool { return opensBefore(n.incidents[a], n.incidents[b]) })
	var mine []*dora.Incident
	for _, i := range n.incidents {
		said := n.said(i.FullID(), s)
		mapped := slices.ContainsFunc(s.Incidents, func(r dora.IncidentRule) bool { return r.Matches(i) })
		switch {
		case i.Withdrawn || i.Change != "" || !mapped && byHand(said, all) == nil:
		case said.Verdict == dora.VerdictIgnored:
			unmeasured[facts.ReasonIgnored]++
		default:
			mine = append(mine, i)
		}
	}
	told := map[*dora.Incident]string{}
	for _, i := range mine {
		whole := n.whole(i)
		inService := slices.ContainsFunc(mine, func(other *dora.Incident) bool { return other.FullID() == whole })
		switch {
		case whole == i.FullID() || !inService && n.said(i.FullID(), s).Verdict == dora.VerdictLinked:
			found = append(found, []*dora.Incident{i})
		case !inService:
			told[i] = whole
		}
	}
	for _, i := range mine {
		for at := range found {
			if whole := found[at][0]; whole != i && n.whole(i) == whole.FullID() {
				found[at] = append(found[at], i)
			}
		}
	}
	found = n.acrossSystems(found)
	sort.SliceStable(found, func(a, b int) bool { return opensBefore(found[a][0], found[b][0]) })
	for _, records := range found {
		for _, i := range records[1:] {
			told[i] = records[0].FullID()
		}
	}
	for _, i := range mine {
		if of, is := told[i]; is {
			unmeasured[facts.ReasonPartOfAnother]++
			parts = append(parts, "part "+i.FullID()+" of "+of)
		}
	}
	return found, parts
}

// acrossSystems puts together what records of several systems tell, where one names another.
func (n *naive) acrossSystems(found [][]*dora.Incident) (joined [][]*dora.Incident) {
	names := make([][]bool, len(found))
	for a := range found {
		names[a] = make([]bool, len(found))
		taken := map[string]bool{} // systems of which one is named already; they are in order of opening
		for b := range found {
			source := found[b][0].Source
			if source != found[a][0].Source && !taken[source] && anyNames(found[a], found[b]) {
				names[a][b], taken[source] = true, true
			}
		}
	}
	done := make([]bool, len(found))
	for first := range found {
		if done[first] {
			continue
		}
		group := []int{first}
		done[first] = true
		for grown := true; grown; {
			grown = false
			for other := range found {
				if !done[other] && slices.ContainsFunc(group, func(one int) bool { return names[one][other] || names[other][one] }) {
					group, done[other], grown = append(group, other), true, true
				}
			}
		}
		sort.Ints(group)
		counts := group[0]
		if at := slices.IndexFunc(group, func(one int) bool { return !slices.Contains(names[one], true) }); at >= 0 {
			counts = group[at]
		}
		records := slices.Clone(found[counts])
		for _, one := range group {
			if one != counts {
				records = append(records, found[one]...)
			}
		}
		joined = append(joined, records)
	}
	return joined
}

func anyNames(records, others []*dora.Incident) bool {
	for _, one := range records {
		for _, other := range others {
			if namesIncident(one, other) {
				return true
			}
		}
	}
	return false
}

func namesIncident(one, other *dora.Incident) bool {
	text := one.Title + "\n" + one.Body
	for _, name := range []string{other.Key, other.URL} {
		whole := regexp.MustCompile(`(?i)(?:^|[^\w.+/~-])` + regexp.QuoteMeta(name) + `\.?(?:$|[^\w.+/~-])`)
		if name != "" && (slices.Contains(one.Same, name) || whole.MatchString(text)) {
			return true
		}
	}
	issue := regexp.MustCompile(`(?:^|[^\w.+/~-])` + regexp.QuoteMeta(fmt.Sprintf("%s#%d", other.Repository, other.Number)) + `\.?(?:$|[^\w.+/~-])`)
	return other.Repository != "" && issue.MatchString(text)
}

// whole is the full id of the record that one belongs to in the end; its own where it belongs to none.
func (n *naive) whole(i *dora.Incident) string {
	var way []*dora.Incident
	for at := i; ; {
		if begin := slices.Index(way, at); begin >= 0 {
			circle := slices.Clone(way[begin:])
			sort.Slice(circle, func(a, b int) bool {
				if circle[a].Withdrawn != circle[b].Withdrawn {
					return circle[b].Withdrawn
				}
				return opensBefore(circle[a], circle[b])
			})
			return circle[0].FullID()
		}
		if at.PartOf == "" {
			return at.FullID()
		}
		way = append(way, at)
		next := slices.IndexFunc(n.incidents, func(other *dora.Incident) bool { return other.Source == at.Source && other.ID == at.PartOf })
		if next < 0 {
			return at.Source + ":" + at.PartOf
		}
		at = n.incidents[next]
	}
}

func opensBefore(a, b *dora.Incident) bool {
	if !a.Opened.Equal(b.Opened) {
		return a.Opened.Before(b.Opened)
	}
	return a.FullID() < b.FullID()
}

// byHand is the deployment of the service that a person holds an incident against.
func byHand(said dora.Correction, all []*naiveDeployment) (found *naiveDeployment) {
	for _, d := range all {
		if said.Verdict == dora.VerdictLinked && isLeg(d, func(leg *dora.Deployment) bool { return said.Deployment == leg.FullID() }) {
			found = d
		}
	}
	return found
}

// namesOf lists what records may name deployments by, in their texts and in their fields.
func namesOf(records []*dora.Incident) (all []naiveName) {
	for _, i := range records {
		all = append(all, namesIn(i)...)
		for _, name := range i.Names {
			all = append(all, naiveName{func(d *dora.Deployment) bool {
				number := strconv.FormatInt(d.Number, 10)
				return name != "" && (name == d.FullID() || name == number || name == "#"+number || name == d.URL || name == d.Key)
			}, true}, naiveName{func(d *dora.Deployment) bool {
				isTag := d.RefKind == dora.RefTag && strings.ContainsAny(d.Ref, "0123456789")
				return name != "" && (name == d.SHA || isTag && name == d.Ref)
			}, false})
		}
	}
	return all
}

package discover

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

// Which deployments to count, by what a repository offers. Every way is weighed; the surest wins, and of those alike what says
// most of deployments: deployments themselves, then runs, releases, tags, and merges last.

// few is below how many successes nothing is sure.
const few = 2

// order is what says most of deployments, the most first.
var order = []source.SignalKind{source.SignalDeployment, source.SignalRun, source.SignalRelease, source.SignalTag, source.SignalMerge}

// ways are all ways to count the deployments of a repository, the best first.
func ways(o *source.Offer, weeks float64) (all []Alternative) {
	sign, deployable := runs(o.Files)
	all = append(all, byEnvironment(o)...)
	all = append(all, byRun(o)...)
	for _, kind := range []source.SignalKind{source.SignalRelease, source.SignalTag} {
		all = append(all, byVersion(o, kind, sign, deployable)...)
	}
	for _, s := range o.Signals {
		if s.Kind == source.SignalMerge && s.Succeeded > 0 {
			a := alternative(Unsure, s)
			a.Reason = "Nothing but merges is told of it. Whether each of them is deployed, only people know."
			if deployable {
				a.Reason = fmt.Sprintf("It is something that runs (%s), and nothing but merges is told of it: each may be a deployment.", sign)
			}
			all = append(all, a)
		}
	}
	for i := range all {
		all[i].Figures.Weekly = float64(all[i].Figures.Deployments) / weeks
		if all[i].Figures.Deployments < few && all[i].Sure == Sure {
			all[i].Sure = Likely
			all[i].Reason += " It happened only once."
		}
	}
	slices.SortStableFunc(all, func(a, b Alternative) int {
		if byWorth := cmp.Compare(worth(&b), worth(&a)); byWorth != 0 {
			return byWorth
		}
		return cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind))
	})
	return all
}

// worth is how sure a way is. One that never succeeded is worth nothing.
func worth(a *Alternative) int {
	if a.Figures.Deployments == 0 {
		return -1
	}
	return sure[a.Sure]
}

// alternative counts some signals of one kind together.
func alternative(s Sureness, signals ...source.Signal) Alternative {
	a := Alternative{Kind: signals[0].Kind, From: signals[0].From, Key: signals[0].Key, Sure: s}
	for _, each := range signals {
		a.Figures.Deployments += each.Succeeded
		a.Figures.Failed += each.Tried - each.Succeeded
		a.Figures.More = a.Figures.More || each.More
		if each.Last.After(a.Figures.Last) {
			a.Figures.Last = each.Last
		}
		switch {
		case each.Kind == source.SignalDeployment:
			a.Environments = append(a.Environments, each.Name)
		case each.Key != "":
			a.Names = append(a.Names, each.Name)
		}
	}
	return a
}

func quoted(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		list[i] = fmt.Sprintf("%q", name)
	}
	return strings.Join(list, ", ")
}

func byEnvironment(o *source.Offer) (found []Alternative) {
	var named, unclear []source.Signal
	for _, s := range o.Signals {
		if s.Kind != source.SignalDeployment {
			continue
		}
		switch meaningOf(s.Name, s.Tier) {
		case production:
			named = append(named, s)
		case unknown:
			unclear = append(unclear, s)
		}
	}
	if len(named) > 0 {
		a := alternative(Sure, named...)
		a.Reason = "It deploys to " + quoted(a.Environments) + "."
		a.Parts = byShapes("environment", a.Environments, counts(named))
		if a.Parts == nil {
			a.Parts = byTags(named, a.Figures.Deployments)
		}
		if a.Figures.Deployments == 0 {
			a.Sure, a.Reason = Unsure, fmt.Sprintf("There are %d deployments to %s, and none is told to have succeeded.", a.Figures.Failed, quoted(a.Environments))
		}
		found = append(found, a)
	}
	if len(unclear) > 0 {
		slices.SortStableFunc(unclear, func(a, b source.Signal) int { return cmp.Compare(b.Succeeded, a.Succeeded) })
		best := unclear[:1]
		a := alternative(Unsure, best...)
		a.Reason = fmt.Sprintf("It deploys to %s, whose name does not say whether that is production.", quoted(a.Environments))
		found = append(found, a)
	}
	return found
}

func counts(signals []source.Signal) map[string]int {
	by := map[string]int{}
	for _, s := range signals {
		by[s.Name] += s.Succeeded
	}
	return by
}

// byTags tells services apart by the tags that are deployed.
func byTags(signals []source.Signal, deployments int) *Parts {
	by, total := map[string]int{}, 0
	for _, s := range signals {
		for prefix, n := range s.Tags {
			by[prefix] += n
			total += n
		}
	}
	if total*10 < deployments*9 {
		return nil
	}
	return byPrefix(by)
}

func byRun(o *source.Offer) (found []Alternative) {
	groups := map[Sureness][]source.Signal{}
	for _, s := range o.Signals {
		if s.Kind != source.SignalRun {
			continue
		}
		if degree, deploys := deploying(s.Name); deploys && s.Succeeded > 0 {
			groups[degree] = append(groups[degree], s)
		}
	}
	for _, degree := range []Sureness{Sure, Likely, Unsure} {
		signals := groups[degree]
		if len(signals) == 0 {
			continue
		}
		a := alternative(degree, signals...)
		a.Parts = byShapes("task", a.Names, counts(signals))
		switch {
		case len(signals) > 1 && a.Parts == nil:
			a.Sure = Unsure
			a.Reason = fmt.Sprintf("The workflows %s may all deploy: which of them do is to be said.", quoted(a.Names))
		case degree == Sure:
			a.Reason = fmt.Sprintf("Its workflow %s says that it deploys to production.", quoted(a.Names))
		case degree == Likely:
			a.Reason = fmt.Sprintf("Its workflow %s says that it deploys, and no other does.", quoted(a.Names))
		default:
			a.Reason = fmt.Sprintf("Its workflow %s may deploy.", quoted(a.Names))
		}
		if a.Parts != nil {
			a.Reason = fmt.Sprintf("Each of its services has a workflow of its own: %s.", quoted(a.Names))
		}
		found = append(found, a)
	}
	return found
}

// byVersion goes by releases or tags.
func byVersion(o *source.Offer, kind source.SignalKind, sign string, deployable bool) []Alternative {
	var signals []source.Signal
	for _, s := range o.Signals {
		if s.Kind == kind && s.Succeeded > 0 {
			signals = append(signals, s)
		}
	}
	if len(signals) == 0 {
		return nil
	}
	a := alternative(Likely, signals...)
	a.Parts = byPrefix(counts(signals))
	if deployable {
		a.Reason = fmt.Sprintf("It has %d %ss, is something that runs (%s), and nothing tells more of its deployments.", a.Figures.Deployments, kind, sign)
	} else {
		a.Sure = Unsure
		a.Reason = fmt.Sprintf("It has %d %ss. Nothing in it says that it runs anywhere: it may be a library.", a.Figures.Deployments, kind)
	}
	return []Alternative{a}
}

package dora

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// One run may deploy in several legs: the jobs of a matrix, regions, clusters. Vendors make a deployment of each, but they
// bring one version into one environment, so that they are one deployment, where the vendor says which run they are of. So
// is a run that is run again: the first attempt that succeeds is its finish, and what later attempts do changes nothing.

// runName names the vendor's run that a deployment is a leg of; empty where it is not told.
func (d *Deployment) runName() string {
	if d.Run != "" {
		return d.Run
	}
	return RunAt(d.URL)
}

// runPages is how the address of a run's page goes on behind the repository's, on GitHub and on what is like it.
const runPages = "/actions/runs/"

// RunAt reads from an address the run whose page, log or job it is; empty: it is none's.
func RunAt(address string) string {
	_, rest, found := strings.Cut(address, runPages)
	if !found {
		return ""
	}
	end := strings.IndexFunc(rest, func(r rune) bool { return r < '0' || r > '9' })
	if end < 0 {
		return rest
	}
	if !strings.ContainsRune("/?#", rune(rest[end])) {
		return ""
	}
	return rest[:end]
}

// legs are what one run brought, or tried to bring, into one environment with one commit; mostly one deployment.
type legs struct {
	first *Deployment
	more  []*Deployment // the others, in any order
}

// gathering sorts deployments of one lane into legs.
type gathering struct {
	all   []legs
	ofRun map[runKey]int // where in all
}

type runKey struct{ run, sha string }

func (g *gathering) add(d *Deployment) {
	run := d.runName()
	if run == "" {
		g.all = append(g.all, legs{first: d})
		return
	}
	key := runKey{run, d.SHA}
	if at, ok := g.ofRun[key]; ok {
		g.all[at].more = append(g.all[at].more, d)
		return
	}
	if g.ofRun == nil {
		g.ofRun = map[runKey]int{}
	}
	g.ofRun[key] = len(g.all)
	g.all = append(g.all, legs{first: d})
}

// list is all legs, by the vendor's number.
func (l *legs) list() []*Deployment {
	all := append([]*Deployment{l.first}, l.more...)
	slices.SortFunc(all, func(a, b *Deployment) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.FullID(), b.FullID()))
	})
	return all
}

// speaker is the leg that stands for all: the first to succeed, else the first to fail, else the last that was heard of.
func (l *legs) speaker() *Deployment {
	if len(l.more) == 0 {
		return l.first
	}
	all := l.list()
	return cmp.Or(soonest(all, (*Deployment).Finished), soonest(all, (*Deployment).Failed), slices.MaxFunc(all, func(a, b *Deployment) int {
		return a.LastWord().Compare(b.LastWord())
	}))
}

// retried says that not all attempts of a leg can be read.
func (l *legs) retried() bool {
	return l.first.Retried || slices.ContainsFunc(l.more, func(d *Deployment) bool { return d.Retried })
}

// soonest is the deployment of which a time comes first; nil where none has it.
func soonest(all []*Deployment, of func(*Deployment) time.Time) (found *Deployment) {
	for _, d := range all {
		if at := of(d); !at.IsZero() && (found == nil || at.Before(of(found))) {
			found = d
		}
	}
	return found
}

// Legs lists the vendor's deployments, by number, that are one deployment or run together with the one that stands for
// them; nil where it is alone.
func (f *Facts) Legs(of *Deployment) []*Deployment { return f.legs[of] }

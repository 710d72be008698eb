package history

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// One run may deploy in several legs: the jobs of a matrix, regions, clusters. Vendors make a deployment of each, but they
// bring one version into one environment, so that they are one deployment, where the vendor says which run they are of. So
// is a run that is run again: the first attempt that succeeds is its finish, and what later attempts do changes nothing.

// Run is what one run of the vendor brought, or tried to bring, into one environment with one commit; mostly one deployment.
type Run struct {
	first *dora.Deployment
	More  []*dora.Deployment // the others, in any order
}

// Runs sorts deployments of one repository into one environment into runs.
type Runs struct {
	All   []Run
	ofRun map[runKey]int // where in all
}

type runKey struct{ run, sha string }

// Add puts a deployment with the others of its run.
func (r *Runs) Add(d *dora.Deployment) {
	name := d.RunName()
	if name == "" {
		r.All = append(r.All, Run{first: d})
		return
	}
	key := runKey{name, d.SHA}
	if at, ok := r.ofRun[key]; ok {
		r.All[at].More = append(r.All[at].More, d)
		return
	}
	if r.ofRun == nil {
		r.ofRun = map[runKey]int{}
	}
	r.ofRun[key] = len(r.All)
	r.All = append(r.All, Run{first: d})
}

// List is all legs, by the vendor's number.
func (r *Run) List() []*dora.Deployment {
	all := append([]*dora.Deployment{r.first}, r.More...)
	slices.SortFunc(all, func(a, b *dora.Deployment) int {
		return cmp.Or(cmp.Compare(a.Number, b.Number), cmp.Compare(a.FullID(), b.FullID()))
	})
	return all
}

// Speaker is the leg that stands for all: the first to succeed, else the first to fail, else the last that was heard of.
func (r *Run) Speaker() *dora.Deployment {
	if len(r.More) == 0 {
		return r.first
	}
	all := r.List()
	return cmp.Or(soonest(all, (*dora.Deployment).Finished), soonest(all, (*dora.Deployment).Failed), slices.MaxFunc(all, func(a, b *dora.Deployment) int {
		return a.LastWord().Compare(b.LastWord())
	}))
}

// Retried says that not all attempts of a leg can be read.
func (r *Run) Retried() bool {
	return r.first.Retried || slices.ContainsFunc(r.More, func(d *dora.Deployment) bool { return d.Retried })
}

// soonest is the deployment of which a time comes first; nil where none has it.
func soonest(all []*dora.Deployment, of func(*dora.Deployment) time.Time) (found *dora.Deployment) {
	for _, d := range all {
		if at := of(d); !at.IsZero() && (found == nil || at.Before(of(found))) {
			found = d
		}
	}
	return found
}

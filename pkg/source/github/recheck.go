package github

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
)

// recheckWidth is how many deployments one query asks about: GitHub takes 100 ids.
const recheckWidth = 100

// unfinishedPart is what is read when deployments are looked at again.
const unfinishedPart = "unfinished deployments"

// watched is a deployment that has not succeeded, and the position that keeps it in mind.
type watched struct {
	openDeployment
	in *position
}

// settledLimit bounds how many deployments the cursor remembers that need not be read again.
const settledLimit = 50

// watch keeps a deployment in mind that has not succeeded, while it still may: a run can wait for days, and one that
// failed can be tried again.
func (p *position) watch(node deploymentNode, d *dora.Deployment, now time.Time) {
	if d.Settled() {
		p.Open.Drop(node.ID)
		p.Settled = cursor.Remember(p.Settled, node.ID, settledLimit)
		return
	}
	p.Open.Watch(openDeployment{ID: node.ID, Number: node.DatabaseID, Created: d.Created, Progress: node.progress(), ETag: node.etag, Ref: node.Ref}, now, stillMaySucceed)
}

// recheck asks about the targets' deployments that have not succeeded and hands over what changed. A deployment that
// GitHub does not find stays on the list: it may be the access that comes and goes.
func (r *run) recheck(ctx context.Context, targets []target) error {
	var open []watched
	for _, t := range targets {
		p := r.positions.at(t.key())
		p.Open.GiveUp(r.Now(), stillMaySucceed)
		for _, o := range p.Open {
			if !r.reread[o.ID] {
				open = append(open, watched{o, p})
			}
		}
	}
	slices.SortFunc(open, func(a, b watched) int { return strings.Compare(a.ID, b.ID) })
	var ofRuns, others []watched
	for _, each := range open {
		if r.habits.Of(each.in.Name).of() == FromWorkflowRuns {
			ofRuns = append(ofRuns, each)
		} else {
			others = append(others, each)
		}
	}
	batches := slices.AppendSeq(slices.Collect(slices.Chunk(ofRuns, recheckWidth)), slices.Chunk(others, recheckWidth))
	return source.Each(batches, func(batch []watched) error { return r.recheckSome(ctx, batch) })
}

func (r *run) recheckSome(ctx context.Context, batch []watched) error {
	r.Progress.Part, r.Progress.Done, r.Progress.Total = unfinishedPart, 0, 0
	nodes, err := read(ctx, r, func(api reader) ([]*deploymentNode, error) {
		if r.habits.Of(batch[0].in.Name).of() == FromWorkflowRuns {
			return rest{r}.unfinishedRuns(ctx, batch)
		}
		return api.unfinished(ctx, batch)
	})
	if err != nil {
		return err
	}
	var events []dora.Event
	moved := false
	for i, each := range batch {
		node := nodes[i]
		if node == nil || node.Statuses == nil {
			continue
		}
		if node.progress() == each.Progress {
			moved = each.in.tag(each.ID, node.etag) || moved
			continue
		}
		if node.Ref == nil { // a tag or branch that is gone meanwhile is known from before
			node.Ref = each.Ref
		}
		deployment := r.deployment(each.in.Name, *node)
		each.in.watch(*node, deployment, r.Now())
		if !r.request.Since.IsZero() {
			r.enter(each.in, deployment)
		}
		events = append(events, deployment)
	}
	if len(events) == 0 && !moved {
		return nil
	}
	return r.emit(ctx, events)
}

// tag takes note of a watched deployment's ETag, and says whether it is another than before.
func (p *position) tag(id, etag string) bool {
	for i := range p.Open {
		if p.Open[i].ID == id && p.Open[i].ETag != etag {
			p.Open[i].ETag = etag
			return true
		}
	}
	return false
}

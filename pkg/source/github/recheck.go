package github

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// recheckWidth is how many deployments one query asks about: GitHub takes 100 ids.
const recheckWidth = 100

// watch keeps a deployment in mind that has not succeeded, while it still may: a run can wait for days, and one that
// failed can be tried again.
func (p *position) watch(id string, d *dora.Deployment, now time.Time) {
	p.Open = slices.DeleteFunc(p.Open, func(o openDeployment) bool { return o.ID == id })
	if !d.Settled() && now.Sub(d.Created) < stillMaySucceed {
		p.Open = append(p.Open, openDeployment{ID: id, Created: d.Created, Statuses: len(d.Statuses)})
	}
}

// recheck asks about the targets' deployments that have not succeeded, whatever their repository, and hands over what
// changed. A deployment that GitHub does not find stays on the list: it may be the access that comes and goes.
func (r *run) recheck(ctx context.Context, targets []target) error {
	owners := map[string]*position{}
	var ids []string
	for _, t := range targets {
		p := r.cursor.at(t.key())
		p.Open = slices.DeleteFunc(p.Open, func(o openDeployment) bool { return r.now().Sub(o.Created) >= stillMaySucceed })
		for _, o := range p.Open {
			if !r.reread[o.ID] {
				ids, owners[o.ID] = append(ids, o.ID), p
			}
		}
	}
	slices.Sort(ids)
	var failures []error
	for batch := range slices.Chunk(ids, recheckWidth) {
		err := r.recheckSome(ctx, batch, owners)
		failures = append(failures, err)
		if stops(err) {
			break
		}
	}
	return errors.Join(failures...)
}

func (r *run) recheckSome(ctx context.Context, ids []string, owners map[string]*position) error {
	const part = "unfinished deployments"
	r.progress.Part, r.progress.Done, r.progress.Total = part, 0, 0
	var answer struct{ Nodes []*deploymentNode }
	err := r.ask(ctx, question{
		part: part, text: recheckText,
		variables: func(width int) map[string]any { return map[string]any{"ids": ids, "nested": width} },
		tolerates: func(e graphqlError) bool { return e.Type == "NOT_FOUND" },
	}, &answer)
	if err != nil {
		return err
	}
	if len(answer.Nodes) != len(ids) {
		return r.unexpected(part, errors.New("fewer deployments than were asked for"))
	}
	var found []*deploymentNode
	for _, node := range answer.Nodes {
		if node != nil && node.ID != "" {
			found = append(found, node)
		}
	}
	if err := r.completeStatuses(ctx, part, found); err != nil {
		return err
	}
	var events []dora.Event
	for i, id := range ids {
		p, node := owners[id], answer.Nodes[i]
		if node == nil || node.Statuses == nil || len(node.Statuses.Nodes) == p.statusesOf(id) {
			continue
		}
		deployment := r.deployment(p.Name, *node)
		p.watch(id, deployment, r.now())
		events = append(events, deployment)
	}
	if len(events) == 0 {
		return nil
	}
	return r.emit(ctx, events)
}

// statusesOf is how many statuses a watched deployment had when it was last read.
func (p *position) statusesOf(id string) int {
	for _, o := range p.Open {
		if o.ID == id {
			return o.Statuses
		}
	}
	return 0
}

package facts_test

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// leg puts a deployment with those of the same run and commit.
func (l *naiveLane) leg(d *dora.Deployment) {
	for i, legs := range l.legs {
		if d.Run != "" && legs[0].Run == d.Run && legs[0].SHA == d.SHA {
			l.legs[i] = append(legs, d)
			return
		}
	}
	l.legs = append(l.legs, []*dora.Deployment{d})
}

// speaker is the leg that stands for the others: the first success, else the first failure, else the last word.
func speaker(legs []*dora.Deployment) *dora.Deployment {
	var best *dora.Deployment
	rank := func(d *dora.Deployment) (int, time.Time) {
		switch {
		case !d.Finished().IsZero():
			return 0, d.Finished()
		case !d.Failed().IsZero():
			return 1, d.Failed()
		}
		return 2, d.LastWord()
	}
	for _, d := range legs {
		if best == nil {
			best = d
			continue
		}
		kind, at := rank(d)
		bestKind, bestAt := rank(best)
		if kind != bestKind {
			if kind < bestKind {
				best = d
			}
			continue
		}
		sooner := at.Before(bestAt)
		if kind == 2 {
			sooner = at.After(bestAt)
		}
		if sooner || at.Equal(bestAt) && d.Number < best.Number {
			best = d
		}
	}
	return best
}

// landing is when a deployment finished: one that stands for a commit's landing not before any commit that landed before.
func (r *naiveRepository) landing(d *dora.Deployment) (at time.Time, height int) {
	if !d.Landing || r.commits[d.SHA] == nil {
		return d.Finished(), 0
	}
	for c := r.commits[d.SHA]; c != nil; c = r.commits[c.Parents[0]] {
		height++
		if (r.read.IsZero() || !c.Committed.After(r.read.Add(time.Hour))) && c.Committed.After(at) {
			at = c.Committed
		}
		if len(c.Parents) == 0 {
			break
		}
	}
	if at.IsZero() {
		at = r.commits[d.SHA].Committed
	}
	return at, height
}

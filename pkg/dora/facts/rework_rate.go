package facts

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Rework rate: unplanned deployments ÷ deployments.

// reworkRate are its samples: for each deployment, whether it was unplanned.
func reworkRate(f *Service, _ *dora.Definition, add func(at time.Time, lane int, value float64)) {
	for _, d := range f.Deployments {
		add(d.Finished, d.lane, oneIf(d.Rework != ""))
	}
}

// rework says which deployments of a lane were unplanned: rollbacks, those that ship an effective revert or a hotfix,
// and those that an incident names as its remedy. Under ReworkIncident an incident must stand behind it.
func (l *lane) rework(def *dora.Definition, remedies map[*Deployment]bool) {
	for _, d := range l.deployments {
		d.Rework = l.reworkOf(d, def, remedies)
	}
}

func (l *lane) reworkOf(d *Deployment, def *dora.Definition, remedies map[*Deployment]bool) ReworkReason {
	behind := func(blamed int) bool {
		return def.Rework == dora.ReworkFix || (blamed >= 0 && l.deployments[blamed].incident)
	}
	if d.Rollback && behind(d.blamed) {
		return ReworkRollback
	}
	var reason ReworkReason
	for _, m := range d.mends {
		switch {
		case m.counted == ReasonRevertUnresolved || !behind(m.blamed):
		case !m.hotfix:
			return ReworkRevert
		default:
			reason = ReworkHotfix
		}
	}
	if reason == "" && remedies[d] {
		return ReworkRemedy
	}
	return reason
}

package dora

import "time"

// Rework rate: unplanned deployments ÷ deployments.

var reworkRate = MetricRow{
	Key: ReworkRate, Name: "Deployment rework rate", Unit: Ratio, Higher: Worse,
	Description: "The share of deployments that were unplanned, made to repair what users saw.",
	Statistics:  ratios,
	samples: func(f *Facts, _ *Definition, add func(time.Time, int, float64)) {
		for _, d := range f.Deployments {
			add(d.Finished, d.lane, oneIf(d.Rework != ""))
		}
	},
}

// rework says which deployments of a lane were unplanned: rollbacks, those that ship an effective revert or a hotfix,
// and those that an incident names as its remedy. Under ReworkIncident an incident must stand behind it.
func (l *lane) rework(def *Definition, remedies map[*DeploymentFact]bool) {
	for _, d := range l.deployments {
		d.Rework = l.reworkOf(d, def, remedies)
	}
}

func (l *lane) reworkOf(d *DeploymentFact, def *Definition, remedies map[*DeploymentFact]bool) ReworkReason {
	behind := func(blamed int) bool {
		return def.Rework == ReworkFix || (blamed >= 0 && l.deployments[blamed].incident)
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

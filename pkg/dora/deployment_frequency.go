package dora

import "time"

// Deployment frequency: deployments to production that succeeded, in the bucket of their finish.

var deploymentFrequency = MetricRow{
	Key: DeploymentFrequency, Name: "Deployment frequency", Unit: Count, Higher: Better,
	Description: "How often the service is deployed to production: every deployment that succeeded.",
	Statistics:  []Statistic{CountOf, PerDay, DaysPerWeek},
	zero:        true,
	samples: func(f *Facts, def *Definition, add func(time.Time, int, float64)) {
		for _, d := range f.Deployments {
			if d.counted(def) {
				add(d.Finished, d.lane, 1)
			}
		}
	},
}

// counted says whether a deployment counts in deployment frequency.
func (d *DeploymentFact) counted(def *Definition) bool {
	return (!d.Redeploy || def.Redeploys == Include) && (!d.BotsOnly || def.Bots.Frequency == Include)
}

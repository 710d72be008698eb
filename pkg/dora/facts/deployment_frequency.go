package facts

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Deployment frequency: deployments to production that succeeded, in the bucket of their finish.

// deploymentFrequency are its samples: one for each deployment that counts.
func deploymentFrequency(f *Service, def *dora.Definition, add func(at time.Time, lane int, value float64)) {
	for _, d := range f.Deployments {
		if d.counted(def) {
			add(d.Finished, d.lane, 1)
		}
	}
}

// counted says whether a deployment counts in deployment frequency.
func (d *Deployment) counted(def *dora.Definition) bool {
	return (!d.Redeploy || def.Redeploys == dora.Include) && (!d.BotsOnly || def.Bots.Frequency == dora.Include)
}

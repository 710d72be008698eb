package facts

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// formulas give the samples of each metric: at which time it counts one, of which lane, and how much. A length is in
// seconds; for a ratio it is 1 for what counts and 0 for what does not.
var formulas = map[dora.Metric]func(f *Service, def *dora.Definition, add func(at time.Time, lane int, value float64)){
	dora.DeploymentFrequency: deploymentFrequency,
	dora.LeadTime:            leadTime,
	dora.ChangeFailureRate:   changeFailureRate,
	dora.RecoveryTime:        (*Service).recoveries,
	dora.ReworkRate:          reworkRate,
}

func oneIf(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

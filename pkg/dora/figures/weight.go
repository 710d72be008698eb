package figures

import (
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// Weight is how much an answer about some services may have to look at.
type Weight struct {
	Services, Lanes, Deployments, Incidents, Waiting int
	// Lengths are the units of lead time and the recoveries, Largest the most of them that one service has.
	Lengths, Largest int
}

// WeighService weighs one service.
func WeighService(f *facts.Service) Weight {
	lengths := f.Column(dora.LeadTime).Size() + f.Column(dora.RecoveryTime).Size()
	return Weight{
		Services: 1, Lanes: f.LaneCount(), Deployments: len(f.Deployments), Incidents: len(f.Incidents), Waiting: len(f.Waiting), Lengths: lengths, Largest: lengths,
	}
}

// Weigh weighs the services that filters let pass. It looks at no event.
func Weigh(s *facts.Snapshot, filters []dora.Filter) Weight {
	w := Weight{}
	for _, f := range s.Select(filters) {
		one := WeighService(f)
		w.Services++
		w.Lanes += one.Lanes
		w.Deployments += one.Deployments
		w.Incidents += one.Incidents
		w.Waiting += one.Waiting
		w.Lengths += one.Lengths
		w.Largest = max(w.Largest, one.Largest)
	}
	return w
}

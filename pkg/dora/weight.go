package dora

// Weight is how much an answer about some services may have to look at.
type Weight struct {
	Services, Lanes, Deployments, Incidents, Waiting int
	// Lengths are the units of lead time and the recoveries, Largest the most of them that one service has.
	Lengths, Largest int
}

// Weigh weighs one service.
func (f *Facts) Weigh() Weight {
	lengths := f.columns[LeadTime].size() + f.columns[RecoveryTime].size()
	return Weight{
		Services: 1, Lanes: len(f.lanes), Deployments: len(f.Deployments), Incidents: len(f.Incidents), Waiting: len(f.Waiting), Lengths: lengths, Largest: lengths,
	}
}

// Weigh weighs the services that filters let pass. It looks at no event.
func (s *Snapshot) Weigh(filters []Filter) Weight {
	w := Weight{}
	for _, f := range s.Select(filters) {
		one := f.Weigh()
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

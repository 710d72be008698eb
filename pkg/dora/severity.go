package dora

import (
	"cmp"
	"maps"
	"slices"
)

// Severity is a field of incidents alone. Only recovery from incident can be told apart by it, so a question that
// groups or filters by it is answered from the incidents themselves; there are few of them.

// bySeverity says whether a question asks for severities.
func (q *Question) bySeverity() bool {
	return slices.Contains(q.GroupBy, BySeverity) || slices.ContainsFunc(q.Filters, func(f Filter) bool { return f.Field == BySeverity })
}

// answerSeverity answers a question about recovery from incident, by severity. There is a series for each severity that
// an incident of the group ever had; an incident without one has the severity "".
func (s *Snapshot) answerSeverity(q Question) Answer {
	plain := q
	plain.GroupBy = slices.DeleteFunc(slices.Clone(q.GroupBy), func(f Field) bool { return f == BySeverity })
	plain.Filters = withoutSeverity(q.Filters)
	plain.Limit = 0
	if len(q.Spans) == 0 {
		return Answer{}
	}
	grouped := slices.Contains(q.GroupBy, BySeverity)
	severities := []string{""}
	if grouped {
		severities = s.severities(q.Filters)
	}
	sorted := s.bySeverity(func(severity string) (string, bool) {
		if grouped {
			return severity, true
		}
		return "", passesSeverity(q.Filters, severity)
	})
	// Which series there are comes first: those beyond the limit are not worked out.
	type pair struct {
		*group
		severity string
	}
	var all []pair
	for _, severity := range severities {
		some := *s
		some.Services = sorted.services[severity]
		groups, _ := some.groups(&plain)
		for _, g := range groups {
			if grouped {
				g.labels[string(BySeverity)] = severity
			}
			all = append(all, pair{g, severity})
		}
		if !q.Toll.Pay(1 + len(some.Services)) {
			return Answer{}
		}
	}
	slices.SortStableFunc(all, func(a, b pair) int {
		for _, field := range q.GroupBy {
			if order := cmp.Compare(a.labels[string(field)], b.labels[string(field)]); order != 0 {
				return order
			}
		}
		return 0
	})
	answer := Answer{}
	if q.Limit > 0 && len(all) > q.Limit {
		all, answer.Omitted = all[:q.Limit], len(all)-q.Limit
	}
	a := s.asking(&plain, Seconds, false, nil)
	for _, each := range all {
		a.columnOf = func(f *Facts) column {
			return newColumn(slices.Clone(sorted.samples[ofSeverity{f, each.severity}]), Seconds)
		}
		answer.Series = append(answer.Series, a.series(each.group, len(all) == 1))
		if !q.Toll.Pay(1) {
			return Answer{}
		}
	}
	return answer
}

// ofSeverity is the incidents of a service that have a severity.
type ofSeverity struct {
	facts    *Facts
	severity string
}

// severely is what there is of each severity: the services with any incident of it, and the recoveries from them.
type severely struct {
	services map[string][]*Facts
	samples  map[ofSeverity][]sample
}

// bySeverity sorts the incidents of all services, under a name for each severity; those without are left out.
func (s *Snapshot) bySeverity(name func(severity string) (string, bool)) severely {
	sorted := severely{map[string][]*Facts{}, map[ofSeverity][]sample{}}
	for _, f := range s.Services {
		for _, i := range f.Incidents {
			severity, wanted := name(i.Event.Severity)
			if !wanted {
				continue
			}
			if among := sorted.services[severity]; len(among) == 0 || among[len(among)-1] != f {
				sorted.services[severity] = append(among, f)
			}
			if lasted, ok := i.Lasted(); ok {
				key := ofSeverity{f, severity}
				sorted.samples[key] = append(sorted.samples[key], sample{i.Event.Resolved.UnixMilli(), lasted.Seconds(), int16(i.lane())})
			}
		}
	}
	return sorted
}

// severities lists those of the incidents that filters let pass, sorted.
func (s *Snapshot) severities(filters []Filter) []string {
	found := map[string]bool{}
	for _, f := range s.Select(filters) {
		for _, i := range f.Incidents {
			if f.PassesIncident(i, filters) {
				found[i.Event.Severity] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// PassesIncident says whether an incident passes filters on severity.
func (f *Facts) PassesIncident(i *IncidentFact, filters []Filter) bool {
	return passesSeverity(filters, i.Event.Severity)
}

func passesSeverity(filters []Filter, severity string) bool {
	return !slices.ContainsFunc(filters, func(f Filter) bool { return f.Field == BySeverity && !f.passes(severity) })
}

func withoutSeverity(filters []Filter) []Filter {
	return slices.DeleteFunc(slices.Clone(filters), func(f Filter) bool { return f.Field == BySeverity })
}

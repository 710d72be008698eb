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
	ask := func(passes func(severity string) bool) []Series {
		some := *s
		some.Services = nil
		for _, f := range s.Services {
			if slices.ContainsFunc(f.Incidents, func(i *IncidentFact) bool { return passes(i.Event.Severity) }) {
				some.Services = append(some.Services, f)
			}
		}
		return some.answer(&plain, Seconds, false, func(f *Facts) column { return f.recoveriesFrom(passes) }).Series
	}
	var all []Series
	if slices.Contains(q.GroupBy, BySeverity) {
		for _, wanted := range s.severities(q.Filters) {
			for _, one := range ask(func(severity string) bool { return severity == wanted }) {
				one.Labels[string(BySeverity)] = wanted
				all = append(all, one)
			}
		}
	} else {
		all = ask(func(severity string) bool { return passesSeverity(q.Filters, severity) })
	}
	slices.SortStableFunc(all, func(a, b Series) int {
		for _, field := range q.GroupBy {
			if order := cmp.Compare(a.Labels[string(field)], b.Labels[string(field)]); order != 0 {
				return order
			}
		}
		return 0
	})
	if q.Limit > 0 && len(all) > q.Limit {
		return Answer{Series: all[:q.Limit], Omitted: len(all) - q.Limit}
	}
	return Answer{Series: all}
}

// recoveriesFrom is the column of recovery time from incidents of some severities.
func (f *Facts) recoveriesFrom(passes func(severity string) bool) column {
	var samples []sample
	for _, i := range f.Incidents {
		if lasted, ok := i.Lasted(); ok && passes(i.Event.Severity) {
			samples = append(samples, sample{i.Event.Resolved.UnixMilli(), lasted.Seconds(), int16(i.lane())})
		}
	}
	return newColumn(samples, Seconds)
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

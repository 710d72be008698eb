package figures

import (
	"cmp"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Severity is a field of incidents alone. Only recovery from incident can be told apart by it, so a question that
// groups or filters by it is answered from the incidents themselves; there are few of them.

// bySeverity says whether a question asks for severities.
func (q *Question) bySeverity() bool {
	return slices.Contains(q.GroupBy, dora.BySeverity) || slices.ContainsFunc(q.Filters, func(f dora.Filter) bool { return f.Field == dora.BySeverity })
}

// answerSeverity answers a question about recovery from incident, by severity. There is a series for each severity that
// an incident of the group ever had; an incident without one has the severity "".
func answerSeverity(s *facts.Snapshot, q Question) Answer {
	plain := q
	plain.GroupBy = slices.DeleteFunc(slices.Clone(q.GroupBy), func(f dora.Field) bool { return f == dora.BySeverity })
	plain.Filters = dora.WithoutSeverity(q.Filters)
	plain.Limit = 0
	if len(q.Spans) == 0 {
		return Answer{}
	}
	grouped := slices.Contains(q.GroupBy, dora.BySeverity)
	severities := []string{""}
	if grouped {
		severities = severitiesOf(s, q.Filters)
	}
	sorted := sortBySeverity(s, func(severity string) (string, bool) {
		if grouped {
			return severity, true
		}
		return "", dora.PassesSeverity(q.Filters, severity)
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
		groups, _ := groupsOf(&some, &plain)
		for _, g := range groups {
			if grouped {
				g.labels[string(dora.BySeverity)] = severity
			}
			all = append(all, pair{g, severity})
		}
		if !q.Meter.Count(1 + len(some.Services)) {
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
	a := asking(s, &plain, dora.Seconds, false, nil)
	for _, each := range all {
		a.columnOf = func(f *facts.Service) samples.Column {
			return samples.NewColumn(slices.Clone(sorted.samples[ofSeverity{f, each.severity}]), dora.Seconds)
		}
		answer.Series = append(answer.Series, a.series(each.group, len(all) == 1))
		if !q.Meter.Count(1) {
			return Answer{}
		}
	}
	return answer
}

// ofSeverity is the incidents of a service that have a severity.
type ofSeverity struct {
	facts    *facts.Service
	severity string
}

// severely is what there is of each severity: the services with any incident of it, and the recoveries from them.
type severely struct {
	services map[string][]*facts.Service
	samples  map[ofSeverity][]samples.Sample
}

// bySeverity sorts the incidents of all services, under a name for each severity; those without are left out.
func sortBySeverity(s *facts.Snapshot, name func(severity string) (string, bool)) severely {
	sorted := severely{map[string][]*facts.Service{}, map[ofSeverity][]samples.Sample{}}
	for _, f := range s.Services {
		for _, i := range f.Incidents {
			severity, wanted := name(i.Event.Severity)
			if !wanted {
				continue
			}
			if among := sorted.services[severity]; len(among) == 0 || among[len(among)-1] != f {
				sorted.services[severity] = append(among, f)
			}
			if lasted, ok := i.Lasted(s.Definition.Recovery); ok {
				key := ofSeverity{f, severity}
				sorted.samples[key] = append(sorted.samples[key], samples.Sample{At: i.End(s.Definition.Recovery).UnixMilli(), Value: lasted.Seconds(), Lane: int16(i.Lane())})
			}
		}
	}
	return sorted
}

// severitiesOf lists those of the incidents that filters let pass, sorted.
func severitiesOf(s *facts.Snapshot, filters []dora.Filter) []string {
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

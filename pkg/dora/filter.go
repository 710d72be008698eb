package dora

import "slices"

// Field is what series are grouped and filtered by.
type Field string

// The fields.
const (
	ByService     Field = "service"
	ByTeam        Field = "team"
	ByEnvironment Field = "environment"
	ByRepository  Field = "repository"
	BySeverity    Field = "severity" // of incidents: see answerSeverity
)

// Allowed lists the fields that a query may name.
func (Field) Allowed() []string {
	return []string{string(ByService), string(ByTeam), string(ByEnvironment), string(ByRepository), string(BySeverity)}
}

// OfLane says whether deployments of one service may differ in it.
func (f Field) OfLane() bool { return f == ByEnvironment || f == ByRepository }

// Filter restricts to, or leaves out, some values of a field.
type Filter struct {
	Field  Field
	Not    bool
	Values []string

	set map[string]bool // of the values, where there are many
}

// fewValues is how many are found as fast by looking at each.
const fewValues = 8

// NewFilter is a filter that finds a value among many without looking at each.
func NewFilter(field Field, not bool, values []string) Filter {
	f := Filter{Field: field, Not: not, Values: values}
	if len(values) > fewValues {
		f.set = make(map[string]bool, len(values))
		for _, value := range values {
			f.set[f.fold(value)] = true
		}
	}
	return f
}

// Passes says whether the filter lets a value pass.
func (f *Filter) Passes(value string) bool {
	value = f.fold(value)
	if f.set != nil {
		return f.set[value] != f.Not
	}
	return slices.ContainsFunc(f.Values, func(wanted string) bool { return f.fold(wanted) == value }) != f.Not
}

// fold is what values are told apart by: environments not by upper and lower case.
func (f *Filter) fold(value string) string {
	switch {
	case f.Field == ByEnvironment:
		return FoldEnvironment(value)
	case f.Field == ByTeam && value == "":
		return Unowned
	}
	return value
}

// PassTeams are those of a service's teams that filters on teams let pass. A service that several teams own passes if any of
// them does; grouped by team, it is in the groups of those.
func PassTeams(filters []Filter, teams []string) []string {
	filtered := func(f Filter) bool { return f.Field == ByTeam }
	if !slices.ContainsFunc(filters, filtered) {
		return teams
	}
	return slices.DeleteFunc(slices.Clone(teams), func(team string) bool {
		return slices.ContainsFunc(filters, func(f Filter) bool { return filtered(f) && !f.Passes(team) })
	})
}

// PassesSeverity says whether an incident of a severity passes filters on it.
func PassesSeverity(filters []Filter, severity string) bool {
	return !slices.ContainsFunc(filters, func(f Filter) bool { return f.Field == BySeverity && !f.Passes(severity) })
}

// WithoutSeverity are the filters on other fields.
func WithoutSeverity(filters []Filter) []Filter {
	return slices.DeleteFunc(slices.Clone(filters), func(f Filter) bool { return f.Field == BySeverity })
}

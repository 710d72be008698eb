package dora

import "slices"

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

func (f *Filter) passes(value string) bool {
	value = f.fold(value)
	if f.set != nil {
		return f.set[value] != f.Not
	}
	return slices.ContainsFunc(f.Values, func(wanted string) bool { return f.fold(wanted) == value }) != f.Not
}

// fold is what values are told apart by: environments not by upper and lower case.
func (f *Filter) fold(value string) string {
	if f.Field == ByEnvironment {
		return folded(value)
	}
	return value
}

// Passing gives what says whether one of the facts' deployments passes filters on environment and repository. It looks
// at each lane once, however many deployments are asked for.
func (f *Facts) Passing(filters []Filter) func(*DeploymentFact) bool {
	if !slices.ContainsFunc(filters, func(filter Filter) bool { return filter.Field.ofLane() }) {
		return func(*DeploymentFact) bool { return true }
	}
	selected := f.lanesSelected(filters)
	return func(d *DeploymentFact) bool { return selected[d.lane+1] }
}

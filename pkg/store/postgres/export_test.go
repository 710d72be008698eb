package postgres

import "slices"

// Later has a store know one more migration, as a later version would.
func Later(breaks bool, statements ...string) Option {
	return func(s *Store) {
		s.migrations = append(slices.Clone(s.migrations), migration{statements: statements, breaks: breaks})
	}
}

// Earlier has a store know the first migrations only, as an earlier version did.
func Earlier(known int) Option { return func(s *Store) { s.migrations = migrations[:known] } }

// Versions is how many migrations there are.
var Versions = len(migrations)

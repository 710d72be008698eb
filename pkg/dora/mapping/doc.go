// Package mapping works out which services there are: what the settings' entries, of which some are rules, make of the
// repositories that sources told of. It is pure: the same entries and the same repositories always give the same services,
// in the same order. An entry that is a service stands above all rules; of rules the first that fits takes a repository, or
// those parts of it that are left; each repository that no entry takes is a service of its own.
package mapping

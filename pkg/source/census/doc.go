// Package census finds what a system has no longer. Nothing tells of an entry that was deleted or moved elsewhere, but systems
// count their lists in answers that are read anyway: where a list has not as many entries as it had and have come since, it is
// read whole, and what the store has and the list has not is withdrawn. What is there again comes back. Nothing that the store
// has is taken from it: an event is withdrawn by a version of it that says so.
//
//   - A List is what a run meets of one list, and a Count what is remembered of it between runs.
//   - Withdraw, Above and Restore make the versions.
//   - A Listing is what the complete lists of owners have said of parts, such as an organisation's repositories; Gone and Posted
//     are what is told of a part that has no such name any more.
//
// It asks nobody, and knows dora and nothing else of this module.
package census

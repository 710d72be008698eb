// Package replaytest compares what the engine derives with values that were worked out from the same repository with
// plain git. A recorded history is a directory of JSON lines with its expected values beside them; the package knows
// that form, and the domain.
package replaytest

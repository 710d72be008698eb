package sink

import (
	"errors"
	"strings"
)

// Cause sorts errors by what a person can do about them.
type Cause string

// The causes of a failed delivery.
const (
	CauseAddress     Cause = "address"     // something else answers there
	CauseCredentials Cause = "credentials" // wrong, expired or missing
	CausePermission  Cause = "permission"  // who asks may not do this
	CauseDatabase    Cause = "database"    // no such database, or no such retention policy
	CauseRetention   Cause = "retention"   // points are older than what is kept
	CauseCardinality Cause = "cardinality" // a limit of series
	CauseConflict    Cause = "conflict"    // a field has another type there
	CauseLine        Cause = "line"        // a point was not understood
	CauseSize        Cause = "size"        // a request was too large for it
	CauseBusy        Cause = "busy"        // it asks to wait, or fails again and again
	CauseNetwork     Cause = "network"     // it cannot be reached, or does not answer in time
	CauseAnswer      Cause = "answer"      // its answer is not what it documents
)

// Causes lists them all.
var Causes = []Cause{
	CauseAddress, CauseCredentials, CausePermission, CauseDatabase, CauseRetention, CauseCardinality, CauseConflict, CauseLine, CauseSize,
	CauseBusy, CauseNetwork, CauseAnswer,
}

// Whole says that what fails for this cause fails for every point, not only for those of one request.
func (c Cause) Whole() bool {
	switch c {
	case CauseAddress, CauseCredentials, CausePermission, CauseDatabase, CauseBusy, CauseNetwork, CauseAnswer:
		return true
	}
	return false
}

// Error is a failed delivery with its cause. Its text is a sentence for the person who configures the sink; it never contains
// a secret.
type Error struct {
	Cause Cause
	// Sink is the configured sink's id.
	Sink string
	// Advice says what is wrong and what to do.
	Advice string
	// Err is what happened underneath, such as the words of the sink.
	Err error
}

// Error says which sink failed, why, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Sink + ": " + e.Advice)
	if e.Err != nil {
		b.WriteString(" [" + e.Err.Error() + "]")
	}
	return b.String()
}

// Unwrap gives what happened underneath.
func (e *Error) Unwrap() error { return e.Err }

// CauseOf is the cause of a failed delivery; empty where it is of no sink.
func CauseOf(err error) Cause {
	var known *Error
	if errors.As(err, &known) {
		return known.Cause
	}
	return ""
}

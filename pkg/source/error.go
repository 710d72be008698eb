package source

import (
	"errors"
	"slices"
	"strings"
)

// Cause sorts errors by what a person can do about them.
type Cause string

// The causes of a failed pull.
const (
	CauseCredentials   Cause = "credentials"   // the token is wrong, expired or missing
	CausePermission    Cause = "permission"    // the token may not read this
	CauseNotFound      Cause = "not_found"     // no such repository, project or organisation
	CauseRateLimit     Cause = "rate_limit"    // the vendor asked to wait longer than the run may
	CauseNetwork       Cause = "network"       // the host cannot be reached
	CauseServer        Cause = "server"        // the vendor failed, again and again
	CauseAnswer        Cause = "answer"        // the answer is not what the vendor documents
	CauseConfiguration Cause = "configuration" // the settings cannot work as they are
)

// Causes lists them all.
var Causes = []Cause{
	CauseCredentials, CausePermission, CauseNotFound, CauseRateLimit, CauseNetwork, CauseServer, CauseAnswer, CauseConfiguration,
}

// Whole says that what fails for this cause fails for all of a source, not for one part of it.
func (c Cause) Whole() bool {
	switch c {
	case CauseCredentials, CauseRateLimit, CauseNetwork, CauseConfiguration:
		return true
	}
	return false
}

// Error is a failed pull with its cause. Its text is a sentence for the person who configures the source; it never
// contains a secret.
type Error struct {
	Cause Cause
	// Source is the configured source's id.
	Source string
	// Part is what could not be read, such as a repository; empty when it is all of the source.
	Part string
	// Advice is a sentence that says what is wrong and what to do.
	Advice string
	// Err is what happened underneath.
	Err error
}

// Error says who failed, on what, why, and what to do.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Source)
	if e.Part != "" {
		b.WriteString(" (" + e.Part + ")")
	}
	b.WriteString(": " + e.Advice)
	if e.Err != nil {
		b.WriteString(" [" + e.Err.Error() + "]")
	}
	return b.String()
}

// Unwrap gives what happened underneath.
func (e *Error) Unwrap() error { return e.Err }

// Failures takes apart what Collect returned: one *Error for each part that failed. An error of another type
// becomes one of CauseServer, so that nothing is dropped.
func Failures(id string, err error) []*Error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*Error
		for _, each := range joined.Unwrap() {
			all = append(all, Failures(id, each)...)
		}
		return all
	}
	var known *Error
	if errors.As(err, &known) {
		return []*Error{known}
	}
	return []*Error{{Cause: CauseServer, Source: id, Advice: "the pull failed", Err: err}}
}

// Stops says that an error, or one of those that it joins, would meet every other part of the source as well, or that the
// run was ended from outside.
func Stops(err error) bool {
	if err == nil {
		return false
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return slices.ContainsFunc(joined.Unwrap(), Stops)
	}
	var known *Error
	return !errors.As(err, &known) || known.Cause.Whole()
}

// Each does something for every part, whatever fails for some of them, and joins their errors. It ends early where an error
// would meet every other part as well.
func Each[T any](parts []T, do func(T) error) error {
	var failures []error
	for _, part := range parts {
		err := do(part)
		failures = append(failures, err)
		if Stops(err) {
			break
		}
	}
	return errors.Join(failures...)
}

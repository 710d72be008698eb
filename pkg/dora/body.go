package dora

import (
	"bytes"
	"math"
	"reflect"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// Of a stored history nearly all are commits and changes, and few of them are worked on before they are laid aside. So what a
// body says of one can be read without making an event of it.

// CodeBody is a commit or a change as it lies in a body in compact form: its texts are where they were written, and are good
// as long as the body is. A field that was left out is empty.
type CodeBody struct {
	Source, ID, Repository compact.Raw
	Updated                time.Time
	Rank                   int
	Author                 compact.Raw
	// HasFiles says that the files are known, FilesCut that there are more.
	HasFiles, FilesCut bool
	Files              []compact.Raw

	// Of a commit alone.
	SHA, Message        compact.Raw
	Parents             []compact.Raw
	Authored, Committed time.Time

	// Of a change alone.
	Number                                      int
	Title, Body, URL, Base, Branch, MergeCommit compact.Raw
	Labels                                      []compact.Raw
	Opened, Merged                              time.Time
	Commits                                     []ChangeCommitBody
	Reviews                                     []ReviewBody
	Withdrawn                                   bool

	reader compact.Reader
}

// ChangeCommitBody is a ChangeCommit as it lies in a body.
type ChangeCommitBody struct {
	SHA      compact.Raw
	Authored time.Time
}

// ReviewBody is a Review as it lies in a body.
type ReviewBody struct {
	Author, State compact.Raw
	At            time.Time
}

// bodyReaders read the fields of what code is made of, by their names; bodyFields do by number. A field that no reader is
// for makes a body unfit.
type (
	bodyReaders map[string]func(*CodeBody, *compact.Reader)
	bodyFields  []func(*CodeBody, *compact.Reader)
)

// either are fields that commits and changes have alike.
var either = bodyReaders{
	"source":     func(b *CodeBody, r *compact.Reader) { b.Source = r.Raw() },
	"id":         func(b *CodeBody, r *compact.Reader) { b.ID = r.Raw() },
	"updated":    func(b *CodeBody, r *compact.Reader) { b.Updated = readTime(r) },
	"rank":       func(b *CodeBody, r *compact.Reader) { b.Rank = int(r.Signed()) },
	"repository": func(b *CodeBody, r *compact.Reader) { b.Repository = r.Raw() },
	"author":     func(b *CodeBody, r *compact.Reader) { b.Author = r.Raw() },
	"files":      (*CodeBody).readFiles,
}

var (
	commitFields = numbered[Commit](either, bodyReaders{
		"sha":       func(b *CodeBody, r *compact.Reader) { b.SHA = r.Raw() },
		"parents":   func(b *CodeBody, r *compact.Reader) { b.Parents = readRaws(b.Parents[:0], r) },
		"authored":  func(b *CodeBody, r *compact.Reader) { b.Authored = readTime(r) },
		"committed": func(b *CodeBody, r *compact.Reader) { b.Committed = readTime(r) },
		"message":   func(b *CodeBody, r *compact.Reader) { b.Message = r.Raw() },
	})
	changeFields = numbered[Change](either, bodyReaders{
		"number":      func(b *CodeBody, r *compact.Reader) { b.Number = int(r.Signed()) },
		"title":       func(b *CodeBody, r *compact.Reader) { b.Title = r.Raw() },
		"body":        func(b *CodeBody, r *compact.Reader) { b.Body = r.Raw() },
		"url":         func(b *CodeBody, r *compact.Reader) { b.URL = r.Raw() },
		"labels":      func(b *CodeBody, r *compact.Reader) { b.Labels = readRaws(b.Labels[:0], r) },
		"base":        func(b *CodeBody, r *compact.Reader) { b.Base = r.Raw() },
		"branch":      func(b *CodeBody, r *compact.Reader) { b.Branch = r.Raw() },
		"opened":      func(b *CodeBody, r *compact.Reader) { b.Opened = readTime(r) },
		"merged":      func(b *CodeBody, r *compact.Reader) { b.Merged = readTime(r) },
		"mergeCommit": func(b *CodeBody, r *compact.Reader) { b.MergeCommit = r.Raw() },
		"commits":     (*CodeBody).readCommits,
		"reviews":     (*CodeBody).readReviews,
		"early":       func(*CodeBody, *compact.Reader) {},
		"withdrawn":   func(b *CodeBody, _ *compact.Reader) { b.Withdrawn = true },
	})
	filesFields = numbered[Files](bodyReaders{
		"paths": func(b *CodeBody, r *compact.Reader) { b.Files = readRaws(b.Files[:0], r) },
		"cut":   func(b *CodeBody, _ *compact.Reader) { b.FilesCut = true },
	})
	changeCommitFields = numbered[ChangeCommit](bodyReaders{
		"sha":      func(b *CodeBody, r *compact.Reader) { b.Commits[len(b.Commits)-1].SHA = r.Raw() },
		"authored": func(b *CodeBody, r *compact.Reader) { b.Commits[len(b.Commits)-1].Authored = readTime(r) },
	})
	reviewFields = numbered[Review](bodyReaders{
		"author": func(b *CodeBody, r *compact.Reader) { b.Reviews[len(b.Reviews)-1].Author = r.Raw() },
		"state":  func(b *CodeBody, r *compact.Reader) { b.Reviews[len(b.Reviews)-1].State = r.Raw() },
		"at":     func(b *CodeBody, r *compact.Reader) { b.Reviews[len(b.Reviews)-1].At = readTime(r) },
	})
)

// Read reads the body of a commit or a change into the room of the one before. False: it can only be read, if at all, as
// Decode does.
func (b *CodeBody) Read(kind Kind, body []byte) bool {
	fields := commitFields
	switch kind {
	case KindCommit:
	case KindChange:
		fields = changeFields
	default:
		return false
	}
	if len(body) == 0 || body[0] != compactForm {
		return false
	}
	*b = CodeBody{
		Files: b.Files[:0], Parents: b.Parents[:0], Labels: b.Labels[:0], Commits: b.Commits[:0], Reviews: b.Reviews[:0],
		reader: compact.Reader{Rest: body[1:]},
	}
	b.read(fields, &b.reader)
	return b.reader.Failure == nil
}

// AsAdmitted says whether it is as Decode and Admit leave it.
func (b *CodeBody) AsAdmitted() bool {
	if b.Source.Empty() || b.ID.Empty() || !storable(b.Updated) || !storable(b.Authored) || !storable(b.Committed) || !possible(b.Opened) || !possible(b.Merged) {
		return false
	}
	if b.Committed.IsZero() && !b.Authored.IsZero() {
		return false
	}
	for i := range b.Commits {
		if !storable(b.Commits[i].Authored) {
			return false
		}
	}
	for i := range b.Reviews {
		if !possible(b.Reviews[i].At) {
			return false
		}
	}
	return b.URL.Empty() || len(b.URL) <= AddressLimit && isPlainAddress(b.URL.Bytes())
}

// isPlainAddress says that a text is an address, as they are usually written.
func isPlainAddress(text []byte) bool {
	for _, scheme := range []string{"https://", "http://"} {
		if rest, has := bytes.CutPrefix(text, []byte(scheme)); has {
			return len(rest) > 0
		}
	}
	return false
}

func (b *CodeBody) read(fields bodyFields, r *compact.Reader) {
	for number := r.Unsigned(); number != 0; number = r.Unsigned() {
		if number > uint64(len(fields)) || fields[number-1] == nil {
			r.Fail()
			return
		}
		fields[number-1](b, r)
	}
}

func (b *CodeBody) readFiles(r *compact.Reader) {
	b.HasFiles, b.FilesCut, b.Files = true, false, b.Files[:0]
	b.read(filesFields, r)
}

func (b *CodeBody) readCommits(r *compact.Reader) {
	b.Commits = b.Commits[:0]
	for left := r.Count(); left > 0 && r.Failure == nil; left-- {
		b.Commits = append(b.Commits, ChangeCommitBody{})
		b.read(changeCommitFields, r)
	}
}

func (b *CodeBody) readReviews(r *compact.Reader) {
	b.Reviews = b.Reviews[:0]
	for left := r.Count(); left > 0 && r.Failure == nil; left-- {
		b.Reviews = append(b.Reviews, ReviewBody{})
		b.read(reviewFields, r)
	}
}

func readRaws(into []compact.Raw, r *compact.Reader) []compact.Raw {
	for left := r.Count(); left > 0 && r.Failure == nil; left-- {
		into = append(into, r.Raw())
	}
	return into
}

func readTime(r *compact.Reader) time.Time {
	seconds, nanoseconds := r.Signed(), r.Unsigned()
	if nanoseconds > math.MaxInt32 {
		r.Fail()
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC() //nolint:gosec // bounded, or of no use
}

// numbered sorts what reads the fields of a type by their numbers.
func numbered[T any](named ...bodyReaders) bodyFields {
	fields := make(bodyFields, len(fieldNumbers[reflect.TypeFor[T]()]))
	for i, name := range fieldNumbers[reflect.TypeFor[T]()] {
		for _, readers := range named {
			if read := readers[name]; read != nil {
				fields[i] = read
			}
		}
	}
	return fields
}

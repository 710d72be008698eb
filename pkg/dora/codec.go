package dora

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"
	"unique"

	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// Stores keep events in a compact form: the version of the form, and then each field that is not empty, as its number
// and its value. It takes a third of the room of JSON and a tenth of the time to read. A body that begins with a brace
// is JSON, as earlier versions wrote it, and is read as well.

// compactForm is the first byte of a body in compact form.
const compactForm = 1

// fieldNumbers are the fields that the compact form knows, by their JSON names: the first has number 1. Add to the end,
// never alter: bodies in the field have been written by it. An event with a field that is not here is written as JSON.
var fieldNumbers = map[reflect.Type][]string{
	reflect.TypeFor[Repository](): {"source", "id", "updated", "rank", "name", "defaultBranch", "headSha", "url", "number", "withdrawn", "moved",
		"formerly", "began",
		"topics", "properties", "group", "archived", "fork", "codeOwners", "entity", "sectionedOwners", "catalogInfo", "teams"},
	reflect.TypeFor[Entity]():     {"name", "owners", "lost", "repositories", "folder", "from"},
	reflect.TypeFor[FormerName](): {"name", "until"},
	reflect.TypeFor[Property]():   {"name", "values"},
	reflect.TypeFor[Commit]():     {"source", "id", "updated", "rank", "repository", "sha", "parents", "authored", "committed", "author", "message", "files"},
	reflect.TypeFor[Change](): {"source", "id", "updated", "rank", "repository", "number", "title", "body", "url", "author", "labels", "base", "branch",
		"opened", "merged", "mergeCommit", "commits", "reviews", "files", "early", "withdrawn"},
	reflect.TypeFor[Files]():        {"paths", "cut"},
	reflect.TypeFor[ChangeCommit](): {"sha", "authored"},
	reflect.TypeFor[Review]():       {"author", "state", "at"},
	reflect.TypeFor[Deployment](): {"source", "id", "updated", "rank", "repository", "number", "environment", "task", "sha", "ref", "refKind", "created",
		"statuses", "url", "creator", "retried", "withdrawn", "run", "landing", "tier",
		"key", "recovered", "unseen"},
	reflect.TypeFor[DeploymentStatus](): {"state", "at"},
	reflect.TypeFor[Incident](): {"source", "id", "updated", "rank", "repository", "service", "number", "title", "body", "url", "labels", "severity",
		"opened", "acknowledged", "resolved", "withdrawn", "key", "partOf", "names", "same", "change"},
	reflect.TypeFor[Correction](): {"source", "id", "updated", "rank", "verdict", "deployment", "incident", "service", "reason", "author", "made", "undone", "undoneBy"},
}

// Encode writes an event in the form in which stores keep it.
func Encode(e Event) ([]byte, error) {
	v := reflect.ValueOf(e).Elem()
	layout := layouts[v.Type()]
	if layout == nil || !layout.holds(v) {
		return json.Marshal(e)
	}
	return layout.write(append(make([]byte, 0, 256), compactForm), v), nil
}

// newEvent makes an empty event of a kind.
var newEvent = map[Kind]func() Event{
	KindRepository: func() Event { return new(Repository) },
	KindCommit:     func() Event { return new(Commit) },
	KindChange:     func() Event { return new(Change) },
	KindDeployment: func() Event { return new(Deployment) },
	KindIncident:   func() Event { return new(Incident) },
	KindCorrection: func() Event { return new(Correction) },
}

// Decode reads an event that Encode wrote, in this version or an earlier one.
func Decode(kind Kind, body []byte) (e Event, err error) {
	empty := newEvent[kind]
	if empty == nil {
		return nil, fmt.Errorf("an event of unknown kind %.40q: the store was written by a newer version", kind)
	}
	e = empty()
	switch {
	case len(body) > 0 && body[0] == '{':
		if err = json.Unmarshal(body, e); err != nil {
			err = fmt.Errorf("%.200s", err.Error()) // it may repeat the body
		}
	case len(body) > 0 && body[0] == compactForm:
		r := eventReaders.Get().(*eventReader) //nolint:forcetypeassert // nothing else is put in
		v := reflect.ValueOf(e).Elem()
		r.Rest, r.Failure = body[1:], nil
		r.read(layouts[v.Type()], v)
		r.Give()
		err, r.Rest = r.Failure, nil
		eventReaders.Put(r)
	default:
		err = errors.New("it has a form that this version does not know")
	}
	if err != nil {
		return nil, fmt.Errorf("a stored %s cannot be read: %w", kind, err)
	}
	leadNowhereElse(e) // earlier versions stored what they were told
	return e, nil
}

// layout is how a struct is written: its fields, by number.
type layout struct {
	fields  []field // the number is the index + 1
	unknown [][]int // the struct's fields that have no number
}

type field struct {
	index []int // in the struct; nil for a field that there is no more
	form  form
	of    *layout // of a slice's elements
}

// form is how a field's value is written.
type form int

const (
	formText form = iota
	formNumber
	formTruth
	formTime
	formTexts
	formStructs
	formPointer // to a struct
	formName    // a text that many events share, and that is kept once
)

// names are the fields whose texts many events share, but for those of commits and changes: these are by far the most, and
// few of them are kept as they are.
var names = []string{"source", "repository", "author", "base", "environment", "task", "creator", "state", "service", "severity", "ref", "refKind"}

// codeTypes are commits and changes, and what they are made of.
var codeTypes = []reflect.Type{reflect.TypeFor[Commit](), reflect.TypeFor[Change](), reflect.TypeFor[ChangeCommit](), reflect.TypeFor[Review]()}

var layouts = layOut()

func layOut() map[reflect.Type]*layout {
	all := map[reflect.Type]*layout{}
	for t := range fieldNumbers {
		all[t] = &layout{}
	}
	for t, numbered := range fieldNumbers {
		l := all[t]
		l.fields = make([]field, len(numbered))
		for _, f := range reflect.VisibleFields(t) {
			if f.Anonymous {
				continue
			}
			name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			number := slices.Index(numbered, name)
			form, of, ok := formOf(f.Type, all)
			if number < 0 || !ok {
				l.unknown = append(l.unknown, f.Index)
				continue
			}
			if form == formText && slices.Contains(names, name) && !slices.Contains(codeTypes, t) {
				form = formName
			}
			l.fields[number] = field{f.Index, form, of}
		}
	}
	return all
}

func formOf(t reflect.Type, all map[reflect.Type]*layout) (form, *layout, bool) {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return formTime, nil, true
	case t == reflect.TypeFor[string]():
		return formText, nil, true
	case t.Kind() == reflect.String:
		return formName, nil, true // one of a few words
	case t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		return formNumber, nil, true
	case t.Kind() == reflect.Bool:
		return formTruth, nil, true
	case t == reflect.TypeFor[[]string]():
		return formTexts, nil, true
	case t.Kind() == reflect.Slice && all[t.Elem()] != nil:
		return formStructs, all[t.Elem()], true
	case t.Kind() == reflect.Pointer && all[t.Elem()] != nil:
		return formPointer, all[t.Elem()], true
	}
	return 0, nil, false
}

// holds says whether nothing of a struct would be lost.
func (l *layout) holds(v reflect.Value) bool {
	if slices.ContainsFunc(l.unknown, func(index []int) bool { return !v.FieldByIndex(index).IsZero() }) {
		return false
	}
	for i := range l.fields {
		f := &l.fields[i]
		if f.index == nil || f.of == nil || len(f.of.unknown) == 0 {
			continue
		}
		value := v.FieldByIndex(f.index)
		switch {
		case value.IsZero():
		case f.form == formPointer:
			if !f.of.holds(value.Elem()) {
				return false
			}
		default:
			for i := range value.Len() {
				if !f.of.holds(value.Index(i)) {
					return false
				}
			}
		}
	}
	return true
}

// write appends the fields that are not empty, and a 0.
func (l *layout) write(to []byte, v reflect.Value) []byte {
	for i := range l.fields {
		f := &l.fields[i]
		if f.index == nil {
			continue
		}
		value := v.FieldByIndex(f.index)
		if value.IsZero() {
			continue
		}
		to = binary.AppendUvarint(to, uint64(i+1)) //nolint:gosec // small
		switch f.form {
		case formText, formName:
			to = compact.AppendText(to, value.String())
		case formNumber:
			to = binary.AppendVarint(to, value.Int())
		case formTruth:
		case formTime:
			at := value.Interface().(time.Time) //nolint:forcetypeassert // by its form
			to = binary.AppendVarint(to, at.Unix())
			to = binary.AppendUvarint(to, uint64(at.Nanosecond())) //nolint:gosec // never negative
		case formTexts:
			to = binary.AppendUvarint(to, uint64(value.Len())) //nolint:gosec // never negative
			for i := range value.Len() {
				to = compact.AppendText(to, value.Index(i).String())
			}
		case formStructs:
			to = binary.AppendUvarint(to, uint64(value.Len())) //nolint:gosec // never negative
			for i := range value.Len() {
				to = f.of.write(to, value.Index(i))
			}
		case formPointer:
			to = f.of.write(to, value.Elem())
		}
	}
	return append(to, 0)
}

// eventReader reads events in compact form.
type eventReader struct {
	compact.Reader
	compact.Texts
}

var eventReaders = sync.Pool{New: func() any { return new(eventReader) }}

func (r *eventReader) read(l *layout, v reflect.Value) {
	for {
		number := r.Unsigned()
		if number == 0 || r.Failure != nil {
			return
		}
		if number > uint64(len(l.fields)) || l.fields[number-1].index == nil {
			r.Fail()
			return
		}
		f := &l.fields[number-1]
		value := v.FieldByIndex(f.index)
		switch f.form {
		case formText:
			r.Want(value.Addr().Interface().(*string), &r.Reader) //nolint:forcetypeassert // by its form
		case formName:
			value.SetString(unique.Make(r.Text()).Value())
		case formNumber:
			value.SetInt(r.Signed())
		case formTruth:
			value.SetBool(true)
		case formTime:
			seconds, nanoseconds := r.Signed(), r.Unsigned()
			if nanoseconds > math.MaxInt32 {
				r.Fail()
				return
			}
			*value.Addr().Interface().(*time.Time) = time.Unix(seconds, int64(nanoseconds)).UTC() //nolint:forcetypeassert // by its form
		case formTexts:
			texts := make([]string, r.Count())
			for i := range texts {
				r.Want(&texts[i], &r.Reader)
			}
			*value.Addr().Interface().(*[]string) = texts //nolint:forcetypeassert // by its form
		case formStructs:
			count := r.Count()
			value.Set(reflect.MakeSlice(value.Type(), count, count))
			for i := range count {
				r.read(f.of, value.Index(i))
			}
		case formPointer:
			value.Set(reflect.New(value.Type().Elem()))
			r.read(f.of, value.Elem())
		}
	}
}

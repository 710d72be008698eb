package code

import (
	"bytes"
	"sync"
	"unique"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/compact"
)

// Told is a commit or a change as it is packed. Read from a store it never was anything else: most are laid aside, and worked
// on together once all are there.
type Told struct {
	dora.Header
	Repository string
	kind       dora.Kind
	names      int // of commits that it has: its own, or itself
	entry      string
}

// Kind implements dora.Event.
func (t *Told) Kind() dora.Kind { return t.kind }

// Files are those that it changed; nil where they are not known.
func (t *Told) Files() *dora.Files {
	in := newUnpacker()
	in.Rest = []byte(t.entry)
	return in.entry().files
}

// Decode reads a stored event: a commit or a change as it is packed, where that can be told from its body alone; nil: it is
// to be read as any other.
func Decode(kind dora.Kind, body []byte) dora.Event {
	t := tellers.Get().(*teller) //nolint:forcetypeassert // nothing else is put in
	defer tellers.Put(t)
	if t.Read(kind, body) && t.AsAdmitted() {
		if told := t.told(kind); told != nil {
			return told
		}
	}
	return nil
}

// Tell packs a commit or a change; nil: it is none that can be in a graph.
func Tell(e dora.Event) *Told {
	body, err := dora.Encode(e)
	if err != nil {
		return nil // an event is plain data
	}
	t := tellers.Get().(*teller) //nolint:forcetypeassert // nothing else is put in
	defer tellers.Put(t)
	if !t.Read(e.Kind(), body) {
		return nil // every field of theirs has a number
	}
	return t.told(e.Kind())
}

// teller packs what it reads. What it made last it need not make again: neighbours are of one repository.
type teller struct {
	dora.CodeBody
	packer
	written            []byte
	source, repository string
	fresh              arena[Told]
}

var tellers = sync.Pool{New: func() any { return new(teller) }}

// told packs what was read.
func (t *teller) told(kind dora.Kind) *Told {
	names := 1
	t.written = append(t.written[:0], t.ID.Bytes()...)
	id := len(t.written)
	if kind == dora.KindCommit {
		if _, is := t.SHA.SHA(); !is {
			return nil
		}
		title, body, _ := bytes.Cut(t.Message.Bytes(), []byte{'\n'})
		title = bytes.TrimSpace(title)
		t.written = t.writeCommit(t.written, &t.CodeBody, title, parseRevert(title, body))
	} else {
		names = len(t.Commits)
		t.written = t.writeChange(t.written, &t.CodeBody, parseRevert(t.Title.Bytes(), t.Body.Bytes()))
	}
	all := string(t.written)
	told := t.fresh.one()
	*told = Told{
		Header:     dora.Header{Source: shared(&t.source, t.Source), ID: all[:id], Updated: t.Updated, Rank: t.Rank},
		Repository: shared(&t.repository, t.Repository), kind: kind, names: names, entry: all[id:],
	}
	return told
}

func shared(last *string, text compact.Raw) string {
	if !text.Is(*last) {
		*last = unique.Make(text.Text()).Value()
	}
	return *last
}

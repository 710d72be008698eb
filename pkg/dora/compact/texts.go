package compact

import (
	"encoding/binary"
	"encoding/hex"
)

// Texts gathers the texts of one event, which are then allocated together: there are a dozen in each of millions.
type Texts struct {
	gathered []byte
	wanted   []wantedText
}

type wantedText struct {
	where      *string
	begin, end int
}

// Want reads a text that is put in its place by the next give.
func (t *Texts) Want(where *string, from *Reader) {
	raw, isHex := from.raw()
	begin := len(t.gathered)
	if isHex {
		t.gathered = hex.AppendEncode(t.gathered, raw)
	} else {
		t.gathered = append(t.gathered, raw...)
	}
	t.wanted = append(t.wanted, wantedText{where, begin, len(t.gathered)})
}

// Give puts the texts that were wanted into their places.
func (t *Texts) Give() {
	all := string(t.gathered)
	for _, w := range t.wanted {
		*w.where = all[w.begin:w.end]
	}
	clear(t.wanted)
	t.gathered, t.wanted = t.gathered[:0], t.wanted[:0]
}

// AppendTogether writes texts that were written one after another, so that they can be allocated together.
func AppendTogether(to, texts []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(texts))), texts...)
}

// Together reads what AppendTogether wrote, and puts the texts into their places.
func (r *Reader) Together(places ...*string) {
	part := Reader{Rest: r.cut(r.Count())}
	all := string(part.Rest)
	for _, place := range places {
		raw, isHex := part.raw()
		if isHex {
			*place = hex.EncodeToString(raw)
			continue
		}
		end := len(all) - len(part.Rest)
		*place = all[end-len(raw) : end]
	}
	if part.Failure != nil {
		r.Fail()
	}
}

package cursor

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
)

// Parts are the positions of a source's parts, by key. They are an object in JSON. The zero value is empty.
type Parts[P any] struct {
	positions map[string]*P
	// written are the positions that nobody has moved since they were encoded: of hundreds a batch moves one. Moving are
	// those that were asked for since the last rest.
	written map[string][]byte
	moving  map[string]bool
}

// At is a part's position, which may be moved until the parts rest. One that is not known is at its beginning.
func (p *Parts[P]) At(key string) *P {
	if p.positions == nil {
		p.positions = map[string]*P{}
	}
	if p.moving == nil {
		p.moving = map[string]bool{}
	}
	p.moving[key] = true
	at := p.positions[key]
	if at == nil {
		at = new(P)
		p.positions[key] = at
	}
	return at
}

// Known is a part's position, which is not to be moved; nil where the part is not known.
func (p *Parts[P]) Known(key string) *P { return p.positions[key] }

// All are the positions by key, which are not to be moved but by At.
func (p *Parts[P]) All() iter.Seq2[string, *P] { return maps.All(p.positions) }

// Rest says that the positions that were asked for do not move any more.
func (p *Parts[P]) Rest() { clear(p.moving) }

// Append appends the positions to a text, as JSON.
func (p *Parts[P]) Append(text *bytes.Buffer) error {
	if p.written == nil {
		p.written = map[string][]byte{}
	}
	text.WriteByte('{')
	for i, key := range slices.Sorted(maps.Keys(p.positions)) {
		if p.moving[key] || p.written[key] == nil {
			position, err := json.Marshal(map[string]*P{key: p.positions[key]})
			if err != nil {
				return err
			}
			p.written[key] = position[1 : len(position)-1]
		}
		if i > 0 {
			text.WriteByte(',')
		}
		text.Write(p.written[key])
	}
	text.WriteByte('}')
	return nil
}

// MarshalJSON implements json.Marshaler. Append is cheaper where there are many parts.
func (p *Parts[P]) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	err := p.Append(&text)
	return text.Bytes(), err
}

// UnmarshalJSON implements json.Unmarshaler. Parts without a position are left out.
func (p *Parts[P]) UnmarshalJSON(text []byte) error {
	*p = Parts[P]{}
	if err := json.Unmarshal(text, &p.positions); err != nil {
		return err
	}
	maps.DeleteFunc(p.positions, func(_ string, at *P) bool { return at == nil })
	return nil
}

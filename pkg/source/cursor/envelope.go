package cursor

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Read reads where a run goes on from what a batch carried, and says whether it could. What is damaged or of another version
// is as good as nothing: to read again is harmless.
func Read[P any](text []byte, version int) (*P, bool) {
	var told struct {
		Version int `json:"v"`
	}
	p := new(P)
	if json.Unmarshal(text, &told) != nil || told.Version != version || json.Unmarshal(text, p) != nil {
		return new(P), false
	}
	return p, true
}

// Versioned is the version of a position that is written as it is.
type Versioned struct {
	Version int `json:"v"`
}

// Stamp has it be written as of a version.
func (v *Versioned) Stamp(version int) { v.Version = version }

// Field is one of what Write writes.
type Field struct {
	Name  string
	Value any
}

// Write writes it: the version, which rises when the form changes, and the fields, of which Parts write anew only what moved.
func Write(version int, fields ...Field) ([]byte, error) {
	var text bytes.Buffer
	fmt.Fprintf(&text, `{"v":%d`, version)
	for _, field := range fields {
		fmt.Fprintf(&text, `,%q:`, field.Name)
		if parts, are := field.Value.(interface{ Append(*bytes.Buffer) error }); are {
			if err := parts.Append(&text); err != nil {
				return nil, err
			}
			continue
		}
		value, err := json.Marshal(field.Value)
		if err != nil {
			return nil, err
		}
		text.Write(value)
	}
	text.WriteByte('}')
	return text.Bytes(), nil
}

package compact

import (
	"encoding/binary"
	"encoding/hex"
)

// Raw is a text as AppendText wrote it, where it was written: whoever passes it on need not make a text of it. One that was
// left out is nil, and is empty.
type Raw []byte

// Raw reads a text without making one of it.
func (r *Reader) Raw() Raw {
	from := r.Rest
	r.raw()
	return Raw(from[:len(from)-len(r.Rest)])
}

// AppendRaw writes a text as it was written before.
func AppendRaw(to []byte, text Raw) []byte {
	if len(text) == 0 {
		return append(to, 0)
	}
	return append(to, text...)
}

// parts are its bytes, and whether they are hex digits, two in each.
func (t Raw) parts() (bytes []byte, isHex bool) {
	if len(t) == 0 {
		return nil, false
	}
	header, size := binary.Uvarint(t)
	return t[size:], header%2 == 1
}

// Empty says whether it is the empty text.
func (t Raw) Empty() bool {
	bytes, _ := t.parts()
	return len(bytes) == 0
}

// Bytes are the text's.
func (t Raw) Bytes() []byte {
	bytes, isHex := t.parts()
	if isHex {
		return hex.AppendEncode(nil, bytes)
	}
	return bytes
}

// Text makes the text.
func (t Raw) Text() string {
	bytes, isHex := t.parts()
	if isHex {
		return hex.EncodeToString(bytes)
	}
	return string(bytes)
}

// SHA is the commit that it names; false: it names none.
func (t Raw) SHA() (s SHA, is bool) {
	bytes, isHex := t.parts()
	if isHex {
		return s, copy(s[:], bytes) == len(s) && len(bytes) == len(s)
	}
	if len(bytes) != 2*len(s) {
		return s, false
	}
	return ParseSHA(string(bytes)) // written in capitals
}

// Is says whether it is a text.
func (t Raw) Is(text string) bool {
	bytes, isHex := t.parts()
	if isHex {
		return hex.EncodeToString(bytes) == text
	}
	return string(bytes) == text
}

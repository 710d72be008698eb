package compact

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"time"
)

// AppendText writes a text with twice its length in front; where that is odd the text is hex, of which two digits make
// a byte: most of what is stored are names of commits.
func AppendText[T string | []byte](to []byte, text T) []byte {
	if len(text) == 2*len(SHA{}) {
		if name, ok := ParseSHA(string(text)); ok && !hasUpper(string(text)) {
			return append(binary.AppendUvarint(to, 2*2*uint64(len(name))+1), name[:]...)
		}
	}
	to = binary.AppendUvarint(to, 2*uint64(len(text)))
	return append(to, text...)
}

func hasUpper(text string) bool {
	for i := range len(text) {
		if text[i] >= 'A' && text[i] <= 'Z' {
			return true
		}
	}
	return false
}

// Writer appends to what is written. What it writes is read again by a reader, call by call.
type Writer struct {
	Written []byte
	Failure error // the first
}

// Fail notes that something could not be written.
func (w *Writer) Fail(err error) {
	if w.Failure == nil {
		w.Failure = err
	}
}

// Number writes a number.
func (w *Writer) Number(n int) { w.Written = binary.AppendVarint(w.Written, int64(n)) }

// Text writes a text.
func (w *Writer) Text(text string) { w.Written = AppendText(w.Written, text) }

// Texts writes a list of texts.
func (w *Writer) Texts(texts []string) {
	w.Number(len(texts))
	for _, text := range texts {
		w.Text(text)
	}
}

// Time writes a time, to the nanosecond.
func (w *Writer) Time(at time.Time) {
	w.Written = binary.AppendVarint(w.Written, at.Unix())
	w.Number(at.Nanosecond())
}

// Truths writes up to eight of them.
func (w *Writer) Truths(all ...bool) {
	bits := 0
	for i, is := range all {
		if is {
			bits |= 1 << i
		}
	}
	w.Number(bits)
}

// Bytes writes bytes as they are.
func (w *Writer) Bytes(b []byte) {
	w.Number(len(b))
	w.Written = append(w.Written, b...)
}

// Words writes numbers of 32 bits.
func (w *Writer) Words(words []uint32) {
	w.Number(len(words))
	for _, word := range words {
		w.Written = binary.LittleEndian.AppendUint32(w.Written, word)
	}
}

// Floats writes numbers of 64 bits.
func (w *Writer) Floats(floats []float64) {
	w.Number(len(floats))
	for _, f := range floats {
		w.Written = binary.LittleEndian.AppendUint64(w.Written, math.Float64bits(f))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Sum puts the check sum behind what is written.
func (w *Writer) Sum() {
	w.Written = binary.LittleEndian.AppendUint32(w.Written, crc32.Checksum(w.Written, castagnoli))
}

// Summed is what was written before its check sum; false: it is damaged.
func Summed(text []byte) (written []byte, whole bool) {
	end := len(text) - crc32.Size
	if end < 0 || crc32.Checksum(text[:end], castagnoli) != binary.LittleEndian.Uint32(text[end:]) {
		return nil, false
	}
	return text[:end], true
}

package compact

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"math"
	"time"
)

// Reader reads a body from the front. After a failure it reads nothing but zeros.
type Reader struct {
	Rest    []byte
	Failure error
}

var errDamaged = errors.New("it is damaged, or was written by a newer version")

// Fail ends the reading: what is read does not make sense.
func (r *Reader) Fail() { r.Rest, r.Failure = nil, errDamaged }

// Unsigned reads a number that is not negative.
func (r *Reader) Unsigned() uint64 {
	if len(r.Rest) > 0 && r.Rest[0] < 1<<7 { // as most are
		value := r.Rest[0]
		r.Rest = r.Rest[1:]
		return uint64(value)
	}
	value, size := binary.Uvarint(r.Rest)
	if size <= 0 {
		r.Fail()
		return 0
	}
	r.Rest = r.Rest[size:]
	return value
}

// Signed reads a number.
func (r *Reader) Signed() int64 {
	value, size := binary.Varint(r.Rest)
	if size <= 0 {
		r.Fail()
		return 0
	}
	r.Rest = r.Rest[size:]
	return value
}

// Count reads how many elements follow, each of which takes a byte or more.
func (r *Reader) Count() int {
	count := r.Unsigned()
	if count > uint64(len(r.Rest)) {
		r.Fail()
		return 0
	}
	return int(count) //nolint:gosec // bounded by what is there
}

// raw reads a text as it was written: as it is, or hex as the bytes that it stands for.
func (r *Reader) raw() (text []byte, isHex bool) {
	header := r.Unsigned()
	length := header / 2
	isHex = header%2 == 1
	if isHex {
		length /= 2
	}
	if length > uint64(len(r.Rest)) {
		r.Fail()
		return nil, false
	}
	text, r.Rest = r.Rest[:length], r.Rest[length:]
	return text, isHex
}

// Text reads what AppendText wrote.
func (r *Reader) Text() string {
	raw, isHex := r.raw()
	if isHex {
		return digitsOf(raw)
	}
	return string(raw)
}

// digitsOf are bytes in hex.
func digitsOf(raw []byte) string {
	if len(raw) == len(SHA{}) { // as nearly all are
		return SHA(raw).String()
	}
	return hex.EncodeToString(raw)
}

// Number reads what writer.number wrote.
func (r *Reader) Number() int { return int(r.Signed()) }

// Length reads how many elements follow, as number wrote it, each of which takes a byte or more.
func (r *Reader) Length() int {
	n := r.Number()
	if n < 0 || n > len(r.Rest) {
		r.Fail()
		return 0
	}
	return n
}

// cut reads so many bytes as they are.
func (r *Reader) cut(n int) []byte {
	if n > len(r.Rest) {
		r.Fail()
		return nil
	}
	part := r.Rest[:n]
	r.Rest = r.Rest[n:]
	return part
}

// Bytes reads what writer.bytes wrote.
func (r *Reader) Bytes() []byte { return r.cut(r.Length()) }

// List reads what writer.texts wrote.
func (r *Reader) List() []string {
	texts := make([]string, r.Length())
	for i := range texts {
		texts[i] = r.Text()
	}
	return texts
}

// Time reads what writer.time wrote.
func (r *Reader) Time() time.Time {
	seconds, nanoseconds := r.Signed(), r.Number()
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

// Truths reads up to eight of them.
func (r *Reader) Truths() (are [8]bool) {
	bits := r.Number()
	for i := range are {
		are[i] = bits>>i&1 == 1
	}
	return are
}

// Words reads what writer.words wrote.
func (r *Reader) Words() []uint32 {
	n := r.Length()
	if n == 0 {
		return nil
	}
	raw := r.cut(4 * n)
	words := make([]uint32, len(raw)/4)
	for i := range words {
		words[i] = binary.LittleEndian.Uint32(raw)
		raw = raw[4:]
	}
	return words
}

// Floats reads what writer.floats wrote.
func (r *Reader) Floats() []float64 {
	n := r.Length()
	if n == 0 {
		return nil
	}
	raw := r.cut(8 * n)
	floats := make([]float64, len(raw)/8)
	for i := range floats {
		floats[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return floats
}

// Word reads a text that is there many times, and that is kept once in shared.
func (r *Reader) Word(shared map[string]string) string {
	raw, isHex := r.raw()
	if isHex {
		return hex.EncodeToString(raw)
	}
	word, ok := shared[string(raw)]
	if !ok {
		word = string(raw)
		shared[word] = word
	}
	return word
}

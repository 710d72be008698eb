package compact

import (
	"bytes"
	"encoding/hex"
)

// SHA is a commit's name in binary.
type SHA [20]byte

// ParseSHA reads 40 hexadecimal digits; false: the text is none.
func ParseSHA(text string) (SHA, bool) {
	var s SHA
	if len(text) != 2*len(s) {
		return s, false
	}
	for i := range s {
		high, low := digits[text[2*i]], digits[text[2*i+1]]
		if high|low > 0xf {
			return SHA{}, false
		}
		s[i] = high<<4 | low
	}
	return s, true
}

// digits are the values of hexadecimal digits; 0xff: it is none.
var digits = func() (values [256]byte) {
	for c := range values {
		values[c] = 0xff
	}
	for value, c := range []byte("0123456789abcdef") {
		values[c], values[bytes.ToUpper([]byte{c})[0]] = byte(value), byte(value)
	}
	return values
}()

func (s SHA) String() string {
	var digits [2 * len(s)]byte
	hex.Encode(digits[:], s[:])
	return string(digits[:])
}

// Begins says whether the name begins with some hex digits in lower case.
func (s *SHA) Begins(digits string) bool {
	const hexDigits = "0123456789abcdef"
	if len(digits) >= 2*len(s) {
		return false
	}
	for i := range len(digits) {
		if digit := s[i/2] >> (4 * (1 - i%2)) & 0xf; hexDigits[digit] != digits[i] {
			return false
		}
	}
	return true
}

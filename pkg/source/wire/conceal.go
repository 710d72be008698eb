package wire

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"html"
	"regexp"
	"slices"
	"strconv"
	"unicode/utf8"
)

// concealed stands where a secret was.
const concealed = "(token)"

// encodedFrom is the length in bytes from which a secret is looked for in other alphabets; what is shorter would be found
// everywhere.
const encodedFrom = 6

// unwrapped is how many layers of escaping are looked beneath: an address within JSON within an address.
const unwrapped = 3

// Conceal takes secrets out of a text that a server may have echoed, as they are or escaped as addresses, JSON and HTML
// do, in base64 or in hexadecimal digits.
func Conceal(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = concealOne(text, secret)
		}
	}
	return text
}

func concealOne(text, secret string) string {
	hidden := make([]bool, len(text))
	found := false
	layer := layerOf(text)
	for range unwrapped {
		lower := bytes.ToLower(layer.text)
		for _, shape := range shapes(secret) {
			in, wanted := layer.text, shape.text
			if shape.anyCase && len(lower) == len(layer.text) {
				in, wanted = lower, bytes.ToLower(wanted)
			}
			for at := 0; ; {
				next := bytes.Index(in[at:], wanted)
				if next < 0 {
					break
				}
				at += next
				for i := layer.from[at]; i < layer.to[at+len(wanted)-1]; i++ {
					hidden[i], found = true, true
				}
				at += len(wanted)
			}
		}
		deeper, changed := layer.beneath()
		if !changed {
			break
		}
		layer = deeper
	}
	if !found {
		return text
	}
	var left []byte
	for i := range len(text) {
		switch {
		case !hidden[i]:
			left = append(left, text[i])
		case i == 0 || !hidden[i-1]:
			left = append(left, concealed...)
		}
	}
	return string(left)
}

// shape is a secret in some alphabet.
type shape struct {
	text    []byte
	anyCase bool
}

func shapes(secret string) []shape {
	all := []shape{{[]byte(secret), len(secret) >= encodedFrom}}
	if len(secret) < encodedFrom {
		return all
	}
	all = append(all, shape{[]byte(hex.EncodeToString([]byte(secret))), true})
	// What stands before it decides where among three places in a group it begins; what its neighbours share is left out.
	for offset := range 3 {
		padded := append(make([]byte, offset), secret...)
		for _, alphabet := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
			encoded := alphabet.EncodeToString(padded)
			first := []int{0, 2, 3}[offset]
			last := len(encoded)
			if len(padded)%3 != 0 {
				last--
			}
			all = append(all, shape{[]byte(encoded[first:last]), false})
		}
	}
	return all
}

// layer is a text beneath some escaping, and of each byte where in the outermost text it came from.
type layer struct {
	text     []byte
	from, to []int
}

func layerOf(text string) layer {
	l := layer{text: []byte(text), from: make([]int, len(text)), to: make([]int, len(text))}
	for i := range len(text) {
		l.from[i], l.to[i] = i, i+1
	}
	return l
}

var escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\x[0-9A-Fa-f]{2}|\\[/"\\]|&#?[0-9A-Za-z]{1,8};`)

// beneath takes one layer of escaping off, and says whether there was one.
func (l layer) beneath() (layer, bool) {
	found := escape.FindAllIndex(l.text, -1)
	if found == nil {
		return l, false
	}
	var inner layer
	keep := func(from, to int) {
		inner.text = append(inner.text, l.text[from:to]...)
		inner.from, inner.to = append(inner.from, l.from[from:to]...), append(inner.to, l.to[from:to]...)
	}
	at := 0
	for _, each := range found {
		keep(at, each[0])
		at = each[1]
		for _, b := range unescaped(string(l.text[each[0]:each[1]])) {
			inner.text = append(inner.text, b)
			inner.from, inner.to = append(inner.from, l.from[each[0]]), append(inner.to, l.to[each[1]-1])
		}
	}
	keep(at, len(l.text))
	return inner, !slices.Equal(inner.text, l.text)
}

func unescaped(text string) []byte {
	switch {
	case text[0] == '&':
		return []byte(html.UnescapeString(text))
	case text[0] == '\\' && len(text) == 2:
		return []byte(text[1:])
	}
	digits := text[1:]
	if text[0] == '\\' {
		digits = text[2:]
	}
	code, _ := strconv.ParseUint(digits, 16, 16) // the pattern has made sure
	if len(digits) == 2 {
		return []byte{byte(code)}
	}
	return utf8.AppendRune(nil, rune(code))
}

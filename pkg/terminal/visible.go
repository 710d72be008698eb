// Package terminal keeps what others wrote from commanding the terminal that shows it: titles, names and answers of
// vendors may hold control characters, with which a text moves the cursor, rings, or writes over what stands there. It
// knows nothing of this module.
package terminal

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf8"
)

// Visible is a text with its control characters written out, line ends and tabs too. What is not UTF-8 is written out by bytes.
func Visible(text string) string { return escaped(text, "", goEscape) }

// Lines is a writer for texts of several lines: line ends and tabs pass, every other control character is written out.
// Several may write at the same time.
func Lines(w io.Writer) io.Writer { return &writer{to: w, passes: "\n\t", escape: goEscape} }

// JSON is a writer for JSON, which allows some control characters within texts. They are written out as JSON does, so that
// the values stay what they are.
func JSON(w io.Writer) io.Writer { return &writer{to: w, passes: "\n\t", escape: jsonEscape} }

type writer struct {
	mu     sync.Mutex
	to     io.Writer
	passes string
	escape func(rune) string
}

// Write writes whole texts; what is written in pieces must be cut between letters.
func (w *writer) Write(text []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := io.WriteString(w.to, escaped(string(text), w.passes, w.escape)); err != nil {
		return 0, err
	}
	return len(text), nil
}

func escaped(text, passes string, escape func(rune) string) string {
	var b strings.Builder
	kept := 0 // how much of the text is in b, where anything had to be written out
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		broken := r == utf8.RuneError && size == 1
		if broken || commands(r) && !strings.ContainsRune(passes, r) {
			b.WriteString(text[kept:i])
			if broken {
				fmt.Fprintf(&b, `\x%02x`, text[i])
			} else {
				b.WriteString(escape(r))
			}
			kept = i + size
		}
		i += size
	}
	if kept == 0 {
		return text
	}
	return b.String() + text[kept:]
}

// commands says whether a terminal may do something at a character but show it: the control characters of both sets, what
// turns the direction of writing, and what ends a line or a paragraph.
func commands(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return true
	case r == 0x61c, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

func goEscape(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

func jsonEscape(r rune) string { return fmt.Sprintf(`\u%04x`, r) }

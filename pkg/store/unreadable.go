package store

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Unreadable is a row of a store that holds no event which this version can read: it is damaged, or of another version. It is
// left out, and stays where it is until the event that it was is told again.
type Unreadable struct {
	Sequence Sequence
	// Source, Kind and ID are what the row says of itself, cut short; they may be damaged too.
	Source, Kind, ID string
	// Why is what is wrong with it.
	Why string
}

// nameLimit is how much is told of what may be nonsense.
const nameLimit = 200

// String names the row for a person.
func (u Unreadable) String() string {
	return fmt.Sprintf("%s %q of source %q: %s", orSomething(clip(u.Kind)), clip(u.ID), clip(u.Source), u.Why)
}

func orSomething(kind string) string {
	if strings.ContainsFunc(kind, func(r rune) bool { return r < 'a' || r > 'z' }) || kind == "" {
		return "something"
	}
	return kind
}

func clip(text string) string {
	if len(text) > nameLimit {
		text = text[:nameLimit]
	}
	if !utf8.ValidString(text) {
		text = strings.ToValidUTF8(text, "?")
	}
	return text
}

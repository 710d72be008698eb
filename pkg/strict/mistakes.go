package strict

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// What a person is told fits onto a screen, whatever was written: so many mistakes, each with a field and a problem of at
// most so many bytes.
const (
	mistakeLimit = 10
	fieldLimit   = 120
	problemLimit = 600
)

// Mistakes joins mistakes into one error, nil if there are none. Of many it keeps the first and says how many there are;
// of long ones it leaves out the middle.
func Mistakes(all []error) error {
	var kept []error
	for i, err := range all {
		if i == mistakeLimit {
			kept = append(kept, &Error{Field: "…", Problem: fmt.Sprintf("there are %d more mistakes", len(all)-i)})
			break
		}
		var one *Error
		if errors.As(err, &one) {
			err = &Error{Field: short(one.Field, fieldLimit), Problem: short(one.Problem, problemLimit), Label: one.Label, Page: one.Page}
		}
		kept = append(kept, err)
	}
	return errors.Join(kept...)
}

// short leaves out the middle of a long text, whose end says what is allowed, and what is no UTF-8.
func short(text string, limit int) string {
	text = strings.ToValidUTF8(text, "�")
	if len(text) <= limit {
		return text
	}
	head, tail := limit/2, len(text)-limit/2
	for !utf8.RuneStart(text[head]) {
		head--
	}
	for !utf8.RuneStart(text[tail]) {
		tail++
	}
	return text[:head] + " … " + text[tail:]
}

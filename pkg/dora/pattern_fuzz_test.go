package dora_test

import (
	"testing"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// FuzzAPattern holds that any text is a regular expression of bounded length or is refused with a sentence of bounded
// length, and that one which was written and read again says the same of every text.
func FuzzAPattern(f *testing.F) {
	for _, seed := range [][2]string{
		{"", "prod"}, {"^(prod|live)$", "live"}, {"(a*)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"}, {"((((((((((a{9}){9}){9}){9}", "a"}, {"(?i)^SEV(\\d)$", "sev2"},
		{"(", ""}, {"[z-a]", ""}, {"\\8", ""}, {"(?<name>x)", "x"}, {"\xff", "\xff"}, {"x{1001}", "x"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, expression, text string) {
		p, err := dora.NewPattern(expression)
		if err != nil {
			if len(err.Error()) > 10_000 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
			return
		}
		if len(expression) > 1000 {
			t.Errorf("%d bytes are taken", len(expression))
		}
		found, captured := p.Capture(text)
		if captured != p.Match(text) {
			t.Errorf("%q matches %q, or does it?", expression, text)
		}
		again, err := dora.NewPattern(p.String())
		if err != nil {
			t.Fatal(err)
		}
		if same, _ := again.Capture(text); same != found {
			t.Errorf("%q finds %q, and then %q", expression, found, same)
		}
	})
}

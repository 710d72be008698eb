package demo

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestThePagesColoursAreItsOwn(t *testing.T) {
	const title = "\x1b[2Jgone\a\r"
	for _, story := range []struct {
		terminal bool
		shows    string
	}{{true, "\x1b[31m\\x1b[2Jgone\\x07\\r\x1b[0m\n"}, {false, "\\x1b[2Jgone\\x07\\r\n"}} {
		var out bytes.Buffer
		p := &page{out: &out, terminal: story.terminal}
		p.line("%s", p.in(red, title))
		assert.Equal(t, story.shows, out.String())
	}
}

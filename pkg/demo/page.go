package demo

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/livedora/dora-datasource/pkg/terminal"
)

// page is where the demo writes: with colour and a line that moves on a terminal, else plain lines.
type page struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	moving   bool // the last line is to be written over
}

func newPage(out io.Writer) *page {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return &page{out: out}
	}
	info, err := file.Stat()
	return &page{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Colours are marks within a text, which no text has by itself, until it is written.
const (
	bold  = "\ufdd0"
	dim   = "\ufdd1"
	red   = "\ufdd2"
	green = "\ufdd3"
	plain = "\ufdd4"
)

var (
	inColour   = strings.NewReplacer(bold, "\x1b[1m", dim, "\x1b[2m", red, "\x1b[31m", green, "\x1b[32m", plain, "\x1b[0m")
	colourless = strings.NewReplacer(bold, "", dim, "", red, "", green, "", plain, "")
)

// in gives a text a colour, where there are colours.
func (p *page) in(colour, text string) string {
	if !p.terminal {
		return text
	}
	return colour + text + plain
}

func (p *page) line(format string, args ...any) { p.write(fmt.Sprintf(format, args...), false) }

// note is a line beside the matter.
func (p *page) note(format string, args ...any) {
	p.write(p.in(dim, fmt.Sprintf(format, args...)), false)
}

func (p *page) heading(format string, args ...any) {
	p.write("\n"+p.in(bold, fmt.Sprintf(format, args...)), false)
}

// progress is a line that the next one replaces.
func (p *page) progress(format string, args ...any) { p.write(fmt.Sprintf(format, args...), true) }

func (p *page) write(text string, moving bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.moving {
		_, _ = io.WriteString(p.out, "\r\x1b[K")
	}
	p.moving = moving && p.terminal
	if !p.moving {
		text += "\n"
	}
	var shown strings.Builder
	_, _ = io.WriteString(terminal.Lines(&shown), strings.ReplaceAll(text, narrow, " ")) // what is shown was written by others, too
	colours := colourless
	if p.terminal {
		colours = inColour
	}
	_, _ = colours.WriteString(p.out, shown.String()) // a reader who has gone sees nothing either way
}

// narrow is the space between figures and their units in Grafana. Here lines do not break, and all characters are as wide.
const narrow = "\u202f"

// cell fills a text up to a width, or cuts it.
func cell(text string, width int) string {
	runes := []rune(text)
	if len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text + strings.Repeat(" ", width-len(runes))
}

package influxdb

import (
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/livedora/dora-datasource/pkg/sink"
)

// tag is one of a point. Tags are few, and none grows with deployments or incidents.
type tag struct{ key, value string }

// tags are those of a series, in the order in which InfluxDB keeps them. One without a value is none.
func (s *Sink) tags(of *sink.Series) []tag {
	all := []tag{
		{"bucket", string(of.Bucket)}, {"dataset", s.dataset}, {"environment", of.Environment}, {"level", string(of.Level)},
		{"metric", string(of.Metric)}, {"service", of.Service}, {"statistic", string(of.Statistic)}, {"team", of.Team},
	}
	kept := all[:0]
	for _, each := range all {
		if each.value != "" {
			kept = append(kept, tag{each.key, Text(each.value)})
		}
	}
	return kept
}

// textLimit bounds a tag's value, in bytes.
const textLimit = 256

// Text is how a name of ours stands in a tag: control characters, which line protocol cannot carry, and backslashes, which it
// reads with what follows them, are written as in addresses (%0A). No two names become one, but for the hash of one that is
// longer than 256 bytes.
func Text(name string) string {
	if plain(name) {
		return name
	}
	var b strings.Builder
	for i := 0; i < len(name); {
		r, size := utf8.DecodeRuneInString(name[i:])
		if r < ' ' || r == 0x7f || r == '\\' || r == utf8.RuneError && size == 1 || r == '%' && hexadecimal(name[i+1:]) {
			fmt.Fprintf(&b, "%%%02X", name[i])
			i++
			continue
		}
		b.WriteString(name[i : i+size])
		i += size
	}
	text := b.String()
	if len(text) <= textLimit {
		return text
	}
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(name)) // it never fails
	return fmt.Sprintf("%s…%016x", strings.ToValidUTF8(text[:textLimit-32], ""), sum.Sum64())
}

func plain(name string) bool {
	if len(name) > textLimit || !utf8.ValidString(name) {
		return false
	}
	for i := range len(name) {
		if c := name[i]; c < ' ' || c == 0x7f || c == '\\' || c == '%' {
			return false
		}
	}
	return true
}

func hexadecimal(rest string) bool {
	digit := func(c byte) bool { return c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f' }
	return len(rest) >= 2 && digit(rest[0]) && digit(rest[1])
}

var (
	escapeMeasurement = strings.NewReplacer(",", `\,`, " ", `\ `)
	escapeTag         = strings.NewReplacer(",", `\,`, " ", `\ `, "=", `\=`)
	quoteText         = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`)
	quoteName         = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
)

// head is what all lines of a series begin with.
func (s *Sink) head(of *sink.Series) string {
	var b strings.Builder
	b.WriteString(escapeMeasurement.Replace(s.measurement))
	for _, each := range s.tags(of) {
		b.WriteByte(',')
		b.WriteString(each.key)
		b.WriteByte('=')
		b.WriteString(escapeTag.Replace(each.value))
	}
	b.WriteByte(' ')
	return b.String()
}

// line writes a point. Every field is there every time, since InfluxDB keeps the fields of before that a point lacks.
func (s *Sink) line(b []byte, head string, p *sink.Point, withdrawn bool) []byte {
	b = append(b, head...)
	b = append(b, "immature="...)
	b = strconv.AppendBool(b, p.Immature)
	if p.Ratio {
		b = append(b, ",k="...)
		b = append(strconv.AppendInt(b, int64(p.K), 10), 'i')
	}
	b = append(b, ",n="...)
	b = append(strconv.AppendInt(b, int64(p.N), 10), 'i')
	b = append(b, ",partial="...)
	b = strconv.AppendBool(b, p.Partial)
	b = append(b, ",value="...)
	b = strconv.AppendFloat(b, p.Value, 'g', -1, 64)
	b = append(b, ",withdrawn="...)
	b = strconv.AppendBool(b, withdrawn)
	b = append(b, ' ')
	b = strconv.AppendInt(b, p.Start.Unix(), 10)
	return append(b, '\n')
}

// name is a measurement, tag or policy as queries write it, and text a value.
func name(of string) string { return `"` + quoteName.Replace(of) + `"` }
func text(of string) string { return `'` + quoteText.Replace(of) + `'` }

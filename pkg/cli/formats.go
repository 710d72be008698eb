package cli

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/terminal"
)

var formats = map[string]func(io.Writer, query.Report) error{
	"json":     func(out io.Writer, r query.Report) error { return writeJSON(out, r) },
	"csv":      writeCSV,
	"table":    writeTable,
	"markdown": writeMarkdown,
}

func writeJSON(out io.Writer, value any) error {
	encoder := json.NewEncoder(terminal.JSON(out))
	encoder.SetEscapeHTML(false)
	return encoder.Encode(value)
}

// rows lays a report out, the header first. A mark tells of a partial (…) or immature (~) bucket.
func rows(r query.Report) [][]string {
	labels := map[string]bool{}
	for _, s := range r.Series {
		for label := range s.Labels {
			labels[label] = true
		}
	}
	names := slices.Sorted(maps.Keys(labels))
	header := append([]string{"metric", "statistic"}, names...)
	header = append(header, "start", "end", "value", "unit", "n", "k", "partial", "immature")
	limited := slices.ContainsFunc(r.Series, func(s query.ReportSeries) bool { return s.Limits != nil })
	if limited {
		header = append(header, "mean", "lower", "upper")
	}
	all := [][]string{header}
	for _, s := range r.Series {
		for _, p := range s.Points {
			row := []string{string(s.Metric), string(s.Statistic)}
			for _, name := range names {
				row = append(row, s.Labels[name])
			}
			value, k := "", ""
			if p.Value != nil {
				value = strconv.FormatFloat(*p.Value, 'f', -1, 64)
			}
			if p.K != nil {
				k = strconv.Itoa(*p.K)
			}
			row = append(row, p.Start.Format(time.RFC3339), p.End.Format(time.RFC3339), value, string(s.Unit),
				strconv.Itoa(p.N), k, strconv.FormatBool(p.Partial), strconv.FormatBool(p.Immature))
			if limited {
				row = append(row, limitsOf(s)...)
			}
			all = append(all, row)
		}
	}
	return all
}

// limitsOf are a series' mean and limits, empty where it has none.
func limitsOf(s query.ReportSeries) []string {
	if s.Limits == nil {
		return []string{"", "", ""}
	}
	var texts []string
	for _, limit := range []float64{s.Limits.Mean, s.Limits.Lower, s.Limits.Upper} {
		texts = append(texts, strconv.FormatFloat(limit, 'f', -1, 64))
	}
	return texts
}

func writeCSV(out io.Writer, r query.Report) error {
	all := rows(r)
	texts := slices.Index(all[0], "start") // from the beginning of a bucket on all is ours
	for _, row := range all[1:] {
		for i := range row[:texts] {
			row[i] = inert(row[i])
		}
	}
	return csv.NewWriter(out).WriteAll(all)
}

// inert puts an apostrophe before a text that a spreadsheet would take for a formula, as OWASP says to.
func inert(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", []rune(text)[0]) {
		text = "'" + text
	}
	return terminal.Visible(text)
}

func writeTable(out io.Writer, r query.Report) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range rows(r) {
		for i := range row {
			row[i] = terminal.Visible(row[i])
		}
		if _, err := fmt.Fprintln(w, strings.Join(row, "\t")); err != nil {
			return err
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Unmeasured)) {
		if _, err := fmt.Fprintf(w, "unmeasured\t%s\t%d\n", reason, r.Unmeasured[reason]); err != nil {
			return err
		}
	}
	return w.Flush()
}

// markdownCell keeps a text one cell, and shows it as it is: no link, picture or tag of HTML comes of it.
var markdownCell = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "[", `\[`, "]", `\]`, "`", "\\`", "*", `\*`, "&", "&amp;")

func writeMarkdown(out io.Writer, r query.Report) error {
	for i, row := range rows(r) {
		for j := range row {
			row[j] = markdownCell.Replace(terminal.Visible(row[j]))
		}
		if _, err := fmt.Fprintf(out, "| %s |\n", strings.Join(row, " | ")); err != nil {
			return err
		}
		if i == 0 {
			if _, err := fmt.Fprintln(out, "|"+strings.Repeat(" --- |", len(row))); err != nil {
				return err
			}
		}
	}
	return nil
}

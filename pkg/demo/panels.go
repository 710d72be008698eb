package demo

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/demo/dashboard"
)

// showBoards runs every dashboard and prints what each panel shows. The error names every panel that is not as it should be.
func (d *demo) showBoards(ctx context.Context, asker dashboard.Asker) error {
	var problems []error
	seen := map[string]bool{}
	for _, board := range d.boards {
		result, err := dashboard.Run(ctx, board, asker, dashboard.Options{Now: time.Now()})
		if err != nil {
			return err
		}
		d.page.heading("%s  %s%s to %s", board.Title, standing(result.Values), result.Range.From.Format(time.DateOnly), result.Range.To.Format(time.DateOnly))
		repeated := 0
		for _, a := range result.Answers {
			if !d.showAnswer(a, seen) {
				repeated++
			}
		}
		if repeated > 0 {
			d.page.note("  The rest, such as the row of tiles, is as above.")
		}
		problems = append(problems, result.Problems()...)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d panels or queries are not as they should be:\n%w", len(problems), errors.Join(problems...))
	}
	return nil
}

// standing tells what a dashboard's variables stand at.
func standing(values map[string][]string) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(values)) {
		b.WriteString(name + " " + strings.Join(values[name], ", ") + ", ")
	}
	return b.String()
}

const titleWidth = 36

// showAnswer prints an answer, unless the same was printed before: dashboards share their tiles.
func (d *demo) showAnswer(a dashboard.Answer, seen map[string]bool) (printed bool) {
	title := a.Title
	if a.Kind != dashboard.KindPanel {
		title = string(a.Kind) + " " + a.Title
	}
	texts := lines(a)
	whole := title + "\n" + strings.Join(texts, "\n")
	if seen[whole] && len(a.Problems) == 0 {
		return false
	}
	seen[whole] = true
	for i, text := range texts {
		if i > 0 {
			title = ""
		}
		d.page.line("  %s %s", d.page.in(bold, cell(title, titleWidth)), text)
	}
	for _, problem := range a.Problems {
		d.page.line("  %s %s", cell(a.Title, titleWidth), d.page.in(red, "PROBLEM "+problem.Error()))
	}
	return true
}

// lines say what an answer shows: figures and series one a line, of tables the first rows.
func lines(a dashboard.Answer) []string {
	if a.NoValue != "" && !slices.ContainsFunc(a.Frames, func(f *data.Frame) bool { return f.Rows() > 0 }) {
		return []string{a.NoValue}
	}
	var texts []string
	for _, f := range a.Frames {
		switch {
		case a.Type == "stat" && slices.ContainsFunc(f.Fields, isTile):
			texts = append(texts, tileLines(f)...)
		case f.Meta != nil && f.Meta.Type.IsTimeSeries():
			texts = append(texts, seriesLines(f, a.Unit)...)
		case f.Meta != nil && f.Meta.Type.IsNumeric():
			texts = append(texts, figureLines(f, a.Unit)...)
		case a.Kind == dashboard.KindVariable:
			texts = append(texts, strings.Join(column(f, 0), ", "))
		case a.Kind == dashboard.KindAnnotations:
			texts = append(texts, fmt.Sprintf("%d marks%s", f.Rows(), latestMark(f)))
		case a.Type == "stat" && len(f.Fields) == 1:
			texts = append(texts, strings.Join(column(f, 0), ", "))
		default:
			texts = append(texts, tableLines(f)...)
		}
	}
	return texts
}

func seriesLines(f *data.Frame, unit string) []string {
	var texts []string
	for _, field := range f.Fields {
		if !field.Type().Numeric() {
			continue
		}
		values := numbers(field)
		if v, there := last(values); there && field.Labels["limit"] != "" { // a line of the same height throughout
			texts = append(texts, fmt.Sprintf("  %s  %s", figure(v, unitOf(field, unit)), nameOf(field)))
			continue
		}
		now := "nothing measured"
		if v, there := last(values); there {
			now = figure(v, unitOf(field, unit)) + " last"
		}
		texts = append(texts, fmt.Sprintf("%s  %s  %s", cell(sparkline(values), min(len(values), lineWidth)), now, nameOf(field)))
	}
	return texts
}

// isTile says whether a field's name is its figure, and its values are written as words.
func isTile(field *data.Field) bool { return field.Config != nil && len(field.Config.Mappings) > 0 }

func tileLines(f *data.Frame) []string {
	var texts []string
	for _, field := range f.Fields {
		if !isTile(field) {
			continue
		}
		if mapped, ok := field.Config.Mappings[0].(data.RangeValueMapper); ok {
			texts = append(texts, cell(nameOf(field), 10)+" "+mapped.Result.Text)
		}
	}
	return texts
}

func figureLines(f *data.Frame, unit string) []string {
	var texts []string
	for _, field := range f.Fields {
		if v, there := last(numbers(field)); there {
			texts = append(texts, cell(figure(v, unitOf(field, unit)), 10)+" "+nameOf(field))
		}
	}
	return texts
}

func column(f *data.Frame, at int) []string {
	var texts []string
	if at < len(f.Fields) {
		for row := range f.Fields[at].Len() {
			texts = append(texts, cellText(f.Fields[at], row))
		}
	}
	return texts
}

func latestMark(f *data.Frame) string {
	times, _ := f.FieldByName("time")
	titles, _ := f.FieldByName("title")
	if f.Rows() == 0 || times == nil || titles == nil {
		return ""
	}
	return ", the latest " + cellText(times, 0) + " " + cellText(titles, 0)
}

const (
	rowsShown  = 3
	tableWidth = 100
	widest     = 26
)

// tableLines are the first rows of a table, in the columns that say something and fit.
func tableLines(f *data.Frame) []string {
	shown := min(f.Rows(), rowsShown)
	texts := make([]string, shown+1)
	width := 0
	for at, field := range f.Fields {
		cells := append([]string{field.Name}, column(f, at)[:shown]...)
		wide := 0
		for _, text := range cells {
			wide = min(widest, max(wide, len([]rune(text))))
		}
		if strings.Join(cells[1:], "") == "" || field.Name == "url" || field.Name == "sha" || width+wide > tableWidth {
			continue
		}
		width += wide + 2
		for i, text := range cells {
			texts[i] += cell(text, wide) + "  "
		}
	}
	for i, text := range texts {
		texts[i] = strings.TrimRight(text, " ")
	}
	if more := f.Rows() - shown; more > 0 {
		texts = append(texts, fmt.Sprintf("… and %d rows more", more))
	}
	return texts
}

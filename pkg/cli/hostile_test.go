package cli_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
)

// named is tiny with names that a stranger chose.
func named(t *testing.T, service, team, incident string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dora.db")
	events := append(datasettest.Events(), &dora.Incident{
		Header: dora.Header{Source: datasettest.Source, ID: "example-health/booking:incident:999", Updated: datasettest.At("Jan 25 09:00")},
		Number: 999, Repository: datasettest.Booking, Title: incident, Opened: datasettest.At("Jan 25 09:00"),
	})
	datasettest.Fill(t, path, "1/dora", events...)
	return write(t, map[string]any{
		"sources": sourceAt("https://github.invalid", "example-health/*"), "store": map[string]any{"path": path},
		"otherRepositories": "leave_out", "services": []any{map[string]any{
			"name": service, "team": team, "deployments": []any{map[string]any{"source": "github", "repository": datasettest.Booking}},
			"incidents": []any{map[string]any{"source": "github", "repository": datasettest.Booking}},
		}},
	}, token)
}

func TestWhatStrangersNamedCommandsNoTerminal(t *testing.T) {
	file := named(t, "book\x1b[2J\aing", "acc\ress\ttwo", "\x1b]0;owned\a \u009b2J \x7f")
	for _, line := range []string{
		"report --settings FILE --group-by service,team --format table", "report --settings FILE --group-by service,team --format markdown",
		"report --settings FILE --group-by service,team --format csv", "report --settings FILE --group-by service,team --format json",
		"facts --settings FILE", "facts --settings FILE --service nobody",
	} {
		_, out, log := run(t, file, line)
		assert.Regexp(t, `^[ -~\n]+$`, out+log, line)
	}
	_, out, _ := run(t, file, "report --settings FILE --metric lead_time --bucket total --group-by service,team --format table")
	assert.Contains(t, out, `book\x1b[2J\x07ing  acc\ress\ttwo`)
	_, out, _ = run(t, file, "facts --settings FILE")
	var titles []any
	for _, line := range lines(t, out) {
		titles = append(titles, line["title"])
	}
	assert.Contains(t, titles, "\x1b]0;owned\a \u009b2J \x7f", "the values stay what they are")
}

func TestWhatAVendorAnswersCommandsNoTerminal(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-Github-Request-Id", "1")
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"message":"go\u001b[1A\u001b[2K away"}`))
	}))
	t.Cleanup(server.Close)
	file := write(t, map[string]any{"sources": sourceAt(server.URL, "example-health/booking"), "store": map[string]any{"path": filepath.Join(t.TempDir(), "dora.db")}}, token)
	code, out, log := run(t, file, "collect --settings FILE --once --progress")
	assert.Equal(t, 1, code)
	assert.Contains(t, log, `go\x1b[1A\x1b[2K away`)
	assert.NotContains(t, out+log, "\x1b")
}

func TestATextIsNoFormulaOfASpreadsheet(t *testing.T) {
	for text, cell := range map[string]string{
		`=HYPERLINK("https://evil.example")`: `'=HYPERLINK("https://evil.example")`,
		"+1":                                 "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tTAB": `'\tTAB`, "\rCR": `'\rCR`,
		"booking-api": "booking-api", "a=b": "a=b",
	} {
		_, out, _ := run(t, named(t, text, "access", ""), "report --settings FILE --metric deployment_frequency --bucket day --limits --group-by service --format csv")
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		require.NoError(t, err)
		assert.Equal(t, cell, rows[1][2], text)
		assert.Equal(t, []string{"0", "count", "0"}, []string{rows[2][5], rows[2][6], rows[2][7]}, "numbers stay numbers")
	}
}

func TestATextStaysInItsCellOfAMarkdownTable(t *testing.T) {
	file := named(t, "a | b \\| c\n| d |", "[free](https://evil.example) <img src=x> `code", "")
	_, out, _ := run(t, file, "report --settings FILE --metric lead_time --statistic max --bucket total --group-by service,team --format markdown")
	rows := strings.Split(strings.TrimRight(out, "\n"), "\n")
	require.Len(t, rows, 3)
	assert.Contains(t, rows[2], `| lead_time | max | a \| b \\\| c\\n\| d \| | \[free\](https://evil.example) &lt;img src=x> `+"\\`code | 2024-")
	_, out, _ = run(t, file, "report --settings FILE --metric lead_time --bucket total --group-by service --format json")
	var report struct {
		Series []struct{ Labels map[string]string }
	}
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	assert.Equal(t, "a | b \\| c\n| d |", report.Series[0].Labels["service"])
}

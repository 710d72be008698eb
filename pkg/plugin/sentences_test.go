package plugin

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/source"
)

// countable are the things that sentences count, one and several.
var countable = [][2]string{
	{"deployment", "deployments"}, {"change", "changes"}, {"recovery", "recoveries"}, {"commit", "commits"}, {"pull request", "pull requests"},
	{"day", "days"}, {"hour", "hours"}, {"minute", "minutes"}, {"second", "seconds"}, {"run has", "runs have"}, {"series is", "series are"},
	{"is failing now", "are failing now"},
}

var counts = func() *regexp.Regexp {
	var words []string
	for _, pair := range countable {
		words = append(words, pair[1], pair[0])
	}
	return regexp.MustCompile(`(^|[^.\d])(\d+) (` + strings.Join(words, "|") + `)\b`)
}()

// makesSense says what no sentence may have, whatever it tells.
func makesSense(t assert.TestingT, text string) {
	for _, never := range []string{"  ", " .", "..", " ,", "()", "( ", "%!", "NaN", "Inf", "<nil>", " · ·", "+Inf", "-0", "0001-01-01", ": ;"} {
		assert.NotContains(t, text, never, text)
	}
	assert.Equal(t, strings.TrimSpace(text), text, "%q", text)
	assert.Equal(t, strings.Count(text, "("), strings.Count(text, ")"), text)
	assert.False(t, strings.HasPrefix(text, "· ") || strings.HasSuffix(text, " ·") || text == "", "%q", text)
	for _, found := range counts.FindAllStringSubmatch(text, -1) {
		one := false
		for _, pair := range countable {
			one = one || pair[0] == found[3]
		}
		assert.Equal(t, found[2] == "1", one, "%q in %q", found[0], text)
	}
}

// drawnPoint is a point of a metric as the domain makes it: a ratio of k and n, or a length that rests on n.
func drawnPoint(t *rapid.T, unit dora.Measure, name string) figures.Point {
	n := rapid.IntRange(0, 12).Draw(t, name+" n")
	p := figures.Point{N: n}
	value := 0.0
	switch unit {
	case dora.Ratio:
		p.K = rapid.IntRange(0, n).Draw(t, name+" k")
		value = float64(p.K) / float64(max(n, 1))
	case dora.Count:
		value = float64(n)
	default:
		value = rapid.Float64Range(0, 4e7).Draw(t, name+" length")
	}
	if n > 0 || unit == dora.Count {
		p.Value = &value
	}
	return p
}

var (
	tileWords  = regexp.MustCompile(`^(\d+ of \d+ deployments?|of \d+ deployments?|(no|\d+) [a-z ]+|deployments?|changes?|commits?|pull requests?|recover(y|ies)) · (no figure for the|(\d+\x{202f}%|\d+\.\d points) (more|less) than the|\d+\x{202f}% (longer|shorter) than the|as in the|\S+ in the|\S+\x{202f}\S+ in the) ((\d+ )?(day|days|hour|hours)|time) before( \(\S+\))?$`)
	tileFigure = regexp.MustCompile(`^(–|\d+|\d+\.\d\d|\d+\.\d\x{202f}%|\d+\.\d (days|hours)|\d+ (minutes?|seconds?))$`)
)

func TestWhatATileSaysMakesSense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		row := rapid.SampledFrom(dora.Metrics).Draw(t, "metric")
		q := query.Query{Type: query.TypeMetric, Metric: row.Key, Statistic: rapid.SampledFrom(row.Statistics).Draw(t, "statistic")}
		q.Definition.Unit = rapid.SampledFrom([]dora.Unit{dora.UnitChange, dora.UnitPullRequest, dora.UnitCommit}).Draw(t, "unit")
		unit := row.Unit
		if q.Statistic == dora.N || q.Statistic == dora.K {
			unit = dora.Count
		}
		s := figures.Series{Metric: row.Key, Statistic: q.Statistic, Unit: unit}
		now, before := drawnPoint(t, unit, "now"), drawnPoint(t, unit, "before")
		length := time.Duration(rapid.Int64Range(int64(time.Minute), int64(800*24*time.Hour)).Draw(t, "range"))
		text := restsOnHere(&q, s, now) + between + changed(&now, &before, unit, length)
		makesSense(t, text)
		if q.Statistic != dora.PerDay && q.Statistic != dora.DaysPerWeek {
			assert.Regexp(t, tileWords, text)
		}
		figure := figureInWords(now.Value, unit)
		makesSense(t, figure)
		assert.Regexp(t, tileFigure, figure)
	})
}

var ages = regexp.MustCompile(`^(a minute|(\d{1,2}|1[01]\d) minutes|\d+ hours|\d+ days)$`)

func TestHowLongSomethingLastsIsToldAsAPersonSaysIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		age := time.Duration(rapid.Int64Range(0, int64(900*24*time.Hour)).Draw(t, "age"))
		text := lasting(age)
		makesSense(t, text)
		assert.Regexp(t, ages, text)
		if n, err := strconv.Atoi(strings.Fields(text)[0]); err == nil {
			assert.Greater(t, n, 1, "one of a longer step is several of a shorter")
		}
	})
}

func TestWhatIsFailingIsASentenceWhateverIsKnown(t *testing.T) {
	seen := map[string]bool{}
	rapid.Check(t, func(t *rapid.T) {
		f := &facts.Service{}
		f.Service.Name = rapid.SampledFrom([]string{"consent", "example-health/booking"}).Draw(t, "service")
		d := &facts.Deployment{Event: &dora.Deployment{SHA: strings.Repeat("ab12", 10)}}
		d.Evidence = []facts.Evidence{{Kind: rapid.SampledFrom([]dora.EvidenceKind{dora.EvidenceExplicit, dora.EvidenceRollback, dora.EvidenceRemedy, dora.EvidenceIncident}).Draw(t, "evidence"), By: "github:a/b:x:7"}}
		i := &facts.Incident{Event: &dora.Incident{Header: dora.Header{Source: "github", ID: "a/b:issue:12"}}}
		known := interruption{facts: f, deployment: d, incident: i}
		kind := rapid.SampledFrom([]string{"both", "deployment", "incident", "recovered"}).Draw(t, "known")
		switch kind {
		case "deployment":
			known.incident = nil
		case "incident":
			known.deployment = nil
		case "recovered":
			d.Recovered = &facts.Recovery{}
		}
		text := known.sentence(time.Duration(rapid.Int64Range(0, int64(900*24*time.Hour)).Draw(t, "age")))
		makesSense(t, text)
		assert.Contains(t, text, f.Service.Name)
		assert.Equal(t, kind != "incident", strings.Contains(text, "deployment ab12ab12ab"), text)
		assert.Equal(t, kind != "deployment", strings.Contains(text, "ncident #12"), text)
		seen[kind] = true
	})
	require.Len(t, seen, 4)
}

func TestWhatASourcesStateSaysMakesSense(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := collect.SourceState{ID: "github", InPart: rapid.Bool().Draw(t, "in part"), Message: "Not read yet."}
		s.Failure = rapid.SampledFrom([]string{"", "GitHub cannot be reached: check the address", "GitHub does not accept the token."}).Draw(t, "failure")
		s.FailingSince = time.Date(2026, 11, 30, 9, 5, 0, 0, time.UTC)
		if rapid.Bool().Draw(t, "network") {
			s.Errors = []*source.Error{{Cause: source.CauseNetwork}}
		}
		if rapid.Bool().Draw(t, "read before") {
			s.LastSuccess, s.Message = time.Date(2026, 11, 29, 9, 5, 0, 0, time.UTC), "Up to date."
		}
		texts := []string{rowMessage(s), notKnown(s)}
		if s.Failure != "" {
			texts = append(texts, failing(s))
			if !s.LastSuccess.IsZero() {
				texts = append(texts, knownThen(s))
			}
		}
		for _, text := range texts {
			makesSense(t, text)
			assert.Regexp(t, `\.$`, text)
		}
		instead, under := insteadOfAFigure(s)
		makesSense(t, instead+between+under)
	})
}

func TestWhatNoticesCountAgrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "n")
		b := query.Basis{Omitted: n, Unmeasured: map[facts.Reason]int{facts.ReasonUnreportedRun: n}}
		b.Query.SeriesLimit = rapid.IntRange(1, 500).Draw(t, "limit")
		makesSense(t, omittedNotices(b)[0].Text)
		makesSense(t, silentRuns(b))
		f := query.Figures{Basis: b}
		f.Query.Type, f.Query.Metric, f.Query.Statistic, f.Query.Format = query.TypeMetric, dora.LeadTime, dora.Median, query.TimeSeries
		s := figures.Series{Metric: dora.LeadTime, Statistic: dora.Median, Unit: dora.Seconds}
		for i := range rapid.IntRange(1, 6).Draw(t, "points") {
			s.Points = append(s.Points, drawnPoint(t, dora.Seconds, strconv.Itoa(i)))
		}
		f.Series = []figures.Series{s}
		if text := few(f); text != "" {
			makesSense(t, text)
			assert.Regexp(t, `^(This figure rests on few events: n \d|1 of \d figures rests on fewer than 5 events \(\d\), so that it says little|[2-9] of \d figures rest on fewer than 5 events \(the fewest: \d\), so that single ones say little)\.$`, text)
		}
	})
}

package figures_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// counted is a question whose steps are counted.
func counted(q *figures.Question) *atomic.Int64 {
	var steps atomic.Int64
	q.Meter = func(n int) bool {
		steps.Add(int64(n))
		return true
	}
	return &steps
}

// Windows overlap by any number of buckets, and none is gone over again for each point: what a question costs is what it
// reads, and what it answers, added and not multiplied.
func TestAQuestionCostsWhatItReadsAndWhatItAnswers(t *testing.T) {
	size := large.Size{Services: 3, Deployments: 60, Changes: 4, Months: 24, Every: 4}
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	events := 0
	for e := range size.Events() {
		h.Apply(e)
		events++
	}
	s := h.Derive(dora.DefaultDefinition())
	for i := range dora.Metrics {
		metric := &dora.Metrics[i]
		for _, statistic := range metric.Statistics {
			for _, rolling := range []figures.Window{{}, {Buckets: 3660}, {Days: 3660}} {
				q := figures.Question{Metric: metric.Key, Statistic: statistic, Now: size.End(), Bucket: figures.Day, Rolling: rolling}
				q.Spans = figures.Day.Spans(size.End().AddDate(-20, 0, 0), size.End(), time.UTC)
				steps := counted(&q)
				require.Len(t, figures.Ask(s, q)[0].Points, len(q.Spans))
				bound := 4 * int64(events+len(q.Spans)+3660)
				assert.Less(t, steps.Load(), bound, "%s, %s, %v", metric.Key, statistic, rolling)
				assert.Greater(t, steps.Load(), int64(len(q.Spans)), "the work is counted")
			}
		}
	}
}

func TestSeveritiesAreNotEachLookedForAmongAllIncidents(t *testing.T) {
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	h.Apply(&dora.Repository{Header: dora.Header{Source: "github", ID: "acme/api:repository"}, Name: "acme/api", DefaultBranch: "main"})
	const incidents = 2000
	h.Apply(&dora.Deployment{
		Header: dora.Header{Source: "github", ID: "acme/api:deployment:1"}, Repository: "acme/api", Number: 1, Environment: "production", SHA: strings.Repeat("a", 40),
		Created: large.Begin, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: large.Begin}},
	})
	for n := range incidents {
		h.Apply(&dora.Incident{
			Header: dora.Header{Source: "github", ID: fmt.Sprintf("acme/api:issue:%d", n)}, Repository: "acme/api", Number: int64(n), Severity: fmt.Sprintf("S%04d", n),
			Opened: large.Begin.Add(time.Duration(n) * time.Hour), Resolved: large.Begin.Add(time.Duration(n+1) * time.Hour),
		})
	}
	definition := dora.DefaultDefinition()
	definition.Recovery = dora.RecoveryOfIncident
	q := figures.Question{Metric: dora.RecoveryTime, Statistic: dora.Median, GroupBy: []dora.Field{dora.BySeverity}, Limit: 7, Now: large.Begin.AddDate(1, 0, 0)}
	q.Spans = figures.Week.Spans(large.Begin, q.Now, time.UTC)
	steps := counted(&q)
	answer := figures.Of(h.Derive(definition), q)
	require.Len(t, answer.Series, 7)
	assert.Equal(t, incidents-7, answer.Omitted, "what is beyond the limit is counted, and not worked out")
	assert.Equal(t, "S0000", answer.Series[0].Labels["severity"])
	assert.Less(t, steps.Load(), int64(4*incidents))
}

func TestAQuestionEndsWhenNobodyWaitsForIt(t *testing.T) {
	s := busy(1, large.Begin, time.UTC)
	q := figures.Question{Metric: dora.LeadTime, Statistic: dora.P90, Now: large.Begin.AddDate(1, 0, 0), Bucket: figures.Day, Rolling: figures.Window{Buckets: 3660}}
	q.Spans = figures.Day.Spans(q.Now.AddDate(-50, 0, 0), q.Now, time.UTC)
	whole := counted(&q)
	figures.Ask(s, q)
	var steps atomic.Int64
	q.Meter = func(n int) bool { return steps.Add(int64(n)) < 5000 }
	figures.Ask(s, q)
	assert.Less(t, 2*steps.Load(), whole.Load())
}

// Means over windows come from sums that are gone on with; they are what adding up each window by itself gives.
func TestAMeanOverAWindowIsThatOfItsLengthsAlone(t *testing.T) {
	for seed := range uint64(4) { // odd seeds have lengths in milliseconds
		s := busy(seed, large.Begin, time.UTC)
		q := figures.Question{Metric: dora.LeadTime, Statistic: dora.Mean, Now: large.Begin.AddDate(1, 0, 0), Bucket: figures.Day, Rolling: figures.Window{Days: 9}}
		q.Spans = figures.Day.Spans(large.Begin, q.Now, time.UTC)
		for _, p := range figures.Ask(s, q)[0].Points {
			value, n, _ := naiveFigure(s, dora.LeadTime, dora.Mean, p.End.AddDate(0, 0, -9), p.End)
			require.Equal(t, n, p.N)
			if n > 0 {
				require.InEpsilon(t, value, *p.Value, 1e-12)
			}
		}
	}
}

func TestAPatternThatRepeatsWithoutEndIsRefused(t *testing.T) {
	for _, expression := range []string{`([a-z]{500}){2}(x|y{900}){1}(z{900}){1}([ab]{999})([cd]{999})([ef]{999})`, `\pL{1000}\pL{1000}\pL{1000}\pL{1000}\pL{1000}\pL{1000}`} {
		_, err := dora.NewPattern(expression)
		assert.ErrorContains(t, err, "fewer or smaller repetitions", expression)
	}
	for _, expression := range []string{`(?i)^(prod|production|live)$`, `^[0-9a-f]{40}$`, `^release/v\d{1,4}(\.\d{1,4}){2}$`, `(\pL|\d){1,200}`} {
		_, err := dora.NewPattern(expression)
		assert.NoError(t, err, expression)
	}
}

func TestAFilterOfManyValuesIsTheOneOfEachOfThem(t *testing.T) {
	s := busy(2, large.Begin, time.UTC)
	many := []string{"acme/0"}
	for n := range 999 {
		many = append(many, fmt.Sprintf("none-%d", n))
	}
	q := figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Now: large.Begin.AddDate(1, 0, 0), Spans: []figures.Span{{Start: large.Begin, End: large.Begin.AddDate(1, 0, 0)}}}
	for _, not := range []bool{false, true} {
		q.Filters = []dora.Filter{dora.NewFilter(dora.ByService, not, many)}
		found := figures.Ask(s, q)
		q.Filters = []dora.Filter{{Field: dora.ByService, Not: not, Values: []string{"acme/0"}}}
		assert.Equal(t, figures.Ask(s, q), found)
	}
}

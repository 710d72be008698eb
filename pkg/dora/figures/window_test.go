package figures_test

import (
	"fmt"
	"math/rand/v2"
	"sort"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// busy is two services over some months, one of which deploys to two environments; times and lengths are odd, and some
// fall on the first instant of a day.
func busy(seed uint64, begin time.Time, zone *time.Location) *facts.Snapshot {
	random := rand.New(rand.NewPCG(seed, 1))
	h := facts.NewDeriver(dora.Mapping{Production: dora.MustPattern("^(live|prod)$")})
	for service := range 2 {
		repository := fmt.Sprintf("acme/%d", service)
		header := func(id string, n int) dora.Header {
			return dora.Header{Source: "github", ID: fmt.Sprintf("%s:%s:%d", repository, id, n), Updated: begin}
		}
		head, at := "", begin
		for n := range 150 {
			at = at.Add(time.Duration(random.IntN(40*60)) * time.Minute)
			if n%9 == 0 {
				year, month, day := at.In(zone).Date()
				if first := time.Date(year, month, day+1, 0, 0, 0, 0, zone); first.After(at) {
					at = first
				}
			}
			landed := doratest.SHA(fmt.Sprint(repository, n))
			commit := &dora.Commit{Header: header("commit", n), Repository: repository, SHA: landed, Committed: at, Author: "dev-01"}
			commit.Authored = at.Add(-time.Duration(random.IntN(30*24*3600)) * time.Second)
			if seed%2 == 1 {
				commit.Authored = commit.Authored.Add(time.Duration(random.IntN(1000)) * time.Millisecond)
			}
			if head != "" {
				commit.Parents = []string{head}
			}
			head = landed
			h.Apply(commit, &dora.Deployment{
				Header: header("deployment", n), Repository: repository, Number: int64(n), Environment: []string{"live", "prod"}[service*(n%2)], SHA: landed,
				Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
			})
			if n%7 == 0 {
				h.Apply(&dora.Incident{Header: header("issue", n), Repository: repository, Number: int64(1000 + n), Opened: at.Add(time.Minute), Resolved: at.Add(time.Hour)})
			}
		}
		h.Apply(&dora.Repository{Header: header("repository", 0), Name: repository, DefaultBranch: "main", HeadSHA: head})
	}
	return h.Derive(dora.DefaultDefinition())
}

// covered is what the points of a rolling question cover, counted in whole buckets from a calendar that begins long
// before the range.
func covered(span figures.Span, bucket figures.Bucket, window figures.Window, zone *time.Location) (from, to time.Time) {
	unit, count := bucket, window.Buckets
	if window.Days > 0 {
		unit, count = figures.Day, window.Days
	}
	calendar := unit.Spans(span.End.AddDate(0, 0, -400), span.End, zone)
	return calendar[len(calendar)-count].Start, span.End
}

// naiveFigure is a statistic over a stretch of time, from the facts, one by one.
func naiveFigure(s *facts.Snapshot, metric dora.Metric, statistic dora.Statistic, from, to time.Time) (value float64, n, k int) {
	var lengths []float64
	in := func(at time.Time) bool { return !at.Before(from) && at.Before(to) }
	for _, f := range s.Services {
		for _, d := range f.Deployments {
			switch {
			case metric == dora.RecoveryTime:
				if d.Recovered != nil && in(d.Recovered.At) {
					lengths = append(lengths, d.Recovered.At.Sub(d.Finished).Seconds())
				}
			case !in(d.Finished):
			case metric == dora.LeadTime:
				for _, c := range f.Shipments().Of(d) {
					if c.Excluded == "" {
						lengths = append(lengths, c.Lead.Seconds())
					}
				}
			default:
				n++
				if metric == dora.ChangeFailureRate && d.Failed() || metric == dora.ReworkRate && d.Rework != "" {
					k++
				}
			}
		}
	}
	n += len(lengths)
	if n == 0 {
		return 0, 0, 0
	}
	sort.Float64s(lengths)
	position := map[dora.Statistic]float64{dora.Median: .5, dora.P75: .75, dora.P90: .9, dora.P95: .95, dora.Max: 1}
	switch statistic {
	case dora.CountOf, dora.N:
		return float64(n), n, k
	case dora.K:
		return float64(k), n, k
	case dora.RatioOf:
		return float64(k) / float64(n), n, k
	case dora.Mean:
		for _, length := range lengths {
			value += length
		}
		return value / float64(n), n, k
	}
	place := position[statistic] * float64(n-1)
	low := int(place)
	return lengths[low] + (lengths[min(low+1, n-1)]-lengths[low])*(place-float64(low)), n, k
}

func TestPointsCoverTheirBucketOrTheirWindowInEveryZone(t *testing.T) {
	windows := []figures.Window{{}, {Days: 1}, {Days: 28}, {Days: 90}, {Buckets: 1}, {Buckets: 3}}
	for i, odd := range oddZones {
		t.Run(odd.name, func(t *testing.T) {
			zone, err := time.LoadLocation(odd.name)
			require.NoError(t, err)
			begin := time.Date(odd.year, 1, 20, 8, 0, 0, 0, zone)
			s := busy(uint64(i), begin, zone)
			random := rand.New(rand.NewPCG(uint64(i), 2))
			for _, window := range windows {
				for _, bucket := range calendarBuckets {
					from, to := bucket.Cover(begin.AddDate(0, 0, random.IntN(100)), begin.AddDate(0, 0, 101+random.IntN(200)), zone)
					spans := bucket.Spans(from, to, zone)
					covers := make([][2]time.Time, len(spans))
					for i, span := range spans {
						covers[i] = [2]time.Time{span.Start, span.End}
						if !window.IsZero() {
							covers[i][0], covers[i][1] = covered(span, bucket, window, zone)
						}
					}
					metric := dora.Metrics[random.IntN(len(dora.Metrics))]
					for _, statistic := range metric.Statistics {
						if statistic == dora.PerDay || statistic == dora.DaysPerWeek {
							continue
						}
						q := figures.Question{Metric: metric.Key, Statistic: statistic, Bucket: bucket, Rolling: window, Spans: spans, Now: begin.AddDate(2, 0, 0)}
						points := figures.Ask(s, q)[0].Points
						require.Len(t, points, len(q.Spans))
						for p, span := range q.Spans {
							first, last := covers[p][0], covers[p][1]
							want, n, k := naiveFigure(s, metric.Key, statistic, first, last)
							what := fmt.Sprintf("%s %s of %+v by %s, %s: from %s to %s", statistic, metric.Key, window, bucket, span.Start, first, last)
							require.Equal(t, n, points[p].N, what)
							require.Equal(t, k, points[p].K, what)
							require.Equal(t, first.Before(s.Earliest), points[p].Partial, what)
							if n > 0 {
								require.NotNil(t, points[p].Value, what)
								require.InDelta(t, want, *points[p].Value, 1e-6, what)
							}
						}
					}
				}
			}
		})
	}
}

// deploysDaily is a service that deploys at noon of every day.
func deploysDaily(t *testing.T, days int) *facts.Snapshot {
	repo := doratest.Versions(t)
	for day := range days {
		repo.Deploy("production", "V1", doratest.Monday.AddDate(0, 0, day).Add(12*time.Hour))
	}
	return repo.Snapshot()
}

func TestAWindowLooksBackBeforeTheRange(t *testing.T) {
	s := deploysDaily(t, 60)
	from := doratest.Monday.AddDate(0, 0, 40)
	q := figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Bucket: figures.Day, Now: from.AddDate(0, 0, 10), Spans: figures.Day.Spans(from, from.AddDate(0, 0, 2), time.UTC)}
	q.Rolling = figures.Window{Days: 28}
	assert.Equal(t, []any{28.0, 28.0}, values(figures.Ask(s, q)[0]))
	q.Statistic = dora.PerDay
	assert.Equal(t, []any{1.0, 1.0}, values(figures.Ask(s, q)[0]))
	q.Statistic = dora.DaysPerWeek
	assert.Equal(t, []any{7.0, 7.0}, values(figures.Ask(s, q)[0]))
	q.Statistic, q.Bucket, q.Rolling = dora.CountOf, figures.Week, figures.Window{Buckets: 2}
	q.Spans = figures.Week.Spans(from, from.AddDate(0, 0, 9), time.UTC) // cut at both ends
	points := figures.Ask(s, q)[0].Points
	assert.Equal(t, []any{14.0, 14.0}, values(figures.Ask(s, q)[0]))
	assert.False(t, points[0].Partial, "the range cuts the bucket, not what the window covers")
	assert.True(t, points[0].Cut)
	assert.False(t, points[1].Partial)
}

func TestAWindowIsPartialWhileItIsUnderWayOrBeginsBeforeAnythingIsKnown(t *testing.T) {
	s := deploysDaily(t, 10)
	ask := func(window figures.Window, bucket figures.Bucket, from, to, now time.Time) (partial []bool) {
		q := figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Bucket: bucket, Rolling: window, Now: now, Spans: bucket.Spans(from, to, time.UTC)}
		for _, p := range figures.Ask(s, q)[0].Points {
			partial = append(partial, p.Partial)
		}
		return partial
	}
	later := doratest.Monday.AddDate(0, 1, 0)
	assert.Equal(t, []bool{true, true, true, false, false}, ask(figures.Window{Days: 3}, figures.Day, doratest.Monday, doratest.Monday.AddDate(0, 0, 5), later))
	assert.Equal(t, []bool{false, true}, ask(figures.Window{Days: 3}, figures.Day, doratest.Monday.AddDate(0, 0, 6), doratest.Monday.AddDate(0, 0, 8), doratest.Monday.AddDate(0, 0, 7).Add(time.Hour)))
	assert.Equal(t, []bool{false}, ask(figures.Window{Days: 3}, figures.Day, doratest.Monday.AddDate(0, 0, 6), doratest.Monday.AddDate(0, 0, 6).Add(13*time.Hour), later), "three days that end at a range's end are whole")
	assert.Equal(t, []bool{true}, ask(figures.Window{Buckets: 2}, figures.Day, doratest.Monday.AddDate(0, 0, 6), doratest.Monday.AddDate(0, 0, 6).Add(13*time.Hour), later), "a bucket that the range's end cuts is not")
}

func TestNothingIsToldOfBucketsThatHaveNotBegun(t *testing.T) {
	s := deploysDaily(t, 10)
	now := doratest.Monday.AddDate(0, 0, 11)
	q := figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, Bucket: figures.Day, Rolling: figures.Window{Days: 7}, Now: now.Add(-time.Hour), Spans: figures.Day.Spans(now, now.AddDate(0, 0, 1), time.UTC)}
	assert.Equal(t, []any{nil}, values(figures.Ask(s, q)[0]))
}

func TestSeriesBeyondTheLimitAreCounted(t *testing.T) {
	s := busy(0, doratest.Monday, time.UTC)
	q := figures.Question{Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, GroupBy: []dora.Field{dora.ByRepository, dora.ByEnvironment}, Spans: days(3), Now: doratest.Monday, Limit: 2}
	answer := figures.Of(s, q)
	require.Len(t, answer.Series, 2)
	assert.Equal(t, 1, answer.Omitted)
	assert.Equal(t, map[string]string{"repository": "acme/0", "environment": "live"}, answer.Series[0].Labels)
	assert.Equal(t, map[string]string{"repository": "acme/1", "environment": "live"}, answer.Series[1].Labels)
	assert.Equal(t, 1, figures.OfStage(s, q, facts.StageDeploy).Omitted)
	q.Limit = 3
	assert.Zero(t, figures.Of(s, q).Omitted)
}

// Package sinktest holds a sink to what all of them promise, against a server of its kind: writing again is harmless, what is
// taken away is gone, data sets do not touch one another, an outage loses nothing, hostile names stay what they are, no secret
// shows. It knows the contract of sinks and nothing of any one.
package sinktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/sink"
)

// Subject is a kind of sink and its server.
type Subject struct {
	// Place is an empty place, of which each sink is opened.
	Place func(t *testing.T) Place
}

// Place is where points are.
type Place struct {
	// Open makes a sink there, for a data set.
	Open func(dataset string) sink.Sink
	// Refused makes a sink whose secret is wrong.
	Refused func(secret string) sink.Sink
	// Points are those that whoever looks sees, of a data set.
	Points func(t *testing.T, dataset string) []sink.Point
	// Down ends the server, and Up starts it again.
	Down, Up func(t *testing.T)
}

var day = time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)

func frequency(service string, days int, n int) sink.Point {
	return sink.Point{
		Series: sink.Series{Group: sink.Group{Level: sink.Service, Service: service}, Bucket: sink.Day, Metric: dora.DeploymentFrequency, Statistic: dora.CountOf},
		Start:  day.AddDate(0, 0, days), Value: float64(n), N: n,
	}
}

// Run runs the suite.
func Run(t *testing.T, subject Subject) {
	t.Run("a point that is written again is there once, as it was written last", func(t *testing.T) {
		p := subject.Place(t)
		s := p.Open("1/dora")
		failed := sink.Point{
			Series: sink.Series{Group: sink.Group{Level: sink.Team, Team: "medicines"}, Bucket: sink.Month, Metric: dora.ChangeFailureRate, Statistic: dora.RatioOf},
			Start:  day.AddDate(0, 0, -1), Value: 1.0 / 3, N: 9, K: 3, Ratio: true, Partial: true,
		}
		first := []sink.Point{frequency("prescriptions", 0, 2), failed}
		require.NoError(t, s.Write(t.Context(), first))
		require.NoError(t, s.Write(t.Context(), first))
		same(t, first, p.Points(t, "1/dora"))
		failed.Value, failed.K, failed.Partial, failed.Immature = 4.0/9, 4, false, true
		later := []sink.Point{frequency("prescriptions", 0, 3), failed}
		require.NoError(t, p.Open("1/dora").Write(t.Context(), later))
		same(t, later, p.Points(t, "1/dora"))
	})
	t.Run("two figures of one moment are two points", func(t *testing.T) {
		p := subject.Place(t)
		var written []sink.Point
		for _, level := range []sink.Group{
			{Level: sink.All}, {Level: sink.Team, Team: "a"}, {Level: sink.Service, Service: "a"}, {Level: sink.Environment, Service: "a", Environment: "a"},
		} {
			for _, bucket := range []sink.Bucket{sink.Day, sink.Week, sink.Month} {
				for _, kind := range sink.Kinds {
					point := frequency("", 0, len(written)+1)
					point.Group, point.Bucket, point.Metric, point.Statistic = level, bucket, kind.Metric, kind.Statistic
					point.Ratio = kind.Metric.Row().Unit == dora.Ratio
					written = append(written, point)
				}
			}
		}
		require.NoError(t, p.Open("1/dora").Write(t.Context(), written))
		same(t, written, p.Points(t, "1/dora"))
	})
	t.Run("what is taken away is gone, and nothing else", func(t *testing.T) {
		p := subject.Place(t)
		s := p.Open("1/dora")
		var written []sink.Point
		for i := range 6 {
			written = append(written, frequency("a", i, 1), frequency("b", i, 1))
			lead := frequency("a", i, 1)
			lead.Metric, lead.Statistic = dora.LeadTime, dora.Median
			written = append(written, lead)
		}
		require.NoError(t, s.Write(t.Context(), written))
		gone := []sink.Gone{
			{Group: sink.Group{Level: sink.Service, Service: "a"}, Bucket: sink.Day, From: day.AddDate(0, 0, 1), To: day.AddDate(0, 0, 3)},
			{Group: sink.Group{Level: sink.Service, Service: "a"}, Bucket: sink.Day, From: day, To: day, Metric: dora.LeadTime, Statistic: dora.Median},
			{Group: sink.Group{Level: sink.Service, Service: "never there"}, Bucket: sink.Day, From: day, To: day},
		}
		require.NoError(t, s.Remove(t.Context(), gone))
		require.NoError(t, s.Remove(t.Context(), gone), "what is gone already is no mistake")
		left := slices.DeleteFunc(slices.Clone(written), func(p sink.Point) bool {
			return slices.ContainsFunc(gone, func(g sink.Gone) bool { return g.Of(&p.Series) && !p.Start.Before(g.From) && !p.Start.After(g.To) })
		})
		same(t, left, p.Points(t, "1/dora"))
		back := []sink.Point{written[3]}
		require.NoError(t, s.Write(t.Context(), back), "what was taken away may come back")
		same(t, append(left, back...), p.Points(t, "1/dora"))
	})
	t.Run("a data set does not touch another", func(t *testing.T) {
		p := subject.Place(t)
		ours, theirs := p.Open("1/dora"), p.Open("2/dora")
		written := []sink.Point{frequency("a", 0, 1), frequency("a", 9, 1)}
		require.NoError(t, ours.Write(t.Context(), written))
		require.NoError(t, theirs.Write(t.Context(), written))
		require.NoError(t, ours.Remove(t.Context(), []sink.Gone{{Group: written[0].Group, Bucket: sink.Day, From: day, To: day}}))
		same(t, written[1:], p.Points(t, "1/dora"))
		same(t, written, p.Points(t, "2/dora"))
		require.NoError(t, theirs.Sweep(t.Context(), day.AddDate(0, 0, 5)))
		same(t, written[:1], p.Points(t, "2/dora"))
		require.NoError(t, theirs.Sweep(t.Context(), day.AddDate(-1, 0, 0)))
		assert.Empty(t, p.Points(t, "2/dora"))
		same(t, written[1:], p.Points(t, "1/dora"))
	})
	t.Run("hostile names stay what they are", func(t *testing.T) {
		p := subject.Place(t)
		s := p.Open(`1/do"r'a`)
		var written []sink.Point
		for i, name := range hostile {
			written = append(written, frequency(name, 0, i+1))
		}
		require.NoError(t, s.Write(t.Context(), written))
		points := p.Points(t, `1/do"r'a`)
		require.Len(t, points, len(written), "no two of them are one")
		values := map[float64]bool{}
		for _, point := range points {
			values[point.Value] = true
		}
		require.Len(t, values, len(written))
		for _, point := range written {
			require.NoError(t, s.Remove(t.Context(), []sink.Gone{{Group: point.Group, Bucket: sink.Day, From: day, To: day}}), "%q", point.Service)
			now := p.Points(t, `1/do"r'a`)
			for _, each := range now {
				require.NotEqual(t, point.Value, each.Value, "%q is gone", point.Service)
			}
			require.Len(t, now, len(points)-1, "%q took one away", point.Service)
			points = now
		}
	})
	t.Run("an outage is told as such and loses nothing", func(t *testing.T) {
		p := subject.Place(t)
		s := p.Open("1/dora")
		written := []sink.Point{frequency("a", 0, 1)}
		require.NoError(t, s.Write(t.Context(), written))
		p.Down(t)
		more := []sink.Point{frequency("a", 1, 1)}
		for what, err := range map[string]error{
			"write": s.Write(t.Context(), more), "remove": s.Remove(t.Context(), []sink.Gone{{Group: more[0].Group, Bucket: sink.Day, From: day, To: day}}),
			"sweep": s.Sweep(t.Context(), day), "check": checked(t, s),
		} {
			var known *sink.Error
			require.ErrorAs(t, err, &known, what)
			assert.Equal(t, sink.CauseNetwork, known.Cause, what)
			assert.NotEmpty(t, known.Advice)
		}
		p.Up(t)
		require.NoError(t, checked(t, s))
		require.NoError(t, s.Write(t.Context(), more))
		same(t, append(written, more...), p.Points(t, "1/dora"))
	})
	t.Run("who is refused is told, and no secret shows", func(t *testing.T) {
		const secret = "not-the-password-of-anybody"
		s := subject.Place(t).Refused(secret)
		point := frequency("a", 0, 1)
		for what, err := range map[string]error{
			"write": s.Write(t.Context(), []sink.Point{point}), "remove": s.Remove(t.Context(), []sink.Gone{{Group: point.Group, Bucket: sink.Day, From: day, To: day}}),
			"sweep": s.Sweep(t.Context(), day), "check": checked(t, s),
		} {
			var known *sink.Error
			require.ErrorAs(t, err, &known, what)
			assert.Equal(t, sink.CauseCredentials, known.Cause, "%s: %s", what, err)
			for ; err != nil; err = errors.Unwrap(err) {
				assert.NotContains(t, fmt.Sprintf("%v %+v %#v", err, err, err), secret, what)
			}
		}
	})
}

func checked(t *testing.T, s sink.Sink) error {
	t.Helper()
	_, err := s.Check(t.Context())
	return err
}

// hostile are names that services may have.
var hostile = []string{
	`comma,space equals=`, `\`, `a\`, `a\,b`, `a\ b`, `it's`, `"quoted"`, `"; DROP DATABASE delivery; --`, `' OR 1=1; DROP MEASUREMENT dora; --`,
	"two\nlines", "tab\tand\rreturn", "nul\x00", "\xff\xfe no text", "%0A", "%5C", "100 %", "größe ⚕ 医", "#comment", " leading and trailing ", "=", ",",
	strings.Repeat("long ", 400), strings.Repeat("long ", 399) + "other",
}

// same compares points, whatever their order.
func same(t *testing.T, want, got []sink.Point) {
	t.Helper()
	require.ElementsMatch(t, plain(want), plain(got))
}

func plain(points []sink.Point) []sink.Point {
	all := make([]sink.Point, len(points))
	for i, p := range points {
		p.Start = p.Start.UTC()
		all[i] = p
	}
	return all
}

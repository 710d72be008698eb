package figures_test

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// none is a bucket without a figure.
var none = math.NaN()

// weeks are a series of complete, mature weeks.
func weeks(metric dora.Metric, made ...float64) *figures.Series {
	row := metric.Row()
	s := &figures.Series{Metric: metric, Statistic: row.Statistics[0], Unit: row.Unit}
	for i, figure := range made {
		p := figures.Point{Span: figures.Span{Start: doratest.Monday.AddDate(0, 0, 7*i), End: doratest.Monday.AddDate(0, 0, 7*i+7)}}
		if !math.IsNaN(figure) {
			p.Value = &figure
		}
		s.Points = append(s.Points, p)
	}
	return s
}

func TestLimitsAreTheMeanAndHowMuchNeighboursDiffer(t *testing.T) {
	l := weeks(dora.DeploymentFrequency, 10, 12, 11, 13, 12, 14, 11, 13).Limits()
	require.NotNil(t, l)
	assert.InDelta(t, 12, l.Mean, 1e-12)
	// moving ranges 2 1 2 1 2 3 2: their mean is 13/7
	assert.InDelta(t, 12+2.66*13/7, l.Upper, 1e-12)
	assert.InDelta(t, 12-2.66*13/7, l.Lower, 1e-12)
	assert.Equal(t, 8, l.Buckets)
}

func TestThereAreNoLimitsBelowEightBuckets(t *testing.T) {
	assert.Nil(t, weeks(dora.DeploymentFrequency, 1, 2, 3, 4, 5, 6, 7).Limits())
	assert.Nil(t, weeks(dora.LeadTime, 1, 2, none, 3, 4, none, 5, 6, 7).Limits(), "weeks without a figure are not counted")
	assert.NotNil(t, weeks(dora.LeadTime, 1, 2, none, 3, 4, none, 5, 6, 7, 8).Limits())
	assert.Nil(t, weeks(dora.LeadTime, 1, none, 2, none, 3, none, 4, none, 5, none, 6, none, 7, none, 8).Limits(), "no two are neighbours")
	assert.Nil(t, (&figures.Series{Metric: dora.LeadTime}).Limits())
}

func TestWhatIsUnderWayOrMayStillFailIsNotJudged(t *testing.T) {
	s := weeks(dora.ChangeFailureRate, 0.1, 0.1, 0.2, 0.1, 0.1, 0.2, 0.1, 0.1, 0.9, 0.9)
	s.Points[8].Immature, s.Points[9].Partial = true, true
	l := s.Limits()
	require.NotNil(t, l)
	assert.Equal(t, 8, l.Buckets)
	assert.InDelta(t, 0.125, l.Mean, 1e-12)
	assert.Empty(t, s.Signals(l))
	s.Points[0].Partial = true
	assert.Nil(t, s.Limits(), "seven are left")
}

func TestAnEmptyWeekBreaksTheMovingRange(t *testing.T) {
	l := weeks(dora.LeadTime, 100, 100, 100, 100, none, 200, 200, 200, 200).Limits()
	require.NotNil(t, l)
	assert.InDelta(t, 150, l.Mean, 0)
	assert.InDelta(t, l.Mean, l.Upper, 0, "the step from 100 to 200 is not between neighbours")
}

func TestLimitsStayWithinWhatAFigureCanBe(t *testing.T) {
	l := weeks(dora.ChangeFailureRate, 0, 1, 0, 1, 0, 1, 0, 1).Limits()
	assert.InDelta(t, 0, l.Lower, 0)
	assert.InDelta(t, 1, l.Upper, 0, "a ratio")
	l = weeks(dora.DeploymentFrequency, 0, 9, 0, 9, 0, 9, 0, 9).Limits()
	assert.InDelta(t, 0, l.Lower, 0)
	assert.InDelta(t, 4.5+2.66*9, l.Upper, 1e-12, "a count has no upper bound")
	failures := weeks(dora.ChangeFailureRate, 0, 1, 0, 1, 0, 1, 0, 1)
	failures.Statistic, failures.Unit = dora.K, dora.Count
	assert.InDelta(t, 0.5+2.66, failures.Limits().Upper, 1e-12, "the number of failures is a count")
}

func TestASeriesThatNeverMovesHasNoSignals(t *testing.T) {
	s := weeks(dora.ChangeFailureRate, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1)
	l := s.Limits()
	assert.InDelta(t, 0.1, l.Upper, 1e-12)
	assert.Empty(t, s.Signals(l), "the sum of tenths is not exact")
}

// signal tells of one as a story does.
type signal struct {
	rule    figures.Rule
	side    figures.Side
	bearing dora.Bearing
	points  []int
}

func told(s *figures.Series) []signal {
	var all []signal
	for _, found := range s.Signals(s.Limits()) {
		all = append(all, signal{found.Rule, found.Side, found.Bearing, found.Points})
	}
	return all
}

func TestAPointOutsideTheLimitsIsASignal(t *testing.T) {
	assert.Equal(t, []signal{{figures.RuleOutside, figures.Above, dora.Worse, []int{7}}},
		told(weeks(dora.LeadTime, 10, 11, 10, 11, 10, 11, 10, 30, 11, 10, 11, 10, 11, 10, 11)))
	assert.Equal(t, []signal{{figures.RuleOutside, figures.Below, dora.Worse, []int{7}}},
		told(weeks(dora.DeploymentFrequency, 40, 41, 40, 41, 40, 41, 40, 20, 41, 40, 41, 40, 41, 40, 41)), "fewer deployments are worse")
}

func TestEightInARowOnOneSideAreASignal(t *testing.T) {
	s := weeks(dora.LeadTime, 14, 10, 14, 10, 14, 10, 14, 10, 14, 8, 9, 8, 9, 8, 9, 8, 9)
	require.InDelta(t, 10.47, s.Limits().Mean, 0.01)
	assert.Equal(t, []signal{{figures.RuleEight, figures.Below, dora.Better, []int{9, 10, 11, 12, 13, 14, 15, 16}}}, told(s))
	s = weeks(dora.LeadTime, 14, 10, 14, 10, 14, 10, 14, 10, 14, 8, 9, 8, 9, none, 8, 9, 8, 9)
	assert.Empty(t, told(s), "a week without a figure breaks the run")
}

func TestAPointOnTheMeanIsOnNoSide(t *testing.T) {
	s := weeks(dora.DeploymentFrequency, 9, 9, 9, 9, 10, 9, 9, 9, 9, 11, 11, 11, 11, 10, 11, 11, 11, 11)
	require.InDelta(t, 10, s.Limits().Mean, 0)
	for _, each := range told(s) {
		assert.NotEqual(t, figures.RuleEight, each.rule)
	}
}

func TestTwoOfThreeFarOutOnOneSideAreASignal(t *testing.T) {
	calm := []float64{20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22, 20, 22}
	s := weeks(dora.LeadTime, append(calm, 26, 22, 26, 22)...)
	l := s.Limits()
	two := l.Mean + (l.Upper-l.Mean)*2/3
	require.Less(t, two, 26.0)
	require.Less(t, 26.0, l.Upper)
	assert.Equal(t, []signal{{figures.RuleTwoOfThree, figures.Above, dora.Worse, []int{20, 22}}}, told(s))
	assert.Empty(t, told(weeks(dora.LeadTime, append(calm, 26, 22, 22, 26)...)), "they are too far apart")
	assert.Empty(t, told(weeks(dora.LeadTime, append(calm, 26, none, 26, 22)...)), "a week without a figure lies between")
	assert.Equal(t, []signal{{figures.RuleTwoOfThree, figures.Above, dora.Worse, []int{20, 22, 23}}},
		told(weeks(dora.LeadTime, append(calm, 26, 22, 26, 26, 22)...)), "what overlaps is one signal")
}

func TestHowManyWereMeasuredIsNeitherBetterNorWorse(t *testing.T) {
	s := weeks(dora.LeadTime, 10, 11, 10, 11, 10, 11, 10, 30, 11, 10, 11, 10, 11, 10, 11)
	s.Statistic, s.Unit = dora.N, dora.Count
	require.Len(t, told(s), 1)
	assert.Equal(t, dora.Neither, told(s)[0].bearing)
}

// The naive reading goes over every window of every length and asks of each what the rule says.
func TestSignalsAgreeWithTheNaiveReading(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		metric := rapid.SampledFrom(dora.Metrics).Draw(t, "metric").Key
		made := rapid.SliceOfN(rapid.IntRange(-2, 12), 0, 60).Draw(t, "figures")
		values := make([]float64, len(made))
		for i, figure := range made {
			values[i] = float64(figure) / 12
			if figure < 0 {
				values[i] = none
			}
		}
		s := weeks(metric, values...)
		for i := range s.Points {
			s.Points[i].Partial = rapid.IntRange(0, 19).Draw(t, "partial") == 0
		}
		naive := naiveSignals(s)
		l := s.Limits()
		if naive == nil {
			require.Nil(t, l)
			return
		}
		require.NotNil(t, l)
		require.InDelta(t, naive.mean, l.Mean, 1e-9)
		require.LessOrEqual(t, 0.0, l.Lower)
		require.LessOrEqual(t, l.Lower, l.Mean+1e-12)
		require.LessOrEqual(t, l.Mean, l.Upper+1e-12)
		got := map[figures.Rule]map[int]bool{figures.RuleOutside: {}, figures.RuleEight: {}, figures.RuleTwoOfThree: {}}
		for _, found := range s.Signals(l) {
			for _, at := range found.Points {
				got[found.Rule][at] = true
			}
			require.IsIncreasing(t, append([]int{-1}, found.Points...))
		}
		require.Equal(t, naive.points, got)
	})
}

type naiveLimits struct {
	mean   float64
	points map[figures.Rule]map[int]bool
}

func naiveSignals(s *figures.Series) *naiveLimits {
	usable := func(i int) bool {
		return i >= 0 && i < len(s.Points) && s.Points[i].Value != nil && !s.Points[i].Partial && !s.Points[i].Immature
	}
	var all, moves []float64
	for i := range s.Points {
		if usable(i) {
			all = append(all, *s.Points[i].Value)
			if usable(i - 1) {
				moves = append(moves, math.Abs(*s.Points[i].Value-*s.Points[i-1].Value))
			}
		}
	}
	if len(all) < 8 || len(moves) == 0 {
		return nil
	}
	average := func(values []float64) float64 {
		total := 0.0
		for _, v := range values {
			total += v / float64(len(values))
		}
		return total
	}
	mean, reach := average(all), 2.66*average(moves)
	found := &naiveLimits{mean, map[figures.Rule]map[int]bool{figures.RuleOutside: {}, figures.RuleEight: {}, figures.RuleTwoOfThree: {}}}
	for _, sign := range []float64{1, -1} {
		off := func(i int) float64 { return sign * (*s.Points[i].Value - mean) }
		window := func(begin, length int, rule figures.Rule, part float64, enough int) {
			var beyond []int
			for i := begin; i < begin+length; i++ {
				if !usable(i) {
					return
				}
				if off(i) > part*reach+1e-7 {
					beyond = append(beyond, i)
				}
			}
			if len(beyond) >= enough {
				for _, i := range beyond {
					found.points[rule][i] = true
				}
			}
		}
		for i := range s.Points {
			window(i, 1, figures.RuleOutside, 1, 1)
			window(i, 8, figures.RuleEight, 0, 8)
			window(i, 3, figures.RuleTwoOfThree, 2.0/3, 2)
		}
	}
	return found
}

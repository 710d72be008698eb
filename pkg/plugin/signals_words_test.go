package plugin

import (
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/query"
)

var signalSentence = regexp.MustCompile(`^(?:(\d+) (days|weeks|months|quarters) in a row|(\d+) (days|weeks|months|quarters) in a row far|(\d+) of (\d+) (days|weeks|months|quarters) far|\S+\x{202f}\S+,) (above|below) the (mean|limit) of \S+$`)

// Whatever the series, what is said of its signals can be read: the counts are those of the points, and agree.
func TestASignalsSentenceSaysWhatItsPointsAre(t *testing.T) {
	seen := map[figures.Rule]bool{}
	rapid.Check(t, func(t *rapid.T) {
		bucket := rapid.SampledFrom([]figures.Bucket{figures.Day, figures.Week, figures.Month, figures.Quarter}).Draw(t, "bucket")
		level := rapid.Float64Range(1e4, 1e6).Draw(t, "level")
		steps := rapid.SliceOfN(rapid.Float64Range(-1, 1), 12, 60).Draw(t, "steps")
		s := figures.Series{Metric: dora.LeadTime, Statistic: dora.Median, Unit: dora.Seconds}
		at := time.Date(2026, 1, 5, 0, 0, 0, 0, time.UTC)
		shift := 0.0
		for i, step := range steps {
			if i%10 == 9 {
				shift = rapid.Float64Range(-1, 1).Draw(t, "shift")
			}
			value := level * (1 + 0.1*step + 0.5*shift)
			s.Points = append(s.Points, figures.Point{Span: figures.Span{Start: at, End: at.AddDate(0, 0, 7)}, Value: &value, N: 9})
			at = at.AddDate(0, 0, 7)
		}
		w := &query.Watched{Series: s, Limits: s.Limits()}
		for _, signal := range s.Signals(w.Limits) {
			seen[signal.Rule] = true
			text := signalWords(w, &signal, bucket)
			parts := signalSentence.FindStringSubmatch(text)
			if !assert.NotNil(t, parts, text) {
				continue
			}
			counted := strconv.Itoa(len(signal.Points))
			span := strconv.Itoa(signal.Points[len(signal.Points)-1] - signal.Points[0] + 1)
			switch {
			case parts[1] != "":
				assert.Equal(t, counted, parts[1], text)
			case parts[3] != "":
				assert.Equal(t, []string{counted, counted}, []string{parts[3], span}, text)
			case parts[5] != "":
				assert.Equal(t, []string{counted, span}, parts[5:7], text)
				assert.NotEqual(t, parts[5], parts[6], text)
			}
			assert.Equal(t, string(signal.Side), parts[8], text)
		}
	})
	assert.Len(t, seen, 3, "every rule was drawn")
}

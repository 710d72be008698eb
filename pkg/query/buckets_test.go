package query_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/query"
)

// TestARangeChoosesItsBucketSoThatItCanBeRead because a chart of three points shows no course, and one of hundreds shows nothing else.
func TestARangeChoosesItsBucketSoThatItCanBeRead(t *testing.T) {
	to := datedAt("2024-11-30T15:00:00Z")
	for _, days := range []int{7, 14, 30, 45, 60, 90, 180, 365, 400, 500, 730, 1000, 1825, 3650} {
		figures := answer(t, `{"metric":"deployment_frequency"}`, query.Range{From: to.AddDate(0, 0, -days), To: to})
		points := len(figures.Series[0].Points)
		assert.GreaterOrEqual(t, points, 8, "%d days by %s", days, figures.Bucket)
		assert.LessOrEqual(t, points, 60, "%d days by %s", days, figures.Bucket)
	}
}

func datedAt(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

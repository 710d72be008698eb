package figures_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

func TestEveryReportIsDatedAndTellsFourLevels(t *testing.T) {
	assert.Equal(t, "none", figures.Benchmark("").Allowed()[0], "off by default")
	assert.Nil(t, figures.NoBenchmark.Report())
	for _, year := range figures.Benchmark("").Allowed()[1:] {
		report := figures.Benchmark(year).Report()
		require.NotNil(t, report, year)
		assert.Contains(t, report.Name, year)
		assert.Contains(t, report.URL, year)
		for _, metric := range dora.Metrics {
			var names []string
			for _, level := range report.Levels(metric.Key) {
				names = append(names, level.Name)
				assert.NotEmpty(t, level.Answer)
			}
			if metric.Key == dora.ReworkRate {
				assert.Empty(t, names, "no report has levels of it")
			} else {
				assert.Equal(t, []string{"elite", "high", "medium", "low"}, names)
			}
		}
	}
}

func TestThe2024LevelsOfFailureRateAreNotInOrder(t *testing.T) {
	report := figures.Report2024.Report()
	levels := report.Levels(dora.ChangeFailureRate)
	assert.Equal(t, []string{"5 %", "20 %", "10 %", "40 %"}, []string{levels[0].Answer, levels[1].Answer, levels[2].Answer, levels[3].Answer})
	assert.NotEmpty(t, report.Caution)
}

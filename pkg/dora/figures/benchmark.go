package figures

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Benchmark is the year of a report whose figures stand beside a metric as context. It is never a target: a report
// tells what other organisations answered in a survey of that year.
type Benchmark string

// The benchmarks. From 2025 on DORA's reports have distributions instead of levels.
const (
	NoBenchmark Benchmark = "none"
	Report2024  Benchmark = "2024"
	Report2023  Benchmark = "2023"
)

// Allowed lists the benchmarks that a query may name, none first.
func (Benchmark) Allowed() []string {
	return []string{string(NoBenchmark), string(Report2024), string(Report2023)}
}

// Report is a year's levels of performance, as it tells them.
type Report struct {
	Year Benchmark `json:"year"`
	Name string    `json:"name"`
	URL  string    `json:"url"`
	// Caution is what a reader must know of the year's figures; empty where there is nothing unusual.
	Caution string `json:"caution,omitempty"`
	levels  map[dora.Metric][]Level
}

// Level is what one cluster of respondents answered.
type Level struct {
	Name   string `json:"name"`
	Answer string `json:"answer"` // in words, as the survey asks
}

func levels(elite, high, medium, low string) []Level {
	return []Level{{"elite", elite}, {"high", high}, {"medium", medium}, {"low", low}}
}

// Reports are the reports with levels, the newest first.
var Reports = []Report{
	{
		Year: Report2024, Name: "Accelerate State of DevOps 2024", URL: "https://dora.dev/research/2024/dora-report/",
		Caution: "That year the cluster called medium failed less often than the one called high.",
		levels: map[dora.Metric][]Level{
			dora.DeploymentFrequency: levels("on demand", "once a day to once a week", "once a week to once a month", "once a month to once in six months"),
			dora.LeadTime:            levels("less than a day", "a day to a week", "a week to a month", "one to six months"),
			dora.ChangeFailureRate:   levels("5 %", "20 %", "10 %", "40 %"),
			dora.RecoveryTime:        levels("less than an hour", "less than a day", "less than a day", "a week to a month"),
		},
	},
	{
		Year: Report2023, Name: "Accelerate State of DevOps 2023", URL: "https://dora.dev/research/2023/dora-report/",
		Caution: "That year the cluster called low deployed as often, and as soon, as the one called medium.",
		levels: map[dora.Metric][]Level{
			dora.DeploymentFrequency: levels("on demand", "once a day to once a week", "once a week to once a month", "once a week to once a month"),
			dora.LeadTime:            levels("less than a day", "a day to a week", "a week to a month", "a week to a month"),
			dora.ChangeFailureRate:   levels("5 %", "10 %", "15 %", "64 %"),
			dora.RecoveryTime:        levels("less than an hour", "less than a day", "a day to a week", "one to six months"),
		},
	},
}

// Report finds a year's report; nil for none.
func (b Benchmark) Report() *Report {
	if i := slices.IndexFunc(Reports, func(r Report) bool { return r.Year == b }); i >= 0 {
		return &Reports[i]
	}
	return nil
}

// Levels are what the report tells of a metric, from elite to low; empty where it has none, as for the rework rate.
func (r *Report) Levels(metric dora.Metric) []Level { return r.levels[metric] }

package dora_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// large is a history of many services of one size: each with its repository, squash merges, an incident after every
// fifth deployment, over 24 months. The seed is fixed, so that runs compare.
type large struct {
	history *dora.History
	random  *rand.Rand
	begin   time.Time
	step    time.Duration
	heads   []string
	merged  []int
	count   int
}

const (
	benchServices    = 200
	benchDeployments = 500 // a service
	benchChanges     = 10  // a deployment
	benchMonths      = 24
)

func newLarge() *large {
	l := &large{
		history: dora.NewHistory(dora.Mapping{Production: dora.DefaultProduction}),
		random:  rand.New(rand.NewPCG(1, 2)),
		begin:   time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC),
		heads:   make([]string, benchServices),
		merged:  make([]int, benchServices),
	}
	l.step = l.begin.AddDate(0, benchMonths, 0).Sub(l.begin) / benchDeployments
	for n := range benchDeployments {
		for service := range benchServices {
			l.deploy(service, l.begin.Add(time.Duration(n)*l.step))
		}
	}
	for service := range benchServices {
		l.history.Apply(l.head(service, l.begin.AddDate(0, benchMonths, 0)))
	}
	return l
}

func (l *large) sha() string {
	l.count++
	return fmt.Sprintf("%08x%032x", l.count, l.random.Uint64())
}

func (l *large) head(service int, at time.Time) *dora.Repository {
	name := fmt.Sprintf("org/service-%03d", service)
	return &dora.Repository{Header: dora.Header{Source: "github", ID: name, Updated: at}, Name: name, DefaultBranch: "main", HeadSHA: l.heads[service]}
}

// deploy merges changes and deploys them.
func (l *large) deploy(service int, at time.Time) {
	repository := fmt.Sprintf("org/service-%03d", service)
	header := func(id string) dora.Header { return dora.Header{Source: "github", ID: repository + id, Updated: at} }
	for range benchChanges {
		l.merged[service]++
		number, landed := l.merged[service], l.sha()
		merged := at.Add(-time.Duration(l.random.IntN(48)) * time.Hour)
		first := merged.Add(-time.Duration(l.random.IntN(200)) * time.Hour)
		commit := &dora.Commit{Header: header("@" + landed), Repository: repository, SHA: landed, Authored: merged, Committed: merged, Author: "dev-01"}
		if parent := l.heads[service]; parent != "" {
			commit.Parents = []string{parent}
		}
		l.heads[service] = landed
		l.history.Apply(commit, &dora.Change{
			Header: header(fmt.Sprintf(":pull:%d", number)), Repository: repository, Number: number, Author: "dev-01", Base: "main", Branch: "work",
			Opened: first.Add(time.Hour), Merged: merged, MergeCommit: landed, Commits: []dora.ChangeCommit{{SHA: l.sha(), Authored: first}},
			Reviews: []dora.Review{{Author: "dev-02", State: dora.ReviewApproved, At: merged.Add(-time.Hour)}},
		})
	}
	l.count++
	l.history.Apply(&dora.Deployment{
		Header: header(fmt.Sprintf(":deployment:%d", l.count)), Repository: repository, Number: int64(l.count), Environment: "production",
		SHA: l.heads[service], Created: at, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
	})
	if l.merged[service]%(5*benchChanges) == 0 {
		l.history.Apply(&dora.Incident{
			Header: header(fmt.Sprintf(":issue:%d", l.count)), Repository: repository, Number: int64(l.count),
			Opened: at.Add(time.Hour), Resolved: at.Add(3 * time.Hour),
		})
	}
}

func BenchmarkLarge(b *testing.B) {
	if testing.Short() {
		b.Skip("100,000 deployments and 1,000,000 changes")
	}
	l := newLarge()
	definition := dora.DefaultDefinition()
	snapshot := l.history.Derive(definition)
	require.Len(b, snapshot.Services, benchServices)
	end := l.begin.AddDate(0, benchMonths, 0)
	one := []dora.Filter{{Field: dora.ByService, Values: []string{"org/service-007"}}}
	ask := func(bucket dora.Bucket, statistic dora.Statistic, groupBy []dora.Field, filters []dora.Filter, metrics ...dora.Metric) func(*testing.B) {
		return func(b *testing.B) {
			spans := bucket.Spans(l.begin, end, time.UTC)
			for b.Loop() {
				for _, metric := range metrics {
					wanted := metric.Row().Statistics[0]
					if statistic != "" {
						wanted = statistic
					}
					require.NotEmpty(b, snapshot.Ask(dora.Question{Metric: metric, Statistic: wanted, Spans: spans, GroupBy: groupBy, Filters: filters, Now: end}))
				}
			}
		}
	}
	five := []dora.Metric{dora.DeploymentFrequency, dora.LeadTime, dora.ChangeFailureRate, dora.RecoveryTime, dora.ReworkRate}
	b.Run("one service, weekly median lead time", ask(dora.Week, dora.Median, nil, one, dora.LeadTime))
	b.Run("one service, five metrics monthly", ask(dora.Month, "", nil, one, five...))
	b.Run("everything, five metrics monthly", ask(dora.Month, "", nil, nil, five...))
	b.Run("200 services, weekly median lead time", ask(dora.Week, dora.Median, []dora.Field{dora.ByService}, nil, dora.LeadTime))
	b.Run("a deployment arrives, its service is derived again", func(b *testing.B) {
		at := end
		for b.Loop() {
			at = at.Add(time.Minute)
			l.deploy(7, at)
			l.history.Apply(l.head(7, at))
			l.history.Derive(definition)
		}
	})
}

package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// perDay is deployment frequency on the first days of the story; nil stands for null.
func perDay(s *facts.Snapshot, groupBy ...dora.Field) []any {
	q := figures.Question{
		Metric: dora.DeploymentFrequency, Statistic: dora.CountOf, GroupBy: groupBy, Now: day(5.5),
		Spans: figures.Day.Spans(day(0), day(7), time.UTC),
	}
	var values []any
	for _, p := range figures.Ask(s, q)[0].Points {
		if p.Value == nil {
			values = append(values, nil)
		} else {
			values = append(values, *p.Value)
		}
	}
	return values
}

func TestWhereItWasLookedAndNothingWasIsZero(t *testing.T) {
	const github = "github"
	named := func(r *doratest.Repo) { // a service of the settings is one before its first deployment, too
		r.Mapping.Services = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: github, Repository: r.Repository}}}}
	}
	for name, story := range map[string]struct {
		reach map[string]time.Time
		tell  func(*doratest.Repo)
		want  []any
	}{
		"never deployed, and read since the second day": {
			map[string]time.Time{github: day(1)}, named, []any{nil, 0.0, 0.0, 0.0, 0.0, 0.0, nil},
		},
		"never read to its end": {
			nil, named, []any{nil, nil, nil, nil, nil, nil, nil},
		},
		"another source was read": {
			map[string]time.Time{"other": day(1)}, named, []any{nil, nil, nil, nil, nil, nil, nil},
		},
		"a repository that was not read yet": {
			map[string]time.Time{github: day(1)}, func(r *doratest.Repo) {
				r.Mapping.Services = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: github, Repository: "example-health/new"}}}}
			}, []any{nil, nil, nil, nil, nil, nil, nil},
		},
		"deployed once, and read since before": {
			map[string]time.Time{github: day(1)}, func(r *doratest.Repo) { r.Deploy("production", "V1", day(3.5)) }, []any{nil, 0.0, 0.0, 1.0, 0.0, 0.0, nil},
		},
		"deployed once, as it was told by those whom nobody can ask": {
			nil, func(r *doratest.Repo) { r.Deploy("production", "V1", day(3.5)) }, []any{nil, nil, nil, 1.0, 0.0, 0.0, nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			repo := doratest.Versions(t)
			story.tell(repo)
			h := facts.NewDeriver(repo.Mapping)
			h.Apply(repo.Events...)
			h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
			h.Reach(story.reach)
			s := h.Derive(repo.Def)
			assert.Equal(t, story.want, perDay(s))
			assert.Equal(t, story.want, perDay(s, dora.ByService))
			assert.Equal(t, story.want, perDay(s, dora.ByTeam))
			restored := restarted(t, h, repo.Mapping, repo.Def, true)
			restored.Reach(story.reach)
			assert.Equal(t, story.want, perDay(restored.Derive(repo.Def)), "also after a start")
		})
	}
}

func TestARatioAndALengthOfNothingAreNull(t *testing.T) {
	repo := doratest.Versions(t)
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
	h.Reach(map[string]time.Time{"github": day(0)})
	s := h.Derive(repo.Def)
	for metric, statistic := range map[dora.Metric]dora.Statistic{
		dora.LeadTime: dora.Median, dora.ChangeFailureRate: dora.RatioOf, dora.RecoveryTime: dora.Median, dora.ReworkRate: dora.RatioOf,
	} {
		for _, one := range figures.Ask(s, figures.Question{Metric: metric, Statistic: statistic, Now: day(9), Spans: figures.Day.Spans(day(0), day(2), time.UTC)}) {
			for _, p := range one.Points {
				assert.Nil(t, p.Value, metric)
			}
		}
	}
}

func TestWeeksWithoutADeploymentCountInDORAsForm(t *testing.T) {
	repo := doratest.Versions(t)
	repo.Deploy("production", "V1", day(15))
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
	median := func() float64 {
		return *figures.Ask(h.Derive(repo.Def), figures.Question{
			Metric: dora.DeploymentFrequency, Statistic: dora.DaysPerWeek, Now: day(22), Spans: []figures.Span{{Start: day(0), End: day(21)}},
		})[0].Points[0].Value
	}
	assert.InDelta(t, 1, median(), 0, "nothing is known of the weeks before")
	assert.True(t, h.Reach(map[string]time.Time{"github": day(0)}))
	assert.InDelta(t, 0, median(), 0, "the two weeks before were read, and there was none")
	assert.False(t, h.Reach(map[string]time.Time{"github": day(0)}), "that is no news")
}

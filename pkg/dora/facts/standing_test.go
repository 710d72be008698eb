package facts_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/history"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// repositoryOf is what is told of a repository, and of deployments to production by their numbers, one a day.
func repositoryOf(name string, numbers ...int) []dora.Event {
	events := []dora.Event{&dora.Repository{Header: dora.Header{Source: "github", ID: name, Updated: noon}, Name: name, DefaultBranch: "main"}}
	for i, number := range numbers {
		at := noon.AddDate(0, 0, i)
		events = append(events, &dora.Deployment{
			Header:     dora.Header{Source: "github", ID: fmt.Sprintf("%s:deployment:%d", name, number), Updated: at, Rank: 1},
			Repository: name, Number: int64(number), Environment: "production", SHA: strings.Repeat("a1", 20), Created: at,
			Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: at}},
		})
	}
	return events
}

// gone tells that there is no repository of a name any more.
func gone(name, moved string, at time.Time) *dora.Repository {
	return &dora.Repository{Header: dora.Header{Source: "github", ID: name, Updated: at}, Name: name, Withdrawn: true, Moved: moved}
}

func saidToFail(id string, made time.Time) *dora.Correction {
	return &dora.Correction{
		Header: dora.Header{Source: dora.CorrectionsSource, ID: id + made.String(), Updated: made}, Verdict: dora.VerdictFailed, Deployment: id,
		Reason: "the queue stood still", Author: "dev-01", Made: made,
	}
}

func selecting(names ...string) dora.Mapping {
	return dora.Mapping{Production: dora.DefaultProduction, Selections: []dora.Selection{{Source: "github", Repositories: names}}}
}

// deployed are the ids of all successful deployments by service, those that failed with an exclamation mark.
func deployed(h *facts.Deriver) map[string]string {
	found := map[string]string{}
	for _, f := range h.Derive(dora.DefaultDefinition()).Services {
		ids := []string{}
		for _, d := range f.Deployments {
			id := d.Event.FullID()
			if d.Failed() {
				id += "!"
			}
			ids = append(ids, id[strings.LastIndex(id, ":")+1:])
		}
		found[f.Service.Name] = strings.Join(ids, " ")
	}
	return found
}

// alsoRestarted is deployed, after it was made sure that a history that was saved and restored says the same.
func alsoRestarted(t *testing.T, h *facts.Deriver, mapping dora.Mapping) map[string]string {
	t.Helper()
	want := deployed(h)
	assert.Equal(t, want, deployed(restarted(t, h, mapping, dora.DefaultDefinition(), true)), "restored with its facts")
	assert.Equal(t, want, deployed(restarted(t, h, mapping, dora.DefaultDefinition(), false)), "restored and derived anew")
	return want
}

func TestWhatTheSettingsLeaveOutCountsForNothing(t *testing.T) {
	events := append(repositoryOf("acme/App", 1, 2), repositoryOf("acme/sandbox", 3)...)
	told := &dora.Deployment{
		Header: dora.Header{Source: "pipeline", ID: "deployment:9", Updated: noon}, Repository: "acme/sandbox", Number: 9, Environment: "production",
		SHA: strings.Repeat("b2", 20), Created: noon, Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: noon}},
	}
	for _, c := range []struct {
		selected []string
		want     map[string]string
	}{
		{[]string{"acme/*"}, map[string]string{"acme/App": "1 2", "acme/sandbox": "3"}},
		{[]string{"acme/*", "!acme/Sand*"}, map[string]string{"acme/App": "1 2"}},
		{[]string{"ACME/app"}, map[string]string{"acme/App": "1 2"}},
		{[]string{"acme/sandbox"}, map[string]string{"acme/sandbox": "3"}},
	} {
		mapping := selecting(c.selected...)
		h := facts.NewDeriver(mapping)
		h.Apply(events...)
		assert.Equal(t, c.want, alsoRestarted(t, h, mapping), c.selected)
		assert.Equal(t, len(c.want), h.Counts()["github"][dora.KindRepository])
		places := map[string]bool{}
		for _, p := range h.Places() {
			places[p.Repository] = true
		}
		assert.Len(t, places, len(c.want))
		assert.Len(t, h.Preview(dora.Mapping{Production: dora.DefaultProduction}).Services, len(c.want))
	}

	h := facts.NewDeriver(selecting("acme/App"))
	h.Apply(append(events, told)...)
	assert.Equal(t, map[string]string{"acme/App": "1 2", "acme/sandbox": "9"}, deployed(h), "what another source was told of stays")
}

func TestARenamedRepositoryIsOneHistory(t *testing.T) {
	mapping := selecting("acme/*")
	h := facts.NewDeriver(mapping)
	h.Apply(repositoryOf("acme/old", 1, 2)...)
	h.Apply(saidToFail("github:acme/old:deployment:2", noon.AddDate(0, 0, 3)))
	require.Equal(t, map[string]string{"acme/old": "1 2!"}, deployed(h))

	renamed := repositoryOf("acme/new", 1, 2, 3)
	renamed[0].(*dora.Repository).Formerly = []dora.FormerName{{Name: "acme/old", Until: noon.AddDate(0, 0, 4)}}
	h.Apply(renamed...)
	h.Apply(gone("acme/old", "acme/new", noon.AddDate(0, 0, 4)))
	assert.Equal(t, map[string]string{"acme/new": "1 2! 3"}, alsoRestarted(t, h, mapping), "what a person said of it goes with it")

	h.Apply(saidToFail("github:acme/old:deployment:3", noon.AddDate(0, 0, 5)))
	assert.Equal(t, map[string]string{"acme/new": "1 2! 3!"}, deployed(h), "an old name is understood while nothing else has it")
	assert.Equal(t, int64(3), h.Deployment("github:acme/OLD:deployment:3").Number)
}

func TestANameThatMeansAnotherRepositoryTakesNoOldWords(t *testing.T) {
	mapping := selecting("acme/*")
	swapped := noon.AddDate(0, 0, 4)
	h := facts.NewDeriver(mapping)
	h.Apply(saidToFail("github:acme/a:deployment:1", noon.AddDate(0, 0, 1)), saidToFail("github:acme/b:deployment:2", noon.AddDate(0, 0, 5)))
	for name, other := range map[string]string{"acme/a": "acme/b", "acme/b": "acme/a"} {
		events := repositoryOf(name, 1, 2)
		r := events[0].(*dora.Repository)
		r.Began, r.Formerly = swapped, []dora.FormerName{{Name: other, Until: swapped}}
		h.Apply(events...)
	}
	assert.Equal(t, map[string]string{"acme/a": "1 2", "acme/b": "1! 2!"}, alsoRestarted(t, h, mapping))

	h = facts.NewDeriver(mapping)
	anew := repositoryOf("acme/a", 1)
	anew[0].(*dora.Repository).Began = swapped
	h.Apply(append(anew, saidToFail("github:acme/a:deployment:1", noon))...)
	assert.Equal(t, map[string]string{"acme/a": "1"}, deployed(h), "one that was made anew is another")
}

func TestARepositoryThatIsAskedForByAnOldNameIsSelected(t *testing.T) {
	mapping := selecting("acme/old")
	h := facts.NewDeriver(mapping)
	h.Apply(append(repositoryOf("acme/new", 1), gone("acme/old", "acme/new", noon))...)
	assert.Equal(t, map[string]string{"acme/new": "1"}, alsoRestarted(t, h, mapping))
	assert.Equal(t, []history.Absent{{Source: "github", Repository: "acme/old", Named: true, Moved: "acme/new", Since: noon}}, h.Absent())

	h.Apply(&dora.Repository{Header: dora.Header{Source: "github", ID: "acme/old", Updated: noon.Add(time.Hour)}, Name: "acme/old"})
	assert.Empty(t, deployed(h), "until a new repository has that name, which was never deployed")
	assert.Equal(t, map[string][]string{"github": {"acme/old"}}, h.Undeployed())
	assert.Empty(t, h.Absent())
}

func TestLetterCaseMakesNoOtherRepository(t *testing.T) {
	mapping := selecting("acme/*")
	h := facts.NewDeriver(mapping)
	h.Apply(repositoryOf("acme/App", 1, 2)...)
	h.Apply(saidToFail("github:acme/App:deployment:2", noon))
	again := repositoryOf("acme/app", 1, 2, 3)
	again[0].(*dora.Repository).Updated = noon.Add(time.Hour)
	h.Apply(again...)
	assert.Equal(t, map[string]string{"acme/app": "1 2! 3"}, alsoRestarted(t, h, mapping))
}

func TestAPullRequestThatIsShownNoLongerIsWithdrawnAndMayComeBack(t *testing.T) {
	mapping := selecting("acme/*")
	h := facts.NewDeriver(mapping)
	h.Apply(repositoryOf("acme/app", 1)...)
	first, second := strings.Repeat("a1", 20), strings.Repeat("b2", 20)
	pull := &dora.Change{
		Header: dora.Header{Source: "github", ID: "acme/app:pull:7", Updated: noon, Rank: 1}, Repository: "acme/app", Number: 7, Title: "Faster",
		Opened: noon.Add(-time.Hour), Merged: noon, MergeCommit: second, Commits: []dora.ChangeCommit{{SHA: second, Authored: noon}},
	}
	h.Apply(
		&dora.Commit{Header: dora.Header{Source: "github", ID: "acme/app@" + first}, Repository: "acme/app", SHA: first, Authored: noon, Committed: noon},
		&dora.Commit{Header: dora.Header{Source: "github", ID: "acme/app@" + second}, Repository: "acme/app", SHA: second, Parents: []string{first}, Authored: noon, Committed: noon},
		&dora.Repository{Header: dora.Header{Source: "github", ID: "acme/app", Updated: noon.Add(time.Second)}, Name: "acme/app", DefaultBranch: "main", HeadSHA: second}, pull,
	)
	waiting := func() (numbers []int) {
		for _, w := range h.Derive(dora.DefaultDefinition()).Services[0].Waiting {
			numbers = append(numbers, w.Number)
		}
		return numbers
	}
	withdrawn := *pull
	withdrawn.Withdrawn, withdrawn.Rank = true, 2
	known := func(then bool) {
		found := h.Known("github", dora.KindChange, "ACME/app")
		require.Len(t, found, 1)
		change := found[0].(*dora.Change)
		assert.Equal(t, then, change.Withdrawn)
		assert.Equal(t, []any{7, "acme/app", "github", "Faster", second}, []any{change.Number, change.Repository, change.Source, change.Title, change.MergeCommit})
	}
	require.Equal(t, []int{7}, waiting())
	known(false)
	for range 2 {
		h.Apply(&withdrawn, pull)
		assert.Equal(t, []int{0}, waiting(), "its commit is one that was pushed by itself")
		known(true)
		assert.Zero(t, h.Counts()["github"][dora.KindChange])
		h = restarted(t, h, mapping, dora.DefaultDefinition(), true)
	}
	back := *pull
	back.Rank = 3
	h.Apply(&back)
	assert.Equal(t, []int{7}, waiting())
	known(false)
}

func TestADeploymentThatWasDeletedIsWithdrawnAndMayComeBack(t *testing.T) {
	mapping := selecting("acme/*")
	h := facts.NewDeriver(mapping)
	events := repositoryOf("acme/app", 1, 2)
	h.Apply(events...)
	deleted := *events[2].(*dora.Deployment)
	deleted.Withdrawn, deleted.Rank = true, deleted.Rank+1
	h.Apply(&deleted)
	h.Apply(events[2])
	assert.Equal(t, map[string]string{"acme/app": "1"}, alsoRestarted(t, h, mapping))
	assert.Equal(t, 1, h.Counts()["github"][dora.KindDeployment])

	h = restarted(t, h, mapping, dora.DefaultDefinition(), true)
	h.Apply(events[2])
	assert.Equal(t, map[string]string{"acme/app": "1"}, deployed(h), "an older version brings nothing back")
	back := deleted
	back.Withdrawn, back.Rank = false, deleted.Rank+1
	h.Apply(&back)
	assert.Equal(t, map[string]string{"acme/app": "1 2"}, deployed(h))
}

func TestAllThatIsCollectedIsCountedWhereServicesTakeAPart(t *testing.T) {
	mapping := selecting("acme/*")
	mapping.Services = []dora.Service{{Name: "app", Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/app"}}}}
	h := facts.NewDeriver(mapping)
	h.Apply(repositoryOf("acme/app", 1)...)
	h.Apply(repositoryOf("acme/site", 1)...) // which no service takes
	before := h.Counts()["github"][dora.KindChange]
	for number := range 3 {
		for _, repository := range []string{"acme/app", "acme/site"} {
			id := fmt.Sprintf("%s:change:%d", repository, 900+number)
			h.Apply(&dora.Change{Header: dora.Header{Source: "github", ID: id, Updated: noon}, Repository: repository, Number: 900 + number, Merged: noon})
			h.Apply(&dora.Commit{Header: dora.Header{Source: "github", ID: id, Updated: noon}, Repository: repository, SHA: fmt.Sprintf("%040x", 0xabc0+number)})
		}
		h.Derive(dora.DefaultDefinition())
		assert.Equal(t, before+2*(number+1), h.Counts()["github"][dora.KindChange])
	}
	h = restarted(t, h, mapping, dora.DefaultDefinition(), true)
	assert.Equal(t, before+6, h.Counts()["github"][dora.KindChange], "after a restart too")
}

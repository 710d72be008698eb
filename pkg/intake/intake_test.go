package intake_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/intake"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/strict"
)

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const good = `{"deployments":[{"id":"run-7","repository":"example-health/api","environment":"production","sha":"5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e","tag":"v1.2","run":"ci/17",
	"statuses":[{"state":"running","at":"2026-03-02T08:55:00Z"},{"state":"success","at":"2026-03-02T10:00:00+01:00"}]}],
	"incidents":[{"id":4711,"title":"Down","opened":"2026-03-02T08:00:00Z"}]}`

func TestADocumentBecomesEvents(t *testing.T) {
	events, err := intake.Document(intake.Context{Source: "ci", Now: now}, []byte(good))
	require.NoError(t, err)
	require.Len(t, events, 2)
	d := events[0].(*dora.Deployment)
	assert.Equal(t, "ci:deployment:run-7", d.FullID())
	assert.Equal(t, now, d.Finished())
	assert.Equal(t, now, d.Updated)
	assert.Equal(t, now.Add(-5*time.Minute), d.Created, "its first status")
	assert.Equal(t, dora.RefTag, d.RefKind)
	assert.Equal(t, "ci/17", d.Run)
	assert.Positive(t, d.Number)
	i := events[1].(*dora.Incident)
	assert.Equal(t, "ci:incident:4711", i.FullID())
	assert.Equal(t, int64(4711), i.Number)
}

func TestARepositoryMayBeNamedByItsRemotesAddress(t *testing.T) {
	for _, remote := range []string{"https://ci:secret@forge.example/example-health/api.git", "git@forge.example:example-health/api.git"} {
		events, err := intake.Document(intake.Context{Source: "ci", Now: now}, []byte(strings.Replace(good, "example-health/api", remote, 1)))
		require.NoError(t, err)
		assert.Equal(t, "example-health/api", events[0].(*dora.Deployment).Repository)
	}
}

func TestEveryMistakeOfABatchIsToldWithItsPlace(t *testing.T) {
	_, err := intake.Document(intake.Context{Source: "ci", Now: now.Add(-time.Hour)}, []byte(good))
	require.EqualError(t, err, "deployments[0].statuses[0].at: 2026-03-02T08:55:00Z is in the future; it is 2026-03-02T08:00:00Z here\n"+
		"deployments[0].statuses[1].at: 2026-03-02T09:00:00Z is in the future; it is 2026-03-02T08:00:00Z here")
}

func TestWhatIsPostedMayTellWhatItBelongsTo(t *testing.T) {
	events, err := intake.Document(intake.Context{Source: "ci", Now: now}, []byte(`{
		"deployments": [{"id":"CHG-1","key":"CHG0030001","repository":"a/b","environment":"production","sha":"5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e","status":"success","at":"2026-03-02T08:00:00Z","recovered":"2026-03-02T08:30:00Z"}],
		"incidents": [{"id":"8","key":"INC0000008","partOf":7,"names":["ci:deployment:CHG-1","CHG0030001"],"same":["OPS-12"],"title":"Down","opened":"2026-03-02T08:00:00Z"}]}`))
	require.NoError(t, err)
	d, i := events[0].(*dora.Deployment), events[1].(*dora.Incident)
	assert.Equal(t, "CHG0030001", d.Key)
	assert.Equal(t, now.Add(-30*time.Minute), d.Recovered)
	assert.Equal(t, "INC0000008", i.Key)
	assert.Equal(t, "incident:7", i.PartOf, "as the other is called")
	assert.Equal(t, []string{"ci:deployment:CHG-1", "CHG0030001"}, i.Names)
	assert.Equal(t, []string{"OPS-12"}, i.Same)

	known, err := dora.Merge(d, &dora.Deployment{Header: d.Header, Repository: d.Repository, Environment: d.Environment, SHA: d.SHA})
	require.NoError(t, err)
	assert.Same(t, d, known, "a status that comes later takes none of it away")
}

func TestWhatAnEventBelongsToIsJudged(t *testing.T) {
	long := strings.Repeat("x", 2001)
	many := `"x"` + strings.Repeat(`,"x"`, 100)
	for more, mistake := range map[string]string{
		`"key":"` + long + `"`:    "key: has 2001 bytes; allowed: up to 100",
		`"key":"a\u0007"`:         "key: has control characters",
		`"partOf":"9"`:            "partOf: is the incident itself; allowed: the id of another",
		`"partOf":" "`:            `partOf: " " is not allowed; allowed: 1 to 200 letters, digits and . _ / @ # + -, the first a letter or digit`,
		`"names":[` + many + `]`:  "names: 101 are too many; allowed: 100",
		`"names":["a",""]`:        "names[1]: is missing",
		`"same":["` + long + `"]`: "same[0]: has 2001 bytes; allowed: up to 2000",
		`"same":["\u0000"]`:       "same[0]: has control characters",
		`"same":"OPS-12"`:         "same",
	} {
		_, err := intake.List(intake.Context{Source: "ci", Now: now}, "incidents", []byte(`{"id":"9","title":"Down","opened":"2026-03-02T08:00:00Z",`+more+`}`))
		require.ErrorContains(t, err, mistake)
	}
	for more, mistake := range map[string]string{
		`"recovered":"2026-03-02T10:00:00Z"`:                                  "recovered: 2026-03-02T10:00:00Z is in the future",
		`"recovered":"2026-03-02T07:00:00Z","created":"2026-03-02T08:00:00Z"`: "recovered: 2026-03-02T07:00:00Z is before created",
		`"recovered":"yes"`: "recovered",
		`"unseen":4`:        "unseen",
	} {
		_, err := intake.List(intake.Context{Source: "ci", Now: now}, "deployments", []byte(`{"id":"9","repository":"a/b","environment":"production","sha":"5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e","status":"success","at":"2026-03-02T08:00:00Z",`+more+`}`))
		require.ErrorContains(t, err, mistake)
	}
	read := intake.Context{Source: "github", Now: now, Identify: func(_, id string) (string, int64, error) { return "a/b:deployment:" + id, 9, nil }}
	_, err := intake.List(read, "deployments", []byte(`{"id":"9","key":"CHG0030001","repository":"a/b","environment":"production","sha":"5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e5ca1ab1e","status":"success","at":"2026-03-02T08:00:00Z"}`))
	require.EqualError(t, err, "key: is read from this source; allowed: leave it out")
}

func FuzzIntake(f *testing.F) {
	f.Add("", []byte(good))
	f.Add("deployments", []byte(`[{"id":"1","status":"success","at":"2026-03-02T08:55:00Z","commits":[{"sha":"","parents":"a b"}]}]`))
	f.Add("changes", []byte(`{"repository":"a/b","number":1,"commits":[{}],"reviews":[{}],"labels":["x"]}`))
	f.Add("incidents", []byte(`{"id":{},"opened":5,"labels":"x"}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		c := intake.Context{Source: "ci", Now: now}
		var events []dora.Event
		var err error
		switch kind {
		case "deployments", "changes", "incidents":
			events, err = intake.List(c, kind, body)
		default:
			events, err = intake.Document(c, body)
		}
		if err != nil {
			assert.Empty(t, events)
			var mistake *strict.Error
			require.True(t, errors.As(err, &mistake), "every mistake names its field: %v", err)
			require.NotEmpty(t, mistake.Field)
			return
		}
		require.NoError(t, store.Batch{Events: events}.Validate())
		for _, e := range events {
			require.False(t, e.Head().Updated.After(now.Add(5*time.Minute)), "nothing is of the future")
			merged, err := dora.Merge(e, e)
			require.NoError(t, err)
			require.Same(t, e, merged, "told twice is told once")
		}
	})
}

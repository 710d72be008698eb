package code_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/mangle"
)

// What a store keeps of a commit or a change is packed from its body. That has to be the same as reading the event, seeing
// whether it can have been, and packing that, whatever the body is.

var at = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func header(id string) dora.Header {
	return dora.Header{Source: "github", ID: "a/b:" + id, Updated: at}
}

// usual are commits and changes as sources tell of them.
func usual() map[string]dora.Event {
	sha, parent := doratest.SHA("landed"), doratest.SHA("before")
	return map[string]dora.Event{
		"a commit": &dora.Commit{Header: header("commit:1"), Repository: "a/b", SHA: sha, Parents: []string{parent}, Authored: at, Committed: at.Add(time.Hour), Author: "dev-07", Message: "Round doses (#7)\n\nWhy."},
		"a first commit with its files, of a split second": &dora.Commit{Header: dora.Header{Source: "github", ID: "1", Updated: at, Rank: 1}, Repository: "a/b", SHA: sha, Parents: []string{},
			Authored: at.Add(time.Nanosecond), Committed: at.Add(time.Millisecond), Message: " spaced \n", Files: &dora.Files{Paths: []string{"api/x.go", sha}, Cut: true}},
		"a commit that reverts":             &dora.Commit{Header: header("commit:2"), Repository: "a/b", SHA: sha, Message: "Revert \"Round doses (#7)\"\n\nThis reverts commit " + parent + "."},
		"a commit whose message is a name":  &dora.Commit{Header: header("commit:3"), Repository: "a/b", SHA: sha, Message: parent},
		"a commit in capitals":              &dora.Commit{Header: header("commit:4"), Repository: "a/b", SHA: strings.ToUpper(sha), Parents: []string{strings.ToUpper(parent), "main"}},
		"a commit before there was Git":     &dora.Commit{Header: header("commit:5"), Repository: "a/b", SHA: sha, Authored: time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC), Committed: at},
		"a commit that was never committed": &dora.Commit{Header: header("commit:6"), Repository: "a/b", SHA: sha, Authored: at},
		"what is no commit":                 &dora.Commit{Header: header("commit:7"), Repository: "a/b", SHA: "main"},
		"a change": &dora.Change{Header: header("change:7"), Repository: "a/b", Number: 7, Title: "Round doses", Body: "Why.", URL: "https://github.example/a/b/pull/7", Author: "dev-07",
			Labels: []string{"hotfix", "api"}, Base: "main", Branch: "doses", Opened: at.Add(-time.Hour), Merged: at, MergeCommit: sha,
			Commits: []dora.ChangeCommit{{SHA: parent, Authored: at.Add(-2 * time.Hour)}, {SHA: "x"}}, Reviews: []dora.Review{{Author: "dev-08", State: dora.ReviewApproved, At: at}},
			Files: &dora.Files{Paths: []string{"api/x.go"}}, Early: true},
		"a change that reverts, in any case": &dora.Change{Header: header("change:8"), Repository: "a/b", Number: 8, Title: "Revert \"Revert \"Round doses (#7)\"\"", Body: "reVERTs a/b#7"},
		"a change that is gone":              &dora.Change{Header: header("change:9"), Repository: "a/b", Number: 9, Withdrawn: true},
		"a change with a bad address":        &dora.Change{Header: header("change:10"), Repository: "a/b", Number: 10, URL: "javascript:alert(1)"},
		"a change with a shouted address":    &dora.Change{Header: header("change:11"), Repository: "a/b", Number: 11, URL: "HTTPS://github.example/a/b/pull/11"},
		"a change with an address of a mile": &dora.Change{Header: header("change:12"), Repository: "a/b", Number: 12, URL: "https://github.example/" + strings.Repeat("x", 1990)},
		"a change merged in the year 3":      &dora.Change{Header: header("change:13"), Repository: "a/b", Number: 13, Merged: time.Date(3, 1, 1, 0, 0, 0, 0, time.UTC)},
		"a change reviewed in the year 3":    &dora.Change{Header: header("change:14"), Repository: "a/b", Number: 14, Reviews: []dora.Review{{At: time.Date(3, 1, 1, 0, 0, 0, 0, time.UTC)}}},
		"what has no source":                 &dora.Change{Header: dora.Header{ID: "1", Updated: at}, Repository: "a/b", Number: 15},
	}
}

// holds that a body is packed as the event would be that it holds, or is left to be read as such.
func holds(t testing.TB, kind dora.Kind, body []byte) (packed bool) {
	t.Helper()
	told, err := code.Decode(kind, body), error(nil)
	if told == nil {
		return false
	}
	e, err := dora.Decode(kind, body)
	require.NoError(t, err)
	require.NoError(t, dora.Admit(e))
	require.NotEmpty(t, e.Head().Source)
	require.NotEmpty(t, e.Head().ID)
	require.Equal(t, e.Head(), told.Head())
	require.Equal(t, e.Kind(), told.Kind())
	graph, changes, size := unpacked(code.Tell(e))
	sameGraph, sameChanges, sameSize := unpacked(told)
	require.Equal(t, graph, sameGraph)
	require.Equal(t, changes, sameChanges)
	require.Equal(t, size, sameSize)
	return true
}

// unpacked is what comes of it, however its texts were written.
func unpacked(told dora.Event) (*code.Graph, map[int]*code.Change, code.Size) {
	var r code.Repository
	r.Take(told.(*code.Told)) //nolint:forcetypeassert // of a commit or a change
	u := r.Packed.Unpack()
	return u.Graph, u.Changes, r.Packed.Size.Size
}

func TestABodyIsPackedAsItsEventWouldBe(t *testing.T) {
	left := map[string]bool{ // to be read as events, which they are not or which another is made of
		"a commit before there was Git": true, "a commit that was never committed": true, "what is no commit": true, "a change with a bad address": true,
		"a change with a shouted address": true, "a change with an address of a mile": true, "a change merged in the year 3": true, "a change reviewed in the year 3": true, "what has no source": true,
	}
	for name, e := range usual() {
		body, err := dora.Encode(e)
		require.NoError(t, err)
		assert.Equal(t, left[name], !holds(t, e.Kind(), body), name)
		text, err := json.Marshal(e)
		require.NoError(t, err)
		assert.Nil(t, code.Decode(e.Kind(), text), "JSON of earlier versions is read as before: %s", name)
	}
	for e := range (large.Size{Services: 2, Deployments: 5, Changes: 3, Months: 1, Every: 2}).Events() {
		body, err := dora.Encode(e)
		require.NoError(t, err)
		isCode := e.Kind() == dora.KindCommit || e.Kind() == dora.KindChange
		assert.Equal(t, isCode, holds(t, e.Kind(), body), e.Head().ID)
	}
}

func TestADamagedBodyIsPackedAsItsEventWouldBe(t *testing.T) {
	random, tries, packed := rand.New(rand.NewPCG(7, 1)), 500, 0
	if os.Getenv("LIVEDORA_TORTURE") != "" {
		tries = 50_000
	}
	for _, e := range usual() {
		body, err := dora.Encode(e)
		require.NoError(t, err)
		for range tries {
			if holds(t, e.Kind(), []byte(mangle.Text(random, string(body)))) {
				packed++
			}
		}
	}
	assert.Positive(t, packed)
}

func FuzzAStoredCommitOrChange(f *testing.F) {
	for _, e := range usual() {
		body, err := dora.Encode(e)
		require.NoError(f, err)
		f.Add(e.Kind() == dora.KindChange, body)
	}
	f.Fuzz(func(t *testing.T, isChange bool, body []byte) {
		kind := dora.KindCommit
		if isChange {
			kind = dora.KindChange
		}
		holds(t, kind, body)
	})
}

// A change that is unpacked has what it had when it was told of.
func TestAChangeComesBackAsItWasPacked(t *testing.T) {
	for name, e := range usual() {
		told := code.Tell(e)
		change, is := e.(*dora.Change)
		if !is || told == nil {
			continue
		}
		var r code.Repository
		r.Take(told)
		had := 0
		for c := range r.Packed.Changes {
			had++
			c.Source, c.ID, c.Repository, c.Body, c.Early = change.Source, change.ID, change.Repository, change.Body, change.Early
			if len(change.Commits) == 0 {
				c.Commits = nil
			}
			assert.Equal(t, change, c, name)
		}
		assert.Equal(t, 1, had, name)
	}
}

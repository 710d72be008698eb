package storetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func everything(old []dora.Event) []dora.Event { return old }

func prune(t *testing.T, scene *scene) {
	s := scene.store("team")
	ctx := context.Background()
	lastYear := monday.AddDate(-1, 0, -1)
	github := func(id string) dora.Header { return dora.Header{Source: "github", ID: id, Updated: lastYear} }
	write(t, s,
		&dora.Repository{Header: github("repository"), Name: "example-health/api"},
		&dora.Commit{Header: github("commit"), SHA: "abc"},
		&dora.Change{Header: github("old change"), Number: 1},
		deployment(1, lastYear),
		deployment(2, monday),
		incident("old", lastYear, 0, "over"),
		incident("open", lastYear, 0, "still open"),
		incident("reopened", lastYear, 0, "over, as it seems"),
		incident("new", monday, 0, "new"),
	)
	newest := feed(t, s, 0)[8].Sequence

	var shown []string
	pruned, err := s.Prune(ctx, monday.AddDate(-1, 0, 0), func(old []dora.Event) []dora.Event {
		for _, e := range old {
			shown = append(shown, e.Head().ID)
		}
		write(t, s, incident("reopened", monday, 0, "reopened while others are pruned"))
		return slices.DeleteFunc(old, func(e dora.Event) bool { return e.Head().ID == "open" })
	})
	require.NoError(t, err)
	assert.Equal(t, 3, pruned)
	assert.ElementsMatch(t, []string{"old change", "example-health/api:deployment:1", "old", "open", "reopened"}, shown)
	assert.Equal(t, []string{"repository", "commit", "example-health/api:deployment:2", "open", "new", "reopened"}, ids(feed(t, s, 0)))

	pruned, err = s.Prune(ctx, monday.AddDate(1, 0, 0), func(old []dora.Event) []dora.Event {
		return append(old, incident("never shown", lastYear, 0, ""), &dora.Commit{Header: github("commit")})
	})
	require.NoError(t, err)
	assert.Equal(t, 4, pruned)
	assert.Equal(t, []string{"repository", "commit"}, ids(feed(t, s, 0)), "the commit graph is whole")

	back := write(t, s, incident("old", lastYear.Add(time.Hour), 0, "read again"))
	assert.Equal(t, 1, back.Changed)
	assert.Greater(t, back.Sequence, newest, "sequences never come twice")
}

package github_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora/replaytest"
	"github.com/livedora/dora-datasource/pkg/source/github"
)

func TestOtherHistoriesAreCollectedWithTheFactsThatGitGives(t *testing.T) {
	directories := replaytest.Others(t)
	if len(directories) == 0 {
		t.Skip("LIVEDORA_REPLAY_DATA names no directory of further histories")
	}
	for _, dir := range directories {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			history := replaytest.Load(t, dir)
			r := startReplay(t, afterAll, dir)
			r.control(map[string]any{"rate_limits": map[string]any{"core": 1_000_000, "graphql": 1_000_000}})
			var collected []*ledger
			for _, api := range []github.API{github.APIGraphQL, github.APIREST} {
				t.Run(string(api), func(t *testing.T) {
					config := incidents(history.Name)
					config.API = api
					l := newLedger()
					require.NoError(t, l.collect(t.Context(), r.source(config, at(afterAll)), time.Time{}))
					t.Logf("%d requests, %d points", l.last.Requests, l.last.Points)
					history.Check(t, slices.Collect(maps.Values(l.events)))
					collected = append(collected, l)
				})
			}
			if len(collected) == 2 {
				assertEqualEvents(t, collected[0], collected[1])
			}
		})
	}
}

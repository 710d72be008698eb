package facts_test

import (
	"bytes"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
)

// restarted is a history that was saved, and restored by another process; under other settings, it is not fitting.
func restarted(t require.TestingT, h *facts.Deriver, mapping dora.Mapping, def dora.Definition, fitting bool) *facts.Deriver {
	return restored(t, h.Saving(def), mapping, def, fitting)
}

func restored(t require.TestingT, saving *facts.Saving, mapping dora.Mapping, def dora.Definition, fitting bool) *facts.Deriver {
	var saved bytes.Buffer
	_, err := saving.WriteTo(&saved)
	require.NoError(t, err)
	restored, err := facts.Restore(bytes.NewReader(saved.Bytes()), int64(saved.Len()), mapping, def, fitting)
	require.NoError(t, err)
	return restored
}

// begun is a history of a part of what happened, and where that part ends.
func begun(mapping dora.Mapping, w *doratest.World, draw doratest.Chooser) (h *facts.Deriver, cut int) {
	h = facts.NewDeriver(mapping)
	h.KeepUnpacked(draw("awake", 0, 60))
	cut = draw("saved after", 0, len(w.Events))
	h.Apply(w.Events[:cut]...)
	return h, cut
}

func TestAHistoryThatWasSavedGoesOnAsIfNothingHadHappened(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		mapping, def, w := doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		h, cut := begun(mapping, w, draw)
		h = restarted(t, h, mapping, def, true)
		sameStory(t, w, tell(doratest.SnapshotOf(mapping, def, w.Events[:cut])), tell(h.Derive(def)))
		h = restarted(t, h, mapping, def, true) // also what was not touched since
		h.KeepUnpacked(draw("awake", 0, 60))
		h.Apply(w.Events[cut:]...)
		sameStory(t, w, newNaive(mapping, def, w.Events).tell(), tell(h.Derive(def)))
		sameFigures(t, doratest.SnapshotOf(mapping, def, w.Events), h.Derive(def))
	})
}

func TestAHistoryThatWasSavedCanBeReadUnderOtherSettings(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		w := doratest.DrawWorld(draw)
		h, cut := begun(doratest.DrawMapping(draw), w, draw)
		mapping, def := doratest.DrawMapping(draw), doratest.DrawDefinition(draw)
		h = restarted(t, h, mapping, def, false)
		h.Apply(w.Events[cut:]...)
		sameStory(t, w, newNaive(mapping, def, w.Events).tell(), tell(h.Derive(def)))
	})
}

func TestWhatIsSavedIsTheHistoryOfThatTimeThoughItGoesOnMeanwhile(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		mapping, def, w := doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		h, cut := begun(mapping, w, draw)
		saving := h.Saving(def)
		h.Apply(w.Events[cut:]...)
		h.Derive(def)
		sameStory(t, w, tell(doratest.SnapshotOf(mapping, def, w.Events[:cut])), tell(restored(t, saving, mapping, def, true).Derive(def)))
	})
}

// sameFigures compares what two snapshots answer, over all metrics.
func sameFigures(t require.TestingT, want, got *facts.Snapshot) {
	for i := range dora.Metrics {
		q := doratest.Question(dora.Metrics[i].Key, dora.Metrics[i].Statistics[0])
		q.GroupBy = []dora.Field{dora.ByService, dora.ByEnvironment}
		require.Equal(t, figures.Ask(want, q), figures.Ask(got, q))
	}
	for stage := range facts.StageNames {
		q := doratest.Question(dora.LeadTime, dora.Mean)
		require.Equal(t, figures.AskStage(want, q, facts.Stage(stage)), figures.AskStage(got, q, facts.Stage(stage)))
	}
}

func TestChangesAreReadFromWhereTheyWereSaved(t *testing.T) {
	repo, _ := released(t)
	h := facts.NewDeriver(repo.Mapping)
	h.KeepUnpacked(0)
	h.Apply(repo.Events...)
	before := h.Derive(repo.Def).Services[0]
	want := ChangesOf(before, 1)
	saving := h.Saving(repo.Def)
	var saved bytes.Buffer
	_, err := saving.WriteTo(&saved)
	require.NoError(t, err)
	saving.Shelve(bytes.NewReader(saved.Bytes()))
	assert.Equal(t, want, ChangesOf(before, 1))
	assert.Equal(t, want, ChangesOf(h.Derive(repo.Def).Services[0], 1))
}

func TestWhatIsDamagedIsNotRestored(t *testing.T) {
	repo, _ := released(t)
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	saving := h.Saving(repo.Def)
	var saved bytes.Buffer
	_, err := saving.WriteTo(&saved)
	require.NoError(t, err)
	for length := range saved.Len() {
		_, err := facts.Restore(bytes.NewReader(saved.Bytes()[:length]), int64(length), repo.Mapping, repo.Def, true)
		require.Error(t, err)
	}
	for at := range saved.Len() {
		damaged := slices.Clone(saved.Bytes())
		damaged[at] ^= 0x40
		_, err := facts.Restore(bytes.NewReader(damaged), int64(saved.Len()), repo.Mapping, repo.Def, true)
		require.Error(t, err, "byte %d", at)
	}
	other := dora.Mapping{Production: repo.Mapping.Production, Services: []dora.Service{{Name: "another"}}}
	_, err = facts.Restore(bytes.NewReader(saved.Bytes()), int64(saved.Len()), other, repo.Def, true)
	require.ErrorIs(t, err, facts.ErrNotRestorable)
}

func TestNothingOfADeploymentIsLostWhenItIsSaved(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 5, time.UTC)
	whole := &dora.Deployment{
		Header:     dora.Header{Source: "github", ID: "example/shop:deployment:7", Updated: at, Rank: 2},
		Repository: "example/Shop", Number: 7, Environment: "production", Tier: "production", Task: "deploy", SHA: strings.Repeat("a1", 20), Ref: "v1", RefKind: dora.RefTag,
		Created: at.Add(-time.Hour), URL: "https://example.org/7", Creator: "a person", Run: "17", Landing: true, Retried: true,
		Key: "CHG0030001", Recovered: at.Add(time.Hour), Unseen: 3,
		Statuses: []dora.DeploymentStatus{{State: dora.StateRunning, At: at.Add(-time.Minute)}, {State: dora.StateSuccess, At: at}},
	}
	for i, value := range reflect.ValueOf(whole).Elem().Fields() {
		require.False(t, value.IsZero() && i.Name != "Withdrawn", "this deployment has no %s, so that nothing is said of it", i.Name)
	}
	bare := &dora.Deployment{Header: dora.Header{Source: "github", ID: "example/shop:deployment:8", Updated: at}, Repository: "example/shop"}
	mapping, def := dora.Mapping{Production: dora.DefaultProduction}, dora.DefaultDefinition()
	h := facts.NewDeriver(mapping)
	h.Apply(whole, bare)
	h = restarted(t, h, mapping, def, true)
	assert.Equal(t, whole, h.Deployment(whole.FullID()))
	assert.Equal(t, bare, h.Deployment(bare.FullID()))
}

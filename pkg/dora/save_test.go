package dora_test

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
)

// restarted is a history that was saved, and restored by another process; under other settings, it is not fitting.
func restarted(t require.TestingT, h *dora.History, mapping dora.Mapping, def dora.Definition, fitting bool) *dora.History {
	return restored(t, h.Saving(def), mapping, def, fitting)
}

func restored(t require.TestingT, saving *dora.Saving, mapping dora.Mapping, def dora.Definition, fitting bool) *dora.History {
	var saved bytes.Buffer
	_, err := saving.WriteTo(&saved)
	require.NoError(t, err)
	restored, err := dora.Restore(bytes.NewReader(saved.Bytes()), int64(saved.Len()), mapping, def, fitting)
	require.NoError(t, err)
	return restored
}

// begun is a history of a part of what happened, and where that part ends.
func begun(mapping dora.Mapping, w *world, draw chooser) (h *dora.History, cut int) {
	h = dora.NewHistory(mapping)
	h.KeepAwake(draw("awake", 0, 60))
	cut = draw("saved after", 0, len(w.events))
	h.Apply(w.events[:cut]...)
	return h, cut
}

func TestAHistoryThatWasSavedGoesOnAsIfNothingHadHappened(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		mapping, def, w := drawMapping(draw), drawDefinition(draw), drawWorld(draw)
		h, cut := begun(mapping, w, draw)
		h = restarted(t, h, mapping, def, true)
		sameStory(t, w, tell(snapshotOf(mapping, def, w.events[:cut])), tell(h.Derive(def)))
		h = restarted(t, h, mapping, def, true) // also what was not touched since
		h.KeepAwake(draw("awake", 0, 60))
		h.Apply(w.events[cut:]...)
		sameStory(t, w, newNaive(mapping, def, w.events).tell(), tell(h.Derive(def)))
		sameFigures(t, snapshotOf(mapping, def, w.events), h.Derive(def))
	})
}

func TestAHistoryThatWasSavedCanBeReadUnderOtherSettings(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		w := drawWorld(draw)
		h, cut := begun(drawMapping(draw), w, draw)
		mapping, def := drawMapping(draw), drawDefinition(draw)
		h = restarted(t, h, mapping, def, false)
		h.Apply(w.events[cut:]...)
		sameStory(t, w, newNaive(mapping, def, w.events).tell(), tell(h.Derive(def)))
	})
}

func TestWhatIsSavedIsTheHistoryOfThatTimeThoughItGoesOnMeanwhile(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		mapping, def, w := drawMapping(draw), drawDefinition(draw), drawWorld(draw)
		h, cut := begun(mapping, w, draw)
		saving := h.Saving(def)
		h.Apply(w.events[cut:]...)
		h.Derive(def)
		sameStory(t, w, tell(snapshotOf(mapping, def, w.events[:cut])), tell(restored(t, saving, mapping, def, true).Derive(def)))
	})
}

// sameFigures compares what two snapshots answer, over all metrics.
func sameFigures(t require.TestingT, want, got *dora.Snapshot) {
	for i := range dora.Metrics {
		q := question(dora.Metrics[i].Key, dora.Metrics[i].Statistics[0])
		q.GroupBy = []dora.Field{dora.ByService, dora.ByEnvironment}
		require.Equal(t, want.Ask(q), got.Ask(q))
	}
	for stage := range dora.StageNames {
		q := question(dora.LeadTime, dora.Mean)
		require.Equal(t, want.AskStage(q, dora.Stage(stage)), got.AskStage(q, dora.Stage(stage)))
	}
}

func TestChangesAreReadFromWhereTheyWereSaved(t *testing.T) {
	repo, _ := released(t)
	h := dora.NewHistory(repo.mapping)
	h.KeepAwake(0)
	h.Apply(repo.events...)
	before := h.Derive(repo.def).Services[0]
	want := changesOf(before, 1)
	saving := h.Saving(repo.def)
	var saved bytes.Buffer
	_, err := saving.WriteTo(&saved)
	require.NoError(t, err)
	saving.Shelve(bytes.NewReader(saved.Bytes()))
	assert.Equal(t, want, changesOf(before, 1))
	assert.Equal(t, want, changesOf(h.Derive(repo.def).Services[0], 1))
}

func TestWhatIsDamagedIsNotRestored(t *testing.T) {
	repo, _ := released(t)
	h := dora.NewHistory(repo.mapping)
	h.Apply(repo.events...)
	saving := h.Saving(repo.def)
	var saved bytes.Buffer
	_, err := saving.WriteTo(&saved)
	require.NoError(t, err)
	for length := range saved.Len() {
		_, err := dora.Restore(bytes.NewReader(saved.Bytes()[:length]), int64(length), repo.mapping, repo.def, true)
		require.Error(t, err)
	}
	for at := range saved.Len() {
		damaged := slices.Clone(saved.Bytes())
		damaged[at] ^= 0x40
		_, err := dora.Restore(bytes.NewReader(damaged), int64(saved.Len()), repo.mapping, repo.def, true)
		require.Error(t, err, "byte %d", at)
	}
	other := dora.Mapping{Production: repo.mapping.Production, Services: []dora.Service{{Name: "another"}}}
	_, err = dora.Restore(bytes.NewReader(saved.Bytes()), int64(saved.Len()), other, repo.def, true)
	require.ErrorIs(t, err, dora.ErrNotRestorable)
}

func TestNothingOfADeploymentIsLostWhenItIsSaved(t *testing.T) {
	at := time.Date(2026, 3, 1, 10, 0, 0, 5, time.UTC)
	whole := &dora.Deployment{
		Header:     dora.Header{Source: "github", ID: "example/shop:deployment:7", Updated: at, Rank: 2},
		Repository: "example/Shop", Number: 7, Environment: "production", Task: "deploy", SHA: strings.Repeat("a1", 20), Ref: "v1", RefKind: dora.RefTag,
		Created: at.Add(-time.Hour), URL: "https://example.org/7", Creator: "a person", Run: "17", Landing: true, Retried: true,
		Statuses: []dora.DeploymentStatus{{State: dora.StateRunning, At: at.Add(-time.Minute)}, {State: dora.StateSuccess, At: at}},
	}
	for i, value := range reflect.ValueOf(whole).Elem().Fields() {
		require.False(t, value.IsZero() && i.Name != "Withdrawn", "this deployment has no %s, so that nothing is said of it", i.Name)
	}
	bare := &dora.Deployment{Header: dora.Header{Source: "github", ID: "example/shop:deployment:8", Updated: at}, Repository: "example/shop"}
	mapping, def := dora.Mapping{Production: dora.DefaultProduction}, dora.DefaultDefinition()
	h := dora.NewHistory(mapping)
	h.Apply(whole, bare)
	h = restarted(t, h, mapping, def, true)
	assert.Equal(t, whole, h.Deployment(whole.FullID()))
	assert.Equal(t, bare, h.Deployment(bare.FullID()))
}

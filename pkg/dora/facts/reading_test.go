package facts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

func TestFactsSeenUnderAnotherReadingOfRecoveryAreThoseDerivedUnderIt(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		mapping, def, w := doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		h := facts.NewDeriver(mapping)
		h.Apply(w.Events...)
		derived := h.Derive(def)
		for _, r := range dora.Recovery("").Allowed() {
			other := def
			other.Recovery = dora.Recovery(r)
			want, got := doratest.SnapshotOf(mapping, other, w.Events), derived.Reading(other.Recovery)
			assert.True(t, dora.Same(other, got.Definition))
			sameStory(t, w, tell(want), tell(got))
			assert.Equal(t, want.Unmeasured(nil, time.Time{}, time.Time{}, want.Latest), got.Unmeasured(nil, time.Time{}, time.Time{}, want.Latest))
			for i, f := range got.Services {
				for _, m := range dora.Metrics {
					assert.Equal(t, want.Services[i].Column(m.Key), f.Column(m.Key), "%s of %s", m.Key, f.Service.Name)
				}
			}
			for i, f := range h.Derive(def).Reading(other.Recovery).Services {
				assert.Same(t, got.Services[i], f, "what was not touched is the same under each reading")
			}
		}
	})
}

func TestTheNewestChangesAreTheLastOfAll(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		mapping, def, w := doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		h := facts.NewDeriver(mapping)
		h.KeepUnpacked(draw("awake", 0, 60))
		h.Apply(w.Events...)
		for _, f := range h.Derive(def).Services {
			if len(f.Deployments) == 0 {
				continue
			}
			since := f.Deployments[draw("since", 0, len(f.Deployments)-1)].Finished
			for range 2 { // worked out, and at hand
				newest, all := f.Newest(since), f.Shipments()
				for _, d := range f.Deployments {
					if d.Finished.Before(since) {
						continue
					}
					require.Len(t, newest.Of(d), len(all.Of(d)))
					for i, c := range all.Of(d) {
						assert.Equal(t, tellChange(c), tellChange(newest.Of(d)[i]))
					}
				}
			}
		}
	})
}

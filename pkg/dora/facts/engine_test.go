package facts_test

import (
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
)

func TestTheEngineAgreesWithTheNaiveReading(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		mapping, def, w := doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		h := facts.NewDeriver(mapping)
		h.KeepUnpacked(draw("awake", 0, 60))
		h.Apply(w.Events...)
		got := tell(h.Derive(def))
		want := newNaive(mapping, def, w.Events).tell()
		sameStory(t, w, want, got)
	})
}

// sameStory fails with the lines that only one of two tellings has.
func sameStory(t rapid.TB, w *doratest.World, want, got []string) {
	if strings.Join(want, "\n") == strings.Join(got, "\n") {
		return
	}
	for _, e := range w.Events {
		body, err := dora.Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s %s", e.Kind(), body)
	}
	count := map[string]int{}
	for _, line := range want {
		count[line]++
	}
	for _, line := range got {
		count[line]--
	}
	for _, line := range sortedKeys(count) {
		switch {
		case count[line] > 0:
			t.Logf("naive  %s", line)
		case count[line] < 0:
			t.Logf("engine %s", line)
		}
	}
	t.Fatalf("the readings differ; the naive one is\n%s", strings.Join(want, "\n"))
}

func TestAnyOrderOfArrivalAndAnySplittingGivesTheSameFacts(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		mapping, def, w := doratest.DrawMapping(draw), doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		h := facts.NewDeriver(mapping)
		h.Apply(w.Events...)
		want := tell(h.Derive(def))

		shuffled := slices.Clone(w.Events)
		for i := range shuffled {
			j := draw("order", i, len(shuffled)-1)
			shuffled[i], shuffled[j] = shuffled[j], shuffled[i]
		}
		pieces := facts.NewDeriver(mapping)
		pieces.KeepUnpacked(draw("awake", 0, 60))
		pieces.Derive(def)
		for _, e := range shuffled {
			pieces.Apply(e)
			if draw("derive in between", 0, 4) == 4 {
				pieces.Derive(def)
			}
		}
		pieces.Apply(shuffled[0])
		sameStory(t, w, want, tell(pieces.Derive(def)))
	})
}

func TestStagesSumToLeadTime(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		def := doratest.DrawDefinition(draw)
		forEachChange(doratest.SnapshotOf(doratest.DrawMapping(draw), def, doratest.DrawWorld(draw).Events), func(d *facts.Deployment, c *facts.Change) {
			if c.Excluded != "" {
				return
			}
			var sum time.Duration
			for stage := facts.StageCoding; stage <= facts.StageDeploy; stage++ {
				if length, ok := c.Stages.Of(stage); ok {
					assert.GreaterOrEqual(t, length, time.Duration(0))
					sum += length
				}
			}
			assert.Equal(t, c.Lead, sum)
			assert.False(t, d.First)
		})
	})
}

func TestWhatHappensElsewhereChangesNothingHere(t *testing.T) {
	doratest.ForDrawn(t, func(t rapid.TB, draw doratest.Chooser) {
		def, w := doratest.DrawDefinition(draw), doratest.DrawWorld(draw)
		w.Events = slices.DeleteFunc(w.Events, func(e dora.Event) bool { // a person may hold one service's incident against another
			c, ok := e.(*dora.Correction)
			return ok && c.Verdict == dora.VerdictLinked
		})
		api := dora.Service{
			Name:        "api",
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/api"}},
			Incidents:   []dora.IncidentRule{{Source: "github", Repository: "acme/api"}},
		}
		web := dora.Service{
			Name:        "web",
			Deployments: []dora.DeploymentRule{{Source: "github", Repository: "acme/web"}},
			Incidents:   []dora.IncidentRule{{Source: "github", Repository: "acme/web"}},
		}
		var here []dora.Event
		for _, e := range w.Events {
			if i, ok := e.(*dora.Incident); ok {
				i.Body = "An incident's text may name what belongs to others."
				i.Names, i.PartOf, i.Same = nil, "", nil // and so may its fields
			}
			if strings.HasPrefix(e.Head().ID, "acme/api") {
				here = append(here, e)
			}
		}
		production := dora.MustPattern("^production$")
		alone := doratest.SnapshotOf(dora.Mapping{Services: []dora.Service{api}, Production: production}, def, here)
		among := doratest.SnapshotOf(dora.Mapping{Services: []dora.Service{api, web}, Production: production}, def, w.Events)
		require.Equal(t, "api", among.Services[0].Service.Name)
		one := *among
		one.Services = among.Services[:1]
		sameStory(t, w, tell(alone), tell(&one))
	})
}

func forEachChange(s *facts.Snapshot, look func(*facts.Deployment, *facts.Change)) {
	for _, f := range s.Services {
		shipments := f.Shipments()
		for _, d := range f.Deployments {
			for _, c := range shipments.Of(d) {
				look(d, c)
			}
		}
	}
}

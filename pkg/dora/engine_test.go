package dora_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestTheEngineAgreesWithTheNaiveReading(t *testing.T) {
	forDrawn(t, func(t rapid.TB, draw chooser) {
		mapping, def, w := drawMapping(draw), drawDefinition(draw), drawWorld(draw)
		h := dora.NewHistory(mapping)
		h.KeepAwake(draw("awake", 0, 60))
		h.Apply(w.events...)
		got := tell(h.Derive(def))
		want := newNaive(mapping, def, w.events).tell()
		sameStory(t, w, want, got)
	})
}

// sameStory fails with the lines that only one of two tellings has.
func sameStory(t rapid.TB, w *world, want, got []string) {
	if strings.Join(want, "\n") == strings.Join(got, "\n") {
		return
	}
	for _, e := range w.events {
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

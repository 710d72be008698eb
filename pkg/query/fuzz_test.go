package query_test

import (
	"testing"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/query"
)

// FuzzAQuerysText holds that any text is a query or is refused within bounds, and that one question has one canonical text.
func FuzzAQuerysText(f *testing.F) {
	f.Add(`{"metric":"lead_time","statistic":"p90","groupBy":["team"],"filters":[{"field":"service","values":["a"]}],"timezone":"Europe/London"}`)
	f.Add(`{"definition":{"bots":{"pattern":"(a*)*$"},"incidentWindow":"12h"},"range":{"from":"now-90d/d","to":"now"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		if _, err := query.Parse([]byte(text), dora.DefaultDefinition()); err != nil {
			if len(err.Error()) > 10_000 {
				t.Errorf("%d bytes of error", len(err.Error()))
			}
			return
		}
		once, err := query.Canonical([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := query.Canonical(once); err != nil || string(twice) != string(once) {
			t.Errorf("%s is not %s: %v", twice, once, err)
		}
	})
}

package query_test

import (
	"encoding/json"
	"strings"
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

// FuzzAFilter holds that any filter is one or is refused by a name within the filters, and that what is taken is taken
// again in its canonical form.
func FuzzAFilter(f *testing.F) {
	for _, seed := range [][3]string{
		{"service", "in", "a"}, {"team", "not_in", ""}, {"environment", "matches", "("}, {"repository", "", "a/b"}, {"", "in", "x"}, {"Service", "IN", "\x00"}, {"label", "=~", ".*"},
	} {
		f.Add(seed[0], seed[1], seed[2], uint8(3))
	}
	f.Add("service", "in", "a", uint8(51))
	f.Fuzz(func(t *testing.T, field, op, value string, count uint8) {
		filters := make([]any, count)
		for i := range filters {
			filters[i] = map[string]any{"field": field, "op": op, "values": []string{value}}
		}
		text, err := json.Marshal(map[string]any{"filters": filters})
		if err != nil {
			t.Fatal(err)
		}
		if _, err = query.Parse(text, dora.DefaultDefinition()); err != nil {
			if !strings.Contains(err.Error(), "filters") || len(err.Error()) > 10_000 {
				t.Errorf("%.200s", err)
			}
			return
		}
		canonical, err := query.Canonical(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := query.Parse(canonical, dora.DefaultDefinition()); err != nil {
			t.Errorf("%s: %v", canonical, err)
		}
	})
}

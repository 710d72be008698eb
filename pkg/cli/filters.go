package cli

import (
	"flag"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// filtered are the fields that options narrow down, each by the option of its name.
var filtered = []dora.Field{dora.ByService, dora.ByTeam, dora.ByEnvironment, dora.ByRepository}

// filters are the names that a report is narrowed down to, by field.
type filters map[dora.Field][]string

func (o filters) define(f *flag.FlagSet) {
	for _, field := range filtered {
		f.Func(string(field), "only this `"+strings.ToUpper(string(field))+"`; several with commas, or the option again (names with commas are taken whole)", func(text string) error {
			o[field] = append(o[field], text)
			return nil
		})
	}
}

// resolve finds the names that options give among those that there are. A name may have commas in it.
func (o filters) resolve(s *facts.Snapshot) error {
	for _, field := range filtered {
		if len(o[field]) == 0 {
			continue
		}
		known := figures.Values(s, field, nil)
		var names []string
		for _, text := range o[field] {
			found, err := namesIn(field, text, known)
			if err != nil {
				return err
			}
			names = append(names, found...)
		}
		o[field] = names
	}
	return nil
}

// namesIn takes a list with commas apart. Of several ways, the one with the longest names first is meant.
func namesIn(field dora.Field, text string, known []string) ([]string, error) {
	parts := strings.Split(text, ",")
	var names []string
	for begin := 0; begin < len(parts); {
		end := len(parts)
		for ; end > begin; end-- {
			if name := strings.TrimSpace(strings.Join(parts[begin:end], ",")); slices.Contains(known, name) {
				names = append(names, name)
				break
			}
		}
		if end == begin {
			return nil, noSuch(field, strings.TrimSpace(parts[begin]), known)
		}
		begin = end
	}
	return names, nil
}

// noSuch says that there is no such name, and which there are.
func noSuch(field dora.Field, name string, known []string) error {
	return misused("--%s: there is no %s %q; %s", field, field, name, strict.Among(name, known))
}

// model is what a query has as filters.
func (o filters) model() []any {
	list := []any{}
	for _, field := range filtered {
		if len(o[field]) > 0 {
			list = append(list, map[string]any{"field": field, "values": o[field]})
		}
	}
	return list
}

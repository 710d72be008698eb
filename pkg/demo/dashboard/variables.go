package dashboard

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// all is how a variable says "All".
const all = "$__all"

// value is what a variable stands at.
type value struct {
	texts []string // several where the variable is multi-valued
	all   bool     // they are all that there are
	uid   bool     // it is a data source, which only references name
}

// values are the variables of one dashboard, by name.
type values map[string]value

// reference is a variable in a text: $name, ${name}, ${name:format}, ${name.field}, [[name]].
var reference = regexp.MustCompile(`\$(\w+)|\$\{(\w+)(?:[.:][^}]*)?\}|\[\[(\w+)(?::[^\]]*)?\]\]`)

// expand gives the texts that a text stands for: one for each combination of its variables' values. Unknown variables stay
// as they are, as in Grafana. unrestricted says that the text is nothing but a variable that stands at All.
func (v values) expand(text string) (texts []string, unrestricted bool) {
	texts = []string{""}
	end := 0
	for _, at := range reference.FindAllStringSubmatchIndex(text, -1) {
		written, name := text[at[0]:at[1]], nameAt(text, at)
		literal := text[end:at[0]]
		end = at[1]
		known, found := v[name]
		stands := known.texts
		if !found {
			stands = []string{written}
		}
		var longer []string
		for _, before := range texts {
			for _, s := range stands {
				longer = append(longer, before+literal+s)
			}
		}
		texts = longer
		unrestricted = unrestricted || (known.all && written == text)
	}
	for i := range texts {
		texts[i] += text[end:]
	}
	return texts, unrestricted
}

func nameAt(text string, at []int) string {
	for i := 2; i < len(at); i += 2 {
		if at[i] >= 0 {
			return text[at[i]:at[i+1]]
		}
	}
	return ""
}

// replaced are the keys of a query, beside its filters, in which the plugin's frontend replaces variables.
var replaced = []string{"timezone", "events", "at", "bucket", "rolling"}

// fill replaces variables where the plugin's frontend does: in filters' values and in the keys that are replaced, of which
// one that becomes empty is dropped. "All" in an `in` filter lifts the restriction, and so does a variable without a value.
func (v values) fill(t Target, zone string) Target {
	filled := maps.Clone(t)
	for _, key := range replaced {
		if text, ok := t[key].(string); ok {
			texts, _ := v.expand(text)
			filled[key] = strings.Join(texts, ",")
			if filled[key] == "" {
				delete(filled, key)
			}
		}
	}
	if filled["timezone"] == "browser" {
		filled["timezone"] = zone
	}
	filters, ok := t["filters"].([]any)
	if !ok {
		return filled
	}
	var restricting []any
	for _, each := range filters {
		if filter, ok := each.(map[string]any); ok {
			each = v.fillFilter(filter)
		}
		restricting = append(restricting, each)
	}
	filled["filters"] = restricting
	return filled
}

func (v values) fillFilter(filter map[string]any) map[string]any {
	written, ok := filter["values"].([]any)
	if !ok {
		return filter
	}
	lifted, found := false, []string{}
	for _, each := range written {
		texts, unrestricted := v.expand(fmt.Sprint(each))
		lifted = lifted || unrestricted
		for _, text := range texts {
			if text != "" && !slices.Contains(found, text) {
				found = append(found, text)
			}
		}
	}
	if op, given := filter["op"]; lifted && (!given || op == "in") {
		found = []string{}
	}
	filled := maps.Clone(filter)
	filled["values"] = found
	return filled
}

// choose is what a variable stands at when the dashboard is opened: what it was saved with, else All where it offers that,
// else the first that it offers.
func choose(v Variable, offered, wanted []string) value {
	switch saved := saved(v); {
	case len(wanted) > 0:
		return value{texts: wanted}
	case slices.Contains(saved, all), len(saved) == 0 && v.IncludeAll:
		if v.AllValue != "" {
			return value{texts: []string{v.AllValue}, all: true}
		}
		return value{texts: offered, all: true}
	case len(saved) > 0:
		return value{texts: saved}
	case len(offered) > 0:
		return value{texts: offered[:1]}
	}
	return value{texts: []string{""}}
}

func saved(v Variable) []string {
	switch current := v.Current.Value.(type) {
	case string:
		if current != "" {
			return []string{current}
		}
	case []any:
		var texts []string
		for _, each := range current {
			texts = append(texts, fmt.Sprint(each))
		}
		return texts
	}
	return nil
}

// words are what a custom or interval variable offers: texts with commas, `name : value` being a value with a name.
func words(v Variable) []string {
	var text string
	if json.Unmarshal(v.Query, &text) != nil {
		return nil
	}
	var offered []string
	for word := range strings.SplitSeq(text, ",") {
		if _, named, ok := strings.Cut(word, " : "); ok {
			word = named
		}
		offered = append(offered, strings.TrimSpace(word))
	}
	return offered
}

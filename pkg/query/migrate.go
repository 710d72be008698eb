package query

import (
	"fmt"
	"maps"
	"slices"

	"github.com/livedora/dora-datasource/pkg/strict"
)

// Version of the model. A query of an earlier version is read by way of Migrations, one of a later version is refused.
const Version = 1

// Migration tells how a query of one version is written in the next. It is data, because the frontend's editors and
// the backend both follow it. Queries are never rewritten where they are saved: they are read anew each time, and an
// editor saves what it shows.
type Migration struct {
	// From is the version that it turns into the next.
	From int `json:"from"`
	// Keys are those that have another name now; an empty name drops the key.
	Keys map[string]string `json:"keys,omitempty"`
	// Values are words that have another name now, by the key's new name, in a list as alone.
	Values map[string]map[string]string `json:"values,omitempty"`
}

// Migrations lead from the first version to Version, one for each step. A change of the model that an earlier query
// would not survive adds a line here and raises Version; nothing else need know.
var Migrations = []Migration{}

// Migrate turns a query's object, in place, into one of the newest version that the steps lead to. A query without a
// version is one of the first. The error is an *strict.Error.
func Migrate(object map[string]any, steps []Migration) error {
	newest := len(steps) + 1
	saved := struct {
		Version int `json:"version"`
	}{1}
	if err := strict.Decode("", map[string]any{"version": object["version"]}, &saved); err != nil {
		return err
	}
	switch {
	case saved.Version > newest:
		return &strict.Error{Field: "version", Problem: fmt.Sprintf("%d is of a later Live DORA; allowed: %s; update the plugin, or write the query anew", saved.Version, versions(newest))}
	case saved.Version < 1:
		return &strict.Error{Field: "version", Problem: fmt.Sprintf("%d is not allowed; allowed: %s", saved.Version, versions(newest))}
	}
	for _, step := range steps[saved.Version-1:] {
		step.apply(object)
	}
	object["version"] = float64(newest)
	return nil
}

func versions(newest int) string {
	if newest == 1 {
		return "1"
	}
	return fmt.Sprintf("1 to %d", newest)
}

func (m *Migration) apply(object map[string]any) {
	for _, old := range slices.Sorted(maps.Keys(m.Keys)) {
		value, there := object[old]
		if !there {
			continue
		}
		delete(object, old)
		if now := m.Keys[old]; now != "" {
			object[now] = value
		}
	}
	for key, words := range m.Values {
		switch value := object[key].(type) {
		case string:
			object[key] = renamed(value, words)
		case []any:
			list := slices.Clone(value)
			for i, each := range list {
				if word, ok := each.(string); ok {
					list[i] = renamed(word, words)
				}
			}
			object[key] = list
		}
	}
}

func renamed(word string, words map[string]string) string {
	if now, there := words[word]; there {
		return now
	}
	return word
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// bundledPackages are the npm packages of the list that the bundler wrote. The version is the package's own word.
func bundledPackages(list string) ([]part, error) {
	text, err := os.ReadFile(list)
	if err != nil {
		return nil, fmt.Errorf("what is in the bundle cannot be told; npm run build lists it: %w", err)
	}
	var bundled []struct{ Name, Directory string }
	if err := json.Unmarshal(text, &bundled); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", list, err)
	}
	var parts []part
	for _, each := range bundled {
		described, err := os.ReadFile(filepath.Join(each.Directory, "package.json"))
		if err != nil {
			return nil, fmt.Errorf("%s is in the bundle and not installed: %w", each.Name, err)
		}
		var words struct{ Version string }
		if err := json.Unmarshal(described, &words); err != nil {
			return nil, fmt.Errorf("package.json of %s cannot be read: %w", each.Name, err)
		}
		parts = append(parts, part{name: each.Name, version: words.Version, directories: map[string]string{each.Directory: "."}})
	}
	return parts, nil
}

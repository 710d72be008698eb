package settings

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
)

// expression is what Grafana expands in provisioning files: $$, $__env{NAME}, $__file{PATH}, ${NAME}, $NAME.
var expression = regexp.MustCompile(`\$\$|\$__(env|file)\{([^}]*)\}|\$\{([^}]*)\}|\$([A-Za-z_][A-Za-z0-9_]*)`)

// expand replaces environment variables and file references in a text, after YAML has been read. A $ that begins none
// of the forms stays, so that regular expressions may end in one.
func expand(text string) (string, error) {
	var failed error
	expanded := expression.ReplaceAllStringFunc(text, func(match string) string {
		if match == "$$" {
			return "$"
		}
		parts := expression.FindStringSubmatch(match)
		if parts[1] == "file" {
			content, err := os.ReadFile(strings.TrimSpace(parts[2]))
			if err != nil {
				failed = fmt.Errorf("$__file cannot be read: %w", err)
			}
			return strings.TrimSpace(string(content))
		}
		for _, name := range parts[2:] {
			if name != "" {
				return os.Getenv(name)
			}
		}
		return ""
	})
	return expanded, failed
}

// expandAll expands the texts in a value. What an expansion turned into the text of a number or boolean stays text, so
// that nothing is lost of it ("007"); fields of those kinds read them from text.
func expandAll(path string, value any) (any, error) {
	var mistakes []error
	switch v := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			expanded, err := expandAll(path+"."+key, v[key])
			v[key] = expanded
			mistakes = append(mistakes, err)
		}
	case []any:
		for i, each := range v {
			expanded, err := expandAll(fmt.Sprintf("%s[%d]", path, i), each)
			v[i] = expanded
			mistakes = append(mistakes, err)
		}
	case string:
		expanded, err := expand(v)
		if err != nil {
			return v, fmt.Errorf("%s: %w", strings.TrimPrefix(path, "."), err)
		}
		return expanded, nil
	}
	return value, errors.Join(mistakes...)
}

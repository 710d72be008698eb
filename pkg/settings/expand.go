package settings

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
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

// expandAll expands the texts in a value. A text that an expansion turned into a number or boolean becomes one, as it
// does in Grafana.
func expandAll(path string, value any) (any, error) {
	var mistakes []error
	switch v := value.(type) {
	case map[string]any:
		for key, each := range v {
			expanded, err := expandAll(path+"."+key, each)
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
		return typed(v, expanded), nil
	}
	return value, errors.Join(mistakes...)
}

func typed(before, after string) any {
	if before == after {
		return after
	}
	if n, err := strconv.ParseFloat(after, 64); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(after); err == nil && (after == "true" || after == "false") {
		return b
	}
	return after
}

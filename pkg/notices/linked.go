package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// listed is what go list says of a package that the program links.
type listed struct {
	Dir, ImportPath string
	Standard        bool
	Module          *struct {
		Path, Version, Dir string
		Main               bool
		Replace            *struct{ Path, Version, Dir string }
	}
}

// linkedModules are the modules whose packages the program links on any of the systems, and Go itself. What one of the systems
// links is in the notices of all, so that these are the same wherever they are made. Within a module, texts lie beside the packages that are linked, and in the folders above them.
func linkedModules(systems []string) ([]part, error) {
	parts := map[string]part{}
	for _, system := range systems {
		goos, goarch, _ := strings.Cut(system, "/")
		command := exec.Command("go", "list", "-deps", "-json=Dir,ImportPath,Standard,Module", "github.com/livedora/dora-datasource/pkg")
		command.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+goos, "GOARCH="+goarch)
		command.Stderr = os.Stderr
		out, err := command.Output()
		if err != nil {
			return nil, fmt.Errorf("the packages of %s cannot be listed: %w", system, err)
		}
		for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
			var l listed
			if err := decoder.Decode(&l); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("the list of packages of %s cannot be read: %w", system, err)
			}
			take(parts, l)
		}
	}
	goroot, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("where Go is cannot be told: %w", err)
	}
	all := []part{{name: "Go, its library and runtime", directories: map[string]string{strings.TrimSpace(string(goroot)): "."}}}
	for _, p := range parts {
		all = append(all, p)
	}
	return all, nil
}

// take adds a package to the part that its module is.
func take(parts map[string]part, l listed) {
	if l.Standard || l.Module == nil || l.Module.Main {
		return
	}
	name, version, root := l.Module.Path, l.Module.Version, l.Module.Dir
	if r := l.Module.Replace; r != nil {
		name, version, root = r.Path, r.Version, r.Dir
	}
	p, known := parts[name]
	if !known {
		p = part{name: name, version: version, directories: map[string]string{}}
		parts[name] = p
	}
	for directory := l.Dir; ; directory = filepath.Dir(directory) {
		called, err := filepath.Rel(root, directory)
		if err != nil || strings.HasPrefix(called, "..") {
			return
		}
		p.directories[directory] = called
	}
}

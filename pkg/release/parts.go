package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// component is what CycloneDX says of a part: as much of it as we write ourselves.
type component struct {
	Ref      string            `json:"bom-ref"`
	Type     string            `json:"type"`
	Name     string            `json:"name"`
	Version  string            `json:"version"`
	Scope    string            `json:"scope"`
	Purl     string            `json:"purl"`
	Licenses []map[string]word `json:"licenses,omitempty"`
}

type word struct {
	ID string `json:"id"`
}

// partsList is the list of parts (SBOM) in CycloneDX's form: the modules that the backend links, as its own build information has
// them, and the packages that the bundler put into the frontend.
func (r *release) partsList(m metadata, s state) ([]byte, error) {
	binary := filepath.Join(r.dist, binaryOf(m.Executable, r.systems[0]))
	c := exec.Command(r.tool, "bin", "-json", "-noserial", "-notimestamp", "-std", "-licenses", "-version", "v"+s.number, binary)
	c.Env = append(os.Environ(), "GOPROXY=off") // what is linked is on this machine
	var said strings.Builder
	c.Stderr = &said
	out, err := c.Output()
	if err != nil {
		return nil, fmt.Errorf("the parts of %s cannot be listed: %w\n%s", binary, err, said.String())
	}
	var list map[string]any
	if err := json.Unmarshal(out, &list); err != nil {
		return nil, fmt.Errorf("the list of parts cannot be read: %w", err)
	}
	linked, _ := list["components"].([]any)
	if len(linked) == 0 {
		return nil, fmt.Errorf("%s has no build information: it is built by go tool mage", binary)
	}
	bundled, err := r.bundledParts()
	if err != nil {
		return nil, err
	}
	for _, each := range bundled {
		linked = append(linked, each)
	}
	list["components"] = linked
	// The hashes of the tool and of one of six backends say nothing of the release, and differ from machine to machine.
	list["metadata"] = map[string]any{
		"tools":     []any{map[string]string{"vendor": "CycloneDX", "name": "cyclonedx-gomod"}},
		"component": map[string]string{"bom-ref": m.ID, "type": "application", "name": m.ID, "version": s.number},
	}
	delete(list, "compositions")
	delete(list, "dependencies")
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("the list of parts cannot be written: %w", err)
	}
	return append(text, '\n'), nil
}

// bundledParts are the packages of the list that the bundler wrote.
func (r *release) bundledParts() ([]component, error) {
	var bundled []struct{ Name, Directory string }
	if err := readJSON(r.parts, &bundled); err != nil {
		return nil, err
	}
	var parts []component
	for _, each := range bundled {
		var words struct{ Version, License string }
		if err := readJSON(filepath.Join(each.Directory, "package.json"), &words); err != nil {
			return nil, err
		}
		purl := "pkg:npm/" + strings.Replace(each.Name, "@", "%40", 1) + "@" + words.Version
		part := component{Ref: purl, Type: "library", Name: each.Name, Version: words.Version, Scope: "required", Purl: purl}
		if words.License != "" {
			part.Licenses = []map[string]word{{"license": {ID: words.License}}}
		}
		parts = append(parts, part)
	}
	slices.SortFunc(parts, byName)
	return parts, nil
}

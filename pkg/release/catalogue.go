package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// metadata is what plugin.json says, as far as a release asks for it.
type metadata struct {
	ID, Name, Type, Executable string
	Backend                    bool
	Info                       struct {
		Version, Updated, Description string
		Keywords                      []string
		Logos                         struct{ Small, Large string }
		Author                        struct{ URL string }
		Links, Screenshots            []struct{ Name, URL, Path string }
	}
	Includes     []struct{ Path string }
	Dependencies struct{ GrafanaDependency string }
}

func readMetadata(folder string) (metadata, error) {
	var m metadata
	err := readJSON(filepath.Join(folder, "plugin.json"), &m)
	return m, err
}

// candidate is a folder that is to become an archive, and the tree that it was made of.
type candidate struct {
	metadata
	root, folder string
	systems      []string
}

// demands are what Grafana's catalogue asks of a plugin's archive, as its validator does; each says what is wrong and what is
// right. What needs the network (links that answer, the organisation, provenance) is not asked here.
var demands = []func(c candidate) []error{
	candidate.isNamed, candidate.isDescribed, candidate.hasItsFiles, candidate.hasItsBackends, candidate.hasItsPictures,
	candidate.readsAlone, candidate.isLicensed, candidate.isBuiltAsUsual, candidate.showsItsSource, candidate.listsItsGoFiles,
	candidate.watchesNobody,
}

// admit is the catalogue's door: an error with all that it would refuse.
func admit(root, folder string, systems []string) error {
	m, err := readMetadata(folder)
	if err != nil {
		return err
	}
	var faults []error
	for _, demand := range demands {
		faults = append(faults, demand(candidate{m, root, folder, systems})...)
	}
	return errors.Join(faults...)
}

func fault(format string, args ...any) []error { return []error{fmt.Errorf(format, args...)} }

// text is a file of the archive, empty where it is not there.
func (c candidate) text(name string) string {
	content, err := os.ReadFile(filepath.Join(c.folder, name))
	if err != nil {
		return ""
	}
	return string(content)
}

func (c candidate) isNamed() (faults []error) {
	parts := strings.Split(c.ID, "-")
	if len(parts) < 3 || parts[len(parts)-1] != c.Type {
		faults = append(faults, fmt.Errorf("plugin.json: id %q; allowed: organisation-name-%s", c.ID, c.Type))
	}
	if c.Name == "" || c.Name == c.ID {
		faults = append(faults, errors.New("plugin.json: name is for people, and not the id"))
	}
	if filepath.Base(c.folder) != c.ID {
		faults = append(faults, fmt.Errorf("the archive's one folder is %s, and must be called %s", filepath.Base(c.folder), c.ID))
	}
	return faults
}

// ranges of Grafana's versions that leave newer ones in.
var openRange = regexp.MustCompile(`^>=\s*\d+\.\d+\.\d+(-\d+)?( <\s*\d+\.\d+\.\d+)?$`)

func (c candidate) isDescribed() (faults []error) {
	if c.Info.Description == "" || len(c.Info.Keywords) == 0 {
		faults = append(faults, errors.New("plugin.json: info.description and info.keywords are what the catalogue finds a plugin by"))
	}
	if !openRange.MatchString(c.Dependencies.GrafanaDependency) {
		faults = append(faults, fmt.Errorf("plugin.json: dependencies.grafanaDependency %q; allowed: a range without an end, such as >=12.3.0", c.Dependencies.GrafanaDependency))
	}
	links := []string{c.Info.Author.URL}
	for _, each := range c.Info.Links {
		links = append(links, each.URL)
	}
	for _, link := range links {
		if u, err := url.Parse(link); err != nil || u.Scheme != "https" || u.Host == "" {
			faults = append(faults, fmt.Errorf("plugin.json: the link %q is no address that begins with https", link))
		}
	}
	return faults
}

func (c candidate) hasItsFiles() (faults []error) {
	for _, name := range []string{"module.js", "module.js.map", "CHANGELOG.md", "README.md", "LICENSE", "THIRD_PARTY_NOTICES"} {
		if strings.TrimSpace(c.text(name)) == "" {
			faults = append(faults, fmt.Errorf("%s is missing or empty", name))
		}
	}
	for _, each := range c.Includes {
		if !json.Valid([]byte(c.text(each.Path))) {
			faults = append(faults, fmt.Errorf("plugin.json: includes names %s, which is not there or no JSON", each.Path))
		}
	}
	err := filepath.WalkDir(c.folder, func(at string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(c.folder, at)
		if err == nil && e.Name() == "plugin.json" && name != "plugin.json" {
			faults = append(faults, fmt.Errorf("%s is a plugin in a plugin, which a %s cannot have", name, c.Type))
		}
		return err
	})
	if err != nil {
		faults = append(faults, err)
	}
	return faults
}

func (c candidate) hasItsBackends() (faults []error) {
	if !c.Backend || c.Executable == "" {
		return fault("plugin.json: backend and executable are missing")
	}
	for _, system := range c.systems {
		name := binaryOf(c.Executable, system)
		switch info, err := os.Stat(filepath.Join(c.folder, name)); {
		case err != nil:
			faults = append(faults, fmt.Errorf("the backend %s is missing", name))
		case info.Mode().Perm() != 0o755:
			faults = append(faults, fmt.Errorf("the backend %s has the mode %04o, and must be 0755 to run", name, info.Mode().Perm()))
		case !strings.Contains(c.text(name), `"version":"`+c.Info.Version+`"`):
			faults = append(faults, fmt.Errorf("the backend %s was not built as %s", name, c.Info.Version))
		}
	}
	return faults
}

func (c candidate) hasItsPictures() (faults []error) {
	pictures := map[string]string{"info.logos.small": c.Info.Logos.Small, "info.logos.large": c.Info.Logos.Large}
	for i, each := range c.Info.Screenshots {
		pictures[fmt.Sprintf("info.screenshots[%d]", i)] = each.Path
	}
	if len(c.Info.Screenshots) == 0 {
		faults = append(faults, errors.New("plugin.json: info.screenshots is empty"))
	}
	for _, field := range slices.Sorted(keys(pictures)) {
		name := pictures[field]
		if name == "" || path.IsAbs(name) || strings.HasPrefix(name, ".") || strings.Contains(name, ":") {
			faults = append(faults, fmt.Errorf("plugin.json: %s %q; allowed: a path in the archive, such as img/logo.svg", field, name))
			continue
		}
		content := c.text(name)
		kind := http.DetectContentType([]byte(content))
		switch {
		case content == "":
			faults = append(faults, fmt.Errorf("plugin.json: %s names %s, which is not there or empty", field, name))
		case path.Ext(name) == ".svg":
			if unsafePicture.MatchString(content) {
				faults = append(faults, fmt.Errorf("%s does something: a picture has no scripts and no addresses", name))
			}
		case kind != "image/"+strings.Replace(strings.TrimPrefix(path.Ext(name), "."), "jpg", "jpeg", 1):
			faults = append(faults, fmt.Errorf("%s is %s, and its name says otherwise", name, kind))
		}
	}
	return faults
}

var unsafePicture = regexp.MustCompile(`(?i)<script|<foreignobject|\son\w+\s*=|javascript:|(href|src)\s*=\s*["']https?:`)

var (
	markdownLink = regexp.MustCompile(`\[.+?\]\(([^)\s]+)`)
	developers   = regexp.MustCompile(`(?i)\b(yarn|npm|node\.?js|webpack|magefile)\b`)
)

// readsAlone: the README is shown by the catalogue and by Grafana, to people who have no repository.
func (c candidate) readsAlone() (faults []error) {
	readme := c.text("README.md")
	for _, link := range markdownLink.FindAllStringSubmatch(readme, -1) {
		if !strings.HasPrefix(link[1], "https://") && !strings.HasPrefix(link[1], "#") {
			faults = append(faults, fmt.Errorf("README.md: the link %s leads nowhere in the catalogue; allowed: https://…", link[1]))
		}
	}
	if found := developers.FindString(readme); found != "" {
		faults = append(faults, fmt.Errorf("README.md: %q is a developers' word: it belongs on a page for them", found))
	}
	if strings.Contains(readme, "<!--") {
		faults = append(faults, errors.New("README.md has comments, which are for nobody there"))
	}
	return faults
}

func (c candidate) isLicensed() []error {
	licence := c.text("LICENSE")
	if !strings.Contains(licence, "Apache License") || !strings.Contains(licence, "Version 2.0") {
		return fault("LICENSE is not the text of Apache 2.0, which the product has")
	}
	return nil
}

// isBuiltAsUsual: the catalogue takes what is built by Grafana's tools, and sees it by two names.
func (c candidate) isBuiltAsUsual() (faults []error) {
	for name, word := range map[string]string{".config/webpack/webpack.config.ts": "@grafana/create-plugin", "Magefile.go": "grafana-plugin-sdk-go/build"} {
		content, err := os.ReadFile(filepath.Join(c.root, name))
		if err != nil || !bytes.Contains(content, []byte(word)) {
			faults = append(faults, fmt.Errorf("%s does not name %s, by which the catalogue knows how the plugin is built", name, word))
		}
	}
	return faults
}

// showsItsSource: the source map has the files of src by their names there, as they are.
func (c candidate) showsItsSource() (faults []error) {
	var sources struct {
		Sources, SourcesContent []string
	}
	if err := json.Unmarshal([]byte(c.text("module.js.map")), &sources); err != nil || len(sources.Sources) == 0 || len(sources.Sources) != len(sources.SourcesContent) {
		return fault("module.js.map has no sources")
	}
	ours := 0
	for i, name := range sources.Sources {
		name = strings.TrimPrefix(name, "webpack://"+c.ID+"/")
		if strings.HasPrefix(name, "external ") || strings.HasPrefix(name, "webpack/") || strings.Contains(name, "node_modules/") || strings.HasSuffix(name, ".json") {
			continue
		}
		ours++
		content, err := os.ReadFile(filepath.Join(c.root, "src", filepath.FromSlash(name)))
		if err != nil || string(content) != sources.SourcesContent[i] {
			faults = append(faults, fmt.Errorf("module.js.map: %s is not the file of this name below src: the frontend was built of another tree, or names its files from elsewhere", name))
		}
	}
	if ours == 0 {
		return fault("module.js.map names no file of src")
	}
	return faults
}

// listsItsGoFiles: the manifest has the checksum of every Go file of the tree, and of no other.
func (c candidate) listsItsGoFiles() (faults []error) {
	listed := map[string]string{}
	for lines := bufio.NewScanner(strings.NewReader(c.text("go_plugin_build_manifest"))); lines.Scan(); {
		if sum, name, ok := strings.Cut(lines.Text(), ":"); ok && !strings.Contains(name, "node_modules/") {
			listed[filepath.ToSlash(name)] = sum
		}
	}
	err := filepath.WalkDir(c.root, func(at string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && (e.Name() == "node_modules" || e.Name() == ".git" || at == filepath.Join(c.root, ".cache")) {
			return filepath.SkipDir
		}
		if e.IsDir() || filepath.Ext(at) != ".go" {
			return nil
		}
		name, err := filepath.Rel(c.root, at)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		if listed[filepath.ToSlash(name)] != hex.EncodeToString(sum[:]) {
			faults = append(faults, fmt.Errorf("go_plugin_build_manifest does not have %s as it is: the backend was built of another tree", name))
		}
		delete(listed, filepath.ToSlash(name))
		return nil
	})
	if err != nil {
		faults = append(faults, err)
	}
	for _, name := range slices.Sorted(keys(listed)) {
		if !strings.HasPrefix(name, ".cache/") {
			faults = append(faults, fmt.Errorf("go_plugin_build_manifest has %s, which is not in the tree", name))
		}
	}
	return faults
}

// trackers are hosts to which scripts report what people do.
var trackers = []string{"google-analytics.com", "googletagmanager.com", "segment.io", "segment.com", "mixpanel.com", "hotjar.com", "sentry.io", "fullstory.com", "amplitude.com"}

func (c candidate) watchesNobody() (faults []error) {
	module := c.text("module.js")
	for _, host := range trackers {
		if strings.Contains(module, host) {
			faults = append(faults, fmt.Errorf("module.js names %s, which watches people", host))
		}
	}
	return faults
}

package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// What a release needs from outside. Neither is ever printed.
const (
	// tokenName is an access policy token of Grafana, with which its own tool signs.
	tokenName = "GRAFANA_ACCESS_POLICY_TOKEN"
	// unsignedName says yes to a release that Grafana loads only where it is allowed to.
	unsignedName = "RELEASE_UNSIGNED"
)

// state is the tree that is released.
type state struct {
	version
	changes []string  // files that are not committed
	made    time.Time // of the commit: the time of every file in the archives, so that these are the same wherever they are made
	real    bool      // under a tag, for others
}

func (s state) sentence() string {
	words := "ready: " + s.number
	if !s.real {
		words += ", a rehearsal: nothing is published without RELEASE_TAG"
	}
	if len(s.changes) > 0 {
		words += fmt.Sprintf("; %d files are not committed", len(s.changes))
	}
	return words
}

// ready says what is in the way of a release. A rehearsal has nothing in its way but versions that differ.
func (r *release) ready() (state, error) {
	v, err := versionOf(r.root)
	if err != nil {
		return state{}, err
	}
	s := state{version: v, real: r.tag != ""}
	seconds, err := r.git("log", "-1", "--format=%ct")
	if err != nil {
		return state{}, err
	}
	unix, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return state{}, fmt.Errorf("the time of the commit cannot be read: %w", err)
	}
	s.made = time.Unix(unix, 0).UTC()
	changed, err := r.git("status", "--porcelain")
	if err != nil {
		return state{}, err
	}
	if changed != "" {
		s.changes = strings.Split(changed, "\n")
	}
	if !s.real {
		return s, nil
	}
	var faults []error
	if r.tag != "v"+v.number {
		faults = append(faults, fmt.Errorf("the tag is %s, and the version %s: it is tagged v%s, or the version is changed in plugin.json, package.json, package-lock.json and CHANGELOG.md", r.tag, v.number, v.number))
	}
	if at, err := r.git("tag", "--points-at", "HEAD"); err != nil || !strings.Contains("\n"+at+"\n", "\n"+r.tag+"\n") {
		faults = append(faults, fmt.Errorf("the tag %s is not on what is checked out: git checkout %s", r.tag, r.tag))
	}
	if len(s.changes) > 0 {
		faults = append(faults, fmt.Errorf("the tree is not what was tagged: %s", strings.Join(s.changes, ", ")))
	}
	if v.date == "" {
		faults = append(faults, fmt.Errorf("CHANGELOG.md calls %s unreleased: its heading has the day, as in ## %s (%s)", v.number, v.number, s.made.Format(time.DateOnly)))
	}
	if r.environment(tokenName) == "" && r.environment(unsignedName) != "yes" {
		faults = append(faults, errors.New(tokenName+" is missing, with which the plugin is signed; "+unsignedName+"=yes releases it unsigned, which Grafana loads only where it is allowed to"))
	}
	return s, errors.Join(faults...)
}

// git asks git about the tree.
func (r *release) git(args ...string) (string, error) {
	out, err := exec.Command("git", append([]string{"-C", r.root}, args...)...).Output()
	if err != nil {
		return "", fmt.Errorf("git %s: a release is made of a git repository: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// version is what this release is called, and what its notes say.
type version struct {
	number, date, notes string
}

var heading = regexp.MustCompile(`(?m)^## (\d+\.\d+\.\d+)(?: \((\d{4}-\d\d-\d\d|unreleased)\))?$`)

// versionOf is the one version of a tree. It is an error where its files differ.
func versionOf(root string) (version, error) {
	var plugin struct {
		Info struct{ Version, Updated string }
	}
	var npm, lock struct{ Version string }
	for name, into := range map[string]any{"plugin.json": &plugin, "package.json": &npm, "package-lock.json": &lock} {
		if err := readJSON(filepath.Join(root, name), into); err != nil {
			return version{}, err
		}
	}
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return version{}, fmt.Errorf("what is new cannot be told: %w", err)
	}
	headings := heading.FindAllSubmatchIndex(text, -1)
	if len(headings) == 0 {
		return version{}, errors.New("CHANGELOG.md has no heading of a version, such as ## 1.2.3 (2026-01-31)")
	}
	end := len(text)
	if len(headings) > 1 {
		end = headings[1][0]
	}
	first := heading.FindSubmatch(text)
	v := version{number: string(first[1]), date: string(first[2]), notes: strings.TrimSpace(string(text[headings[0][1]:end]))}
	if v.date == "unreleased" {
		v.date = ""
	}
	if plugin.Info.Version != v.number || npm.Version != v.number || lock.Version != v.number {
		return version{}, fmt.Errorf("the version is one: CHANGELOG.md says %s, plugin.json %s, package.json %s, package-lock.json %s", v.number, plugin.Info.Version, npm.Version, lock.Version)
	}
	if v.date != "" && plugin.Info.Updated != v.date {
		return version{}, fmt.Errorf("the day is one: CHANGELOG.md says %s, info.updated of plugin.json %s", v.date, plugin.Info.Updated)
	}
	if v.notes == "" {
		return version{}, fmt.Errorf("CHANGELOG.md says nothing of %s", v.number)
	}
	return v, nil
}

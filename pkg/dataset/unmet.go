package dataset

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Unmet says what of the settings matches nothing of what is stored, a sentence each, so that an answer without figures is
// not without a word. Settings that fit are silent. Lists are cut: what is wrong in many places is seen in a few.
func (d *Dataset) Unmet() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := unmet{
		settings: d.options.Settings, states: map[string]collect.SourceState{}, counts: d.history.Counts(),
		places: d.history.Places(), preview: d.history.Preview(d.options.Settings.Mapping()), probe: d.history.Preview,
		repositories: map[string][]string{},
	}
	for _, p := range u.places {
		if known := u.repositories[p.Source]; len(known) == 0 || known[len(known)-1] != p.Repository { // they are in order
			u.repositories[p.Source] = append(known, p.Repository)
		}
	}
	for _, s := range d.collector.State() {
		u.states[s.ID] = s
	}
	for i := range u.settings.Sources {
		u.ofSource(&u.settings.Sources[i])
	}
	u.ofProduction()
	for i := range u.settings.Services {
		u.ofService(i)
	}
	u.ofLabels()
	u.ofPaths(d.Snapshot())
	u.ofOwners(d.ownerGaps())
	return u.sentences()
}

// NothingMatched says that all that is read was read, and that nothing of it is there.
func (d *Dataset) NothingMatched() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	counts := d.history.Counts()
	reads := false
	for _, s := range d.options.Settings.Sources {
		if s.System.OwnersAlone() {
			continue
		}
		if of := counts[s.ID]; of[dora.KindRepository]+of[dora.KindDeployment]+of[dora.KindIncident] > 0 {
			return false
		}
		reads = reads || !s.System.Told()
	}
	return reads
}

// unmet looks for what matches nothing.
type unmet struct {
	settings settings.Settings
	states   map[string]collect.SourceState
	counts   map[string]map[dora.Kind]int
	places   []history.Place // every repository has one at least
	// repositories are the names of those that are read, by source.
	repositories map[string][]string
	preview      history.Preview
	probe        func(dora.Mapping) history.Preview
	found        []string
	entries      []string // of services, and of rules of sources: there may be many
}

// unmetLimit is how many lines are said of the entries of services and the rules of sources.
const unmetLimit = 10

func (u *unmet) say(format string, args ...any) {
	u.found = append(u.found, fmt.Sprintf(format, args...))
}

func (u *unmet) sentences() []string {
	if more := len(u.entries) - unmetLimit; more > 0 {
		u.entries = append(u.entries[:unmetLimit], fmt.Sprintf("%d more entries match nothing.", more))
	}
	return append(u.found, u.entries...)
}

func (u *unmet) ofSource(s *settings.Source) {
	counts := u.counts[s.ID]
	if s.System.Told() {
		if counts[dora.KindDeployment]+counts[dora.KindIncident]+counts[dora.KindChange] == 0 {
			u.say("Source %s has told of nothing yet.", s.ID)
		}
		return
	}
	switch {
	case counts[dora.KindRepository]+counts[dora.KindDeployment] > 0, withoutCode(s) && (!u.states[s.ID].LastSuccess.IsZero() || counts[dora.KindIncident] > 0):
	case u.states[s.ID].Failure != "":
		return // which is told for itself
	case u.states[s.ID].LastSuccess.IsZero():
		u.say("Nothing of source %s is stored, because it has not been collected: collect --once reads it into the store.", s.ID)
		return
	default:
		u.say("Source %s: no repository matches repositories (%s): %s", s.ID, source.Listed(s.Selects()), s.Lacking(dora.KindRepository))
		return
	}
	for _, pattern := range s.Selects() {
		if counts[dora.KindRepository] > 0 && !withoutCode(s) && strings.ContainsAny(pattern, "*?") && !strings.HasPrefix(strings.TrimSpace(pattern), "!") && !u.reads(s.ID, pattern) {
			u.say("Source %s: repositories: %q matches no repository.", s.ID, pattern)
		}
	}
	u.ofHabits(s)
	if advice := s.Lacking(dora.KindDeployment); advice != "" && counts[dora.KindDeployment] == 0 {
		if len(s.Selects()) == 0 {
			u.say("Source %s has no deployment: %s", s.ID, advice)
		} else {
			u.say("Source %s has no deployment in any repository (%d): %s", s.ID, counts[dora.KindRepository], advice)
		}
	}
	if advice := s.Lacking(dora.KindIncident); advice != "" && counts[dora.KindIncident] == 0 {
		u.say("Source %s: %s", s.ID, advice)
	}
}

// reads says whether a pattern names any repository that was read.
func (u *unmet) reads(source, pattern string) bool {
	return slices.ContainsFunc(u.repositories[source], dora.Selection{Repositories: []string{pattern}}.Takes)
}

// ofProduction says that the pattern of production, where anything goes by it, matches no environment.
func (u *unmet) ofProduction() {
	goesBy := u.settings.KeepsOthers()
	for _, s := range u.settings.Services {
		goesBy = goesBy || slices.ContainsFunc(s.Deployments, func(r dora.DeploymentRule) bool { return r.Environment.IsZero() && r.Tier == "" })
	}
	environments := u.environments(func(history.Place) bool { return true })
	if len(environments) == 0 || !goesBy || slices.ContainsFunc(environments, u.settings.Production.Match) {
		return
	}
	u.say("production: %q matches none of the environments with deployments: %s.", u.settings.Production, quoted(environments))
}

// environments are those that were deployed to, of some places.
func (u *unmet) environments(of func(history.Place) bool) []string {
	var names []string
	for _, p := range u.places {
		if p.Environment != "" && of(p) && !slices.Contains(names, p.Environment) {
			names = append(names, p.Environment)
		}
	}
	slices.Sort(names)
	return names
}

// empty says that nothing of a source is there, which is said of the source.
func (u *unmet) empty(source string) bool {
	return u.counts[source][dora.KindRepository]+u.counts[source][dora.KindDeployment]+u.counts[source][dora.KindIncident] == 0
}

// withoutCode says that a source has no repositories: what it selects, if anything, is where incidents are, such as projects.
func withoutCode(s *settings.Source) bool {
	return len(s.Selects()) == 0 || !s.System.Told() && !slices.Contains(s.System.Reads, dora.KindDeployment) && !slices.Contains(s.System.Reads, dora.KindChange)
}

// selectedOf is what a source without code selects; nil of any other.
func (u *unmet) selectedOf(source string) []string {
	for i := range u.settings.Sources {
		if s := &u.settings.Sources[i]; s.ID == source && withoutCode(s) {
			return s.Selects()
		}
	}
	return nil
}

func (u *unmet) knows(source, repository string) bool {
	if selected := u.selectedOf(source); selected != nil {
		return dora.Selection{Repositories: selected}.Takes(repository)
	}
	return slices.ContainsFunc(u.repositories[source], func(name string) bool { return strings.EqualFold(name, repository) })
}

func quoted(texts []string) string {
	all := make([]string, len(texts))
	for i, text := range texts {
		all[i] = strconv.Quote(text)
	}
	return source.Listed(all)
}

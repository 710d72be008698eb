package discover

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Settings are what a proposal makes of a data source's jsonData.
type Settings struct {
	Sources    []map[string]any `json:"sources"`
	Production string           `json:"production,omitempty"`
	Services   []Entry          `json:"services,omitempty"`
	Owners     []dora.OwnerRule `json:"owners,omitempty"`
	Teams      []dora.TeamName  `json:"teams,omitempty"`
}

// Entry is an entry of services.
type Entry struct {
	Match       *Match       `json:"match,omitempty"`
	Name        string       `json:"name,omitempty"`
	Team        string       `json:"team,omitempty"`
	Deployments []EntryPaths `json:"deployments,omitempty"`
}

// Match is what a rule goes by.
type Match struct {
	Repository  string `json:"repository"`
	Environment string `json:"environment,omitempty"`
	Task        string `json:"task,omitempty"`
	TagPrefix   string `json:"tagPrefix,omitempty"`
	Path        string `json:"path,omitempty"`
}

// EntryPaths are the paths of a rule's services.
type EntryPaths struct {
	Paths []string `json:"paths"`
}

// Given is a source as it is configured.
type Given struct {
	ID, Type string
	// Own are its own settings, as they would be saved.
	Own map[string]any
	// ByLabels gives what its incidents are where some labels make one; nil: its settings have none, or they are given.
	ByLabels func(labels []string) any
	// Secrets are the short names of those that it has, such as token.
	Secrets []string
}

// group are repositories whose deployments are counted alike.
type group struct {
	from, key    string
	names        []string
	repositories []string
}

// patternLimit is how long a pattern of names may become, in bytes.
const patternLimit = 900

// groups gathers the choices of a source. Where a pattern of one repository's names would take what another does not count, they
// are two.
func groups(id string, p *Proposal) (all []*group) {
	for i := range p.Choices {
		c := &p.Choices[i]
		if c.Source != id || c.Deployments == nil {
			continue
		}
		a := c.Deployments
		var into *group
		for _, g := range all {
			if g.from == a.From && g.key == a.Key && p.fits(g, c) {
				into = g
				break
			}
		}
		if into == nil {
			into = &group{from: a.From, key: a.Key}
			all = append(all, into)
		}
		into.repositories = append(into.repositories, c.Repository)
		for _, name := range a.Names {
			if !slices.Contains(into.names, name) {
				into.names = append(into.names, name)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b *group) int { return cmp.Compare(len(b.repositories), len(a.repositories)) })
	return all
}

// fits says whether one pattern can pick what counts of the group and of one more repository.
func (p *Proposal) fits(g *group, c *Choice) bool {
	names := slices.Concat(g.names, c.Deployments.Names)
	if len(patternOf(names)) > patternLimit {
		return false
	}
	for i := range p.Choices {
		member := &p.Choices[i]
		if member.Source != c.Source || member != c && !slices.Contains(g.repositories, member.Repository) {
			continue
		}
		for _, name := range p.happening(member, c.Deployments.From) {
			if slices.Contains(names, name) && !slices.Contains(member.Deployments.Names, name) {
				return false
			}
		}
	}
	return true
}

// happening are the names of all that a repository has of what is counted.
func (p *Proposal) happening(c *Choice, from string) (names []string) {
	for i := range p.Repositories {
		row := &p.Repositories[i]
		if row.Source != c.Source || row.Repository != c.Repository {
			continue
		}
		for _, s := range row.Signals {
			if s.From == from && s.Key != "" {
				names = append(names, s.Name)
			}
		}
	}
	return names
}

// patternOf matches some names and no other.
func patternOf(names []string) string {
	if len(names) == 0 {
		return ""
	}
	escaped := make([]string, len(names))
	for i, name := range slices.Sorted(slices.Values(names)) {
		escaped[i] = regexp.QuoteMeta(name)
	}
	if len(names) == 1 {
		return "^" + escaped[0] + "$"
	}
	return "^(" + strings.Join(escaped, "|") + ")$"
}

// assemble makes settings of the choices.
func (p *Proposal) assemble(o ownership) {
	p.Settings = Settings{Owners: o.rules, Teams: o.names}
	for i := range p.given {
		p.Settings.Sources = append(p.Settings.Sources, p.source(&p.given[i]))
	}
	p.Settings.Production = p.production()
	p.Settings.Services = p.entries()
}

// source is the source that was looked at as it is to be: how most repositories are deployed, and a rule for each other way.
func (p *Proposal) source(given *Given) map[string]any {
	own := maps.Clone(given.Own)
	if own == nil {
		own = map[string]any{}
	}
	own["id"], own["type"] = given.ID, given.Type
	if _, configured := own["incidents"]; !configured && given.ByLabels != nil {
		if labels := p.labels(given.ID); len(labels) > 0 {
			own["incidents"] = given.ByLabels(labels)
		}
	}
	var environment any
	if before, ok := own["deployments"].(map[string]any); ok {
		environment = before["environment"]
	}
	var rules []map[string]any
	for n, g := range groups(given.ID, p) {
		deployments := map[string]any{"from": g.from}
		if environment != nil {
			deployments["environment"] = environment
		}
		if pattern := patternOf(g.names); g.key != "" && pattern != "" {
			deployments[g.key] = pattern
		}
		if n == 0 {
			own["deployments"] = deployments
			continue
		}
		deployments["repositories"] = g.repositories
		rules = append(rules, deployments)
	}
	if len(rules) > 0 {
		own["deployments"].(map[string]any)["rules"] = rules
	}
	return own
}

// labels are those of incidents that any repository of a source has.
func (p *Proposal) labels(id string) []string {
	found := map[string]bool{}
	for i := range p.Repositories {
		if row := &p.Repositories[i]; row.Source == id && row.Incidents.N > 0 {
			for _, label := range row.IncidentLabels {
				found[label] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// production is the pattern of production environments; empty: the product's own does.
func (p *Proposal) production() string {
	var odd []string
	for i := range p.Choices {
		a := p.Choices[i].Deployments
		if a == nil || a.Parts != nil && a.Parts.By == "environment" {
			continue
		}
		for _, name := range a.Environments {
			if !dora.DefaultProduction.Match(name) && !slices.Contains(odd, name) {
				odd = append(odd, name)
			}
		}
	}
	if len(odd) == 0 {
		p.Production = "Every environment of production is called as most call it."
		return ""
	}
	slices.Sort(odd)
	p.Production = "Production is also called " + quoted(odd) + "."
	return "(?i)" + patternOf(append([]string{"live", "prod", "production"}, odd...))
}

// entries are those of services: exceptions, then a rule for each monorepo, then one for each owner that takes the rest by its
// short name, where that names one repository alone.
func (p *Proposal) entries() (list []Entry) {
	for i := range p.Choices {
		for _, s := range p.Choices[i].Services {
			if s.OwnEntry && len(s.Teams) > 0 {
				list = append(list, Entry{Name: s.Name, Team: s.Teams[0]})
			}
		}
	}
	catchAll := map[string]bool{}
	for i := range p.Choices {
		c := &p.Choices[i]
		if c.Deployments == nil {
			continue
		}
		if parts := c.Deployments.Parts; parts != nil {
			e := Entry{Match: &Match{Repository: c.Repository}, Name: parts.name}
			switch parts.By {
			case "environment":
				e.Match.Environment = parts.Shape
			case "task":
				e.Match.Task = parts.Shape
			case "tagPrefix":
				e.Match.TagPrefix = parts.Shape
			default:
				e.Match.Path = parts.Shape
			}
			if parts.Paths != "" && parts.By != "path" {
				e.Deployments = []EntryPaths{{Paths: []string{parts.Paths}}}
			}
			list = append(list, e)
		} else if p.short {
			owner, _, _ := strings.Cut(c.Repository, "/")
			catchAll[owner] = true
		}
	}
	for _, owner := range slices.Sorted(maps.Keys(catchAll)) {
		list = append(list, Entry{Match: &Match{Repository: owner + "/**"}, Name: "{name}"})
	}
	return list
}

// write makes a provisioning file of the settings.
func (p *Proposal) write() error {
	secrets := map[string]string{}
	for _, given := range p.given {
		for _, name := range given.Secrets {
			secrets["sources."+given.ID+"."+name] = "$" + strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(given.ID+"_"+name))
		}
	}
	file := struct {
		APIVersion  int   `json:"apiVersion"`
		Datasources []any `json:"datasources"`
	}{1, []any{struct {
		Name           string            `json:"name"`
		Type           string            `json:"type"`
		JSONData       Settings          `json:"jsonData"`
		SecureJSONData map[string]string `json:"secureJsonData,omitempty"`
	}{"Live DORA", "livedora-dora-datasource", p.Settings, secrets}}}
	text, err := json.Marshal(file)
	if err != nil {
		return err
	}
	var node yaml.Node
	if err := yaml.Unmarshal(text, &node); err != nil {
		return err
	}
	block(&node)
	node.HeadComment = p.comment()
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	if err := encoder.Encode(&node); err != nil {
		return err
	}
	p.YAML = out.String()
	return encoder.Close()
}

// block writes one thing a line, but for short lists.
func block(n *yaml.Node) {
	n.Style &^= yaml.FlowStyle | yaml.DoubleQuotedStyle
	if n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.HasPrefix(n.Value, "$") {
		n.Style = yaml.DoubleQuotedStyle
	}
	for _, child := range n.Content {
		block(child)
	}
}

// comment says what is unsure, for whoever reads the file.
func (p *Proposal) comment() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Proposed by what was seen from %s to %s: %d services of %d repositories; %d of them are unsure.", p.Since.Format("2006-01-02"), p.Until.Format("2006-01-02"), p.Summary.Services, p.Summary.Repositories, p.Summary.Unsure)
	for i := range p.Choices {
		for _, q := range p.Choices[i].Questions {
			fmt.Fprintf(&b, "\nUnsure: %s", strings.Join(strings.Fields(p.Choices[i].Repository+": "+q), " "))
		}
	}
	return b.String()
}

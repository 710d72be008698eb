package discover

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Window is how far back discovery looks.
const Window = 90 * 24 * time.Hour

// Correction is a person's word on a repository. What is empty stays as proposed.
type Correction struct {
	Source     string `json:"source"`
	Repository string `json:"repository"`
	// LeaveOut takes the repository out of the proposal.
	LeaveOut bool `json:"leaveOut,omitempty"`
	// From is what is counted, Names which workflows or pipelines, and Environments which are production.
	From         string   `json:"from,omitempty"`
	Names        []string `json:"names,omitempty"`
	Environments []string `json:"environments,omitempty"`
	// Whole makes one service of a repository that several were proposed of.
	Whole bool `json:"whole,omitempty"`
	// Team owns all of the repository's services.
	Team string `json:"team,omitempty"`
}

// Propose makes a proposal of what repositories offer, and of what people said of it.
func Propose(offers []source.Offer, given []Given, since, until time.Time, corrections ...Correction) (*Proposal, error) {
	p := &Proposal{Since: since.UTC(), Until: until.UTC(), given: given, Choices: []Choice{}, Places: []Place{}, Repositories: []Row{}}
	offers = slices.Clone(offers)
	slices.SortFunc(offers, func(a, b source.Offer) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Repository, b.Repository))
	})
	weeks := until.Sub(since).Hours() / (7 * 24)
	said := map[string]*Correction{}
	for i := range corrections {
		said[corrections[i].Source+"\n"+strings.ToLower(corrections[i].Repository)] = &corrections[i]
	}
	for i := range offers {
		o := &offers[i]
		if o.Signals == nil {
			o.Signals = []source.Signal{}
		}
		p.Repositories = append(p.Repositories, Row{Offer: *o, Archived: o.Traits.Archived, Fork: o.Traits.Fork, Topics: o.Traits.Topics, CodeOwners: o.Traits.CodeOwners != "", Catalogue: o.Traits.CatalogInfo != ""})
		word := said[o.Source+"\n"+strings.ToLower(o.Repository)]
		delete(said, o.Source+"\n"+strings.ToLower(o.Repository))
		c := choose(o, weeks)
		if word != nil {
			if err := c.corrected(o, word, weeks); err != nil {
				return nil, err
			}
		}
		p.Choices = append(p.Choices, c)
	}
	for _, word := range said {
		return nil, fmt.Errorf("corrections: %q of source %q is none of the repositories that were looked at", word.Repository, word.Source)
	}
	p.name()
	o := p.own(offers, corrections)
	p.assemble(o)
	p.sum()
	return p, p.write()
}

// choose weighs what a repository offers.
func choose(o *source.Offer, weeks float64) Choice {
	c := Choice{Source: o.Source, Repository: o.Repository}
	all := ways(o, weeks)
	switch {
	case o.Traits.Archived:
		c.LeftOut = "It is archived."
	case o.Empty:
		c.LeftOut = "It is empty."
	case len(all) == 0 || worth(&all[0]) < 0:
		c.LeftOut = "Nothing that could be a deployment succeeded in it."
	case o.Traits.Fork && all[0].Kind != source.SignalDeployment:
		c.LeftOut = "It is a fork, and nothing is deployed from it."
	}
	if c.LeftOut != "" {
		c.Others = all
		return c
	}
	c.take(o, all[0], all[1:])
	return c
}

func (c *Choice) take(o *source.Offer, best Alternative, others []Alternative) {
	c.LeftOut, c.Others = "", others
	if best.Parts == nil {
		best.Parts = byFolder(o)
	}
	if best.Parts != nil && best.Parts.By != "path" {
		best.Parts.Paths = best.Parts.inFolders(o)
	}
	if best.Parts == nil {
		for _, top := range []string{"services", "apps"} {
			if n := len(o.Folders[top]); n > 1 {
				c.Questions = append(c.Questions, fmt.Sprintf("There are %d folders in %s/, and its deployments are all of one kind: is it one service?", n, top))
			}
		}
	}
	if best.Sure == Unsure {
		c.Questions = append(c.Questions, best.Reason)
	}
	c.Deployments = &best
}

// inFolders is the shape of the folders of the services, where each has one of its name that the file CODEOWNERS names. With it a
// deployment that brings nothing of its folder is none of the service's, so that it is proposed only where it says whose it is.
func (p *Parts) inFolders(o *source.Offer) string {
	for _, top := range slices.Sorted(maps.Keys(o.Folders)) {
		missing := func(name string) bool {
			return !slices.Contains(o.Folders[top], name) || !strings.Contains(o.Traits.CodeOwners, top+"/"+name)
		}
		if !slices.ContainsFunc(p.Services, missing) {
			return top + "/" + service + "/**"
		}
	}
	return ""
}

// corrected takes a person's word.
func (c *Choice) corrected(o *source.Offer, word *Correction, weeks float64) error {
	if word.LeaveOut {
		*c = Choice{Source: c.Source, Repository: c.Repository, LeftOut: "A person left it out."}
		return nil
	}
	if word.From != "" || len(word.Names) > 0 || len(word.Environments) > 0 {
		var signals []source.Signal
		from := word.From
		if from == "" && c.Deployments != nil {
			from = c.Deployments.From
		}
		var offered []string
		for _, s := range o.Signals {
			if !slices.Contains(offered, s.From) {
				offered = append(offered, s.From)
			}
			if s.From == from && (len(word.Names) == 0 || slices.Contains(word.Names, s.Name)) && (len(word.Environments) == 0 || slices.Contains(word.Environments, s.Name)) {
				signals = append(signals, s)
			}
		}
		if len(signals) == 0 {
			return fmt.Errorf("corrections: %s has nothing of the kind %q with these names; it offers: %s", o.Repository, from, source.Listed(offered))
		}
		a := alternative(Sure, signals...)
		a.Figures.Weekly = float64(a.Figures.Deployments) / weeks
		a.Reason = "A person said so."
		switch a.Kind {
		case source.SignalDeployment:
			if a.Parts = byShapes("environment", a.Environments, counts(signals)); a.Parts == nil {
				a.Parts = byTags(signals, a.Figures.Deployments)
			}
		case source.SignalRun:
			a.Parts = byShapes("task", a.Names, counts(signals))
		case source.SignalRelease, source.SignalTag:
			a.Parts = byPrefix(counts(signals))
		}
		others := c.Others
		if c.Deployments != nil {
			others = append([]Alternative{*c.Deployments}, others...)
		}
		c.Questions = nil
		c.take(o, a, others)
	}
	if word.Whole && c.Deployments != nil {
		c.Deployments.Parts, c.Questions = nil, nil
	}
	return nil
}

// name names the services: by the short names of repositories, where no two have one.
func (p *Proposal) name() {
	times := map[string]int{}
	for i := range p.Choices {
		c := &p.Choices[i]
		switch {
		case c.Deployments == nil:
		case c.Deployments.Parts == nil:
			times[strings.ToLower(last(c.Repository))]++
		default:
			for _, part := range c.Deployments.Parts.Services {
				times[strings.ToLower(part)]++
			}
		}
	}
	p.short = true
	for i := range p.Choices {
		c := &p.Choices[i]
		if c.Deployments != nil && c.Deployments.Parts == nil && times[strings.ToLower(last(c.Repository))] > 1 {
			p.short = false
		}
	}
	for i := range p.Choices {
		c := &p.Choices[i]
		switch {
		case c.Deployments == nil:
		case c.Deployments.Parts == nil:
			name := c.Repository
			if p.short {
				name = last(name)
			}
			c.Services = []Service{{Name: name}}
		default:
			parts := c.Deployments.Parts
			parts.name = ""
			for _, part := range parts.Services {
				if times[strings.ToLower(part)] > 1 {
					parts.name = "{name}-" + service
				}
			}
			for _, part := range parts.Services {
				name := part
				if parts.name != "" {
					name = last(c.Repository) + "-" + part
				}
				c.Services = append(c.Services, Service{Name: name, Part: part})
			}
		}
	}
}

// last is the last part of a repository's name.
func last(name string) string { return name[strings.LastIndex(name, "/")+1:] }

// own gives the services their teams.
func (p *Proposal) own(offers []source.Offer, corrections []Correction) ownership {
	var services []owned
	for i := range p.Choices {
		c := &p.Choices[i]
		for j := range c.Services {
			place := owners.Place{Source: c.Source, Name: c.Repository, Traits: &offers[i].Traits}
			if parts := c.Deployments.Parts; parts != nil {
				shape := parts.Paths
				if parts.By == "path" {
					shape = parts.Shape
				}
				if shape != "" {
					place.Paths = []dora.Glob{dora.MustGlob(strings.ReplaceAll(shape, service, c.Services[j].Part))}
				}
			}
			services = append(services, owned{i, j, dora.Service{Name: c.Services[j].Name}, []owners.Place{place}})
		}
	}
	o, said := own(candidates(offers), services)
	finder := owners.NewFinder(dora.Ownership{Rules: o.rules, Names: o.names}, nil)
	known := map[string]string{}
	found := make([]owners.Finding, len(services))
	for s := range services {
		found[s] = finder.Of(&services[s].of, services[s].places)
		if len(found[s].Teams) == 1 && !isPerson(found[s].Teams[0]) {
			known[team(found[s].Teams[0])] = found[s].Teams[0]
		}
	}
	asked := map[int]bool{} // the choices of which something is to be said but for owners
	for i := range p.Choices {
		asked[i] = len(p.Choices[i].Questions) > 0
	}
	for s, each := range services {
		c := &p.Choices[each.choice]
		into := &c.Services[each.service]
		into.Teams, into.From = found[s].Teams, found[s].From
		into.Sure, into.Reason = judge(found[s], said[s])
		if len(into.Teams) == 0 {
			if name := byName(last(c.Repository), known); name != "" {
				into.Teams, into.OwnEntry = []string{name}, true
				into.Sure, into.Reason = Unsure, fmt.Sprintf("No place says whose it is; its name begins as that of the team %s.", name)
			}
		}
		for i := range corrections {
			word := &corrections[i]
			if word.Team != "" && word.Source == c.Source && strings.EqualFold(word.Repository, c.Repository) {
				into.Teams, into.From, into.OwnEntry, into.Sure, into.Reason = []string{word.Team}, owners.FromSettings, true, Sure, "A person said so."
			}
		}
		if into.Sure == Unsure {
			c.Questions = append(c.Questions, fmt.Sprintf("Whose is %s? %s", into.Name, into.Reason))
		}
		if into.Teams == nil {
			into.Teams = []string{}
		}
		into.Sure = least(into.Sure, c.Deployments)
		if asked[each.choice] {
			into.Sure = Unsure
		}
	}
	p.Places = append(p.Places, o.places...)
	return o
}

// least is how sure the least sure of a service's team, deployments and parts is.
func least(s Sureness, a *Alternative) Sureness {
	if a.Sure.below(s) {
		s = a.Sure
	}
	if a.Parts != nil && a.Parts.Sure.below(s) {
		s = a.Parts.Sure
	}
	return s
}

// byName is the team that a repository's name begins with; empty: none, or one of its own.
func byName(repository string, known map[string]string) string {
	words := strings.Split(repository, "-")
	for n := len(words) - 1; n > 0; n-- {
		if name := known[team(strings.Join(words[:n], "-"))]; name != "" {
			return name
		}
	}
	return ""
}

// sum counts.
func (p *Proposal) sum() {
	teams := map[string]bool{}
	p.Summary.Repositories = len(p.Repositories)
	for i := range p.Choices {
		c := &p.Choices[i]
		if c.Deployments == nil {
			p.Summary.LeftOut++
		}
		for _, s := range c.Services {
			p.Summary.Services++
			switch s.Sure {
			case Unsure:
				p.Summary.Unsure++
			case Likely:
				p.Summary.Likely++
			default:
				p.Summary.Sure++
			}
			if len(s.Teams) == 0 {
				p.Summary.Unowned++
			}
			for _, name := range s.Teams {
				teams[name] = true
			}
		}
	}
	p.Summary.Teams = len(teams)
}

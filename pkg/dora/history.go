package dora

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// History is everything that the sources told of one dataset, indexed for deriving. One goroutine owns it; what it
// derives is immutable and may be shared.
type History struct {
	mapping      Mapping
	repositories map[repositoryKey]*repository
	incidents    map[string]*incident          // by full id
	reported     map[repositoryKey][]*incident // by source and repository
	named        nameIndex
	corrections  map[string]*Correction // by full id
	said         words
	mentioned    map[string][]*incident // by token: the incidents whose text has it
	placed       *placement             // of the services in force; nil when it must be made anew
	mapped       []Service              // the services in force; nil when they must be listed anew
	touched      map[string]bool        // services whose facts are out of date
	everything   bool                   // all of them are
	version      uint64                 // rises with each event that may change facts
	views        map[string]*view       // by definition
	readings     int                    // how many views there ever were
	reading      int                    // the number of the one that is being derived
}

// Mapping says which services there are and what is production. Without services every repository is one, named
// after it.
type Mapping struct {
	Services   []Service
	Production Pattern
}

// DefaultProduction matches the environments that most teams call production.
var DefaultProduction = MustPattern(`(?i)^(prod|production|live)$`)

type repositoryKey struct{ source, name string } // the name in lower case: vendors do not tell cases apart

type repository struct {
	key         repositoryKey
	name        string // as the vendor spells it
	event       *Repository
	graph       *graph
	main        mainLine
	changes     map[int]*change
	byMerge     claims                 // what landed with a commit
	owners      claims                 // whose commit it is: a change's own, or one that its rebase landed
	unresolved  map[int]*change        // changes whose landed commits are not worked out
	deployments map[string]*Deployment // by id: vendors number by job or environment, so numbers are not unique
}

type change struct {
	event   *Change
	merge   node
	commits []node
	reverts *revert

	// fact is what was last derived of it, under which definition's reading: a deployment that arrives changes none of
	// those that were there.
	fact    *ChangeFact
	reading int
	// hotfix is what was last judged of it, under which reading.
	hotfix bool
	judged int
}

type incident struct {
	event    *Incident
	mentions []string
}

// NewHistory is an empty history of the services that a mapping names.
func NewHistory(mapping Mapping) *History {
	return &History{
		mapping:      mapping,
		repositories: map[repositoryKey]*repository{},
		incidents:    map[string]*incident{},
		reported:     map[repositoryKey][]*incident{},
		corrections:  map[string]*Correction{},
		said:         words{},
		named:        nameIndex{},
		mentioned:    map[string][]*incident{},
		touched:      map[string]bool{},
		views:        map[string]*view{},
		everything:   true,
	}
}

// Apply takes in events, in any order and any number of times. Of two versions of an event the newer stays.
func (h *History) Apply(events ...Event) {
	for _, e := range events {
		switch e := e.(type) {
		case *Repository:
			h.applyRepository(e)
		case *Commit:
			if r := h.repository(e.Source, e.Repository); r.graph.add(e) {
				h.touch(r)
			}
		case *Change:
			h.applyChange(e)
		case *Deployment:
			h.applyDeployment(e)
		case *Incident:
			h.applyIncident(e)
		case *Correction:
			h.applyCorrection(e)
		}
	}
}

func (h *History) repository(source, name string) *repository {
	key := repositoryKey{source, strings.ToLower(name)}
	r, ok := h.repositories[key]
	if !ok {
		r = &repository{
			key: key, name: name, graph: newGraph(), main: mainLine{head: noNode},
			changes:    map[int]*change{},
			unresolved: map[int]*change{}, deployments: map[string]*Deployment{},
		}
		h.repositories[key] = r
		h.mapped, h.placed = nil, nil
		h.everything = true // a rule without a repository, and the default mapping, may take it in
	}
	return r
}

func (h *History) applyRepository(e *Repository) {
	r := h.repository(e.Source, e.Name)
	if r.event != nil && !e.NewerThan(r.event.Header) {
		return
	}
	if r.name != e.Name {
		r.name, h.mapped, h.placed = e.Name, nil, nil
	}
	r.event = e
	h.touch(r)
}

func (h *History) applyChange(e *Change) {
	r := h.repository(e.Source, e.Repository)
	c := r.changes[e.Number]
	if c != nil {
		if !e.NewerThan(c.event.Header) {
			return
		}
		r.disown(c)
	}
	c = &change{event: withoutText(e), merge: r.graph.name(e.MergeCommit), reverts: parseRevert(e.Title, e.Body)}
	for _, own := range e.Commits {
		if n := r.graph.name(own.SHA); n != noNode {
			c.commits = append(c.commits, n)
			r.owners.add(n, c)
		}
	}
	if c.merge != noNode {
		r.byMerge.add(c.merge, c)
	}
	r.changes[e.Number] = c
	r.unresolved[e.Number] = c
	h.touch(r)
}

// withoutText is a change without what nothing asks for once it is read: its text, and its commits' names, which the
// graph has. That is a third of it.
func withoutText(e *Change) *Change {
	kept := *e
	kept.Body = ""
	kept.Commits = make([]ChangeCommit, len(e.Commits))
	for i, c := range e.Commits {
		kept.Commits[i].Authored = c.Authored
	}
	return &kept
}

func (r *repository) disown(c *change) {
	r.byMerge.remove(c.merge, c)
	for _, n := range c.commits {
		r.owners.remove(n, c)
	}
}

func (h *History) applyDeployment(e *Deployment) {
	r := h.repository(e.Source, e.Repository)
	if old := r.deployments[e.ID]; old != nil {
		if !e.NewerThan(old.Header) {
			return
		}
		h.named.remove(old)
	}
	r.deployments[e.ID] = e
	for _, token := range h.named.add(e) {
		for _, i := range h.mentioned[token] {
			h.touchIncident(i.event)
		}
	}
	h.touch(r)
}

func (h *History) applyIncident(e *Incident) {
	if old := h.incidents[e.FullID()]; old != nil {
		if !e.NewerThan(old.event.Header) {
			return
		}
		h.touchIncident(old.event)
		is := func(other *incident) bool { return other == old }
		h.reported[old.place()] = slices.DeleteFunc(h.reported[old.place()], is)
		for _, token := range old.mentions {
			h.mentioned[token] = slices.DeleteFunc(h.mentioned[token], is)
		}
	}
	i := &incident{event: e, mentions: mentions(e.Title + "\n" + e.Body)}
	h.incidents[e.FullID()] = i
	h.reported[i.place()] = append(h.reported[i.place()], i)
	for _, token := range i.mentions {
		h.mentioned[token] = append(h.mentioned[token], i)
	}
	h.touchIncident(e)
}

// place is where an incident was reported.
func (i *incident) place() repositoryKey {
	return repositoryKey{i.event.Source, strings.ToLower(i.event.Repository)}
}

// incidentsOf lists the incidents that belong to a service, each once: by its settings, and by people's words on its
// deployments.
func (h *History) incidentsOf(f *Facts, byID map[string]*DeploymentFact) []*incident {
	s := &f.Service
	found := h.attributed(f, byID)
	seen := map[*incident]bool{}
	for _, i := range found {
		seen[i] = true
	}
	for n := range s.Incidents {
		h.matching(&s.Incidents[n], func(i *incident) {
			if !seen[i] {
				seen[i] = true
				found = append(found, i)
			}
		})
	}
	return found
}

// matching yields the incidents that a rule matches, without those that turned out to be none.
func (h *History) matching(rule *IncidentRule, yield func(*incident)) {
	among := func(reported []*incident) {
		for _, i := range reported {
			if !i.event.Withdrawn && rule.Matches(i.event) {
				yield(i)
			}
		}
	}
	if rule.Repository != "" {
		among(h.reported[repositoryKey{rule.Source, strings.ToLower(rule.Repository)}])
		return
	}
	for _, reported := range h.reported {
		among(reported)
	}
}

func (h *History) touch(r *repository) {
	h.version++
	if h.everything {
		return
	}
	for _, s := range h.placement().deploying(r.key) {
		h.touched[s.Name] = true
	}
}

func (h *History) touchIncident(e *Incident) {
	h.version++
	if h.everything {
		return
	}
	for _, s := range h.placement().reporting(repositoryKey{e.Source, strings.ToLower(e.Repository)}) {
		for i := range s.Incidents {
			if s.Incidents[i].Matches(e) {
				h.touched[s.Name] = true
			}
		}
	}
	for _, c := range h.said[e.FullID()] {
		if r, d := h.deployment(c.Deployment); d != nil {
			h.touch(r) // the service that a person holds it against may be none of those
		}
	}
}

// mappedServices are the services of the settings, or one for each repository where settings name none.
func (h *History) mappedServices() []Service {
	if h.mapped != nil {
		return h.mapped
	}
	if len(h.mapping.Services) > 0 {
		h.mapped = h.mapping.Services
		return h.mapped
	}
	h.mapped = h.repositoriesAsServices()
	return h.mapped
}

// repositoriesAsServices makes a service of each repository, by source and name.
func (h *History) repositoriesAsServices() []Service {
	var services []Service
	repositories := slices.SortedFunc(maps.Values(h.repositories), func(a, b *repository) int {
		return cmp.Or(cmp.Compare(a.key.source, b.key.source), cmp.Compare(a.key.name, b.key.name))
	})
	for _, r := range repositories {
		services = append(services, Service{
			Name:        r.name,
			Deployments: []DeploymentRule{{Source: r.key.source, Repository: r.name}},
			Incidents:   []IncidentRule{{Source: r.key.source, Repository: r.name}},
		})
	}
	return services
}

// nameIndex finds deployments by what a text may call them: number, full sha, version.
type nameIndex map[string][]*Deployment

func deploymentNames(d *Deployment) []string {
	names := []string{strconv.FormatInt(d.Number, 10), strings.ToLower(d.SHA)}
	if d.RefKind == RefTag && d.Ref != "" {
		names = append(names, d.Ref)
	}
	return names
}

func (n nameIndex) add(d *Deployment) []string {
	names := deploymentNames(d)
	for _, name := range names {
		n[name] = append(n[name], d)
	}
	return names
}

func (n nameIndex) remove(d *Deployment) {
	for _, name := range deploymentNames(d) {
		n[name] = slices.DeleteFunc(n[name], func(other *Deployment) bool { return other == d })
	}
}

// settle works out what depends on a repository as a whole: its main line, and which commits a rebase landed.
func (r *repository) settle() {
	if r.event != nil {
		r.main.extend(r.graph, r.graph.name(r.event.HeadSHA))
	}
	for number, c := range r.unresolved {
		found, whole := r.landedByRebase(c)
		if whole || c.merge == noNode {
			delete(r.unresolved, number)
		}
		for _, landed := range found {
			if !slices.Contains(c.commits, landed) {
				c.commits = append(c.commits, landed)
				r.owners.add(landed, c)
			}
		}
	}
}

// landedByRebase finds the commits that a rebase put on the main line in place of the change's own: going back from
// the last that landed, each keeps the author date of one of them, in their order. It is not whole while the way back
// leads to a commit that is not known.
func (r *repository) landedByRebase(c *change) (landed []node, whole bool) {
	own := c.event.Commits
	at := c.merge
	for i := len(own) - 1; i >= 0; i-- {
		if !r.graph.known(at) {
			return landed, false
		}
		if r.graph.merge(at) {
			break
		}
		if at != c.merge && r.graph.commits[at].committed.Before(c.event.Opened) {
			break // it was on the main line before there was anything to rebase: the branch has a copy of it
		}
		if !r.graph.commits[at].authored.Equal(own[i].Authored) {
			continue // merge commits of the branch do not land
		}
		landed = append(landed, at)
		if len(r.graph.commits[at].parents) == 0 {
			break
		}
		at = r.graph.commits[at].parents[0]
	}
	return landed, true
}

// plain says whether a commit on the main line is a change of its own: it belongs to no pull request.
func (r *repository) plain(n node) bool {
	_, on := r.main.position(n)
	return on && len(r.byMerge.of(n)) == 0 && len(r.owners.of(n)) == 0
}

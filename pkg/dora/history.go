package dora

import (
	"cmp"
	"container/list"
	"maps"
	"slices"
	"strings"
	"time"
)

// History is everything that the sources told of one dataset, indexed for deriving. One goroutine owns it; what it
// derives is immutable and may be shared.
type History struct {
	mapping      Mapping
	repositories map[repositoryKey]*repository
	awake        wakefulness
	told         []*repository                 // something came of them while they were at rest
	incidents    map[string]*incident          // by full id, as nameOf has it
	reported     map[repositoryKey][]*incident // by source and repository
	named        nameIndex
	corrections  map[string]*Correction     // by full id
	former       map[repositoryKey][]former // whose names were whose
	asked        map[repositoryKey]bool     // are read by a name that they had
	said         words
	saidShared   bool                   // somebody has what was said up to now
	mentioned    map[string][]*incident // by a deployment's name: the incidents whose text has it
	placed       *placement             // of the services in force; nil when it must be made anew
	mapped       []Service              // the services in force; nil when they must be listed anew
	touched      map[string]bool        // services whose facts are out of date
	everything   bool                   // all of them are
	reach        map[string]time.Time   // see Reach
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
	// Selections are which repositories of a source count; of a source that has none all do.
	Selections []Selection
}

// DefaultProduction matches the environments that most teams call production.
var DefaultProduction = MustPattern(`(?i)^(prod|production|live)$`)

type repositoryKey struct{ source, name string } // the name in lower case: vendors do not tell cases apart

func (k repositoryKey) compare(other repositoryKey) int {
	return cmp.Or(cmp.Compare(k.source, other.source), cmp.Compare(k.name, other.name))
}

// repository is what is known of one repository. Its deployments are always at hand; its code, by far the most, is at
// rest but for those that were worked on last.
type repository struct {
	key         repositoryKey
	name        string // as the vendor spells it
	event       *Repository
	deployments map[string]*Deployment // by id within it: vendors number by job or environment, so numbers are not unique
	withdrawn   map[string]*Deployment // those that the source has no longer; nil where there are none
	out         bool                   // it counts for nothing
	listed      []*Deployment          // the same, in any order, for others to keep; nil when they must be listed anew

	*code      // nil while it is at rest
	rest  rest // everything that code was made from
	// size is how much code there is, as of the last time that it was awake.
	size codeSize
	// told says that something came while it was at rest.
	told bool
	// place is where it stands among those that are awake, weight how much it counts there, and kept are the facts that
	// have its changes at hand, by service and definition.
	place  *list.Element
	weight int
	kept   map[keptKey]*Facts
}

type keptKey struct {
	service string
	reading int
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
		named:        newNameIndex(),
		awake:        wakefulness{limit: AwakeLimit, busy: map[*repository]bool{}},
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
			if r := h.repository(e.Source, e.Repository); r.takeCommit(e) {
				h.moved(r)
			}
		case *Change:
			if r := h.repository(e.Source, e.Repository); r.takeChange(e) {
				h.moved(r)
			}
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
		r = &repository{key: key, name: name, deployments: map[string]*Deployment{}, out: h.outside(key)}
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
	stands := stands(r.event, e)
	r.event = e
	if !stands {
		h.judge()
	}
	h.touch(r)
}

func (h *History) applyDeployment(e *Deployment) {
	r := h.repository(e.Source, e.Repository)
	id := within(e.ID, e.Repository)
	old := r.deployments[id]
	if old == nil {
		old = r.withdrawn[id]
	}
	if old != nil && !e.replaces(old.Header) {
		return
	}
	if r.deployments[id] != nil {
		h.touchMentioning(h.named.remove(old))
	}
	r.listed = nil
	if e.Withdrawn {
		delete(r.deployments, id)
		if r.withdrawn == nil {
			r.withdrawn = map[string]*Deployment{}
		}
		r.withdrawn[id] = e
	} else {
		delete(r.withdrawn, id)
		r.deployments[id] = e
		h.touchMentioning(h.named.add(e))
	}
	h.touch(r)
}

// replaces says whether this version takes the place of another, which may have been told of when the repository's name
// was spelled otherwise.
func (h Header) replaces(other Header) bool {
	return h.NewerThan(other) || h.ID != other.ID && !other.NewerThan(h)
}

// touchMentioning marks the services of the incidents whose text has any of a deployment's names.
func (h *History) touchMentioning(names []string) {
	for _, name := range names {
		for _, i := range h.mentioned[name] {
			h.touchIncident(i.event)
		}
	}
}

func (h *History) applyIncident(e *Incident) {
	if old := h.incidents[nameOf(e.Header, e.Repository)]; old != nil {
		if !e.replaces(old.event.Header) {
			return
		}
		h.touchIncident(old.event)
		is := func(other *incident) bool { return other == old }
		h.reported[old.place()] = slices.DeleteFunc(h.reported[old.place()], is)
		for _, name := range old.mentions {
			h.mentioned[name] = slices.DeleteFunc(h.mentioned[name], is)
		}
	}
	i := &incident{event: e, mentions: mentions(e.Title + "\n" + e.Body)}
	if e.Body != "" { // nothing asks for it once it is read
		kept := *e
		kept.Body = ""
		i.event = &kept
	}
	h.enterIncident(i)
	h.touchIncident(e)
}

func (h *History) enterIncident(i *incident) {
	h.incidents[nameOf(i.event.Header, i.event.Repository)] = i
	h.reported[i.place()] = append(h.reported[i.place()], i)
	for _, name := range i.mentions {
		h.mentioned[name] = append(h.mentioned[name], i)
	}
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
		h.matching(&s.Incidents[n], &purse{}, func(i *incident) {
			if !seen[i] {
				seen[i] = true
				found = append(found, i)
			}
		})
	}
	return found
}

// matching yields the incidents that a rule matches, without those that turned out to be none.
func (h *History) matching(rule *IncidentRule, paid *purse, yield func(*incident)) {
	among := func(at repositoryKey) {
		if h.out(at) {
			return
		}
		for _, i := range h.reported[at] {
			if !paid.pay(1) {
				return
			}
			if !i.event.Withdrawn && rule.Matches(i.event) {
				yield(i)
			}
		}
	}
	if rule.Repository != "" {
		among(rule.place())
		return
	}
	for at := range h.reported {
		among(at)
	}
}

// moved is touch where a commit or a change came.
func (h *History) moved(r *repository) {
	if r.told && (len(h.told) == 0 || h.told[len(h.told)-1] != r) {
		h.told = append(h.told, r)
	}
	h.touch(r)
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
	for _, c := range h.said[nameOf(e.Header, e.Repository)] {
		if r, d := h.deployment(h.now(c.Deployment, c.Made)); d != nil {
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
		if r.out {
			continue
		}
		services = append(services, Service{
			Name:        r.name,
			Deployments: []DeploymentRule{{Source: r.key.source, Repository: r.name}},
			Incidents:   []IncidentRule{{Source: r.key.source, Repository: r.name}},
		})
	}
	return services
}

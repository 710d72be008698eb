package history

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/work"
)

// History is everything that the sources told of one dataset, indexed for deriving. One goroutine owns it; what it
// derives is immutable and may be shared.
type History struct {
	mapping      dora.Mapping
	repositories map[Key]*Repository
	unpacked     *code.Pool
	told         []*Repository        // something came of them while they were packed
	incidents    map[string]*Incident // by full id, as nameOf has it
	reported     map[Key][]*Incident  // by source and repository
	names        nameIndex
	corrections  map[string]*dora.Correction // by full id
	former       map[Key][]former            // whose names were whose
	asked        map[Key]bool                // are read by a name that they had
	said         Words
	saidShared   bool                   // somebody has what was said up to now
	mentioned    map[string][]*Incident // by a deployment's name: the incidents whose text has it
	placed       *placement             // of the services in force; nil when it must be made anew
	mapped       []dora.Service         // the services in force; nil when they must be listed anew
	touched      map[string]bool        // services whose facts are out of date
	everything   bool                   // all of them are
	reach        map[string]time.Time   // see Reach
	version      uint64                 // rises with each event that may change facts
}

// Key names a repository of a source. The name is in lower case: vendors do not tell cases apart.
type Key struct{ Source, Name string }

func keyOf(source, repository string) Key {
	return Key{source, strings.ToLower(repository)}
}

func (k Key) compare(other Key) int {
	return cmp.Or(cmp.Compare(k.Source, other.Source), cmp.Compare(k.Name, other.Name))
}

// Repository is what is known of one repository. Its deployments are always at hand; its code, by far the most, is
// packed but for those that were worked on last.
type Repository struct {
	Key         Key
	Name        string // as the vendor spells it
	Event       *dora.Repository
	Deployments map[string]*dora.Deployment // by id within it: vendors number by job or environment, so numbers are not unique
	withdrawn   map[string]*dora.Deployment // those that the source has no longer; nil where there are none
	out         bool                        // it counts for nothing
	listed      []*dora.Deployment          // the same, in any order, for others to keep; nil when they must be listed anew

	code.Repository
}

// Incident is an incident, and the deployments that its text names.
type Incident struct {
	Event    *dora.Incident
	Mentions []string
}

// KeepUnpacked sets how many commits and changes are kept ready to be derived again at once.
func (h *History) KeepUnpacked(limit int) { h.unpacked.SetLimit(limit) }

// Head is the commit that the default branch ends at, as far as is known; empty where it is not.
func (r *Repository) Head() string {
	if r.Event == nil {
		return ""
	}
	return r.Event.HeadSHA
}

// LastRead is when its head was last read; zero: that is not known.
func (r *Repository) LastRead() time.Time {
	if r.Event == nil {
		return time.Time{}
	}
	return r.Event.Updated
}

// New is an empty history of the services that a mapping names.
func New(mapping dora.Mapping) *History {
	return &History{
		mapping:      mapping,
		repositories: map[Key]*Repository{},
		incidents:    map[string]*Incident{},
		reported:     map[Key][]*Incident{},
		corrections:  map[string]*dora.Correction{},
		said:         Words{},
		names:        newNameIndex(),
		unpacked:     code.NewPool(),
		mentioned:    map[string][]*Incident{},
		touched:      map[string]bool{},
		everything:   true,
	}
}

// Anew is an empty history of the same services, whose versions go on from this one's.
func (h *History) Anew() *History {
	anew := New(h.mapping)
	anew.version, anew.reach = h.version+1, h.reach
	return anew
}

// Knows says whether anything of a source's repository is known.
func (h *History) Knows(source, repository string) bool {
	_, known := h.repositories[keyOf(source, repository)]
	return known
}

// Apply takes in events, in any order and any number of times. Of two versions of an event the newer stays.
func (h *History) Apply(events ...dora.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Repository:
			h.applyRepository(e)
		case *dora.Commit:
			if r := h.repository(e.Source, e.Repository); r.TakeCommit(e) {
				h.moved(r)
			}
		case *dora.Change:
			if r := h.repository(e.Source, e.Repository); r.TakeChange(e) {
				h.moved(r)
			}
		case *dora.Deployment:
			h.applyDeployment(e)
		case *dora.Incident:
			h.applyIncident(e)
		case *dora.Correction:
			h.applyCorrection(e)
		}
	}
}

func (h *History) repository(source, name string) *Repository {
	key := keyOf(source, name)
	r, ok := h.repositories[key]
	if !ok {
		r = &Repository{Key: key, Name: name, Deployments: map[string]*dora.Deployment{}, out: h.outside(key)}
		h.repositories[key] = r
		h.mapped, h.placed = nil, nil
		h.everything = true // a rule without a repository, and the default mapping, may take it in
	}
	return r
}

func (h *History) applyRepository(e *dora.Repository) {
	r := h.repository(e.Source, e.Name)
	if r.Event != nil && !e.NewerThan(r.Event.Header) {
		return
	}
	if r.Name != e.Name {
		r.Name, h.mapped, h.placed = e.Name, nil, nil
	}
	stands := stands(r.Event, e)
	r.Event = e
	if !stands {
		h.judge()
	}
	h.touch(r)
}

func (h *History) applyDeployment(e *dora.Deployment) {
	r := h.repository(e.Source, e.Repository)
	id := within(e.ID, e.Repository)
	old := r.Deployments[id]
	if old == nil {
		old = r.withdrawn[id]
	}
	if old != nil && !replaces(e.Header, old.Header) {
		return
	}
	if r.Deployments[id] != nil {
		h.touchMentioning(h.names.remove(old))
	}
	r.listed = nil
	if e.Withdrawn {
		delete(r.Deployments, id)
		if r.withdrawn == nil {
			r.withdrawn = map[string]*dora.Deployment{}
		}
		r.withdrawn[id] = e
	} else {
		delete(r.withdrawn, id)
		r.Deployments[id] = e
		h.touchMentioning(h.names.add(e))
	}
	h.touch(r)
}

// replaces says whether a version takes the place of another, which may have been told of when the repository's name
// was spelled otherwise.
func replaces(e, other dora.Header) bool {
	return e.NewerThan(other) || e.ID != other.ID && !other.NewerThan(e)
}

// touchMentioning marks the services of the incidents whose text has any of a deployment's names.
func (h *History) touchMentioning(names []string) {
	for _, name := range names {
		for _, i := range h.mentioned[name] {
			h.touchIncident(i.Event)
		}
	}
}

func (h *History) applyIncident(e *dora.Incident) {
	if old := h.incidents[NameOf(e.Header, e.Repository)]; old != nil {
		if !replaces(e.Header, old.Event.Header) {
			return
		}
		h.touchIncident(old.Event)
		is := func(other *Incident) bool { return other == old }
		h.reported[old.place()] = slices.DeleteFunc(h.reported[old.place()], is)
		for _, name := range old.Mentions {
			h.mentioned[name] = slices.DeleteFunc(h.mentioned[name], is)
		}
	}
	i := &Incident{Event: e, Mentions: mentions(e.Title + "\n" + e.Body)}
	if e.Body != "" { // nothing asks for it once it is read
		kept := *e
		kept.Body = ""
		i.Event = &kept
	}
	h.enterIncident(i)
	h.touchIncident(e)
}

func (h *History) enterIncident(i *Incident) {
	h.incidents[NameOf(i.Event.Header, i.Event.Repository)] = i
	h.reported[i.place()] = append(h.reported[i.place()], i)
	for _, name := range i.Mentions {
		h.mentioned[name] = append(h.mentioned[name], i)
	}
}

// DeploymentsNamed lists the deployments that a text may mean by a name, of the repositories that count.
func (h *History) DeploymentsNamed(name string) []*dora.Deployment {
	found := h.names.of(name)
	isOut := func(d *dora.Deployment) bool { return h.out(keyOf(d.Source, d.Repository)) }
	if slices.ContainsFunc(found, isOut) {
		return slices.DeleteFunc(slices.Clone(found), isOut)
	}
	return found
}

// place is where an incident was reported.
func (i *Incident) place() Key { return keyOf(i.Event.Source, i.Event.Repository) }

// IncidentsOf lists the incidents that belong to a service, each once: by its settings, and by people's words on those
// deployments that has says it has, by their full ids as nameOf has them.
func (h *History) IncidentsOf(s *dora.Service, has func(deployment string) bool) []*Incident {
	found := h.attributed(s.Name, has)
	seen := map[*Incident]bool{}
	for _, i := range found {
		seen[i] = true
	}
	for n := range s.Incidents {
		h.matching(&s.Incidents[n], &work.Counter{}, func(i *Incident) {
			if !seen[i] {
				seen[i] = true
				found = append(found, i)
			}
		})
	}
	return found
}

// matching yields the incidents that a rule matches, without those that turned out to be none.
func (h *History) matching(rule *dora.IncidentRule, counted *work.Counter, yield func(*Incident)) {
	among := func(at Key) {
		if h.out(at) {
			return
		}
		for _, i := range h.reported[at] {
			if !counted.Add(1) {
				return
			}
			if !i.Event.Withdrawn && rule.Matches(i.Event) {
				yield(i)
			}
		}
	}
	if rule.Repository != "" {
		among(keyOf(rule.Source, rule.Repository))
		return
	}
	for at := range h.reported {
		among(at)
	}
}

// moved is touch where a commit or a change came.
func (h *History) moved(r *Repository) {
	if r.Told && (len(h.told) == 0 || h.told[len(h.told)-1] != r) {
		h.told = append(h.told, r)
	}
	h.touch(r)
}

func (h *History) touch(r *Repository) {
	h.version++
	if h.everything {
		return
	}
	for _, s := range h.placement().deploying(r.Key) {
		h.touched[s.Name] = true
	}
}

func (h *History) touchIncident(e *dora.Incident) {
	h.version++
	if h.everything {
		return
	}
	for _, s := range h.placement().reporting(keyOf(e.Source, e.Repository)) {
		for i := range s.Incidents {
			if s.Incidents[i].Matches(e) {
				h.touched[s.Name] = true
			}
		}
	}
	for _, c := range h.said[NameOf(e.Header, e.Repository)] {
		if r, d := h.deployment(h.Now(c.Deployment, c.Made)); d != nil {
			h.touch(r) // the service that a person holds it against may be none of those
		}
	}
}

// Said is what people said up to now. Nobody may alter it.
func (h *History) Said() Words {
	h.saidShared = true
	return h.said
}

// Reached tells since when each source is known completely.
func (h *History) Reached() map[string]time.Time { return h.reach }

// Version rises with each event that may change facts.
func (h *History) Version() uint64 { return h.version }

// Production matches the environments that are production where a service does not say which of its are.
func (h *History) Production() dora.Pattern { return h.mapping.Production }

// TakeTouched gives the services whose facts are out of date, all of them where everything is, and begins anew.
func (h *History) TakeTouched() (services map[string]bool, everything bool) {
	services, everything = h.touched, h.everything
	h.touched, h.everything = map[string]bool{}, false
	return services, everything
}

// AsDerived says that everything that the history has was derived.
func (h *History) AsDerived() {
	h.TakeTouched()
	h.told = nil
}

// WhileUnpacked has the code of repositories unpacked while some work is done.
func (h *History) WhileUnpacked(repositories []*Repository, work func()) {
	code := make([]*code.Repository, len(repositories))
	for i, r := range repositories {
		code[i] = &r.Repository
	}
	h.unpacked.Use(code, work)
}

// UnpackTold unpacks repositories of which something came while they were packed, so that it is counted.
func (h *History) UnpackTold() {
	for _, r := range h.told {
		if r.Told {
			h.WhileUnpacked([]*Repository{r}, func() {})
		}
	}
	h.told = nil
}

// Forget forgets who keeps something of one reading.
func (h *History) Forget(reading int) {
	for _, r := range h.repositories {
		r.Forget(reading)
	}
}

// MappedServices are the services of the settings, or one for each repository where settings name none.
func (h *History) MappedServices() []dora.Service {
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
func (h *History) repositoriesAsServices() []dora.Service {
	var services []dora.Service
	repositories := slices.SortedFunc(maps.Values(h.repositories), func(a, b *Repository) int {
		return cmp.Or(cmp.Compare(a.Key.Source, b.Key.Source), cmp.Compare(a.Key.Name, b.Key.Name))
	})
	for _, r := range repositories {
		if r.out {
			continue
		}
		services = append(services, dora.Service{
			Name:        r.Name,
			Deployments: []dora.DeploymentRule{{Source: r.Key.Source, Repository: r.Name}},
			Incidents:   []dora.IncidentRule{{Source: r.Key.Source, Repository: r.Name}},
		})
	}
	return services
}

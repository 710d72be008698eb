package history

import (
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/mapping"
)

// History is everything that the sources told of one dataset, indexed for deriving. One goroutine owns it; it alters no
// event and nothing that it gave away.
type History struct {
	mapping      dora.Mapping
	repositories map[Key]*Repository
	shared       map[string][]*Repository // by name, where several sources have one of it; nil when they must be listed anew
	unpacked     *code.Pool
	told         []*Repository        // something came of them while they were packed
	incidents    map[string]*Incident // by full id, as nameOf has it
	reported     map[Key]bundle       // by source and repository
	names        nameIndex
	corrections  map[string]*dora.Correction // by full id
	former       map[Key][]former            // whose names were whose
	asked        map[Key]bool                // are read by a name that they had
	said         Words
	saidShared   bool              // somebody has what was said up to now
	mentioned    map[string]bundle // by a deployment's name: the incidents that have it
	byID         int               // how many of these names are full ids
	blaming      map[string]bundle // likewise the records of changes that have it
	parts        parts
	placed       *placement           // of the services in force; nil when it must be made anew
	mapped       []dora.Service       // the services in force; nil when they must be listed anew
	owned        *ownership           // their teams; nil when these must be found anew
	touched      map[string]bool      // services whose facts are out of date
	everything   bool                 // all of them are
	reach        map[string]time.Time // see Reach
	begins       map[string]time.Time // see Begin
	version      uint64               // rises with each event that may change facts

	expanded
}

// New is an empty history of the services that a mapping names.
func New(m dora.Mapping) *History {
	return &History{
		mapping:      m,
		expanded:     expanded{needs: mapping.NeedsOf(&m)},
		repositories: map[Key]*Repository{},
		incidents:    map[string]*Incident{},
		reported:     map[Key]bundle{},
		corrections:  map[string]*dora.Correction{},
		said:         Words{},
		names:        newNameIndex(),
		unpacked:     code.NewPool(),
		mentioned:    map[string]bundle{},
		blaming:      map[string]bundle{},
		touched:      map[string]bool{},
		everything:   true,
	}
}

// Anew is an empty history of the same services, whose versions go on from this one's.
func (h *History) Anew() *History {
	anew := New(h.mapping)
	anew.version, anew.reach, anew.begins = h.version+1, h.reach, h.begins
	return anew
}

// Apply takes in events, in any order and any number of times. Of two versions of an event the newer stays.
func (h *History) Apply(events ...dora.Event) {
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Repository:
			h.applyRepository(e)
		case *dora.Commit:
			h.applyCode(e.Source, e.Repository, code.Tell(e))
		case *dora.Change:
			h.applyCode(e.Source, e.Repository, code.Tell(e))
		case *code.Told:
			h.applyCode(e.Source, e.Repository, e)
		case *dora.Deployment:
			h.applyDeployment(e)
		case *dora.Incident:
			h.applyIncident(e)
		case *dora.Correction:
			h.applyCorrection(e)
		}
	}
}

func (h *History) applyCode(source, repository string, told *code.Told) {
	if r := h.repository(source, repository); told != nil && r.Take(told) {
		h.filed(r, told)
		h.moved(r)
	}
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
	counted, counts, idle := r.Deployments[id], e, len(r.Deployments) == 0
	if counted != nil {
		h.touchMentioning(h.names.remove(old))
		h.touchNaming(old)
	}
	r.listed = nil
	if e.Withdrawn {
		counts = nil
		delete(r.Deployments, id)
		if r.withdrawn == nil {
			r.withdrawn = map[string]*dora.Deployment{}
		}
		r.withdrawn[id] = e
	} else {
		delete(r.withdrawn, id)
		r.Deployments[id] = e
		h.touchMentioning(h.names.add(e))
		h.touchNaming(e)
	}
	if r.kinds.replace(counted, counts) && h.needs.Strands || h.makesOthers() && (len(r.Deployments) == 0) != idle { // it is an application from its first deployment on
		h.remap()
	}
	h.touch(r)
}

// filed notes the files that something changed.
func (h *History) filed(r *Repository, told *code.Told) {
	if h.needs.Folders && r.folders != nil && r.takeFolders(told.Files()) {
		h.remap()
	}
}

// replaces says whether a version takes the place of another, which may have been told of when the repository's name
// was spelled otherwise.
func replaces(e, other dora.Header) bool {
	return e.NewerThan(other) || e.ID != other.ID && !other.NewerThan(e)
}

// Said is what people said up to now. Nobody may alter it.
func (h *History) Said() Words {
	h.saidShared = true
	return h.said
}

// Reached tells since when each source is known completely.
func (h *History) Reached() map[string]time.Time { return h.reach }

// Begins tells since when incidents are known, of sources that show the newest only.
func (h *History) Begins() map[string]time.Time { return h.begins }

// Version rises with each event that may change facts.
func (h *History) Version() uint64 { return h.version }

// Production matches the environments that are production where a service does not say which of its are.
func (h *History) Production() dora.Pattern { return h.mapping.Production }

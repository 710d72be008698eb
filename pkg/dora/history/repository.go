package history

import (
	"cmp"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
)

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
	kinds       *kinds                      // of its deployments; nil while nobody asked for them
	folders     map[string]bool             // of the files that changes changed; nil while nobody asked for them
	listed      []*dora.Deployment          // the same, in any order, for others to keep; nil when they must be listed anew

	code.Repository
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

// Knows says whether anything of a source's repository is known.
func (h *History) Knows(source, repository string) bool {
	_, known := h.repositories[keyOf(source, repository)]
	return known
}

func (h *History) repository(source, name string) *Repository {
	key := keyOf(source, name)
	r, ok := h.repositories[key]
	if !ok {
		r = &Repository{Key: key, Name: name, Deployments: map[string]*dora.Deployment{}, out: h.outside(key)}
		h.repositories[key] = r
		h.remap()
		h.shared = nil
		h.touchWide(source) // an entry without a repository takes it in
	}
	return r
}

func (h *History) applyRepository(e *dora.Repository) {
	if e.Entity != nil {
		h.applyEntity(e)
		return
	}
	r := h.repository(e.Source, e.Name)
	if r.Event != nil && !e.NewerThan(r.Event.Header) {
		return
	}
	if r.Name != e.Name {
		r.Name = e.Name
		h.remap()
	}
	if h.needs.Traits && (r.Event == nil || !r.Event.Same(&e.Traits)) {
		h.remap()
	}
	if r.Event == nil || !r.Event.Same(&e.Traits) {
		h.owned = nil
	}
	stands := stands(r.Event, e)
	r.Event = e
	if !stands {
		h.judge()
	}
	h.touch(r)
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

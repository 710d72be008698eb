package history

import (
	"cmp"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// A deployment may be told by one source, and its code read by another. Their repositories join where a service says so, and
// else by their name: what nobody told any code of borrows that of the one repository of the same name that is read.

// CodeOf is the repository with the commits and changes of what was deployed from one: itself, unless it borrows them.
func (h *History) CodeOf(s *dora.Service, r *Repository) *Repository {
	for i := range s.Deployments {
		rule := &s.Deployments[i]
		if rule.Code == nil || rule.Source != r.Key.Source || rule.Repository != "" && keyOf(rule.Source, rule.Repository) != r.Key {
			continue
		}
		if lender := h.repositories[keyOf(rule.Code.Source, cmp.Or(rule.Code.Repository, r.Name))]; lender != nil && !lender.out {
			return lender
		}
		return r
	}
	if r.HasCode() {
		return r
	}
	return cmp.Or(h.lender(r), r)
}

// HasCode says whether any commit of the repository is known.
func (r *Repository) HasCode() bool { return r.Head() != "" || r.Packed.HasCommits() }

// lender is the repository of the same name that another source reads; nil where there is none, or more than one.
func (h *History) lender(r *Repository) *Repository {
	var found *Repository
	for _, other := range h.namesakes(r) {
		if other == r || other.out || other.Head() == "" {
			continue
		}
		if found != nil {
			return nil
		}
		found = other
	}
	return found
}

// namesakes are the repositories of a name, where several sources have one.
func (h *History) namesakes(r *Repository) []*Repository {
	h.shareNames()
	return h.shared[r.Key.Name]
}

// shareNames finds which names several sources have. It is done before services are worked out at the same time.
func (h *History) shareNames() {
	if h.shared == nil {
		h.shared = map[string][]*Repository{}
		first := map[string]*Repository{}
		for key, each := range h.repositories {
			switch other := first[key.Name]; {
			case other == nil:
				first[key.Name] = each
			case h.shared[key.Name] == nil:
				h.shared[key.Name] = []*Repository{other, each}
			default:
				h.shared[key.Name] = append(h.shared[key.Name], each)
			}
		}
	}
}

// touchBorrowers marks the services whose deployments borrow the code of a repository.
func (h *History) touchBorrowers(r *Repository) {
	for _, other := range h.namesakes(r) {
		if other != r && !other.HasCode() {
			h.mark(h.placement().deploying(other.Key))
		}
	}
	h.mark(either(h.placement().lends, r.Key))
}

func (h *History) mark(services []*dora.Service) {
	for _, s := range services {
		h.touched[s.Name] = true
	}
}

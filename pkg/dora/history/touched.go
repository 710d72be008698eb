package history

import (
	"slices"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// touchMentioning marks the services of the incidents whose text has any of a deployment's names.
func (h *History) touchMentioning(names []string) {
	if h.everything {
		return // they are touched already
	}
	for _, name := range names {
		for _, i := range h.mentioned[name].all {
			h.touchIncident(i.Event)
		}
	}
}

// touchNaming marks the services of the incidents that have a deployment's full id.
func (h *History) touchNaming(d *dora.Deployment) {
	if h.byID > 0 {
		h.touchMentioning([]string{idWithin(fullName(d.FullID())), idWithin(fullName(d.Source + ":" + within(d.ID, d.Repository)))})
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
	if h.mapped == nil {
		if h.unplaced == nil {
			h.unplaced = map[*Repository]bool{}
		}
		h.unplaced[r] = true
		return
	}
	h.markAt(r)
}

// markAt marks the services that what a repository tells may belong to.
func (h *History) markAt(r *Repository) {
	h.mark(h.placement().deploying(r.Key))
	h.touchBorrowers(r)
}

// touchWide marks the services whose entries name no repository of a source.
func (h *History) touchWide(source string) {
	if h.everything {
		return
	}
	for i := range h.mapping.Services {
		s := &h.mapping.Services[i]
		if s.Match == nil && slices.ContainsFunc(s.Deployments, func(rule dora.DeploymentRule) bool { return rule.Source == source && rule.Repository == "" }) {
			h.touched[s.Name] = true
		}
	}
}

func (h *History) touchIncident(e *dora.Incident) {
	h.version++
	if h.everything {
		return
	}
	if h.mapped == nil {
		h.unsorted = append(h.unsorted, e)
	} else {
		h.markIncident(e)
	}
	for _, c := range h.said[NameOf(e.Header, e.Repository)] {
		if r, d := h.deployment(h.Now(c.Deployment, c.Made)); d != nil {
			h.touch(r) // the service that a person holds it against may be none of those
		}
	}
}

// markIncident marks the services that an incident belongs to.
func (h *History) markIncident(e *dora.Incident) {
	for _, s := range h.placement().reporting(keyOf(e.Source, e.Repository)) {
		for i := range s.Incidents {
			if s.Incidents[i].Matches(e) {
				h.touched[s.Name] = true
			}
		}
	}
}

// TakeTouched gives the services whose facts are out of date, all of them where everything is, and begins anew.
func (h *History) TakeTouched() (services map[string]bool, everything bool) {
	h.settle()
	h.join()
	services, everything = h.touched, h.everything
	h.touched, h.everything = map[string]bool{}, false
	return services, everything
}

// AsDerived says that everything that the history has was derived.
func (h *History) AsDerived() {
	h.TakeTouched()
	h.told = nil
}

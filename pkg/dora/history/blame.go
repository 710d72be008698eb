package history

import (
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// A record of a change that did not succeed may name the deployment that another source tells of. It belongs to no service by
// itself: it counts where that deployment does.

func (h *History) enterBlame(i *Incident) {
	if i.Event.Withdrawn {
		return
	}
	for name := range i.touchedBy {
		add(h.blaming, name, i)
	}
}

// touchBlamed marks the services of the deployments that a change's record names.
func (h *History) touchBlamed(i *Incident) {
	h.version++
	if h.everything {
		return
	}
	for name := range i.Names {
		for _, d := range h.DeploymentsNamed(name, i.Event) {
			h.touch(h.repository(d.Source, d.Repository))
		}
	}
}

// Blaming lists the records of changes that name a deployment of another source, by full id.
func (h *History) Blaming(d *dora.Deployment) (found []*Incident) {
	if len(h.blaming) == 0 {
		return nil
	}
	names := deploymentNames(d)
	for _, id := range []string{d.FullID(), d.Source + ":" + within(d.ID, d.Repository)} {
		names = append(names, idWithin(fullName(id)))
	}
	for _, name := range names {
		for _, i := range h.blaming[name].all {
			if i.Event.Source != d.Source && !h.out(i.place()) && !slices.Contains(found, i) {
				found = append(found, i)
			}
		}
	}
	slices.SortFunc(found, func(a, b *Incident) int { return strings.Compare(a.Event.FullID(), b.Event.FullID()) })
	return found
}

package history

import (
	"slices"
	"strings"
)

// Undeployed are the repositories, by source, that are read and that nobody ever told a deployment or an incident of, in order.
// They are no services, unless the settings say so; those are left out here, and so are archived ones.
func (h *History) Undeployed() map[string][]string {
	spoken := map[string]bool{} // of by a service, or deployed by whichever source
	for _, s := range h.MappedServices() {
		for i := range s.Deployments {
			spoken[strings.ToLower(s.Deployments[i].Repository)] = true
			if code := s.Deployments[i].Code; code != nil {
				spoken[strings.ToLower(code.Repository)] = true
			}
		}
		for i := range s.Incidents {
			spoken[strings.ToLower(s.Incidents[i].Repository)] = true
		}
	}
	for _, r := range h.repositories {
		if len(r.Deployments) > 0 || h.isReported(r.Key) {
			spoken[strings.ToLower(r.Name)] = true
		}
	}
	found := map[string][]string{}
	for key, r := range h.repositories {
		if !r.out && r.Event != nil && !r.Event.Archived && !spoken[strings.ToLower(r.Name)] {
			found[key.Source] = append(found[key.Source], r.Name)
		}
	}
	for _, names := range found {
		slices.Sort(names)
	}
	return found
}

package history

import "github.com/livedora/dora-datasource/pkg/dora"

// Owned are the teams of all services, as of now. Nobody may alter it; it is another one when anything of it changes.
func (h *History) Owned() dora.Owned {
	services := h.MappedServices()
	if h.owned == nil {
		h.owned = make(dora.Owned, len(services))
		for i := range services {
			if teams := services[i].Owners(); len(teams) > 0 {
				h.owned[services[i].Name] = teams
			}
		}
	}
	return h.owned
}

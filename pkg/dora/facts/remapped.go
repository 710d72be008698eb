package facts

import (
	"github.com/livedora/dora-datasource/pkg/dora"
)

// Remapped works out the facts as another mapping of the same sources has them, and gives them beside those in force. Only
// services that are others are derived; what is the same is the same pointer in both.
func (d *Deriver) Remapped(m dora.Mapping, def dora.Definition) (now, then *Snapshot) {
	now = d.Derive(def)
	other := derive(d.History.Remapped(m))
	other.TakeTouched() // nothing of it was derived yet
	d.readings++
	v := &view{number: d.readings, services: map[string]*Service{}, stale: map[string]bool{}}
	if m.Production.String() == d.Production().String() {
		inForce := make(map[string]*Service, len(now.Services))
		for _, f := range now.Services {
			inForce[f.Service.Name] = f
		}
		services := other.MappedServices()
		for i := range services {
			if f := inForce[services[i].Name]; f != nil && f.Service.Same(&services[i]) {
				v.services[f.Service.Name] = f
			}
		}
	}
	other.views[def.Key()] = v
	then = other.Derive(def)
	d.Forget(v.number)
	return now, then
}

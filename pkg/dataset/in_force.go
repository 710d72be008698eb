package dataset

import "github.com/livedora/dora-datasource/pkg/dora/history"

// InForce lists the services in force, and which entries make them.
func (d *Dataset) InForce() []history.InForce {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.history.InForce()
}

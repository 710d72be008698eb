package plugin

import "github.com/livedora/dora-datasource/pkg/dora"

// Snapshot is what the instance answers from, for a test to damage.
func (i *Instance) Snapshot() *dora.Snapshot { return i.dataset.Snapshot() }

package main

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// arrivals measures from a deployment with its changes in hand to the snapshot that has it: here, because over gRPC the
// collector's own waiting would hide it. A tenth of the services is enough: only one is derived again.
func arrivals(table *table) {
	h := dora.NewHistory(dora.Mapping{Production: dora.DefaultProduction})
	var last *large.Service
	for number := range tenth.Services {
		last = tenth.Service(number)
		for e := range last.Events() {
			h.Apply(e)
		}
	}
	definition := dora.DefaultDefinition()
	h.Derive(definition)
	var taken times
	at := large.L.End()
	for range repeats {
		at = at.Add(time.Minute)
		events := last.Deploy(at)
		begin := time.Now()
		h.Apply(events...)
		h.Derive(definition)
		taken = append(taken, time.Since(begin))
	}
	slices.Sort(taken)
	table.row("a deployment arrives → snapshot with its service derived again", taken, 5*time.Millisecond)
}

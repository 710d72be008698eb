package main

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// arrivals measures from a deployment with its changes in hand to the snapshot that has it: here, because over gRPC the
// collector's own waiting would hide it. A tenth of the services is enough: only one is derived again.
func arrivals(table *table) {
	h := facts.NewDeriver(dora.Mapping{Production: dora.DefaultProduction})
	services := make([]*large.Service, tenth.Services)
	for number := range services {
		services[number] = tenth.Service(number)
		for e := range services[number].Events() {
			h.Apply(e)
		}
	}
	definition := dora.DefaultDefinition()
	h.Derive(definition)
	at := large.L.End()
	arrive := func(service func(i int) *large.Service) times {
		var taken times
		for i := range repeats {
			at = at.Add(time.Minute)
			events := service(i).Deploy(at)
			begin := time.Now()
			h.Apply(events...)
			h.Derive(definition)
			taken = append(taken, time.Since(begin))
		}
		slices.Sort(taken)
		return taken
	}
	last := services[len(services)-1]
	table.row("a deployment arrives → snapshot with its service derived again", arrive(func(int) *large.Service { return last }), 5*time.Millisecond)
	table.note("… of a service whose history lay at rest", shown(arrive(func(i int) *large.Service { return services[i%len(services)] }).median()), "")
}

// Command bench measures the built plugin as Grafana would feel it: over gRPC, from a query's JSON to its frames, on made
// up data of a fixed size. It prints tables and ends. Its first argument is the plugin's program; a second one, live,
// leaves it at the live streams, wide asks an organisation of 2,000 services and 300 teams, attack sends it what viewers might who mean harm, and against
// asks it and another build in turn. It keeps its data in .cache/bench. go tool mage bench runs it. It is no part of the plugin.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/large"
)

func main() {
	only := ""
	if len(os.Args) > 2 {
		only = os.Args[2]
	}
	expected, known := map[string]int{"": 2, "live": 3, "wide": 3, "attack": 3, "against": 4}[only]
	if !known || len(os.Args) != expected {
		fmt.Fprintln(os.Stderr, "usage: bench PLUGIN [live|wide|attack|against OTHER]")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	fmt.Printf("%s/%s, %d processors%s. %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load(), time.Now().UTC().Format(time.DateOnly))
	var err error
	switch only {
	case "attack":
		err = besiege(ctx, os.Args[1])
	case "against":
		err = compare(ctx, os.Args[1], os.Args[3])
	case "wide":
		err = measureWide(ctx, os.Args[1])
	case "live":
		err = measureLive(ctx, os.Args[1])
	default:
		err = errors.Join(measure(ctx, os.Args[1]), measureWide(ctx, os.Args[1]), measureLive(ctx, os.Args[1]))
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tenth is a tenth of L: as many services less, each of the same size.
var tenth = func() large.Size {
	size := large.L
	size.Services /= 10
	return size
}()

func measure(ctx context.Context, program string) error {
	small, err := prepare(ctx, "tenth", tenth)
	if err != nil {
		return err
	}
	whole, err := prepare(ctx, "L", large.L)
	if err != nil {
		return err
	}
	table := &table{}
	table.head()

	if err := inPostgres(ctx, program, whole, table); err != nil {
		return err
	}
	after, err := coldStarts(ctx, program, whole, table)
	if err != nil {
		return err
	}
	defer after.end()
	before, err := startTarget(ctx, program, small)
	if err != nil {
		return err
	}
	before.warmUp(ctx)
	after.warmUp(ctx)
	var failures []error
	for _, q := range questions {
		taken, err := inTurn(ctx, q, after, before)
		if err != nil {
			table.note(q.name, "no answer", shown(q.target))
			failures = append(failures, err)
			continue
		}
		now, was := taken[0], taken[1]
		table.row(q.name, now, q.target)
		table.note("… against a tenth of the services, "+shown(was.median()), fmt.Sprintf("%.2f ×", float64(now.median())/float64(was.median())), q.growth)
	}
	before.end()
	if err := after.view(ctx, table); err != nil {
		failures = append(failures, err)
	}
	arrivals(table)
	if err := after.memory(ctx, table); err != nil {
		return err
	}
	fmt.Println()
	return errors.Join(append(failures, after.profile(ctx))...)
}

// Command bench measures the built plugin as Grafana would feel it: over gRPC, from a query's JSON to its frames, on made
// up data of a fixed size. It prints a table and ends. Its one argument is the plugin's program; it keeps its data in
// .cache/bench. go tool mage bench runs it. It is no part of the plugin.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora/large"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bench PLUGIN")
		os.Exit(2)
	}
	if err := measure(ctx, os.Args[1]); err != nil {
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
	fmt.Printf("%s/%s, %d processors%s. %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), load(), time.Now().UTC().Format(time.DateOnly))
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

	before, err := startTarget(ctx, program, small)
	if err != nil {
		return err
	}
	grown := map[string]times{}
	for _, q := range growing {
		if grown[q.name], err = before.repeat(ctx, q); err != nil {
			return err
		}
	}
	before.end()

	after, err := coldStarts(ctx, program, whole, table)
	if err != nil {
		return err
	}
	defer after.end()
	for _, q := range questions {
		t, err := after.repeat(ctx, q)
		if err != nil {
			return err
		}
		table.row(q.name, t, q.target)
		if was, ok := grown[q.name]; ok {
			table.note(fmt.Sprintf("… with a tenth of the services (median %s)", was.median().Round(10*time.Microsecond)), fmt.Sprintf("%.2f ×", float64(t.median())/float64(was.median())), q.growth)
		}
	}
	if err := arrivals(table); err != nil {
		return err
	}
	if err := after.memory(table); err != nil {
		return err
	}
	fmt.Println()
	return after.profile(ctx)
}

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// compare asks two builds the same questions in turn, each on a store of its own with the same events, so that whatever else
// the machine does meets both: ratios of medians, and the memory that each has at the end.
func compare(ctx context.Context, program, other string) error {
	path, err := prepare(ctx, "L", large.L)
	if err != nil {
		return err
	}
	copied, err := copyOf(path)
	if err != nil {
		return err
	}
	now, err := startTarget(ctx, program, path)
	if err != nil {
		return err
	}
	defer now.end()
	was, err := startTarget(ctx, other, copied)
	if err != nil {
		return err
	}
	defer was.end()
	now.warmUp(ctx)
	was.warmUp(ctx)
	fmt.Println("| what | this | the other | ratio |")
	fmt.Println("| --- | --- | --- | --- |")
	var failures []error
	for _, q := range questions {
		taken, err := inTurn(ctx, q, now, was)
		if err != nil {
			failures = append(failures, err)
			continue
		}
		this, that := taken[0].median(), taken[1].median()
		fmt.Printf("| %s | %s | %s | %.3f |\n", q.name, shown(this), shown(that), float64(this)/float64(that))
	}
	for _, t := range []*target{now, was} {
		fmt.Printf("\n%s\n\n", t.program)
		failures = append(failures, t.memory(ctx, &table{}))
	}
	return errors.Join(failures...)
}

// copyOf is a store with the same events beside the one at a path, which is made once.
func copyOf(path string) (string, error) {
	copied := path + ".copy"
	if _, err := os.Stat(copied); err == nil {
		return copied, nil
	}
	from, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = from.Close() }() // it was only read
	to, err := os.Create(copied + ".unfinished")
	if err != nil {
		return "", err
	}
	if _, err := io.Copy(to, from); err != nil {
		return "", errors.Join(err, to.Close())
	}
	return copied, errors.Join(to.Close(), os.Rename(copied+".unfinished", copied))
}

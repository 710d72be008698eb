package github

import (
	"context"
	"errors"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
)

// target is a repository to read. Probe is what its owner's list says of it, empty where it was not asked for, and sizes
// how long its lists are. Traits are what that list says of it beside; nil where it was not asked for.
type target struct {
	name, probe string
	sizes       sizes
	traits      *traitsNode
}

func (t target) key() string { return strings.ToLower(t.name) }

// targets lists what to read: the repositories configured by name, and those that the patterns pick from their
// owner's list. It returns those found beside the errors of owners that could not be listed.
func (r *run) targets(ctx context.Context) ([]target, error) {
	var list []target
	seen := map[string]bool{}
	add := func(t target) {
		if !seen[t.key()] {
			seen[t.key()] = true
			list = append(list, t)
		}
	}
	for _, name := range r.selection.exact {
		if !r.selection.Excludes(name) {
			add(target{name: name})
		}
	}
	var failures []error
	for _, owner := range r.selection.owners {
		found, err := read(ctx, r, func(api reader) ([]target, error) { return api.owned(ctx, owner) })
		failures = append(failures, err)
		if source.Stops(err) {
			return list, err
		}
		r.listed.Whole(owner, err == nil)
		for _, t := range found {
			add(t)
		}
	}
	return list, errors.Join(failures...)
}

// wanted are the targets of this run: those that were asked for, as far as they are read at all, or every one.
func (r *run) wanted(ctx context.Context) ([]target, error) {
	if len(r.request.Only) == 0 {
		return r.targets(ctx)
	}
	var list []target
	for _, name := range r.request.Only {
		if r.selection.Takes(name) {
			list = append(list, target{name: name})
		}
	}
	return list, nil
}

package dataset

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// ErrNotDurable says that what people or programs tell would be lost at the next start, and cannot be read again.
var ErrNotDurable = errors.New("store.type is memory, which keeps nothing between starts, and what is posted cannot be read again: choose a store that lasts, such as store.type sqlite with a store.path")

// Bounds of what a correction says.
const (
	reasonLimit = 2000
	authorLimit = 200
)

// Correctable is nil where a correction is kept, and else says why it is not.
func (d *Dataset) Correctable() error {
	return d.writable()
}

// Correct stores a person's word, gives it an id where it has none, and brings the snapshot up to date. What does not fit
// together, or is about nothing that is known, is refused with a *strict.Error for each mistake.
func (d *Dataset) Correct(ctx context.Context, c dora.Correction) (dora.Correction, error) {
	if err := d.Correctable(); err != nil {
		return c, err
	}
	if err := errors.Join(misshapen(c), d.pointless(c)); err != nil {
		return c, err
	}
	c.Source = dora.CorrectionsSource
	if c.Made.IsZero() {
		c.Made = time.Now().UTC()
	}
	if c.ID == "" {
		c.ID = correctionID(c.Made)
	}
	c.Updated = c.Made
	return c, d.tell(ctx, &c)
}

// Undo takes a correction back, by its full id. It stays on record.
func (d *Dataset) Undo(ctx context.Context, id, author string) (dora.Correction, error) {
	if err := d.Correctable(); err != nil {
		return dora.Correction{}, err
	}
	if strings.TrimSpace(author) == "" {
		return dora.Correction{}, &strict.Error{Field: "author", Problem: "is missing: who takes it back"}
	}
	for _, c := range d.Corrections() {
		if c.FullID() != id {
			continue
		}
		if !c.Undone {
			c.Undone, c.UndoneBy = true, author
			c.Updated = later(time.Now().UTC(), c.Updated)
		}
		return c, d.tell(ctx, &c)
	}
	return dora.Correction{}, &strict.Error{Field: "id", Problem: fmt.Sprintf("there is no correction %q", id)}
}

// later is now, or just after a time that a faster clock wrote.
func later(now, than time.Time) time.Time {
	if now.After(than) {
		return now
	}
	return than.Add(time.Millisecond)
}

// Corrections are all that people said, those that were taken back too, by when they were made.
func (d *Dataset) Corrections() []dora.Correction {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []dora.Correction
	for _, c := range d.history.Corrections() {
		all = append(all, *c)
	}
	return all
}

// tell stores events that no source was asked for, and reads them at once.
func (d *Dataset) tell(ctx context.Context, events ...dora.Event) error {
	if _, err := d.store.Apply(ctx, store.Batch{Events: events}); err != nil {
		return fmt.Errorf("the store cannot be written: %w", err)
	}
	return d.Refresh(ctx)
}

// correctionID is short enough to be typed; it begins with the time.
func correctionID(made time.Time) string {
	var salt [2]byte
	_, _ = rand.Read(salt[:]) // never fails
	return strconv.FormatInt(made.UnixMilli(), 36) + "-" + hex.EncodeToString(salt[:])
}

// misshapen lists what is missing, too much or out of bounds.
func misshapen(c dora.Correction) error {
	var mistakes []error
	fail := func(field, format string, args ...any) {
		mistakes = append(mistakes, &strict.Error{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	if !slices.Contains(c.Verdict.Allowed(), string(c.Verdict)) {
		fail("verdict", "%q is not allowed; allowed: %s", c.Verdict, strings.Join(c.Verdict.Allowed(), ", "))
		return errors.Join(mistakes...)
	}
	needs := func(field, value, why string) {
		if value == "" {
			fail(field, "is missing: %s", why)
		}
	}
	leaves := func(field, value string) {
		if value != "" {
			fail(field, "does not go with verdict %s", c.Verdict)
		}
	}
	switch c.Verdict {
	case dora.VerdictFailed, dora.VerdictNotFailed:
		needs("deployment", c.Deployment, "the id of the deployment that it is about")
		leaves("incident", c.Incident)
	case dora.VerdictLinked:
		needs("incident", c.Incident, "the id of the incident that it is about")
		needs("deployment", c.Deployment, "the id of the deployment that caused it")
	case dora.VerdictUnlinked:
		needs("incident", c.Incident, "the id of the incident that it is about")
		leaves("deployment", c.Deployment)
	case dora.VerdictIgnored:
		if (c.Deployment == "") == (c.Incident == "") {
			fail("deployment", "verdict ignored is about either a deployment or an incident")
		}
	}
	text := func(field, value string, limit int, what string) {
		switch {
		case strings.TrimSpace(value) == "":
			fail(field, "is missing: %s", what)
		case len(value) > limit:
			fail(field, "has %d bytes; allowed: up to %d", len(value), limit)
		}
	}
	text("reason", c.Reason, reasonLimit, "why it is so, for those who read it later")
	text("author", c.Author, authorLimit, "who says so")
	return errors.Join(mistakes...)
}

// pointless lists what a word is about that is not known, or that it could change nothing of.
func (d *Dataset) pointless(c dora.Correction) error {
	d.mu.Lock()
	deployment, incident := d.history.Deployment(c.Deployment), d.history.Incident(c.Incident)
	d.mu.Unlock()
	var mistakes []error
	fail := func(field, format string, args ...any) {
		mistakes = append(mistakes, &strict.Error{Field: field, Problem: fmt.Sprintf(format, args...)})
	}
	snapshot := d.Snapshot()
	switch {
	case c.Deployment == "":
	case deployment == nil:
		fail("deployment", "%q is not known; facts prints the ids that there are", c.Deployment)
	case c.Verdict != dora.VerdictIgnored && !succeeded(snapshot, deployment, c.Service):
		fail("deployment", "%q is no successful deployment to production of %s", c.Deployment, serviceOr(c.Service, "any service"))
	}
	if c.Incident != "" && incident == nil {
		fail("incident", "%q is not known; facts prints the ids that there are", c.Incident)
	}
	if c.Service != "" && !slices.ContainsFunc(snapshot.Services, func(f *facts.Service) bool { return f.Service.Name == c.Service }) {
		fail("service", "there is no service %q", c.Service)
	}
	return errors.Join(mistakes...)
}

func succeeded(s *facts.Snapshot, e *dora.Deployment, service string) bool {
	return slices.ContainsFunc(s.Services, func(f *facts.Service) bool {
		return (service == "" || f.Service.Name == service) && slices.ContainsFunc(f.Deployments, func(d *facts.Deployment) bool { return d.Event == e })
	})
}

func serviceOr(name, otherwise string) string {
	if name == "" {
		return otherwise
	}
	return "service " + name
}

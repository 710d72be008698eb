package dataset

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// ErrNoWebhooks says that a source takes no webhooks.
var ErrNoWebhooks = errors.New("this source takes no webhooks")

// ErrNewerStore says that another Grafana, of a newer version, has brought the store to what this one must not write.
var ErrNewerStore = store.ErrNewerStore

// Post stores events that were told to us, on whichever instance, and wakes those who wait for changes. All of them are
// stored, or none: a *dora.Contradiction says what cannot be true, an *Unmapped what belongs to no service.
func (d *Dataset) Post(ctx context.Context, events ...dora.Event) (store.Applied, error) {
	if err := d.writable(); err != nil {
		return store.Applied{}, err
	}
	if err := d.unmapped(events); err != nil {
		return store.Applied{}, err
	}
	return d.take(ctx, events)
}

func (d *Dataset) take(ctx context.Context, events []dora.Event) (store.Applied, error) {
	if err := impossible(events); err != nil {
		return store.Applied{}, err
	}
	applied, err := d.store.Apply(ctx, store.Batch{Events: events, Merge: dora.Merge})
	if err != nil {
		return applied, fmt.Errorf("the store refuses it: %w", err)
	}
	if applied.Changed > 0 {
		d.wake()
	}
	return applied, nil
}

// impossible refuses events of which a time cannot have been: one *strict.Error for each.
func impossible(events []dora.Event) error {
	var mistakes []error
	for i, e := range events {
		var one *dora.Impossible
		if errors.As(dora.Admit(e), &one) {
			at := ""
			if len(events) > 1 {
				at = fmt.Sprintf("[%d].", i)
			}
			mistakes = append(mistakes, &strict.Error{Field: at + one.Field, Problem: one.Problem()})
		}
	}
	return errors.Join(mistakes...)
}

// Unmapped says which events belong to no service: its mistakes are one *strict.Error for each.
type Unmapped struct{ Mistakes error }

// Error lists the mistakes.
func (u *Unmapped) Error() string { return u.Mistakes.Error() }

// Unwrap gives the mistakes.
func (u *Unmapped) Unwrap() error { return u.Mistakes }

// Receipt says what became of a webhook.
type Receipt struct {
	// Kind is what the sender calls it.
	Kind string
	// Events counts those that it told of, Changed those that were new.
	Events, Changed int
	// Refresh are the parts of the source that are read because of it.
	Refresh []string
	// Ignored says why nothing was done; empty where something was.
	Ignored string
	// Warning says what of it no service takes; empty where services take all.
	Warning string
}

// Receive takes a webhook of a source's system. Its errors are those of source.Receiver, of Post, and ErrNoWebhooks.
// Where the store keeps nothing, a source that is read is read at once instead.
func (d *Dataset) Receive(ctx context.Context, id string, header http.Header, body []byte) (Receipt, error) {
	i := slices.IndexFunc(d.options.Settings.Sources, func(s settings.Source) bool { return s.ID == id })
	if i < 0 {
		return Receipt{}, fmt.Errorf("%w: %q", ErrNoWebhooks, id)
	}
	receiver, ok := d.sources[i].Source.(source.Receiver)
	if !ok {
		return Receipt{}, ErrNoWebhooks
	}
	received, err := receiver.Receive(header, body)
	if err != nil {
		return Receipt{}, err
	}
	receipt := Receipt{Kind: received.Kind, Events: len(received.Events), Refresh: received.Refresh, Ignored: received.Ignored}
	system := d.options.Settings.Sources[i].System
	told := system.Told()
	switch {
	case len(received.Events) == 0:
	case told && d.writable() != nil, d.replica():
		return Receipt{}, d.writable()
	case told && system.Posted:
		applied, err := d.Post(ctx, received.Events...)
		if err != nil {
			return Receipt{}, err
		}
		receipt.Changed = applied.Changed
	case told || d.store.Durable():
		applied, err := d.take(ctx, received.Events)
		if errors.As(err, new(*dora.Contradiction)) && !told { // the source itself tells which is true
			receipt.Refresh = partsOf(received.Events)
			break
		}
		if err != nil {
			return Receipt{}, err
		}
		receipt.Changed = applied.Changed
	default:
		receipt.Refresh = partsOf(received.Events)
	}
	if told {
		receipt.Warning = d.Untaken(received.Events...)
	}
	if received.Everything {
		d.collector.Refresh(id)
	}
	d.collector.RefreshParts(id, receipt.Refresh...)
	return receipt, nil
}

// partsOf are the repositories that events are of.
func partsOf(events []dora.Event) []string {
	var names []string
	for _, e := range events {
		name := ""
		switch e := e.(type) {
		case *dora.Deployment:
			name = e.Repository
		case *dora.Change:
			name = e.Repository
		case *dora.Incident:
			name = e.Repository
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// Posted gives the reading of deployments' ids that a source has of its own; nil where it has none. It fails for a
// source that people cannot post to.
func (d *Dataset) Posted(id, kind string) (func(repository, id string) (string, int64, error), error) {
	for i, s := range d.options.Settings.Sources {
		if s.ID != id {
			continue
		}
		poster, reads := d.sources[i].Source.(source.Poster)
		switch {
		case s.System.Posted:
			return nil, nil //nolint:nilnil // nothing is wrong, and ids are taken as they are
		case reads && kind == "deployments":
			return poster.Posted, nil
		case reads:
			return nil, &strict.Error{Field: "source", Problem: fmt.Sprintf("%s of %q are read from it; allowed: deployments, or a source of type %s", kind, id, d.postedTypes())}
		}
		return nil, &strict.Error{Field: "source", Problem: fmt.Sprintf("%q is of type %s; allowed: a source of type %s", id, s.Type, d.postedTypes())}
	}
	var ids []string
	for _, s := range d.options.Settings.Sources {
		if s.System.Posted {
			ids = append(ids, s.ID)
		}
	}
	if len(ids) == 0 {
		return nil, &strict.Error{Field: "source", Problem: fmt.Sprintf("%q is no source; add one of type %s to the settings", id, d.postedTypes())}
	}
	return nil, &strict.Error{Field: "source", Problem: fmt.Sprintf("%q is no source; allowed: %s", id, strings.Join(ids, ", "))}
}

// postedTypes are the types of sources that people may post events of every kind to.
func (d *Dataset) postedTypes() string {
	var types []string
	for _, system := range d.options.Settings.Systems {
		if system.Posted {
			types = append(types, system.Type)
		}
	}
	return strings.Join(types, ", ")
}

// toldRepositories is how many repositories may be told of where the settings name no services, so that each is one.
const toldRepositories = 1000

// unmapped finds events that would belong to no service, whatever their environment: nobody would ever see them.
func (d *Dataset) unmapped(events []dora.Event) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	var mistakes []error
	counts := d.history.Counts()
	fresh := map[string]bool{}
	services := d.options.Settings.Services
	for i, e := range events {
		at := ""
		if len(events) > 1 {
			at = fmt.Sprintf("[%d].", i)
		}
		switch e := e.(type) {
		case *dora.Deployment:
			if problem := d.unmappedRepository(e.Source, e.Repository, counts[e.Source][dora.KindRepository], fresh); problem != "" {
				mistakes = append(mistakes, &strict.Error{Field: at + "repository", Problem: problem})
			}
		case *dora.Change:
			if problem := d.unmappedRepository(e.Source, e.Repository, counts[e.Source][dora.KindRepository], fresh); problem != "" {
				mistakes = append(mistakes, &strict.Error{Field: at + "repository", Problem: problem})
			}
		case *dora.Incident:
			if !slices.ContainsFunc(services, func(s dora.Service) bool {
				return slices.ContainsFunc(s.Incidents, func(rule dora.IncidentRule) bool { return rule.Matches(e) })
			}) && (len(services) > 0 || e.Repository == "") {
				mistakes = append(mistakes, &strict.Error{Field: at + "service", Problem: fmt.Sprintf(
					"no service has incidents of source %s with service %q, repository %q and these labels; the settings' services say which do", e.Source, e.Service, e.Repository)})
			}
		}
	}
	if len(mistakes) == 0 {
		return nil
	}
	return &Unmapped{errors.Join(mistakes...)}
}

func (d *Dataset) unmappedRepository(id, name string, known int, fresh map[string]bool) string {
	services := d.options.Settings.Services
	if len(services) == 0 {
		if d.history.Knows(id, name) || fresh[name] {
			return ""
		}
		fresh[name] = true
		if known+len(fresh) > toldRepositories {
			return fmt.Sprintf("%q would be one repository more than %d; name the services in the settings", name, toldRepositories)
		}
		return ""
	}
	for _, s := range services {
		for _, rule := range s.Deployments {
			if rule.Source == id && (rule.Repository == "" || strings.EqualFold(rule.Repository, name)) {
				return ""
			}
		}
	}
	return fmt.Sprintf("no service is deployed from %q of source %s; the settings' services say which are", name, id)
}

// RefreshNow reads a source now, or parts of it.
func (d *Dataset) RefreshNow(id string, parts ...string) {
	if len(parts) > 0 {
		d.collector.RefreshParts(id, parts...)
		return
	}
	d.collector.Refresh(id)
}

// Again reads a source again from a time on.
func (d *Dataset) Again(ctx context.Context, id string, from time.Time) error {
	return d.collector.Again(ctx, id, from)
}

// Forget removes all that a source told of and gives how many events that were. Other instances that share the store
// follow within a second.
func (d *Dataset) Forget(ctx context.Context, id string) (int, error) {
	forgotten, err := d.collector.Forget(ctx, id)
	if err != nil {
		return 0, err
	}
	return forgotten, d.Refresh(ctx)
}

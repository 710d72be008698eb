// Package dataset keeps one data source's data ready for questions: its store, its collector, and the snapshot that
// answers. It ties settings, sources, stores, the collector and the domain together, and knows nothing of Grafana.
package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/deliver"
	"github.com/livedora/dora-datasource/pkg/discover"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/dora/history"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/memory"
	"github.com/livedora/dora-datasource/pkg/store/place"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// Options are what a dataset is opened with.
type Options struct {
	// Name keeps the data apart from others' in the same store.
	Name string
	// Owner is the data source, by which a registry tells datasets apart: two data sources that share a name share data,
	// not a collector. Empty: the name.
	Owner string
	// Organisation is Grafana's, to which the data belongs: another's is refused with a *Foreign.
	Organisation int64
	// StoreRoot is the folder in which the store's file must lie; empty: anywhere.
	StoreRoot string
	Settings  settings.Settings
	// Client is used for every source; each source adds its own credentials to its own host's requests.
	Client *http.Client
	// ClientKey stands for what the client was made from, such as TLS and proxy settings: where it differs, so does the
	// client. It may contain secrets and is never written anywhere.
	ClientKey string
	// Store is used instead of opening the settings' one; it is not closed with the dataset.
	Store  store.Store
	Logger *slog.Logger
	// Trace, where given, is told when a run of a source begins and ends; see collect.Options.
	Trace func(ctx context.Context, source string) (context.Context, func(error))
	// SaveAfter is how many events are worth saving the history beside the store again; 0 is 5,000.
	SaveAfter int
	// CheckTime bounds how long a person who tries a source waits; 0 is 20 seconds.
	CheckTime time.Duration
	// ReachTime bounds how long that person waits where nothing answers at the address; 0 is 4 seconds.
	ReachTime time.Duration
}

// Dataset is the data of one data source. It is safe for concurrent use.
type Dataset struct {
	options   Options
	stamp     string // see Stamp
	store     store.Store
	collector *collect.Collector
	deliverer *deliver.Deliverer
	sources   []collect.Source
	traffic   map[string]*traffic // by source
	trials    map[string]*trial   // likewise
	changed   chan struct{}
	search    discover.Search

	deriving sync.Mutex // held, before mu, while facts under another definition are worked out

	mu      sync.Mutex // guards what follows
	history *facts.Deriver
	behind  store.Sequence
	forgets int64 // as the store counts them
	views   views
	saved   saved
	settled bool // as of the last time, all sources had been read to their ends once, and what they told was taken in

	pending atomic.Bool // something was written that the snapshot may not show yet

	lost atomic.Bool // a part of the history could not be read again: the store is to be read anew

	moved broadcast
	ended chan struct{}

	failure    atomic.Pointer[error] // why the store could not be read last time
	unreadable atomic.Pointer[[]Unreadable]
	following  atomic.Pointer[store.Behind]
	snapshot   atomic.Pointer[facts.Snapshot]
	made       atomic.Pointer[Derivation]
	counts     atomic.Pointer[map[string]map[dora.Kind]int] // as of the last time that nobody worked on the history
	absent     atomic.Pointer[[]history.Absent]             // likewise
	idle       atomic.Pointer[map[string][]string]          // likewise
	apart      atomic.Pointer[lookedApart]
	archived   atomic.Pointer[map[string]bool] // the services of which all repositories are
	handed     atomic.Pointer[[]handed]
}

// Open opens the store and reads what it has. It calls no source.
func Open(ctx context.Context, o Options) (*Dataset, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	d := &Dataset{
		options: o, stamp: newStamp(), store: o.Store, history: facts.NewDeriver(o.Settings.Mapping()),
		changed: make(chan struct{}, 1), ended: make(chan struct{}), traffic: map[string]*traffic{}, trials: map[string]*trial{},
	}
	d.views = newViews(func(definition dora.Definition) { d.history.Release(definition) })
	if d.store == nil {
		opened, err := o.openStore(ctx)
		if err != nil {
			return nil, err
		}
		d.store = opened
	}
	for i := range o.Settings.Sources {
		s := &o.Settings.Sources[i]
		client, counted := metered(o.Client)
		d.traffic[s.ID] = counted
		d.trials[s.ID] = &trial{}
		d.sources = append(d.sources, collect.Source{ID: s.ID, Type: s.Type, Source: s.Open(client)})
	}
	d.collector = collect.New(collect.Options{
		Dataset: o.Name, Store: d.store, Sources: d.sources, Logger: o.Logger, Changed: d.wake, Trace: o.Trace, Known: d.known,
		Every: time.Duration(o.Settings.Collect.Every), Backfill: time.Duration(o.Settings.Collect.Backfill),
	})
	d.deliverer = deliver.New(d.delivery())
	if err := d.Exposed(); err != nil {
		o.Logger.Warn("the store is not private", "dataset", o.Name, "error", err)
	}
	d.restore(ctx)
	err := d.Refresh(ctx)
	if err == nil {
		err = d.collector.Recall(ctx)
	}
	if err == nil {
		err = d.Refresh(ctx) // it is known now since when sources have been read
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Foreign says that a dataset belongs to another organisation.
type Foreign = store.Foreign

// OpenStore opens the store of a dataset, and nothing else.
func OpenStore(ctx context.Context, o Options) (store.Store, error) { return o.openStore(ctx) }

// openStore opens the store as the settings say. What another organisation's dataset is called like is refused wherever it
// would lie, so that the settings mean the same with every store.
func (o *Options) openStore(ctx context.Context) (store.Store, error) {
	if _, err := store.OwnerOf(o.Name, 0, o.Organisation); err != nil {
		return nil, err
	}
	opened, err := o.openNamed(ctx)
	if errors.As(err, new(*place.Outside)) {
		err = fmt.Errorf("%w; %s", err, settings.AnotherRoot)
	}
	if err != nil {
		return nil, err
	}
	return opened, nil
}

// openNamed opens the store of the settings' type.
func (o *Options) openNamed(ctx context.Context) (store.Store, error) {
	s := o.Settings.Store
	switch s.Type {
	case settings.StoreSQLite:
		return sqlite.Open(ctx, s.Path, o.Name, sqlite.OwnedBy(o.Organisation), sqlite.Within(o.StoreRoot))
	case settings.StorePostgres:
		if s.Path != "" { // of the saved history
			if _, err := place.Locate(s.Path, o.StoreRoot); err != nil {
				return nil, err
			}
		}
		return postgres.Open(ctx, postgres.Database{
			Address: s.Address, Name: s.Database, User: s.User, Password: s.Password, TLS: postgres.TLS(s.TLS), CA: s.CA,
			Replica: s.Use == settings.StoreReplica,
		}, o.Name, postgres.OwnedBy(o.Organisation))
	}
	return memory.New(), nil
}

func (d *Dataset) wake() {
	d.pending.Store(true)
	select {
	case d.changed <- struct{}{}:
	default:
	}
}

// Changes are gathered before the snapshot is made anew: until none has come for quietTime, and no longer than
// gatherTime. pollTime is how often the store is asked for what others wrote, and the collector for how it is doing.
const (
	quietTime  = 100 * time.Millisecond
	gatherTime = 250 * time.Millisecond
	pollTime   = time.Second
)

// Run collects on schedule and keeps the snapshot up to date until the context ends. It can be called once.
func (d *Dataset) Run(ctx context.Context) error {
	defer close(d.ended)
	var work sync.WaitGroup
	work.Go(func() { d.follow(ctx) }) // the follower: reads what collectors, ours or others', wrote
	work.Go(func() { d.keepSaved(ctx) })
	work.Go(func() { d.deliverer.Run(ctx) })
	err := d.collector.Run(ctx)
	work.Wait()
	return err
}

func (d *Dataset) follow(ctx context.Context) {
	poll := time.NewTicker(pollTime)
	defer poll.Stop()
	var woken <-chan struct{} // by who wrote elsewhere; stores without it are asked
	if s, ok := d.store.(interface{ Woken() <-chan struct{} }); ok {
		woken = s.Woken()
	}
	var state []collect.SourceState
	failing := "" // as was told last
	for {
		state = d.watchState(state)
		select {
		case <-ctx.Done():
			return
		case <-d.changed:
			d.gather(ctx)
		case <-woken:
			d.gather(ctx)
		case <-poll.C:
		}
		err := d.guarded(func() error { return d.Refresh(ctx) })
		if ctx.Err() != nil {
			return
		}
		d.failure.Store(&err)
		failing = d.announce(failing, err)
	}
}

// announce tells the log, and whoever follows, when the store fails in another way than before, or no longer.
func (d *Dataset) announce(before string, err error) (now string) {
	if err != nil {
		now = err.Error()
	}
	if now == before {
		return now
	}
	if err != nil {
		d.options.Logger.Error("the store cannot be read; answers stay as they are", "dataset", d.options.Name, "error", err)
	}
	d.moved.call()
	return now
}

// gather waits for the changes that come with one that has come.
func (d *Dataset) gather(ctx context.Context) {
	most := time.NewTimer(gatherTime)
	defer most.Stop()
	for {
		quiet := time.NewTimer(quietTime)
		select {
		case <-d.changed:
			quiet.Stop()
			continue
		case <-quiet.C:
		case <-most.C:
		case <-ctx.Done():
		}
		quiet.Stop()
		return
	}
}

// muchToRead is how many events leave behind memory that is worth giving back to the system; after restTime, so that who
// waits for a first answer does not wait for that too.
const (
	muchToRead = 100_000
	restTime   = 10 * time.Second
)

// giveBack gives memory back to the system that much work took.
func giveBack() { time.AfterFunc(restTime, debug.FreeOSMemory) }

// Refresh takes in what was written to the store since the last time.
func (d *Dataset) Refresh(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pending.Store(false)
	d.views.forget()
	err := d.whole(ctx, func() error { return d.refresh(ctx) })
	if err == nil {
		err = d.look(ctx)
	}
	if err == nil {
		err = d.lookBehind(ctx)
	}
	d.failure.Store(&err)
	return err
}

// Begun takes in what was just written where there is nothing to be seen so far, so that the first answer after a first
// reading is not an empty one.
func (d *Dataset) Begun(ctx context.Context) {
	if d.pending.Load() && d.Snapshot().Latest.IsZero() {
		_ = d.Refresh(ctx) // it is told by StoreFailure
	}
}

// refresh is Refresh while d.mu is held.
func (d *Dataset) refresh(ctx context.Context) error {
	forgets, err := d.store.Forgets(ctx)
	if err != nil {
		return err
	}
	if d.lost.Load() || forgets != d.forgets && d.behind > 0 {
		return d.begin(ctx)
	}
	d.forgets = forgets
	allRead, before := d.allRead(), d.snapshot.Load()
	behind, read, err := d.read(ctx, d.behind, d.history, &d.saved)
	d.behind = behind
	reached, begun := d.history.Reach(d.reach()), d.history.Begin(d.begins())
	if reached || begun || read > 0 || d.snapshot.Load() == nil {
		d.derive()
		if d.settled {
			d.seeHanded(before, d.snapshot.Load(), time.Now())
		}
		d.moved.call()
	}
	d.settled = allRead && err == nil
	if read > muchToRead {
		giveBack()
	}
	return err
}

// read has a history take in what the store has after a sequence, and gives the last that it took in.
func (d *Dataset) read(ctx context.Context, after store.Sequence, into *facts.Deriver, passed *saved) (last store.Sequence, count int, err error) {
	defer passed.mark()
	last = after
	for change, err := range d.changes(ctx, after) {
		if err != nil {
			return last, count, err
		}
		into.Apply(change.Event)
		last = change.Sequence
		passed.pass(change)
		count++
	}
	return last, count, nil
}

// changes are what the store has after a sequence, commits and changes as they are packed where it can give them so.
func (d *Dataset) changes(ctx context.Context, after store.Sequence) iter.Seq2[store.Change, error] {
	if s, ok := d.store.(interface {
		ChangesBy(ctx context.Context, after store.Sequence, read store.Reader) iter.Seq2[store.Change, error]
	}); ok {
		return s.ChangesBy(ctx, after, code.Decode)
	}
	return d.store.Changes(ctx, after)
}

// begin reads everything that the store has into an empty history. Until that is done, answers stay as they are.
func (d *Dataset) begin(ctx context.Context) error {
	forgets, err := d.store.Forgets(ctx)
	if err != nil {
		return err
	}
	anew, passed := d.history.Anew(), saved{}
	behind, _, err := d.read(ctx, 0, anew, &passed)
	if err != nil {
		return err
	}
	d.history, d.behind, d.forgets, d.saved = anew, behind, forgets, passed
	d.lost.Store(false)
	d.settled = false
	d.derive()
	d.moved.call()
	return nil
}

// Snapshot is the facts under the settings' definition. It never waits.
func (d *Dataset) Snapshot() *facts.Snapshot { return d.snapshot.Load() }

// Under is the facts under another definition. The first question under a definition and version works them out, but for
// how recovery time is read, under which they are seen. It panics where they cannot be worked out, since other figures
// would be wrong ones; see Regain.
func (d *Dataset) Under(definition dora.Definition) *facts.Snapshot {
	reading := definition.Recovery
	definition.Recovery = d.options.Settings.Definition.Recovery
	return d.derived(definition).Reading(reading)
}

// derived is the facts under a definition that reads recovery time as the settings do.
func (d *Dataset) derived(definition dora.Definition) *facts.Snapshot {
	if fresh := d.fresh(definition); fresh != nil {
		return fresh
	}
	d.deriving.Lock() // one at a time, so that collection waits for one at most
	defer d.deriving.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	var under *facts.Snapshot
	if err := d.whole(context.Background(), func() error {
		under = d.views.of(definition, d.Snapshot().Version, d.history.Derive)
		return nil
	}); err != nil {
		panic(&code.Lost{Cause: err})
	}
	return under
}

// fresh is the facts under such a definition where they are at hand; else nil. It waits for nobody.
func (d *Dataset) fresh(definition dora.Definition) *facts.Snapshot {
	snapshot := d.Snapshot()
	if dora.Same(definition, d.options.Settings.Definition) {
		return snapshot
	}
	return d.views.fresh(definition, snapshot.Version)
}

// AtHand is the facts by which an answer under a definition can be weighed, and about how much memory it takes to make
// its own, where they are not at hand. It waits for nobody.
func (d *Dataset) AtHand(definition dora.Definition) (about *facts.Snapshot, making int64) {
	definition.Recovery = d.options.Settings.Definition.Recovery
	if fresh := d.fresh(definition); fresh != nil {
		return fresh, 0
	}
	snapshot := d.Snapshot()
	return snapshot, viewSize(snapshot)
}

// Once collects every source once, until it is up to date, and then delivers to every sink.
func (d *Dataset) Once(ctx context.Context) (collect.Summary, error) {
	summary, err := d.collector.Once(ctx)
	err = errors.Join(err, d.Refresh(ctx))
	if ctx.Err() == nil {
		err = errors.Join(err, d.deliverOnce(ctx))
	}
	return summary, err
}

// State tells how each source is doing.
func (d *Dataset) State() []collect.SourceState { return d.collector.State() }

// StoreFailure is why the store could not be read last time; nil if it could.
func (d *Dataset) StoreFailure() error {
	if failure := d.failure.Load(); failure != nil {
		return *failure
	}
	return nil
}

// Unreadable is a row of the store that holds no event which this version can read.
type Unreadable = store.Unreadable

// look sees which rows of the store cannot be read. What they held is missing until it is told again.
func (d *Dataset) look(ctx context.Context) error {
	s, ok := d.store.(interface {
		Unreadable(ctx context.Context) ([]Unreadable, error)
	})
	if !ok {
		return nil
	}
	now, err := s.Unreadable(ctx)
	if err != nil {
		return err
	}
	if before := d.unreadable.Swap(&now); before == nil && len(now) > 0 || before != nil && len(*before) != len(now) {
		if len(now) > 0 {
			d.options.Logger.Error("rows of the store cannot be read and are left out", "dataset", d.options.Name, "rows", len(now), "first", now[0].String())
		}
		d.moved.call()
	}
	return nil
}

// Unreadable lists the rows of the store that are left out because they cannot be read.
func (d *Dataset) Unreadable() []Unreadable {
	if rows := d.unreadable.Load(); rows != nil {
		return *rows
	}
	return nil
}

// WriteFailure is why the store could not be written last time; nil if it could.
func (d *Dataset) WriteFailure() error {
	if s, ok := d.store.(interface{ Failing() error }); ok {
		return s.Failing()
	}
	return nil
}

// Exposed is who else may read the store, where that could not be changed; nil: nobody.
func (d *Dataset) Exposed() error {
	if s, ok := d.store.(interface{ Exposed() error }); ok {
		return s.Exposed()
	}
	return nil
}

// Counts is the number of events in hand, by source and kind. While the history is worked on, it is that of before.
func (d *Dataset) Counts() map[string]map[dora.Kind]int {
	if !d.mu.TryLock() {
		if before := d.counts.Load(); before != nil {
			return *before
		}
		d.mu.Lock()
	}
	defer d.mu.Unlock()
	counts := d.history.Counts()
	d.counts.Store(&counts)
	return counts
}

// Settings are those that the dataset was opened with.
func (d *Dataset) Settings() settings.Settings { return d.options.Settings }

// Close closes the store, if the dataset opened it.
func (d *Dataset) Close() error {
	if d.options.Store != nil {
		return nil
	}
	return d.store.Close()
}

// Unmatched lists the environments of collected deployments, by number of deployments, so that a person sees why a
// pattern of production matches nothing.
func (d *Dataset) Unmatched() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	counts := d.history.Environments()
	names := slices.Collect(maps.Keys(counts))
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b)) })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s (%d)", name, counts[name])
	}
	return names
}

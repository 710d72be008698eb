package dataset_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/code"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/dora/large"
	"github.com/livedora/dora-datasource/pkg/source/github"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
)

// kept is a store beside which a history is worth saving, and how it is opened.
type kept struct {
	t        *testing.T
	path     string
	more     string // of the settings
	services []*large.Service
	store    store.Store // instead of the one at the path
	log      bytes.Buffer
}

// keep makes up a store of some changes for each of sixty deployments.
func keep(t *testing.T, changes int) *kept {
	k := &kept{t: t, path: filepath.Join(t.TempDir(), "dora.db")}
	size := large.Size{Services: 3, Deployments: 20, Changes: changes, Months: 6, Every: 5}
	var events []dora.Event
	for number := range size.Services {
		service := size.Service(number)
		k.services = append(k.services, service)
		events = slices.AppendSeq(events, service.Events())
	}
	datasettest.Fill(t, k.path, "1/dora", events...)
	return k
}

// open opens the dataset, as a process does that starts; it runs until the test says so.
func (k *kept) open() (d *dataset.Dataset, end func()) {
	k.t.Helper()
	settings := parse(k.t, silent(k.t), `,"store":{"path":"`+filepath.ToSlash(k.path)+`"}`+k.more)
	settings.Sources[0].Own.(*github.Settings).Repositories = []string{"example/*", "example-health/*"}
	o := options(k.t, "1/dora", settings)
	o.SaveAfter, o.Store = 200, k.store
	o.Logger = slog.New(slog.NewTextHandler(&k.log, nil))
	k.log.Reset()
	d, err := dataset.Open(k.t.Context(), o)
	require.NoError(k.t, err)
	ctx, cancel := context.WithCancel(k.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return d, func() {
		cancel()
		require.NoError(k.t, <-ended)
		require.NoError(k.t, d.Close())
	}
}

func (k *kept) saved() []string {
	found, err := filepath.Glob(k.path + "-*.history")
	require.NoError(k.t, err)
	return found
}

// untilSaved runs the dataset until its history lies beside the store.
func (k *kept) untilSaved() {
	k.t.Helper()
	_, end := k.open()
	require.Eventually(k.t, func() bool { return len(k.saved()) == 1 }, time.Minute, 10*time.Millisecond)
	end()
}

// figures are the median lead times of every service by week, and what the first service's deployments shipped.
func made(d *dataset.Dataset) any {
	s := d.Snapshot()
	q := figures.Question{
		Metric: dora.LeadTime, Statistic: dora.Median, GroupBy: []dora.Field{dora.ByService}, Now: large.Begin.AddDate(1, 0, 0),
		Spans: figures.Week.Spans(large.Begin, large.Begin.AddDate(0, 7, 0), time.UTC),
	}
	f := s.Services[0]
	shipments := f.Shipments()
	var titles []string
	for _, deployment := range f.Deployments {
		for _, c := range shipments.Of(deployment) {
			titles = append(titles, c.Title+c.SHA)
		}
	}
	return []any{figures.Ask(s, q), titles}
}

const notUsed = "a saved history is not used"

func TestAProcessThatStartsAgainGoesOnFromTheSavedHistory(t *testing.T) {
	k := keep(t, 5)
	d, end := k.open()
	require.Eventually(t, func() bool { return len(k.saved()) == 1 }, time.Minute, 10*time.Millisecond)
	want := made(d)
	end()

	s, err := sqlite.Open(t.Context(), k.path, "1/dora")
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	last := k.services[0].Deploy(large.Begin.AddDate(0, 6, 3))

	d, end = k.open()
	assert.Equal(t, want, made(d))
	assert.NotContains(t, k.log.String(), notUsed)
	_, err = s.Apply(t.Context(), store.Batch{Events: last})
	require.NoError(t, err)
	moved(t, d, 61)
	after := made(d)
	end()

	d, end = k.open()
	defer end()
	assert.Equal(t, after, made(d), "what was written since it was saved is read from the store")
	assert.NotContains(t, k.log.String(), notUsed)

	require.NoError(t, os.Remove(k.saved()[0]))
	d, end = k.open()
	defer end()
	assert.Equal(t, after, made(d), "and all is as if nothing had been saved")
}

func TestASavedHistoryThatDoesNotFitIsNotUsed(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *kept){
		"it is damaged": func(t *testing.T, k *kept) {
			content, err := os.ReadFile(k.saved()[0])
			require.NoError(t, err)
			content[len(content)-len(content)/10] ^= 1
			require.NoError(t, os.WriteFile(k.saved()[0], content, 0o600))
		},
		"it is cut off": func(t *testing.T, k *kept) { require.NoError(t, os.Truncate(k.saved()[0], 1000)) },
		"it is empty":   func(t *testing.T, k *kept) { require.NoError(t, os.Truncate(k.saved()[0], 0)) },
		"the store is another": func(t *testing.T, k *kept) {
			require.NoError(t, os.Remove(k.path))
			datasettest.Fill(t, k.path, "1/dora", datasettest.Events()...)
		},
		"a source was forgotten since": func(t *testing.T, k *kept) {
			s, err := sqlite.Open(t.Context(), k.path, "1/dora")
			require.NoError(t, err)
			_, err = s.Forget(t.Context(), "pagerduty")
			require.NoError(t, err)
			require.NoError(t, s.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, 5)
			k.untilSaved()
			spoil(t, k)
			d, end := k.open()
			got := made(d)
			assert.Contains(t, k.log.String(), notUsed)
			end()
			for _, path := range k.saved() {
				require.NoError(t, os.Remove(path))
			}
			d, end = k.open()
			defer end()
			assert.Equal(t, made(d), got)
		})
	}
}

func TestASavedHistoryThatIsLostWhileItIsInUseIsReadFromTheStore(t *testing.T) {
	k := keep(t, 20) // enough for a block of it to lie in the file
	k.untilSaved()
	d, end := k.open()
	defer end()
	k.cutOff()
	other := d.Settings().Definition
	other.Unit = dora.UnitCommit
	under := d.Under(other)
	require.Len(t, under.Services, 3)
	assert.Len(t, under.Services[0].Deployments, 20)
	assert.NotEmpty(t, under.Services[0].Shipments().Of(under.Services[0].Deployments[1]))
	assert.Contains(t, k.log.String(), "read from the store again")
}

func TestUnderOtherSettingsTheSavedHistoryIsReadAnotherWay(t *testing.T) {
	for name, more := range map[string]string{
		"definition": `,"definition":{"unit":"commit"}`,
		"services":   `,"services":[{"name":"all","deployments":[{"source":"` + large.Source + `"}]}]`,
	} {
		t.Run(name, func(t *testing.T) {
			k := keep(t, 5)
			k.untilSaved()
			before, err := os.Stat(k.saved()[0])
			require.NoError(t, err)
			k.more = more
			d, end := k.open()
			got := made(d)
			assert.NotContains(t, k.log.String(), notUsed)
			eventually(t, func() bool { // it is saved as it is read now
				now, err := os.Stat(k.saved()[0])
				return err == nil && !os.SameFile(before, now)
			})
			end()
			d, end = k.open()
			assert.Equal(t, got, made(d))
			assert.NotContains(t, k.log.String(), notUsed)
			end()
			require.NoError(t, os.Remove(k.saved()[0]))
			d, end = k.open()
			defer end()
			assert.Equal(t, made(d), got)
		})
	}
}

func TestOfSeveralSavedHistoriesTheNewestThatFitsIsUsed(t *testing.T) {
	k := keep(t, 5)
	k.untilSaved()
	first := k.saved()[0]
	content, err := os.ReadFile(first)
	require.NoError(t, err)
	begin, _, numbered := strings.Cut(first, ".1-")
	require.True(t, numbered, first)
	earlier, newer, another := begin+".history", begin+".9-8.history", begin+"0.3-7.history"
	require.NoError(t, os.WriteFile(earlier, []byte("as an earlier version wrote it"), 0o600))
	require.NoError(t, os.WriteFile(newer, content[:len(content)/2], 0o600))
	require.NoError(t, os.WriteFile(another, []byte("of another data source"), 0o600))

	d, end := k.open()
	want := made(d)
	assert.Equal(t, 1, strings.Count(k.log.String(), notUsed), "the newest is cut off, the next one fits")
	end()

	k.more = `,"definition":{"unit":"commit"}` // so that it is saved again
	_, end = k.open()
	eventually(t, func() bool {
		left := k.saved()
		slices.Sort(left)
		return len(left) == 2 && strings.HasPrefix(left[0], begin+".10-") && left[1] == another
	})
	end()
	k.more = ""
	d, end = k.open()
	defer end()
	assert.Equal(t, want, made(d))
}

// cutOff has what lies in the file lost, as when a disk fails.
func (k *kept) cutOff() {
	k.t.Helper()
	for _, path := range k.saved() {
		require.NoError(k.t, os.Truncate(path, 0))
	}
}

// cutOffInUse is a dataset that goes on from a history that is lost then, and what it answered before.
func (k *kept) cutOffInUse() (d *dataset.Dataset, want any, end func()) {
	k.t.Helper()
	k.untilSaved()
	d, end = k.open()
	want = made(d)
	end()
	d, end = k.open() // of which nothing is at hand yet
	k.cutOff()
	return d, want, end
}

// panicking gives what some work panics with; nil if it does not.
func panicking(work func()) (panicked any) {
	defer func() { panicked = recover() }()
	work()
	return nil
}

// regained waits until d answers as it did before its file was lost.
func regained(t *testing.T, d *dataset.Dataset, want any) {
	t.Helper()
	eventually(t, func() (is bool) {
		_ = panicking(func() { is = assert.ObjectsAreEqual(want, made(d)) }) // it does, until the store is read
		return is
	})
}

func TestWhoeverMeetsALossIsToldAndTheStoreIsReadAgain(t *testing.T) {
	k := keep(t, 20)
	d, want, end := k.cutOffInUse()
	defer end()
	panicked := panicking(func() { made(d) })
	require.IsType(t, &code.Lost{}, panicked)
	require.ErrorContains(t, d.Regain(panicked), "it is being read from the store again: ask again in a minute")
	regained(t, d, want)
	require.NoError(t, d.Regain("another panic"))
	require.NoError(t, d.Regain(nil))
}

func TestALossThatIsMetWhileTheHistoryIsSavedIsMendedAndItIsSaved(t *testing.T) {
	k := keep(t, 20)
	d, want, end := k.cutOffInUse()
	s, err := sqlite.Open(t.Context(), k.path, "1/dora")
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	var incidents []dora.Event // of no service, so that nothing is derived
	for n := range 200 {
		incidents = append(incidents, &dora.Incident{Header: dora.Header{Source: "elsewhere", ID: strconv.Itoa(n), Updated: large.Begin}, Opened: large.Begin})
	}
	_, err = s.Apply(t.Context(), store.Batch{Events: incidents})
	require.NoError(t, err)
	eventually(t, func() bool {
		info, err := os.Stat(k.saved()[0])
		return err == nil && info.Size() > 0
	})
	assert.Equal(t, want, made(d))
	end()
	assert.Contains(t, k.log.String(), "will be read from the store again")

	d, end = k.open()
	defer end()
	assert.Equal(t, want, made(d))
	assert.NotContains(t, k.log.String(), notUsed)
}

// unreadable is a store that cannot be read at times.
type unreadable struct {
	store.Store
	is atomic.Bool
}

func (u *unreadable) Changes(ctx context.Context, after store.Sequence) iter.Seq2[store.Change, error] {
	if u.is.Load() {
		return func(yield func(store.Change, error) bool) { yield(store.Change{}, errors.New("the disk is gone")) }
	}
	return u.Store.Changes(ctx, after)
}

func TestWhereTheStoreIsLostTooNoOtherFiguresAreGiven(t *testing.T) {
	k := keep(t, 20)
	s, err := sqlite.Open(t.Context(), k.path, "1/dora")
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	u := &unreadable{Store: s}
	k.store = u
	k.untilSaved()
	d, end := k.open()
	defer end()
	want := made(d)
	k.cutOff()
	u.is.Store(true)
	other := d.Settings().Definition
	other.Unit = dora.UnitCommit
	panicked := panicking(func() { d.Under(other) })
	require.ErrorContains(t, d.Regain(panicked), "the disk is gone")
	u.is.Store(false)
	regained(t, d, want)
	assert.Len(t, d.Under(other).Services, 3)
}

func TestASourceThatAnotherInstanceForgotIsGoneHereToo(t *testing.T) {
	k := keep(t, 5)
	d, end := k.open()
	defer end()
	moved(t, d, 60)
	s, err := sqlite.Open(t.Context(), k.path, "1/dora")
	require.NoError(t, err)
	defer func() { assert.NoError(t, s.Close()) }()
	_, err = s.Forget(t.Context(), large.Source)
	require.NoError(t, err)
	moved(t, d, 0)
}

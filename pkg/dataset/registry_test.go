package dataset_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dataset/datasettest"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/sqlite"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
	"github.com/livedora/dora-datasource/pkg/world"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const token = "a-token"

func parse(t *testing.T, url, more string) settings.Settings {
	t.Helper()
	object, err := strict.Object([]byte(`{"sources":[{"id":"github","type":"github","url":"` + url + `","repositories":["example-health/*"],"incidents":{"labels":["incident"]}}],
		"collect":{"backfill":"3650d"}` + more + `}`))
	require.NoError(t, err)
	s, err := settings.Parse(systems.All, object, map[string]string{"sources.github.token": token})
	require.NoError(t, err)
	return s
}

func open(t *testing.T) *dataset.Registry {
	t.Helper()
	t.TempDir() // the test's directory goes after what is open in it
	r := &dataset.Registry{}
	t.Cleanup(r.Close)
	return r
}

func acquire(t *testing.T, r *dataset.Registry, name string, s settings.Settings) *dataset.Dataset {
	t.Helper()
	d, err := r.Acquire(t.Context(), options(t, name, s))
	require.NoError(t, err)
	return d
}

func options(t *testing.T, name string, s settings.Settings) dataset.Options {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(client.CloseIdleConnections)
	return dataset.Options{Name: name, Organisation: 1, Settings: s, Client: client}
}

// silent is a GitHub that never answers.
func silent(t *testing.T) string {
	t.Helper()
	over := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(func() { close(over); server.Close() })
	return server.URL
}

func invented(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(world.New(world.Options{Seed: 2, Months: 2}).Handler(token))
	t.Cleanup(server.Close)
	return server.URL
}

func eventually(t *testing.T, true func() bool) {
	t.Helper()
	require.Eventually(t, true, time.Minute, 5*time.Millisecond)
}

func isUpToDate(d *dataset.Dataset) func() bool {
	return func() bool { return d.State()[0].State == collect.StatusOK && deployments(d) > 0 }
}

func deployments(d *dataset.Dataset) int {
	n := 0
	for _, f := range d.Snapshot().Services {
		n += len(f.Deployments)
	}
	return n
}

func TestTheSameSettingsGiveTheSameDataset(t *testing.T) {
	r, url := open(t), silent(t)
	first := acquire(t, r, "1/dora", parse(t, url, ""))
	assert.Same(t, first, acquire(t, r, "1/dora", parse(t, url, "")))
	strangers := options(t, "2/dora", parse(t, url, ""))
	strangers.Organisation = 2
	other, err := r.Acquire(t.Context(), strangers)
	require.NoError(t, err)
	assert.NotSame(t, first, other, "another organisation's data source of the same uid is another dataset")
}

func TestChangedSettingsReplaceTheCollectorAndKeepTheData(t *testing.T) {
	r, url := open(t), invented(t)
	before := acquire(t, r, "1/dora", parse(t, url, ""))
	eventually(t, isUpToDate(before))
	had := deployments(before)

	after := acquire(t, r, "1/dora", parse(t, url, `,"definition":{"unit":"commit"}`))
	assert.NotSame(t, before, after)
	assert.GreaterOrEqual(t, deployments(after), had, "nothing has to be read again, in memory either")
	assert.Equal(t, dora.UnitCommit, after.Snapshot().Definition.Unit)
	eventually(t, isUpToDate(after))
	assert.GreaterOrEqual(t, deployments(before), had, "questions under way get their answers from the old one")

	secret := parse(t, url, `,"definition":{"unit":"commit"}`)
	secret.Sources[0].Secrets["token"] = "another"
	assert.NotSame(t, after, acquire(t, r, "1/dora", secret), "a new secret is a change")
	changed := options(t, "1/dora", secret)
	changed.ClientKey = "another proxy"
	d, err := r.Acquire(t.Context(), changed)
	require.NoError(t, err)
	assert.NotEmpty(t, d.Counts(), "a new HTTP client is a change, and keeps the data too")
}

func TestTwoDatasetsInOneFileDoNotSeeEachOther(t *testing.T) {
	r, url, path := open(t), silent(t), filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	s := parse(t, url, `,"store":{"path":"`+path+`"},"services":`+datasettest.Services)
	assert.Equal(t, 7, deployments(acquire(t, r, "1/dora", s)))
	assert.Zero(t, deployments(acquire(t, r, "1/other", s)))
}

func TestTwoDataSourcesMayShareADataset(t *testing.T) {
	r, url, path := open(t), silent(t), filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "shared", datasettest.Events()...)
	s := parse(t, url, `,"store":{"path":"`+path+`","dataset":"shared"},"services":`+datasettest.Services)
	of := func(owner string, s settings.Settings) *dataset.Dataset {
		o := options(t, "shared", s)
		o.Owner = owner
		d, err := r.Acquire(t.Context(), o)
		require.NoError(t, err)
		return d
	}
	one := of("1/one", s)
	s.Definition.Unit = dora.UnitCommit
	two := of("1/two", s)
	assert.NotSame(t, one, two)
	assert.Equal(t, deployments(one), deployments(two))
	s.Definition.Unit = dora.UnitChange
	assert.Same(t, one, of("1/one", s), "the second did not take the first one's place")
}

func TestAStoreThatCannotBeOpenedSaysWhyAndIsTriedAgain(t *testing.T) {
	r, url, dir := open(t), silent(t), t.TempDir()
	inTheWay := filepath.Join(dir, "data")
	require.NoError(t, os.WriteFile(inTheWay, nil, 0o600))
	s := parse(t, url, `,"store":{"path":"`+inTheWay+`/dora.db"}`)
	_, err := r.Acquire(t.Context(), options(t, "1/dora", s))
	require.ErrorContains(t, err, "store.path")
	require.NoError(t, os.Remove(inTheWay))
	acquire(t, r, "1/dora", s)
}

func TestTheSnapshotFollowsTheStore(t *testing.T) {
	url, path := silent(t), filepath.Join(t.TempDir(), "dora.db")
	s := parse(t, url, `,"store":{"path":"`+path+`"},"services":`+datasettest.Services)
	d, err := dataset.Open(t.Context(), options(t, "1/dora", s))
	require.NoError(t, err)
	defer func() { require.NoError(t, d.Close()) }()
	assert.Zero(t, deployments(d))
	before := d.Snapshot()

	another, err := sqlite.Open(t.Context(), path, "1/dora")
	require.NoError(t, err)
	for _, event := range datasettest.Events() {
		_, err := another.Apply(t.Context(), store.Batch{Events: []dora.Event{event}})
		require.NoError(t, err)
	}
	require.NoError(t, another.Close())
	require.NoError(t, d.Refresh(t.Context()))
	assert.Equal(t, 7, deployments(d))
	assert.Same(t, d.Snapshot(), d.Snapshot())
	for _, f := range before.Services {
		assert.Empty(t, f.Deployments, "an old snapshot does not change under its readers")
	}
	assert.Equal(t, []string{"production (8)", "staging (1)"}, d.Unmatched())
	assert.Equal(t, 9, d.Counts()["github"][dora.KindDeployment])

	narrow := s.Definition
	narrow.Evidence = []dora.EvidenceKind{dora.EvidenceRollback}
	assert.Same(t, d.Snapshot(), d.Under(s.Definition))
	assert.Equal(t, narrow.Evidence, d.Under(narrow).Definition.Evidence)
}

func TestWhatAnotherProcessCollectsArrivesByItself(t *testing.T) {
	if testing.Short() {
		t.Skip("the store is asked every few seconds")
	}
	r, url, path := open(t), silent(t), filepath.Join(t.TempDir(), "dora.db")
	d := acquire(t, r, "1/dora", parse(t, url, `,"store":{"path":"`+path+`"},"services":`+datasettest.Services))
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	eventually(t, func() bool { return deployments(d) == 7 })
	assert.NoError(t, d.StoreFailure())
}

func TestAStoreWhoseFileWasRemovedBeginsAnewWithTheNextSettings(t *testing.T) {
	r, url, path := open(t), silent(t), filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	more := `,"store":{"path":"` + path + `"},"services":` + datasettest.Services
	d := acquire(t, r, "1/dora", parse(t, url, more))
	require.Equal(t, 7, deployments(d))
	for _, suffix := range []string{"", "-wal", "-shm"} {
		require.NoError(t, os.RemoveAll(path+suffix))
	}
	eventually(t, func() bool { return d.StoreFailure() != nil })
	require.ErrorContains(t, d.StoreFailure(), "was removed or replaced while it was in use")
	assert.Equal(t, 7, deployments(d), "answers stay as they were")
	_, err := d.Post(t.Context(), datasettest.Events()...)
	require.ErrorContains(t, err, "was removed or replaced while it was in use", "nothing is acknowledged that would be lost")

	next := acquire(t, r, "1/dora", parse(t, url, more+`,"definition":{"unit":"commit"}`))
	assert.Zero(t, deployments(next))
	_, err = next.Post(t.Context(), datasettest.Events()...)
	require.NoError(t, err)
	eventually(t, func() bool { return deployments(next) == 7 })
	assert.NoError(t, next.StoreFailure())
}

func TestAStoreThatFailsIsTold(t *testing.T) {
	url, path := silent(t), filepath.Join(t.TempDir(), "dora.db")
	datasettest.Fill(t, path, "1/dora", datasettest.Events()...)
	opened, err := sqlite.Open(t.Context(), path, "1/dora")
	require.NoError(t, err)
	o := options(t, "1/dora", parse(t, url, `,"services":`+datasettest.Services))
	o.Store = opened
	d, err := dataset.Open(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, opened.Close())
	require.Error(t, d.Refresh(t.Context()))
	require.Error(t, d.StoreFailure())
	assert.Equal(t, 7, deployments(d), "answers stay as they were")
}

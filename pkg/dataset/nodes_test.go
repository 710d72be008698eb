package dataset_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/collect"
	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/store"
	"github.com/livedora/dora-datasource/pkg/store/postgres"
	"github.com/livedora/dora-datasource/pkg/store/postgrestest"
	"github.com/livedora/dora-datasource/pkg/world"
)

// central is a database that several Grafanas share, and the organisation that they read.
type central struct {
	*testing.T
	server   *postgrestest.Server
	database postgres.Database
	url      string
	asked    atomic.Int64 // requests to GitHub
}

func share(t *testing.T) *central {
	t.Helper()
	c := &central{T: t, server: postgrestest.ForTest(t)}
	var err error
	c.database, err = c.server.Database(t.Context())
	require.NoError(t, err)
	handler := world.New(world.Options{Seed: 2, Months: 2}).Handler(token)
	github := httptest.NewServer(counting{&c.asked, handler})
	t.Cleanup(github.Close)
	c.url = github.URL
	return c
}

func (c *central) settings(more string) settings.Settings {
	return parse(c.T, c.url, fmt.Sprintf(`,"store":{"address":%q,"database":%q,"user":%q,"tls":"disable"%s}`,
		c.database.Address, c.database.Name, c.database.User, more))
}

// node starts one Grafana's dataset; it runs until the test says so.
func (c *central) node(alter ...func(*dataset.Options)) (d *dataset.Dataset, end func()) {
	c.Helper()
	o := options(c.T, "1/dora", c.settings(""))
	for _, each := range alter {
		each(&o)
	}
	d, err := dataset.Open(c.Context(), o)
	require.NoError(c, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	over := false
	end = func() {
		if over {
			return
		}
		over = true
		cancel()
		require.NoError(c, <-ended)
		require.NoError(c, d.Close())
	}
	c.Cleanup(end)
	return d, end
}

// upToDate waits until a node has read its source, and what it stored.
func (c *central) upToDate(d *dataset.Dataset) {
	c.Helper()
	eventually(c.T, isUpToDate(d))
	require.NoError(c, d.Refresh(c.Context()))
}

func TestOfTwoGrafanasOneReadsAndBothAnswer(t *testing.T) {
	c := share(t)
	one, endOne := c.node()
	c.upToDate(one)
	had := c.asked.Load()
	two, _ := c.node()
	assert.Equal(t, deployments(one), deployments(two), "it answers from what is stored")
	eventually(t, func() bool { return two.State()[0].State == collect.StatusWaiting })
	assert.Equal(t, had, c.asked.Load(), "and asks nobody")

	hook, err := postgres.Open(t.Context(), c.database, "1/dora")
	require.NoError(t, err)
	defer func() { require.NoError(t, hook.Close()) }()
	before := deployments(two)
	told := &dora.Deployment{
		Header:     dora.Header{Source: "github", ID: "example-health/booking:deployment:99999999", Updated: time.Now()},
		Repository: "example-health/booking", Number: 99999999, Environment: "production", SHA: fmt.Sprintf("%040x", 99), Created: time.Now(),
		Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: time.Now()}},
	}
	_, err = hook.Apply(t.Context(), store.Batch{Events: []dora.Event{told}})
	require.NoError(t, err)
	for _, node := range []*dataset.Dataset{one, two} {
		eventually(t, func() bool { return deployments(node) == before+1 })
	}

	endOne()
	eventually(t, func() bool { return two.State()[0].State == collect.StatusOK })
	assert.Equal(t, before+1, deployments(two), "the other goes on where the first was")
}

func TestADatabaseThatGoesAwayLeavesAnswersAsTheyWereAndIsReadOnByItself(t *testing.T) {
	c := share(t)
	node, _ := c.node()
	c.upToDate(node)
	had := deployments(node)
	require.NoError(t, c.server.Kill())
	eventually(t, func() bool { return node.StoreFailure() != nil })
	assert.ErrorContains(t, node.StoreFailure(), "store.address")
	assert.Equal(t, had, deployments(node))
	require.NoError(t, c.server.Run(t.Context()))
	eventually(t, func() bool { return node.StoreFailure() == nil && node.State()[0].State == collect.StatusOK })
	assert.Equal(t, had, deployments(node))
}

func TestANodeThatStartsAgainGoesOnFromItsSavedHistory(t *testing.T) {
	c := share(t)
	file := filepath.Join(t.TempDir(), "live-dora.db")
	saving := func(o *dataset.Options) {
		o.Settings = c.settings(`,"path":"` + filepath.ToSlash(file) + `"`)
		o.StoreRoot, o.SaveAfter = filepath.Dir(file), 1
	}
	node, end := c.node(saving)
	c.upToDate(node)
	eventually(t, func() bool { found, _ := filepath.Glob(file + "-*.history"); return len(found) == 1 })
	had := deployments(node)
	end()
	again, _ := c.node(saving)
	assert.Equal(t, had, deployments(again))
	assert.NoFileExists(t, file, "it is no store")

	outside := options(t, "1/dora", c.settings(`,"path":"/elsewhere/live-dora.db"`))
	outside.StoreRoot = filepath.Dir(file)
	_, err := dataset.Open(t.Context(), outside)
	require.ErrorContains(t, err, "lies outside")
}

func TestAnotherOrganisationCannotReadWhatLiesInTheSameDatabase(t *testing.T) {
	c := share(t)
	c.node()
	o := options(t, "1/dora", c.settings(""))
	o.Organisation = 2
	_, err := dataset.Open(t.Context(), o)
	var foreign *dataset.Foreign
	require.ErrorAs(t, err, &foreign)
}

// counting counts requests.
type counting struct {
	n  *atomic.Int64
	to http.Handler
}

func (c counting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.n.Add(1)
	c.to.ServeHTTP(w, r)
}

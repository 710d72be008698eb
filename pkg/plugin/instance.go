// Package plugin is what Grafana talks to: one file for each of its handlers and for each query type. It turns
// questions into the query model and answers into frames; it computes no metric and calls no vendor.
package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/httpclient"
	"github.com/grafana/grafana-plugin-sdk-go/backend/instancemgmt"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/strict"
	"github.com/livedora/dora-datasource/pkg/systems"
)

// Plugin makes the instances of this process. Their datasets outlive them.
type Plugin struct {
	// StoreRoot is the folder in which stores must lie; empty: anywhere.
	StoreRoot string

	registry dataset.Registry
	streams  streams
	gate     gate.Gate
}

// Close ends collection and gives back what other processes wait for: the rights to collect, and files.
func (p *Plugin) Close() { p.registry.Close() }

// Instance is one data source with one version of its settings.
type Instance struct {
	registry *dataset.Registry
	streams  *streams
	gate     *gate.Gate
	uid      string
	options  dataset.Options
	// invalid is what is wrong with the settings; every query and the health check say so.
	invalid error

	mu      sync.Mutex
	dataset *dataset.Dataset
	failure error // why the dataset could not be opened, and when that was
	failed  time.Time

	dispose  sync.Once
	disposed chan struct{}
}

// NewInstance reads the settings. It does no I/O, and it succeeds on bad settings too: a factory's error would reach
// only one of a panel's queries.
func (p *Plugin) NewInstance(ctx context.Context, s backend.DataSourceInstanceSettings) (instancemgmt.Instance, error) {
	i := &Instance{registry: &p.registry, streams: &p.streams, gate: &p.gate, uid: s.UID, disposed: make(chan struct{})}
	i.options, i.invalid = p.datasetOptions(ctx, s)
	return i, nil
}

// errNobodys is what is said to a data source of which it cannot be told whose its data is.
var errNobodys = errors.New("the data source has no organisation or no uid, by which its data is kept apart from others': save it in Grafana, or give it a uid")

func (p *Plugin) datasetOptions(ctx context.Context, s backend.DataSourceInstanceSettings) (dataset.Options, error) {
	object, err := strict.Object(s.JSONData)
	if err != nil {
		return dataset.Options{}, &strict.Error{Field: "jsonData", Problem: err.Error()}
	}
	parsed, err := settings.Parse(systems.All, object, s.DecryptedSecureJSONData, systems.Sinks...)
	if err != nil {
		return dataset.Options{}, err
	}
	client, err := sourceClient(ctx, s)
	if err != nil {
		return dataset.Options{}, err
	}
	// A uid is unique only within its organisation. The namespace that is to replace the number has another form in
	// Grafana Cloud, and datasets that are stored must keep their names.
	organisation := backend.PluginConfigFromContext(ctx).OrgID //nolint:staticcheck
	if organisation <= 0 || s.UID == "" {
		return dataset.Options{}, errNobodys
	}
	parsed.Store = parsed.Store.Beneath(p.StoreRoot)
	return dataset.Options{
		Name:         settings.Dataset(parsed.Store, organisation, s.UID),
		Owner:        settings.Dataset(settings.Store{}, organisation, s.UID),
		Organisation: organisation,
		StoreRoot:    p.StoreRoot,
		Settings:     parsed,
		Client:       client,
		ClientKey:    clientKey(s),
		Logger:       slog.New(logHandler{}),
		Trace:        traceRun,
	}, nil
}

// sourceClient is Grafana's HTTP client for this data source: its TLS, proxy and timeouts, without the data source's own
// credentials, which would reach every source's host.
func sourceClient(ctx context.Context, s backend.DataSourceInstanceSettings) (*http.Client, error) {
	if len(s.JSONData) == 0 {
		s.JSONData = []byte("{}") // the SDK reads nothing else
	}
	options, err := s.HTTPClientOptions(ctx)
	if err != nil {
		return nil, fmt.Errorf("the HTTP settings cannot be read: %w", err)
	}
	options.BasicAuth = nil
	options.Header = nil
	client, err := httpclient.New(options)
	if err != nil {
		return nil, fmt.Errorf("the HTTP settings cannot be used: %w", err)
	}
	return client, nil
}

// clientKey stands for what the HTTP client is made from. It stays in memory: it contains secrets.
func clientKey(s backend.DataSourceInstanceSettings) string {
	text, _ := json.Marshal([]any{s.URL, string(s.JSONData), s.DecryptedSecureJSONData}) // plain data: it cannot fail
	return string(text)
}

// retryTime is how long a dataset that could not be opened is left alone.
const retryTime = 10 * time.Second

// open gives the instance's dataset, opening it on the first question.
func (i *Instance) open(ctx context.Context) (*dataset.Dataset, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	switch {
	case i.invalid != nil:
		return nil, i.invalid
	case i.dataset != nil:
		return i.dataset, nil
	case i.failure != nil && time.Since(i.failed) < retryTime:
		return nil, i.failure
	}
	opened, err := i.registry.Acquire(context.WithoutCancel(ctx), i.options)
	if err != nil {
		i.failure, i.failed = err, time.Now()
		return nil, err
	}
	i.dataset, i.failure = opened, nil
	return opened, nil
}

// Dispose implements instancemgmt.InstanceDisposer. The dataset runs on: a successor takes it over, or an idle data source
// goes on collecting. Streams end, and Grafana opens them again on the successor. It may be called several times.
func (i *Instance) Dispose() { i.dispose.Do(func() { close(i.disposed) }) }

// errNoSources is what a data source says that has nothing to read.
var errNoSources = errors.New("sources: no source is configured; add one in the data source's settings, such as GitHub with its repositories")

package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/livedora/dora-datasource/pkg/settings"
)

// dataSource is the uid of the provisioned data source.
const dataSource = "livedora"

// GrafanaAPI is a running Grafana, asked as an anonymous viewer's browser asks it.
type GrafanaAPI struct {
	URL    string // without a slash at the end
	Client *http.Client
}

func newGrafanaAPI(url string) *GrafanaAPI {
	return &GrafanaAPI{URL: url, Client: &http.Client{Timeout: 30 * time.Second}}
}

// Ask sends queries to the provisioned data source.
func (g *GrafanaAPI) Ask(ctx context.Context, queries []backend.DataQuery) (backend.Responses, error) {
	var body struct {
		From    string           `json:"from"`
		To      string           `json:"to"`
		Queries []map[string]any `json:"queries"`
	}
	for _, q := range queries {
		object := map[string]any{}
		if err := json.Unmarshal(q.JSON, &object); err != nil {
			return nil, fmt.Errorf("query %s: %w", q.RefID, err)
		}
		object["refId"], object["datasource"] = q.RefID, map[string]string{"type": settings.PluginID, "uid": dataSource}
		object["intervalMs"], object["maxDataPoints"] = q.Interval.Milliseconds(), q.MaxDataPoints
		body.Queries = append(body.Queries, object)
		body.From, body.To = milliseconds(q.TimeRange.From), milliseconds(q.TimeRange.To)
	}
	text, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("the queries cannot be written: %w", err)
	}
	answer, status, err := g.send(ctx, http.MethodPost, "/api/ds/query", text)
	if err != nil {
		return nil, err
	}
	var response backend.QueryDataResponse
	if err := json.Unmarshal(answer, &response); err != nil || len(response.Responses) == 0 {
		return nil, fmt.Errorf("grafana answers a query with %d: %s", status, shortened(answer))
	}
	return response.Responses, nil
}

func milliseconds(t time.Time) string { return strconv.FormatInt(t.UnixMilli(), 10) }

// get asks for something that has to be there, as JSON.
func (g *GrafanaAPI) get(ctx context.Context, path string, into any) error {
	answer, status, err := g.send(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("grafana answers %s with %d: %s", path, status, shortened(answer))
	}
	if err := json.Unmarshal(answer, into); err != nil {
		return fmt.Errorf("grafana answers %s with something else than JSON: %w", path, err)
	}
	return nil
}

func (g *GrafanaAPI) send(ctx context.Context, method, path string, body []byte) (answer []byte, status int, err error) {
	request, err := http.NewRequestWithContext(ctx, method, g.URL+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := g.Client.Do(request)
	if err != nil {
		return nil, 0, fmt.Errorf("grafana does not answer: %w", err)
	}
	answer, err = io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return nil, 0, fmt.Errorf("grafana's answer to %s cannot be read: %w", path, err)
	}
	return answer, response.StatusCode, nil
}

func shortened(text []byte) string {
	const most = 300
	if len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(text)
}

// ready waits until Grafana answers, its data source is provisioned and its dashboards are there. alive tells why waiting is
// in vain, if it is.
func (g *GrafanaAPI) ready(ctx context.Context, dashboards []string, alive func() error) error {
	waiting, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	paths := []string{"/api/health"}
	for _, uid := range dashboards {
		paths = append(paths, "/api/dashboards/uid/"+uid)
	}
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for _, path := range paths {
		for {
			var anything map[string]any
			err := g.get(waiting, path, &anything)
			if err == nil {
				break
			}
			if dead := alive(); dead != nil {
				return dead
			}
			select {
			case <-waiting.Done():
				return errors.Join(waiting.Err(), err)
			case <-tick.C:
			}
		}
	}
	return nil
}

// startTime is how long a Grafana may take to start.
const startTime = 3 * time.Minute

// health is what the data source's settings page says when it is saved.
func (g *GrafanaAPI) health(ctx context.Context) (string, error) {
	var health struct{ Status, Message string }
	if err := g.get(ctx, "/api/datasources/uid/"+dataSource+"/health", &health); err != nil {
		return "", err
	}
	if health.Status != "OK" {
		return "", fmt.Errorf("the data source is not healthy: %s", health.Message)
	}
	return health.Message, nil
}

// visit does what a person does in a new Grafana: waits for the data, and with --once looks at everything, else stays.
func (d *demo) visit(ctx context.Context, api *GrafanaAPI, alive func() error) error {
	var uids []string
	for _, b := range d.boards {
		uids = append(uids, b.UID)
	}
	if err := api.ready(ctx, uids, alive); err != nil {
		return err
	}
	d.page.heading("Grafana: %s/d/%s", api.URL, uids[0])
	with := "the password that you gave"
	if d.Password == "" {
		with = "the password " + familiarPassword
	}
	d.page.note("Everyone may look. Sign in as admin with %s to see the editors.", with)
	if err := d.awaitCollection(ctx, api); err != nil {
		return err
	}
	message, err := api.health(ctx)
	if err != nil {
		return err
	}
	d.page.line("Health of the data source: %s", message)
	if d.Once {
		return errors.Join(d.showBoards(ctx, api), d.showRules(ctx, api))
	}
	d.page.line("Someone deploys every %s, and webhooks tell of it at once: watch it happen at %s/d/%s. Ctrl-C ends the demo.", liveliness, api.URL, uids[0])
	tick := time.NewTicker(refresh)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		if err := alive(); err != nil {
			return err
		}
	}
}

package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/world"
)

const (
	// liveShown is how many deployments are followed to the screen.
	liveShown = 3
	// liveLimit is how long a changed frame may take.
	liveLimit = 10 * time.Second
)

// live follows how often a service is deployed, as a panel does; lets people deploy it, each time telling the plugin as
// GitHub would; and prints how long the figure took to change.
func (d *demo) live(ctx context.Context, plugin *Plugin) error {
	service := d.organisation.Services()[0].Name
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	panel, err := follow(ctx, plugin, service)
	if err != nil {
		return err
	}
	defer panel.end(stop)
	shown, err := panel.next(ctx, nil)
	if err != nil {
		return err
	}
	d.page.heading("Live: a panel follows how often %s was deployed in 90 days", service)
	for range liveShown {
		made, err := d.organisation.Deploy(service)
		if err != nil {
			return err
		}
		began := time.Now()
		if err := plugin.Call(ctx, "webhooks?source=github", deploymentStatus(made), d.organisation.Token); err != nil {
			return err
		}
		changed, err := panel.next(ctx, shown)
		if err != nil {
			return err
		}
		d.page.line("  #%d deployed: %s → %s, a changed frame %d ms after GitHub's webhook", made.PullRequest,
			figure(*shown, ""), d.page.in(bold, figure(*changed, "")), time.Since(began).Milliseconds())
		shown = changed
	}
	return nil
}

// panel is what one who follows a figure is sent.
type panel struct {
	figures chan *float64
	ended   chan error
}

// follow asks a live query and runs the stream that its answer invites to, as Grafana does for the first of its viewers.
func follow(ctx context.Context, plugin *Plugin, service string) (*panel, error) {
	now := time.Now()
	frame, err := table(ctx, plugin, map[string]any{
		"queryType": "metric", "metric": "deployment_frequency", "format": "numeric", "live": true, "range": map[string]string{"from": "now-90d", "to": "now"},
		"filters": []any{map[string]any{"field": "service", "op": "in", "values": []string{service}}},
	}, backend.TimeRange{From: now.AddDate(0, 0, -90), To: now})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(frame.Meta.Custom)
	if err != nil {
		return nil, fmt.Errorf("the answer cannot be read: %w", err)
	}
	var custom struct {
		Live struct {
			Channel string
			Query   json.RawMessage
		}
	}
	if err := json.Unmarshal(text, &custom); err != nil || custom.Live.Channel == "" {
		return nil, fmt.Errorf("the answer to a live query invites to no channel: %s", text)
	}
	p := &panel{figures: make(chan *float64, 100), ended: make(chan error, 1)}
	go func() { // until the context ends, or the stream does
		p.ended <- plugin.Follow(ctx, custom.Live.Channel, custom.Live.Query, func(text json.RawMessage) {
			frame := &data.Frame{}
			if err := json.Unmarshal(text, frame); err != nil || len(frame.Fields) == 0 {
				return // the figure does not come, which next tells of
			}
			if value, err := frame.Fields[0].NullableFloatAt(0); err == nil && value != nil {
				p.figures <- value
			}
		})
	}()
	return p, nil
}

// next is the next figure that is another than the one that is shown.
func (p *panel) next(ctx context.Context, shown *float64) (*float64, error) {
	limit := time.NewTimer(liveLimit)
	defer limit.Stop()
	for {
		select {
		case value := <-p.figures:
			if shown == nil || *value != *shown {
				return value, nil
			}
		case err := <-p.ended:
			p.ended <- nil
			return nil, errors.Join(ctx.Err(), err)
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-limit.C:
			return nil, fmt.Errorf("no changed frame has come within %s of a webhook", liveLimit)
		}
	}
}

// end stops following and waits for it.
func (p *panel) end(stop context.CancelFunc) {
	stop()
	<-p.ended //nolint:errcheck // it was told to end
}

// deploymentStatus is what GitHub's webhook of that name says of a deployment that has succeeded.
func deploymentStatus(made world.Deployment) map[string]any {
	return map[string]any{
		"action":     "created",
		"repository": map[string]any{"full_name": made.Repository},
		"deployment": map[string]any{
			"id": made.ID, "node_id": made.NodeID, "sha": made.SHA, "ref": made.Ref, "environment": made.Environment, "task": "deploy",
			"created_at": made.Created, "updated_at": made.Finished,
		},
		"deployment_status": map[string]any{"id": made.StatusID, "state": "success", "created_at": made.Finished, "updated_at": made.Finished},
	}
}

package demo

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/config"
	"github.com/grafana/grafana-plugin-sdk-go/genproto/pluginv2"

	"github.com/livedora/dora-datasource/pkg/settings"
)

// Plugin is the built plugin in a process of its own, driven as Grafana drives it.
type Plugin struct {
	*Connection
	context backend.PluginContext
	log     *tail
}

// StartPlugin starts the program and hands it one data source.
func StartPlugin(program string, file *settings.File) (*Plugin, error) {
	p := &Plugin{log: &tail{}}
	jsonData, err := json.Marshal(file.Settings)
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be written: %w", err)
	}
	secrets := map[string]string{}
	for _, s := range file.Settings.Sources {
		for name, secret := range s.Secrets {
			secrets["sources."+s.ID+"."+name] = secret
		}
	}
	p.context = backend.PluginContext{
		OrgID:    file.OrgID, //nolint:staticcheck // deprecated, but it is what names the dataset
		PluginID: settings.PluginID, GrafanaConfig: config.NewGrafanaCfg(map[string]string{}),
		DataSourceInstanceSettings: &backend.DataSourceInstanceSettings{
			UID: file.UID, Name: file.Name, Type: settings.PluginID, JSONData: jsonData, DecryptedSecureJSONData: secrets, Updated: time.Now(),
		},
	}
	command := exec.Command(program) //nolint:gosec // this program itself, or the one that a test has built
	command.Env = os.Environ()
	if path := file.Settings.Store.Path; path != "" {
		command.Env = append(command.Env, settings.StoreRootVariable+"="+filepath.Dir(path))
	}
	if p.Connection, err = Connect(command, p.log); err != nil {
		return nil, fmt.Errorf("%w\n%s", err, p.log)
	}
	return p, nil
}

// Ask sends queries as Grafana would.
func (p *Plugin) Ask(ctx context.Context, queries []backend.DataQuery) (backend.Responses, error) {
	request := &backend.QueryDataRequest{PluginContext: p.context, Headers: map[string]string{}, Queries: queries}
	answer, err := p.Data.QueryData(ctx, backend.ToProto().QueryDataRequest(request))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err() // gRPC's own word for it does not wrap it
	case err != nil:
		return nil, fmt.Errorf("the plugin does not answer: %w\n%s", err, p.log)
	}
	response, err := backend.FromProto().QueryDataResponse(answer)
	if err != nil {
		return nil, fmt.Errorf("the plugin's answer cannot be read: %w", err)
	}
	return response.Responses, nil
}

// Follow runs a channel's stream and hands each frame on as JSON, as Grafana does, until the context or the stream ends.
func (p *Plugin) Follow(ctx context.Context, channel string, query json.RawMessage, show func(json.RawMessage)) error {
	path := strings.TrimPrefix(channel, "ds/"+p.context.DataSourceInstanceSettings.UID+"/")
	running, err := p.Stream.RunStream(ctx, backend.ToProto().RunStreamRequest(&backend.RunStreamRequest{PluginContext: p.context, Path: path, Data: query}))
	if err != nil {
		return fmt.Errorf("the stream cannot be opened: %w", err)
	}
	for {
		packet, err := running.Recv()
		switch {
		case ctx.Err() != nil:
			return ctx.Err() // gRPC's own word for it does not wrap it
		case err != nil:
			return fmt.Errorf("the stream ended: %w", err)
		}
		show(packet.Data)
	}
}

// As is the same plugin, asked by a user who may only view.
func (p *Plugin) As(login string) *Plugin {
	other := *p
	other.context.User = &backend.User{Login: login, Role: "Viewer"}
	return &other
}

// Subscribe asks to follow a channel, and says whether it may be.
func (p *Plugin) Subscribe(ctx context.Context, channel string, query json.RawMessage) (bool, error) {
	path := strings.TrimPrefix(channel, "ds/"+p.context.DataSourceInstanceSettings.UID+"/")
	answer, err := p.Stream.SubscribeStream(ctx, backend.ToProto().SubscribeStreamRequest(&backend.SubscribeStreamRequest{PluginContext: p.context, Path: path, Data: query}))
	if err != nil {
		return false, fmt.Errorf("the plugin does not answer: %w", err)
	}
	return backend.SubscribeStreamStatus(answer.Status) == backend.SubscribeStreamStatusOK, nil
}

// Send calls the data source's address, and hands on the status and the pieces of the answer.
func (p *Plugin) Send(ctx context.Context, method, address string, body []byte, take func(status int, piece []byte)) error {
	path, _, _ := strings.Cut(address, "?")
	answer, err := p.Resource.CallResource(ctx, backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: p.context, Method: method, Path: path, URL: address, Body: body,
	}))
	for err == nil {
		var said *pluginv2.CallResourceResponse
		if said, err = answer.Recv(); err == nil {
			take(int(said.Code), said.Body)
		}
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err() // gRPC's own word for it does not wrap it
	case errors.Is(err, io.EOF):
		return nil
	}
	return fmt.Errorf("the plugin does not answer: %w", err)
}

// Health asks whether the data source works.
func (p *Plugin) Health(ctx context.Context) error {
	_, err := p.Diagnostics.CheckHealth(ctx, &pluginv2.CheckHealthRequest{PluginContext: backend.ToProto().PluginContext(p.context)})
	if err != nil {
		return fmt.Errorf("the plugin does not answer: %w", err)
	}
	return nil
}

// Call posts a webhook to the data source's address, signed as GitHub signs.
func (p *Plugin) Call(ctx context.Context, address string, body any, secret string) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("the webhook cannot be written: %w", err)
	}
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write(text)
	path, _, _ := strings.Cut(address, "?")
	from := p.context
	from.User = &backend.User{Login: "github", Role: "Viewer"}
	answer, err := p.Resource.CallResource(ctx, backend.ToProto().CallResourceRequest(&backend.CallResourceRequest{
		PluginContext: from, Method: http.MethodPost, Path: path, URL: address, Body: text,
		Headers: map[string][]string{
			"Content-Type": {"application/json"}, "X-Github-Event": {"deployment_status"}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(sum.Sum(nil))},
		},
	}))
	if err != nil {
		return fmt.Errorf("the plugin takes no webhooks: %w", err)
	}
	said, err := answer.Recv()
	switch {
	case err != nil:
		return fmt.Errorf("the plugin does not answer a webhook: %w", err)
	case said.Code != http.StatusOK:
		return fmt.Errorf("the plugin answers a webhook with %d: %s", said.Code, said.Body)
	}
	return nil
}

// tail keeps the end of what a process wrote, to show where it fails.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

// Write keeps the last bytes.
func (t *tail) Write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, text...)
	t.text = t.text[max(0, len(t.text)-tailSize):]
	return len(text), nil
}

// String is what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}

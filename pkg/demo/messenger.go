package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/livedora/dora-datasource/pkg/world"
)

// webhookAddress is where a Grafana takes the webhooks of the provisioned source. The demo's Grafana lets everyone in as a
// viewer; what the plugin goes by is the signature.
func webhookAddress(grafana string) string {
	return grafana + "/api/datasources/uid/" + dataSource + "/resources/webhooks?source=github"
}

// messenger sends an organisation's webhooks as GitHub does: signed, in order, each once. What does not arrive is found by
// the next reading.
type messenger struct {
	address, secret string
	client          *http.Client
	waiting         chan world.Webhook
}

const (
	messengerQueue = 1000
	messengerTime  = 10 * time.Second // that GitHub waits for an answer
)

func newMessenger(address, secret string) (*messenger, error) {
	if to, err := url.Parse(address); err != nil || to.Host == "" || (to.Scheme != "http" && to.Scheme != "https") {
		return nil, fmt.Errorf("--webhooks: %q is no address; allowed: http://HOST/api/datasources/uid/UID/resources/webhooks?source=ID", address)
	}
	return &messenger{address: address, secret: secret, client: &http.Client{Timeout: messengerTime}, waiting: make(chan world.Webhook, messengerQueue)}, nil
}

// take is called while the world stands still: it does not wait.
func (m *messenger) take(h world.Webhook) {
	select {
	case m.waiting <- h:
	default:
	}
}

// run delivers until the context ends.
func (m *messenger) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case h := <-m.waiting:
			m.deliver(ctx, h)
		}
	}
}

func (m *messenger) deliver(ctx context.Context, h world.Webhook) {
	request, err := h.Request(ctx, m.address, m.secret)
	if err != nil {
		return
	}
	answer, err := m.client.Do(request)
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)) // so that the connection can be used again
	_ = answer.Body.Close()
}

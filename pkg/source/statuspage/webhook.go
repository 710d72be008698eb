package statuspage

import (
	"encoding/json"
	"net/http"
	"slices"

	"github.com/livedora/dora-datasource/pkg/source"
)

var _ source.Receiver = (*Source)(nil)

// Receive implements source.Receiver. Statuspage proves nothing: whoever Grafana lets in can have a page read that is read anyway,
// and nothing of what is said is believed. A secret that is sent in another way has to be right.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if header.Get(source.SecretHeader) != "" {
		if err := source.Proves(s.config.Secrets[source.SecretWebhook], header, body); err != nil {
			return source.Received{}, err
		}
	}
	var told struct {
		Page struct {
			ID string `json:"id"`
		} `json:"page"`
		Incident  *struct{} `json:"incident"`
		Component *struct{} `json:"component"`
	}
	if json.Unmarshal(body, &told) != nil {
		return source.Received{}, &source.Mistake{Problem: "the body is no JSON, or of another form than Statuspage documents"}
	}
	received := source.Received{Kind: "incident"}
	switch {
	case told.Page.ID == "":
		return source.Received{}, &source.Mistake{Field: "page.id", Problem: "is missing; Statuspage sends it with every call"}
	case told.Incident == nil:
		received.Kind, received.Ignored = "component", "what a component is told to be is no incident"
	case s.config.public() && s.unusable == nil:
		received.Everything = true // whose id it is, its address does not tell
	case !slices.Contains(s.config.Pages, told.Page.ID):
		received.Ignored = "this source does not read that page"
	case s.unusable != nil:
		received.Ignored = "this source is not set up"
	default:
		received.Refresh = []string{told.Page.ID}
	}
	return received, nil
}

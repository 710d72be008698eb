// Package alertmanager takes the alerts of Prometheus's Alertmanager and of Grafana, whose webhooks have one form, for
// incidents. Nothing is read: an alert that fires again brings its beginning with it, and one that was resolved its end.
//
// It imports dora and source of this module and nothing else of it.
package alertmanager

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Source is one configured sender of alerts.
type Source struct {
	given  source.Given
	alerts Alerts
}

var (
	_ source.Source   = (*Source)(nil)
	_ source.Receiver = (*Source)(nil)
)

// New makes the source.
func New(given source.Given, settings Settings) *Source {
	s := &Source{given: given}
	if settings.Alerts != nil {
		s.alerts = *settings.Alerts
	}
	return s
}

// Collect implements source.Source: there is nothing to read.
func (*Source) Collect(context.Context, source.Request) error { return nil }

// Check implements source.Source: without a secret no alert can come in.
func (s *Source) Check(context.Context) error {
	if s.given.Secrets[source.SecretWebhook] == "" {
		return &source.Error{
			Cause: source.CauseConfiguration, Source: s.given.ID,
			Advice: "no alert can come in: set the secret " + source.SecretKey(s.given.ID, source.SecretWebhook) + ", and give it to the sender",
		}
	}
	return nil
}

// notification is the body of a webhook, in the form that both senders share.
type notification struct {
	Version string   `json:"version"`
	Alerts  *[]alert `json:"alerts"`
}

type alert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
	PanelURL     string            `json:"panelURL"` // Grafana's
}

// Bounds of what is kept of an alert.
const (
	alertLimit = 1000
	textLimit  = 4 << 10
	ahead      = 5 * time.Minute
)

// Receive implements source.Receiver.
func (s *Source) Receive(header http.Header, body []byte) (source.Received, error) {
	if err := source.Proves(s.given.Secrets[source.SecretWebhook], header, body); err != nil {
		return source.Received{}, err
	}
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return source.Received{}, &source.Mistake{Problem: "the notification cannot be read: " + err.Error()}
	}
	if n.Alerts == nil {
		return source.Received{}, &source.Mistake{Field: "alerts", Problem: "is missing: this is no notification of an Alertmanager or of Grafana"}
	}
	if len(*n.Alerts) > alertLimit {
		return source.Received{}, &source.Mistake{Field: "alerts", Problem: fmt.Sprintf("%d are too many; allowed: %d (max_alerts of the receiver)", len(*n.Alerts), alertLimit)}
	}
	received := source.Received{Kind: "alerts"}
	for i := range *n.Alerts {
		incident, err := s.incident(fmt.Sprintf("alerts[%d]", i), &(*n.Alerts)[i])
		if err != nil {
			return source.Received{}, err
		}
		if incident != nil {
			received.Events = append(received.Events, incident)
		}
	}
	if len(received.Events) == 0 {
		received.Ignored = "none of its alerts is an incident: alerts.only of the source says which are"
	}
	return received, nil
}

// incident makes an incident of an alert; nil if it is none. One alert that fires, ends and fires again is two.
func (s *Source) incident(at string, a *alert) (*dora.Incident, error) {
	var labels []string
	for _, name := range slices.Sorted(maps.Keys(a.Labels)) {
		labels = append(labels, name+"="+a.Labels[name])
	}
	if len(s.alerts.Only) > 0 && !slices.ContainsFunc(labels, func(l string) bool { return slices.Contains(s.alerts.Only, l) }) {
		return nil, nil //nolint:nilnil // it is no incident, and nothing is wrong with it
	}
	wrong := func(field, problem string) error { return &source.Mistake{Field: at + "." + field, Problem: problem} }
	resolved := a.Status == "resolved"
	switch {
	case a.Status != "firing" && !resolved:
		return nil, wrong("status", "is not allowed; allowed: firing, resolved")
	case a.Fingerprint == "" || len(a.Fingerprint) > 64:
		return nil, wrong("fingerprint", "is missing, or longer than 64 bytes")
	case a.StartsAt.IsZero() || a.StartsAt.Before(dora.Earliest):
		return nil, wrong("startsAt", "is missing")
	case a.StartsAt.After(time.Now().Add(ahead)):
		return nil, wrong("startsAt", "is in the future")
	case resolved && a.EndsAt.After(time.Now().Add(ahead)):
		return nil, wrong("endsAt", "is in the future")
	case resolved && a.EndsAt.Before(a.StartsAt):
		return nil, wrong("endsAt", "is before startsAt")
	}
	opened := a.StartsAt.UTC()
	incident := &dora.Incident{
		Header: dora.Header{Source: s.given.ID, ID: fmt.Sprintf("alert:%s:%d", a.Fingerprint, opened.Unix()), Updated: opened, Rank: dora.Told},
		Number: opened.Unix(), Opened: opened, Labels: labels,
		Title:    clip(cmp.Or(a.Annotations["summary"], a.Labels["alertname"], "alert "+a.Fingerprint)),
		Body:     clip(cmp.Or(a.Annotations["description"], a.Annotations["message"])),
		URL:      cmp.Or(a.PanelURL, a.GeneratorURL),
		Service:  a.Labels[cmp.Or(s.alerts.Service, serviceLabel)],
		Severity: a.Labels[cmp.Or(s.alerts.Severity, severityLabel)],
	}
	if resolved {
		incident.Resolved = a.EndsAt.UTC()
		incident.Updated = incident.Resolved
		incident.Rank++ // it may end at the instant it began
	}
	dora.Bound(incident) // a long label is no reason to lose an alert, nor those that came with it
	return incident, nil
}

func clip(text string) string {
	if len(text) > textLimit {
		text = strings.ToValidUTF8(text[:textLimit], "")
	}
	return text
}

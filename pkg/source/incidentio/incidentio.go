package incidentio

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/records"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured organisation. It keeps nothing between runs; where a run goes on is in the cursor alone.
type Source struct {
	config config
	root   string
	host   *wire.Host
	// unusable says why the configuration cannot work; every call returns it.
	unusable *source.Error
}

type config struct {
	source.Given
	Settings
}

var _ source.Source = (*Source)(nil)

// Option changes how a Source behaves; without any it behaves as a service in production should.
type Option func(*wire.Pace)

// WithPace changes how patiently incident.io is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, root: strings.TrimRight(own.URL, "/")}
	if s.root == "" {
		s.root = publicAPI
	}
	token := given.Secrets[secretToken]
	s.host = &wire.Host{
		Name: "incident.io", ID: given.ID, Client: wire.WithinHost(given.Client), Addresses: []string{s.root},
		Credentials: wire.Token{Text: token, Refused: "incident.io does not accept the API key: it is wrong or was deleted; create one in Settings, API keys, that may view data, and enter it"},
		Genuine:     func(h http.Header) bool { return h.Get("X-RateLimit-Limit") != "" },
		Says:        says,
		Forbids: func(*wire.Answer) string {
			return "the API key may not view incidents: create one with the permission View data"
		},
		Pace: wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	if to, err := url.Parse(s.root); err != nil || to.Host == "" {
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "incident.io's address is not set up: enter that of the API, such as "+publicAPI, nil)
	} else if token == "" {
		s.unusable = s.host.Failure(source.CauseCredentials, "", "no API key is set: create one in incident.io under Settings, API keys, that may view data, and enter it", nil)
	}
	return s
}

// says is what incident.io says of a refusal.
func says(body []byte) string {
	var told struct{ Errors []struct{ Message string } }
	_ = json.Unmarshal(body, &told) // where it is none of incident.io's, nothing is repeated
	var all []string
	for _, each := range told.Errors {
		all = append(all, each.Message)
	}
	return strings.Join(all, "; ")
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*records.Run[position]
}

func (s *Source) begin(request source.Request) *run {
	return &run{Source: s, Run: records.Begin[position](s.host, request, positionVersion)}
}

// Check asks for one incident.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	_, err := s.begin(source.Request{}).head(ctx)
	return err
}

// Collect implements source.Source.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	return r.Run.Collect(ctx, r.sync)
}

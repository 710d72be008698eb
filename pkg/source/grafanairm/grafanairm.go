package grafanairm

import (
	"context"
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

// WithPace changes how patiently Grafana IRM is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

// api is where below a stack's address the API is.
const api = "/api/plugins/grafana-irm-app/resources/api/v1/"

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, root: strings.TrimSuffix(strings.TrimRight(own.URL, "/"), strings.TrimRight(api, "/"))}
	token := given.Secrets[secretToken]
	s.host = &wire.Host{
		Name: "Grafana IRM", ID: given.ID, Client: wire.WithinHost(given.Client), Addresses: []string{s.root},
		Credentials: wire.Token{Text: token, Refused: "Grafana does not accept the token: it is wrong, expired or of another stack; create one of a service account of this stack with the role Viewer, and enter it"},
		Forbids: func(*wire.Answer) string {
			return "the service account may not read incidents: give it the role Viewer, or what Grafana IRM's access control asks for"
		},
		Pace: wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	if to, err := url.Parse(s.root); err != nil || to.Host == "" {
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "the stack's address is not set up: enter it, such as https://STACK.grafana.net", nil)
	} else if token == "" {
		s.unusable = s.host.Failure(source.CauseCredentials, "", "no token is set: create a service account with the role Viewer in the stack, add a token to it, and enter that", nil)
	}
	return s
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*records.Run[position]
	fields map[string]string // names of custom fields, by id; nil: not asked for
}

func (s *Source) begin(request source.Request) *run {
	return &run{Source: s, Run: records.Begin[position](s.host, request, positionVersion)}
}

// Check asks for one incident.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	_, err := s.begin(source.Request{}).previews(ctx, query{Limit: 1, Field: byCreated, Direction: "DESC"}, "")
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

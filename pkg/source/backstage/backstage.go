package backstage

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured catalogue. It keeps nothing between runs; what was told is in the cursor alone.
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

// WithPace changes how patiently Backstage is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, root: strings.TrimRight(own.URL, "/")}
	token := given.Secrets[secretToken]
	refused := "Backstage does not accept the token: it is wrong, or none of backend.auth.externalAccess; enter one of these that may read the catalogue"
	if token == "" {
		refused = "Backstage lets nobody in without a token: enter one of backend.auth.externalAccess that may read the catalogue"
	}
	s.host = &wire.Host{
		Name: "Backstage", ID: given.ID, Client: wire.WithinHost(given.Client), Addresses: []string{s.root},
		Credentials: wire.Token{Text: token, Refused: refused},
		Forbids: func(*wire.Answer) string {
			return "the token may not read the catalogue: allow it catalog.entity.read"
		},
		Pace: wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	if to, err := url.Parse(s.root); err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "Backstage's address is not set up", errors.New("url: the address of its backend is needed"))
	}
	return s
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *position
	broken  wire.Broken
}

func (s *Source) begin(request source.Request) *run {
	r := &run{Source: s, Session: s.host.Begin(request.Report), request: request}
	r.cursor, _ = cursor.Read[position](request.Cursor, positionVersion)
	r.cursor.Stamp(positionVersion)
	if r.cursor.Entities == nil {
		r.cursor.Entities = census.Entries{}
	}
	return r
}

// hidden is the advice where a catalogue has nothing to show.
const hidden = "the catalogue shows no component: the token may not read any (allow it catalog.entity.read), or there is none of the types that are read"

// Check asks for one entity.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	p, err := r.page(ctx, url.Values{"filter": s.config.filters()[:1]}, 1)
	if err == nil && len(*p.Items) == 0 {
		err = r.Failure(source.CausePermission, "", hidden, nil)
	}
	return err
}

// Collect implements source.Source. The catalogue is listed whole.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	r.Progress.Part, r.Progress.Parts = part, 1
	r.Report()
	defer r.Report()
	rows, whole, err := r.list(ctx)
	if err != nil {
		return err
	}
	found := entities(rows)
	if len(found) == 0 && r.cursor.Entities.Any() {
		return r.Failure(source.CausePermission, "", hidden+"; what was read before stays", nil)
	}
	events := r.cursor.Entities.News(r.config.ID, r.Now().UTC(), found, func(ref string) bool { return whole && !r.broken.Nameless && !r.broken.IDs[ref] })
	if err := request.HandNews(ctx, events, r.cursor); err != nil {
		return err
	}
	return r.broken.Failure(s.host, part)
}

// part is what the list is called in progress and failures.
const part = "catalogue"

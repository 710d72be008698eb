package servicenow

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured instance. It keeps nothing between runs but a client's token; where a run goes on is in the
// cursor alone.
type Source struct {
	config config
	root   string
	host   *wire.Host
	tables []*table
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

// WithPace changes how patiently ServiceNow is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

const (
	refusedKey      = "ServiceNow does not accept the API key: it is wrong, revoked or of another instance; enter one of this instance, with an inbound authentication profile for the Table API"
	refusedPassword = "ServiceNow does not accept the user and password: check both, that the user is active and not locked out, and that the instance allows basic authentication for the Table API"
	refusedClient   = "ServiceNow does not accept the OAuth client: check clientId and its secret, that client credentials are allowed (glide.oauth.inbound.client.credential.grant_type.enabled) and that the client has an application user"
	forbidden       = "its login may not read this table: give it the role sn_incident_read for incidents, sn_change_read for change requests, or the read access that your own table asks for"
)

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}}
	s.host = &wire.Host{
		Name: "ServiceNow", ID: given.ID, Client: wire.WithinHost(given.Client),
		Limits:  wire.Limits{Total: "X-RateLimit-Limit", Reset: "X-RateLimit-Reset"},
		Genuine: func(h http.Header) bool { return h.Get("X-Is-Logged-In") != "" || h.Get("X-Transaction-ID") != "" },
		Says:    says,
		Forbids: func(*wire.Answer) string { return forbidden },
		Pace:    wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	s.unusable = s.setUp()
	return s
}

// setUp reads the configuration, and says why it cannot work.
func (s *Source) setUp() *source.Error {
	s.logIn()
	s.root = strings.TrimRight(s.config.URL, "/")
	parsed, err := url.Parse(s.root)
	if err == nil && (parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http") {
		err = fmt.Errorf("%q is not an http or https address; allowed: https://INSTANCE.service-now.com", s.config.URL)
	}
	if err != nil {
		return s.host.Failure(source.CauseConfiguration, "", "the address of the instance is not set up", err)
	}
	s.host.Addresses = []string{s.root}
	if client, is := s.host.Credentials.(*wire.Client); is {
		client.Address, client.Login.Addresses = s.root+"/oauth_token.do", s.host.Addresses
	}
	if s.tables, err = s.tablesToRead(); err != nil {
		return s.host.Failure(source.CauseConfiguration, "", "what to read is not set up", err)
	}
	return s.noSecret()
}

// logIn puts together who asks.
func (s *Source) logIn() {
	secrets := s.config.Secrets
	switch {
	case s.config.ClientID != "":
		secret := secrets[secretClient]
		s.host.Credentials = &wire.Client{ID: s.config.ClientID, Secret: secret, Refused: refusedClient, Login: &wire.Host{
			Name: "ServiceNow", ID: s.config.ID, Client: s.host.Client, Pace: s.host.Pace,
			Credentials: wire.Token{Text: secret, Refused: refusedClient}, Sign: func(http.Header, string) {},
		}}
	case s.config.User != "":
		password := wire.Password{User: s.config.User, Token: wire.Token{Text: secrets[secretPassword], Refused: refusedPassword}}
		s.host.Credentials, s.host.Sign = password, password.Sign
	default:
		s.host.Credentials = wire.Token{Text: secrets[secretKey], Refused: refusedKey}
		s.host.Sign = func(h http.Header, key string) { h.Set("X-Sn-Apikey", key) }
	}
}

// noSecret says which secret is missing.
func (s *Source) noSecret() *source.Error {
	for _, each := range []struct{ with, secret, advice string }{
		{s.config.ClientID, secretClient, "no secret of the OAuth client is set: enter it"},
		{s.config.User, secretPassword, "no password of the user is set: enter it"},
		{"-", secretKey, "nothing lets us in: enter an API key, the id and secret of an OAuth client, or a user with a password"},
	} {
		if each.with != "" {
			if s.config.Secrets[each.secret] == "" {
				return s.host.Failure(source.CauseCredentials, "", each.advice, nil)
			}
			break
		}
	}
	return nil
}

// says finds what ServiceNow says of a refusal.
func says(body []byte) string {
	var told struct {
		Error struct{ Message, Detail string }
	}
	if json.Unmarshal(body, &told) != nil {
		return ""
	}
	return strings.TrimSpace(told.Error.Message + " " + told.Error.Detail)
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *positions
	// stored is what the store has, by id, of the kinds and repositories that were asked for.
	stored map[string]dora.Event
	asked  map[string]bool
}

func (s *Source) begin(request source.Request) *run {
	return &run{
		Source: s, Session: s.host.Begin(request.Report), request: request, cursor: readPositions(request.Cursor),
		stored: map[string]dora.Event{}, asked: map[string]bool{},
	}
}

// Check looks at one page of each table, and whether the filters mean what they say there.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	return source.Each(s.tables, func(t *table) error {
		if err := r.checkColumns(ctx, t); err != nil {
			return err
		}
		return r.checkRows(ctx, t)
	})
}

// Collect implements source.Source. Tables are read one after another.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	tables := s.tables
	only, all := recordsIn(request.Only)
	if !all {
		tables = slices.DeleteFunc(slices.Clone(tables), func(t *table) bool { return len(only[t.name]) == 0 })
	}
	r.Progress.Parts = len(tables)
	r.Report()
	var failures []error
	for _, t := range tables {
		r.Progress.Part, r.Progress.Done, r.Progress.Total = t.name, 0, 0
		r.Report()
		var err error
		if all {
			err = r.read(ctx, t)
		} else {
			err = r.readRecords(ctx, t, only[t.name])
		}
		failures = append(failures, err)
		if source.Stops(err) {
			break
		}
	}
	err := errors.Join(failures...)
	if all && err == nil { // what is read in place of it is there
		err = r.leave(ctx)
	}
	r.Progress.Remark = r.remark()
	r.Report()
	return err
}

// remark says what access rules hide.
func (r *run) remark() string {
	var hidden []string
	for _, t := range r.tables {
		if p := r.cursor.Tables.Known(t.as); p != nil && p.Hidden > 0 {
			hidden = append(hidden, fmt.Sprintf("%d of %d records of %s", p.Hidden, p.Total, t.name))
		}
	}
	if len(hidden) == 0 {
		return ""
	}
	return "Access rules hide " + strings.Join(hidden, " and ") + " from its login, so figures lack them."
}

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event) error {
	before := r.cursor.last
	after, err := r.cursor.encode()
	if err != nil {
		return err
	}
	r.cursor.last = after
	r.Report()
	return r.request.Hand(ctx, events, before, after)
}

// rest hands the position over where it has moved and nothing carried it.
func (r *run) rest(ctx context.Context) error {
	if now, err := r.cursor.encode(); err != nil || bytes.Equal(now, r.cursor.last) {
		return err
	}
	return r.emit(ctx, nil)
}

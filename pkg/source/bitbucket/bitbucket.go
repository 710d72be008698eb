package bitbucket

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured workspace. It keeps nothing between runs; where a run goes on is in the cursor alone.
type Source struct {
	config     config
	selection  dora.Selection
	workspaces []string // of the patterns, in order
	address    string   // of the API, without a slash in the end
	host       *wire.Host
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

// WithPace changes how patiently Bitbucket is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

const refusedToken = "Bitbucket does not accept the token: it is wrong, expired or revoked; app passwords are not accepted any more. Create an access token of the workspace, the project or the repository, or an API token and the email of its account, and enter it"

// personal is an account's API token, which is sent as a password.
type personal struct {
	wire.Token
	email string
}

func (p personal) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(p.email + ":" + p.Text))
}

// Conceal implements wire.Credentials.
func (p personal) Conceal(text string) string { return wire.Conceal(text, p.Text, p.basic()) }

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, selection: dora.Selection{Repositories: own.Repositories}, address: strings.TrimRight(own.URL, "/")}
	if s.address == "" {
		s.address = publicAPI
	}
	token := given.Secrets[secretToken]
	s.host = &wire.Host{
		Name: "Bitbucket", ID: given.ID, Client: wire.WithinHost(given.Client), Addresses: []string{s.address},
		Credentials: wire.Token{Text: token, Refused: refusedToken},
		Genuine:     func(h http.Header) bool { return h.Get("X-Request-Count") != "" || h.Get("X-Served-By") != "" },
		Forbids:     forbidden,
		Pace:        wire.DefaultPace(),
	}
	if own.Email != "" {
		token = given.Secrets[secretAPI]
		p := personal{wire.Token{Text: token, Refused: refusedToken}, own.Email}
		s.host.Credentials = p
		s.host.Sign = func(h http.Header, _ string) { h.Set("Authorization", "Basic "+p.basic()) }
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	s.unusable = s.setUp(token)
	return s
}

// setUp reads the configuration, and says why it cannot work.
func (s *Source) setUp(token string) *source.Error {
	for _, pattern := range s.config.Repositories {
		bare, exclusion := strings.CutPrefix(strings.TrimSpace(pattern), "!")
		workspace, repository, _ := strings.Cut(bare, "/")
		if workspace == "" || repository == "" || strings.Contains(repository, "/") || strings.ContainsAny(workspace, "*?") {
			return s.host.Failure(source.CauseConfiguration, "", "the repositories to read are not set up", fmt.Errorf("repositories: %q is not of the form workspace/repository", pattern))
		}
		if !exclusion && !slices.Contains(s.workspaces, workspace) {
			s.workspaces = append(s.workspaces, workspace)
		}
	}
	at, err := url.Parse(s.address)
	switch {
	case len(s.workspaces) == 0:
		return s.host.Failure(source.CauseConfiguration, "", "the repositories to read are not set up", errors.New("repositories: at least one workspace/repository is needed"))
	case err != nil || at.Host == "" || (at.Scheme != "https" && at.Scheme != "http"):
		return s.host.Failure(source.CauseConfiguration, "", "Bitbucket's address is not set up", fmt.Errorf("url: %q is not an http or https address", s.config.URL))
	case token == "":
		return s.host.Failure(source.CauseCredentials, "", "no token is set: enter an access token of the workspace, the project or the repository, or the email of an account and its API token", nil)
	}
	return nil
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *positions
	// forgotten are names that mean other repositories now, in lower case.
	forgotten map[string]bool
}

func (s *Source) begin(request source.Request) *run {
	return &run{Source: s, Session: s.host.Begin(request.Report), request: request, cursor: readPositions(request.Cursor), forgotten: map[string]bool{}}
}

// emitLimit bounds how many events go in one batch.
const emitLimit = 1000

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event, forget ...string) error {
	for {
		some := events[:min(len(events), emitLimit)]
		events = events[len(some):]
		// The position is right only with the last of them: until then it is the one from which they are read again.
		position := r.cursor.last
		if len(events) == 0 {
			var err error
			if position, err = r.cursor.encode(); err != nil {
				return err
			}
			r.cursor.last = position
		}
		for _, e := range some {
			dora.Bound(e)
		}
		r.Progress.Done += len(some)
		r.Report()
		if err := r.request.Emit(ctx, source.Batch{Events: some, Cursor: position, Forget: forget}); err != nil || len(events) == 0 {
			return err
		}
		forget = nil
	}
}

// known is what the store has of a repository; nothing where its name means another one since.
func (r *run) known(kind dora.Kind, name string) []dora.Event {
	if r.request.Known == nil || r.forgotten[strings.ToLower(name)] {
		return nil
	}
	return r.request.Known(kind, name)
}

// now is the clock's time without what no answer tells.
func (r *run) now() time.Time { return r.Now().UTC().Truncate(time.Second) }

// Check asks for the first configured repository, or the list of the first workspace.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	if names := s.selection.ByName(); len(names) > 0 {
		_, err := r.repository(ctx, names[0])
		return err
	}
	_, err := r.list(ctx, s.workspaces[0])
	return err
}

// Collect implements source.Source. Repositories are read one after another.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	found, err := r.wanted(ctx)
	if source.Stops(err) {
		return err
	}
	r.Progress.Parts = len(found)
	r.Report()
	err = errors.Join(err, source.Each(found, func(row *repositoryRecord) error { return r.sync(ctx, row) }))
	r.Report()
	return err
}

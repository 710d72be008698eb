package azuredevops

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured organisation. It keeps nothing between runs but an application's token; where a run goes on is
// in the cursor alone.
type Source struct {
	config    config
	selection selection
	root      string // of REST
	releases  string // of REST for classic releases
	habits    source.Habits[Habit]
	host      *wire.Host
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

// WithPace changes how patiently Azure DevOps is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

const refusedToken = "Azure DevOps does not accept the token: it is wrong, revoked or of another organisation; create one in this organisation, with the scopes that the documentation lists, and enter it"

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, habits: source.NewHabits(own.Deployments.Habit, own.Deployments.Rules)}
	token := given.Secrets[secretToken]
	personal := wire.Password{Token: wire.Token{Text: token, Refused: refusedToken}} // of nobody
	s.host = &wire.Host{
		Name: "Azure DevOps", ID: given.ID, Client: wire.WithinHost(given.Client),
		Credentials: personal, Sign: suppressed(personal.Sign),
		Limits:  wire.Limits{Total: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining", Reset: "X-RateLimit-Reset"},
		Genuine: func(h http.Header) bool { return h.Get("X-TFS-ProcessId") != "" || h.Get("X-VSS-E2EID") != "" },
		Pace:    wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	s.unusable = s.setUp(token)
	return s
}

// setUp reads the configuration, and says why it cannot work.
func (s *Source) setUp(token string) *source.Error {
	var err error
	if s.selection, err = newSelection(s.config.Repositories, s.config.GitHub); err != nil {
		return s.host.Failure(source.CauseConfiguration, "", "the repositories to read are not set up", err)
	}
	if s.root, s.releases, err = organisation(s.config.URL, s.config.ReleaseURL); err != nil {
		return s.host.Failure(source.CauseConfiguration, "", "Azure DevOps' address is not set up", err)
	}
	s.host.Addresses = []string{s.root, s.releases}
	if s.config.Tenant != "" || s.config.ClientID != "" {
		s.asApplication()
		return nil
	}
	if token == "" {
		return s.host.Failure(source.CauseCredentials, "", "no token is set: enter a personal access token of this organisation, or the tenant, clientId and client secret of an Entra application", nil)
	}
	return nil
}

// reads says whether deployments of any repository are made in a way.
func (s *Source) reads(way From) bool {
	for habit := range s.habits.All() {
		if habit.of() == way {
			return true
		}
	}
	return false
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *positions
	// slow is an answer that asked for a wait before the next request.
	slow *wire.Answer
	// forgotten are names that mean other repositories now, in lower case.
	forgotten map[string]bool
}

func (s *Source) begin(request source.Request) *run {
	return &run{Source: s, Session: s.host.Begin(request.Report), request: request, cursor: readPositions(request.Cursor), forgotten: map[string]bool{}}
}

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event, forget ...string) error {
	before := r.cursor.last
	after, err := r.cursor.encode()
	if err != nil {
		return err
	}
	r.cursor.last = after
	r.Progress.Done += len(events)
	r.Report()
	return r.request.Hand(ctx, events, before, after, forget...)
}

// Check asks for the first configured project.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	_, err := s.begin(source.Request{}).project(ctx, s.selection.projects[0])
	return err
}

// Collect implements source.Source. Projects are read one after another.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	names := r.wanted()
	r.Progress.Parts = len(names)
	r.Report()
	var failures []error
	for _, name := range names {
		err := r.sync(ctx, name)
		failures = append(failures, err)
		if source.Stops(err) {
			break
		}
	}
	r.Progress.Remark = r.remark()
	r.Report()
	return errors.Join(failures...)
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

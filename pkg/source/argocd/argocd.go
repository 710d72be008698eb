package argocd

import (
	"context"
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

// Source reads one configured Argo CD. It keeps nothing between runs; where a run goes on is in the cursor alone.
type Source struct {
	config    config
	selection dora.Selection
	address   string // with the path that it is served under, without a slash in the end
	host      *wire.Host
	// unusable says why the configuration cannot work; every call returns it.
	unusable *source.Error
}

type config struct {
	source.Given
	Settings
}

var (
	_ source.Source   = (*Source)(nil)
	_ source.Fleeting = (*Source)(nil)
)

// Option changes how a Source behaves; without any it behaves as a service in production should.
type Option func(*wire.Pace)

// WithPace changes how patiently Argo CD is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

const refusedToken = "Argo CD does not accept the token: it is wrong, expired or revoked; make a new one for the account (argocd account generate-token) or the project's role, and enter it"

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, selection: dora.Selection{Repositories: own.Repositories}}
	token := given.Secrets[secretToken]
	s.host = &wire.Host{
		Name: "Argo CD", ID: given.ID, Client: wire.WithinHost(given.Client),
		Credentials: wire.Token{Text: token, Refused: refusedToken},
		Genuine:     func(h http.Header) bool { return h.Get("Grpc-Metadata-Content-Type") != "" },
		Forbids:     func(*wire.Answer) string { return "the token may not get applications: " + s.permission() },
		Pace:        wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	s.address = strings.TrimRight(own.URL, "/")
	s.host.Addresses = []string{s.address}
	at, err := url.Parse(s.address)
	switch {
	case err != nil || at.Host == "" || (at.Scheme != "https" && at.Scheme != "http"):
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "Argo CD's address is not set up", fmt.Errorf("url: %q is not an http or https address", own.URL))
	case token == "":
		s.unusable = s.host.Failure(source.CauseCredentials, "", "no token is set: enter one of an account with the capability apiKey, or of a project's role", nil)
	}
	return s
}

// permission says what the account needs.
func (s *Source) permission() string {
	projects := []string{"*"}
	if len(s.config.Projects) > 0 {
		projects = s.config.Projects
	}
	var lines []string
	for _, project := range projects {
		lines = append(lines, fmt.Sprintf("p, ACCOUNT, applications, get, %s/*, allow", project))
	}
	return "its account needs, in argocd-rbac-cm, " + source.Listed(lines)
}

// Every implements source.Fleeting.
func (*Source) Every() time.Duration { return pollEvery }

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *positions
}

func (s *Source) begin(request source.Request) *run {
	return &run{Source: s, Session: s.host.Begin(request.Report), request: request, cursor: readPositions(request.Cursor)}
}

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event) error {
	position, err := r.cursor.encode()
	if err != nil {
		return err
	}
	r.cursor.last = position
	for _, e := range events {
		dora.Bound(e)
	}
	r.Progress.Done += len(events)
	r.Report()
	return r.request.Emit(ctx, source.Batch{Events: events, Cursor: position})
}

// known is what the store has of a repository's deployments, of one application.
func (r *run) known(repository, key string) (found []*dora.Deployment) {
	if r.request.Known == nil {
		return nil
	}
	for _, e := range r.request.Known(dora.KindDeployment, repository) {
		if d, is := e.(*dora.Deployment); is && ofApplication(d.ID, key) {
			found = append(found, d)
		}
	}
	return found
}

// Check asks for the names of the applications.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	found, err := r.list(ctx, []string{"metadata.name", "metadata.namespace"})
	if err != nil || len(found) > 0 {
		return err
	}
	return s.unseen()
}

// unseen is the failure where nothing is listed: Argo CD leaves out what an account may not get, and says nothing of it.
func (s *Source) unseen() *source.Error {
	return s.host.Failure(source.CausePermission, "", "Argo CD shows no application: check projects and selector; if they are right, "+s.permission(), nil)
}

// Collect implements source.Source. Applications are read one after another.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	found, err := r.list(ctx, listed)
	if err != nil && (len(found) == 0 || source.Stops(err)) {
		return err
	}
	if len(found) == 0 && r.reads() {
		return s.unseen()
	}
	if err == nil && len(request.Only) == 0 {
		r.cursor.forget(found, r.Now())
	}
	if len(request.Only) > 0 {
		found = slices.DeleteFunc(found, func(a *application) bool { return !slices.Contains(request.Only, a.key()) })
	}
	r.Progress.Parts = len(found)
	r.Report()
	err = errors.Join(err, source.Each(found, func(a *application) error { return r.sync(ctx, a) }))
	r.Report()
	return err
}

// reads says whether anything was ever read of an application that it goes on with.
func (r *run) reads() bool {
	for range r.cursor.Applications.All() {
		return true
	}
	return false
}

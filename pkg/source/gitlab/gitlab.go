package gitlab

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

// Source reads one configured GitLab. It keeps nothing between runs; where a run goes on is in the cursor alone.
type Source struct {
	config    config
	selection selection
	root      string // of REST
	graphql   string // the address of GraphQL
	habits    source.Habits[Habit]
	host      *wire.Host
	// unusable says why the configuration cannot work; every call returns it.
	unusable *source.Error
}

// config is what a source is configured with.
type config struct {
	source.Given
	Settings
	incidentLabels []string // by which an issue is an incident; none: by its type
}

var _ source.Source = (*Source)(nil)

// Option changes how a Source behaves; without any it behaves as a service in production should.
type Option func(*wire.Pace)

// WithPace changes how patiently GitLab is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{Given: given, Settings: own}, habits: source.NewHabits(own.Deployments.Habit, own.Deployments.Rules)}
	if own.Incidents.From == IncidentsByLabels {
		s.config.incidentLabels = own.Incidents.Labels
	}
	token := given.Secrets[secretToken]
	s.host = &wire.Host{
		Name: "GitLab", ID: given.ID, Client: wire.WithinHost(given.Client),
		Credentials: wire.Token{Text: token, Refused: "GitLab does not accept the token: it is wrong, expired or revoked; create one with the scope read_api and enter it"},
		Limits:      wire.Limits{Total: "RateLimit-Limit", Remaining: "RateLimit-Remaining", Reset: "RateLimit-Reset"},
		Genuine:     func(h http.Header) bool { return h.Get("X-Gitlab-Meta") != "" },
		Says:        says, Forbids: forbids,
		Pace: wire.DefaultPace(),
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
	if s.selection, err = newSelection(s.config.Repositories); err != nil {
		return s.host.Failure(source.CauseConfiguration, "", "the projects to read are not set up", err)
	}
	address, err := instance(s.config.URL)
	if err != nil {
		return s.host.Failure(source.CauseConfiguration, "", "GitLab's address is not set up", err)
	}
	s.root, s.graphql = address+restPath, address+graphqlPath
	s.host.Addresses = []string{address}
	if token == "" {
		return s.host.Failure(source.CauseCredentials, "", "no token is set: enter a personal, project or group access token with the scope read_api", nil)
	}
	for prefix, kind := range wrongTokens {
		if strings.HasPrefix(token, prefix) {
			return s.host.Failure(source.CauseCredentials, "", "the token is "+kind+", which may not read the API: enter a personal, project or group access token with the scope read_api", nil)
		}
	}
	return nil
}

// wrongTokens are how tokens begin that GitLab hands out for something else.
var wrongTokens = map[string]string{
	"glcbt-": "one of a CI/CD job", "gldt-": "a deploy token", "glrt-": "a runner's", "glptt-": "one that triggers pipelines", "glft-": "a feed token",
	"glimt-": "one for incoming mail", "glagent-": "an agent's", "glsoat-": "a SCIM token", "glffct-": "one for feature flags", "whsec_": "a webhook's signing token",
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *positions
	// overREST says that what belongs to merge requests is read over REST; undecided that no answer has settled it yet.
	overREST, undecided bool
	// groups are those all of whose projects were listed, as path and whether with what is below; there are the listed
	// projects' paths in lower case, and called their paths by number.
	groups    map[group]bool
	there     map[string]bool
	called    map[int64]string
	forgotten map[string]bool
	filed     int
}

func (s *Source) begin(request source.Request) *run {
	return &run{
		Source: s, Session: s.host.Begin(request.Report), request: request, cursor: readPositions(request.Cursor),
		overREST: s.config.API == APIREST, undecided: s.config.API != APIREST && s.config.API != APIGraphQL,
		groups: map[group]bool{}, there: map[string]bool{}, called: map[int64]string{}, forgotten: map[string]bool{},
	}
}

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event, forget ...string) error {
	position, err := r.cursor.encode()
	if err != nil {
		return err
	}
	for _, e := range events {
		dora.Bound(e)
	}
	return r.request.Emit(ctx, source.Batch{Events: events, Cursor: position, Forget: forget})
}

// Check asks for the first configured project or group.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	if len(s.selection.exact) > 0 {
		_, err := r.project(ctx, s.selection.exact[0], s.selection.exact[0])
		return err
	}
	_, err := r.listed(ctx, s.selection.groups[0], true)
	return err
}

// Collect implements source.Source. Projects are read one after another.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	targets, err := r.wanted(ctx)
	if source.Stops(err) {
		return err
	}
	failures := []error{err}
	r.Progress.Parts = len(targets)
	r.Report()
	err = source.Each(targets, func(t target) error { return r.sync(ctx, t) })
	failures = append(failures, err)
	if source.Stops(err) {
		return errors.Join(failures...)
	}
	if len(request.Only) == 0 {
		failures = append(failures, r.vanished(ctx))
	}
	r.Report()
	return errors.Join(failures...)
}

// known is what the store has of a project; nothing where its name means another one since.
func (r *run) known(kind dora.Kind, name string) []dora.Event {
	if r.request.Known == nil || r.forgotten[strings.ToLower(name)] {
		return nil
	}
	return r.request.Known(kind, name)
}

// isRecent says that something happened surely within the history, so that the lists have shown it.
func (r *run) isRecent(at time.Time) bool { return !at.Before(r.request.Since.Add(landedNear)) }

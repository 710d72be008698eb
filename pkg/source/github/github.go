package github

import (
	"context"
	"errors"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured GitHub. It keeps nothing between runs; where a run goes on is in the cursor alone.
type Source struct {
	config    config
	selection selection
	address   string // of GraphQL
	root      string // of REST
	habits    source.Habits[Habit]
	host      *wire.Host
	pace      wire.Pace
	// unusable says why the configuration cannot work; every call returns it.
	unusable *source.Error
}

var _ source.Source = (*Source)(nil)

// config is all that a source is made from.
type config struct {
	source.Given
	Settings
}

// isApp says whether anything of a GitHub App is configured.
func (c *config) isApp() bool {
	return c.AppID != "" || c.InstallationID != "" || c.Secrets[secretAppKey] != ""
}

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, settings Settings, options ...Option) *Source {
	s := &Source{config: config{given, settings}, pace: wire.DefaultPace(), habits: source.NewHabits(settings.Deployments.Habit, settings.Deployments.Rules)}
	for _, option := range options {
		option(s)
	}
	token := wire.Token{Text: given.Secrets[secretToken], Refused: "GitHub does not accept the token: it is wrong, expired or revoked; enter a new one"}
	s.host = newHost(given.ID, given.Client, token, s.pace)
	s.unusable = s.setUp()
	return s
}

// setUp reads the configuration, and says why it cannot work.
func (s *Source) setUp() *source.Error {
	var err error
	if s.selection, err = newSelection(s.config.Repositories); err != nil {
		return s.failure(source.CauseConfiguration, "", "the repositories to read are not set up", err)
	}
	if s.root, err = restAddress(s.config.URL); err == nil {
		s.address, err = graphqlAddress(s.root, s.config.GraphQLURL)
	}
	if err != nil {
		return s.failure(source.CauseConfiguration, "", "GitHub's address is not set up", err)
	}
	s.host.Addresses = []string{s.root, s.address}
	token := s.config.Secrets[secretToken] != ""
	switch {
	case s.config.isApp() && token:
		return s.failure(source.CauseConfiguration, "", "there is a token and a GitHub App, of which one is needed: leave out the secret token, or appId, installationId and the secret appPrivateKey", nil)
	case s.config.isApp():
		app, err := newApp(&s.config, s.root)
		if err != nil {
			return s.failure(source.CauseConfiguration, "", "the GitHub App is not set up", err)
		}
		s.host.Credentials = app
	case !token:
		return s.failure(source.CauseCredentials, "", "no token is set: enter one that may read the repositories", nil)
	}
	return nil
}

// Check asks for the first configured repository or owner.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{}, readPositions(nil))
	if len(s.selection.exact) == 0 {
		return readNothing(ctx, r, func(api reader) error { return api.owner(ctx, s.selection.owners[0]) })
	}
	return readNothing(ctx, r, func(api reader) error { return api.repository(ctx, s.selection.exact[0]) })
}

// Collect implements source.Source. Repositories are read one after another: GitHub's limit on processing time leaves
// nothing to win from more than one stream.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request, readPositions(request.Cursor))
	targets, err := r.wanted(ctx)
	r.Progress.Parts = len(targets)
	r.Report() // where nothing is to be read, too
	if source.Stops(err) {
		return err
	}
	if err := r.readProperties(ctx, targets); err != nil {
		return err
	}
	if err := r.readTeams(ctx, targets); err != nil {
		return err
	}
	failures := []error{err, source.Each(targets, func(t target) error { return r.sync(ctx, t) })}
	if source.Stops(failures[1]) {
		return errors.Join(failures...)
	}
	if len(request.Only) == 0 {
		failures = append(failures, r.vanished(ctx))
	}
	failures = append(failures, r.recheck(ctx, targets), r.teamsRead(ctx))
	return errors.Join(failures...)
}

package jira

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured Jira. It keeps nothing between runs; where a run goes on is in the cursor alone.
type Source struct {
	config    config
	selection dora.Selection
	root      string // of the API
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

// WithPace changes how patiently Jira is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, selection: dora.Selection{Repositories: own.Projects}}
	s.host = &wire.Host{
		Name: "Jira", ID: given.ID, Client: wire.WithinHost(given.Client),
		Limits: wire.Limits{Total: "X-RateLimit-Limit", Remaining: "X-RateLimit-Remaining"},
		// The cloud gives the first two with every answer, and a data center the first.
		Genuine: func(h http.Header) bool { return h.Get("X-AREQUESTID") != "" || h.Get("Atl-Traceid") != "" },
		Says:    says, Forbids: s.forbids,
		Pace: wire.DefaultPace(),
	}
	s.host.Credentials, s.host.Sign = s.login()
	for _, option := range options {
		option(&s.host.Pace)
	}
	s.unusable = s.setUp()
	return s
}

// setUp reads the configuration, and says why it cannot work.
func (s *Source) setUp() *source.Error {
	address, err := url.Parse(s.config.URL)
	if err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https" {
		return s.host.Failure(source.CauseConfiguration, "", "Jira's address is not set up", errors.New("url: https://SITE.atlassian.net, or the address of a data center, is needed"))
	}
	s.root = strings.TrimRight(s.config.URL, "/")
	s.host.Addresses = []string{s.root}
	switch {
	case len(s.config.Projects) == 0:
		return s.host.Failure(source.CauseConfiguration, "", "the projects to read are not set up", errors.New("projects: at least one project's key is needed"))
	case unfit(s.config.Incidents.JQL) != "":
		return s.host.Failure(source.CauseConfiguration, "", "incidents.jql "+unfit(s.config.Incidents.JQL), nil)
	case s.config.Email != "" && s.config.Secrets[secretAPI] == "":
		return s.host.Failure(source.CauseCredentials, "", "no API token is set: enter the one that belongs to the email", nil)
	case s.config.Email == "" && s.config.Secrets[secretToken] == "":
		return s.host.Failure(source.CauseCredentials, "", "no token is set: enter a personal access token of the data center, or for Jira Cloud an email and its API token", nil)
	}
	return nil
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *positions

	projects map[string]string // those that are read, keys by id
	types    []string          // ids of issue types that are incidents; none: any is
	fields   fieldIDs
	statuses map[string]string // categories by id; nil: they were not asked for
	// stored is what the store has, by id; nil: nothing is known of it. there are the ids of all incidents that there are.
	// told are those that this run has handed over.
	stored map[string]*dora.Incident
	there  map[string]bool
	told   map[string]bool
	begins bool    // none of the projects was read before
	failed []error // of issues that could not be read, which cost themselves alone
}

func (s *Source) begin(request source.Request) *run {
	return &run{Source: s, Session: s.host.Begin(request.Report), request: request, cursor: readPositions(request.Cursor), told: map[string]bool{}}
}

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event) error {
	before := r.cursor.last
	after, err := json.Marshal(r.cursor)
	if err != nil || len(events) == 0 && bytes.Equal(before, after) {
		return err
	}
	r.cursor.last = after
	r.Progress.Done += len(events)
	r.Report()
	return r.request.Hand(ctx, events, before, after)
}

// Check asks who we are, for the projects, and has Jira read the condition.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	if err := r.meet(ctx); err != nil {
		return err
	}
	if missing := r.absent(); len(missing) > 0 {
		return missing[0]
	}
	if len(r.projects) == 0 {
		return r.noProject()
	}
	_, err := r.search(ctx, question{jql: r.condition(), fields: []string{"id"}, width: 1})
	return err
}

// Collect implements source.Source.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	if only := issuesAmong(request.Only); len(only) > 0 && len(only) == len(request.Only) && r.cursor.Site != nil {
		return r.readSome(ctx, only)
	}
	return r.readAll(ctx)
}

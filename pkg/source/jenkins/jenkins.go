package jenkins

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one configured controller. It keeps nothing between runs: where a run goes on is in the cursor alone.
type Source struct {
	config    config
	selection dora.Selection
	named     []string // repositories that are called by their very names
	rules     []*rule
	root      string // without a slash in the end
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

// WithPace changes how patiently Jenkins is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

const refusedToken = "Jenkins does not accept the user and token: create an API token at the user's page, Security, and enter it with the user's id (a password does not do where people log in elsewhere)"

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}, selection: dora.Selection{Repositories: own.Repositories}}
	s.named = s.selection.ByName()
	for _, service := range given.Served {
		for _, entry := range service.Deployments {
			if entry.Repository != "" && len(dora.WordsIn(entry.Repository)) == 0 && s.selection.Takes(entry.Repository) && !slices.Contains(s.named, entry.Repository) {
				s.named = append(s.named, entry.Repository)
			}
		}
	}
	slices.Sort(s.named)
	password := wire.Password{User: own.User, Token: wire.Token{Text: given.Secrets[secretToken], Refused: refusedToken}}
	s.host = &wire.Host{
		Name: "Jenkins", ID: given.ID, Client: wire.WithinHost(given.Client), Credentials: password, Sign: password.Sign,
		Pace: wire.DefaultPace(), // what refusals say is not repeated: they are pages for people
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	s.unusable = s.setUp()
	return s
}

// setUp reads the configuration, and says why it cannot work.
func (s *Source) setUp() *source.Error {
	var err error
	if s.rules, err = newRules(s.config.Jobs); err != nil {
		return s.host.Failure(source.CauseConfiguration, "", "the jobs to read are not set up", err)
	}
	if len(s.config.Repositories) == 0 {
		return s.host.Failure(source.CauseConfiguration, "", "the repositories that the jobs deploy are not set up", errors.New("repositories: at least one owner/name is needed"))
	}
	s.root = strings.TrimSuffix(strings.TrimRight(s.config.URL, "/"), "/api/json")
	if at, err := url.Parse(s.root); err != nil || at.Host == "" || at.Scheme != "https" && at.Scheme != "http" {
		return s.host.Failure(source.CauseConfiguration, "", "Jenkins' address is not set up", fmt.Errorf("%q is not an http or https address; allowed: https://HOST, with the path that Jenkins lies beneath if there is one", s.config.URL))
	}
	s.host.Addresses = []string{s.root}
	if s.config.User == "" || s.config.Secrets[secretToken] == "" {
		return s.host.Failure(source.CauseCredentials, "", "no user and token are set: create an API token at a user's page, Security, and enter it with the user's id", nil)
	}
	return nil
}

// origin is a digest of what decides which builds of a job are which deployments.
func (s *Source) origin(rules []*rule) string {
	text := fnv.New64a()
	say := func(words ...string) {
		for _, each := range words {
			_, _ = text.Write(append([]byte(each), 0)) // it cannot fail
		}
	}
	for _, r := range rules {
		say(r.line)
	}
	say(s.config.Repositories...)
	say(s.named...)
	say(s.version())
	return strconv.FormatUint(text.Sum64(), 36)
}

func (s *Source) version() string {
	if s.config.Version == "" {
		return defaultVersion
	}
	return s.config.Version
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *positions
	// listed are the jobs that there are, by full name, and shelves what the store has of repositories.
	listed  map[string]*item
	shelves map[string]*shelf
	// upstream are what other builds checked out, by job#number.
	upstream map[string]*build
}

func (s *Source) begin(request source.Request) *run {
	return &run{
		Source: s, Session: s.host.Begin(request.Report), request: request, cursor: readPositions(request.Cursor),
		listed: map[string]*item{}, shelves: map[string]*shelf{}, upstream: map[string]*build{},
	}
}

// emit hands over events together with the position that they lead to.
func (r *run) emit(ctx context.Context, events []dora.Event) error {
	before := r.cursor.last
	after, err := r.cursor.encode()
	if err != nil {
		return err
	}
	r.cursor.last = after
	r.Progress.Done += len(events)
	r.Report()
	for _, e := range events {
		if d, is := e.(*dora.Deployment); is {
			r.shelf(d.Repository).put(d)
		}
	}
	return r.request.Hand(ctx, events, before, after)
}

// Check lists the jobs, and says where none is what the lines take.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	jobs, err := r.list(ctx)
	if err != nil {
		return err
	}
	return r.someOf(jobs)
}

// someOf is the failure that no job is what the lines take.
func (r *run) someOf(jobs []*item) error {
	if len(jobs) > 0 {
		return nil
	}
	names := make([]string, 0, len(r.listed))
	for name := range r.listed {
		names = append(names, name)
	}
	if len(names) == 0 {
		return r.Failure(source.CausePermission, "", "the user sees no job there: give it Job/Read on the folders and jobs, which Overall/Read does not bring", nil)
	}
	slices.Sort(names)
	return r.Failure(source.CauseNotFound, "", fmt.Sprintf("no job that the user sees is what jobs takes; it sees %s: write their full names, or give the user Job/Read on the others", source.Listed(names)), nil)
}

// Collect implements source.Source. Jobs are read one after another.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	jobs, err := r.list(ctx)
	failures := []error{err}
	if source.Stops(err) {
		return err
	}
	if err == nil && len(request.Only) == 0 {
		if err := r.someOf(jobs); err != nil {
			return err
		}
		r.remark(jobs)
	}
	r.Progress.Parts = len(jobs)
	r.Report()
	stopped := source.Each(jobs, func(job *item) error { return r.sync(ctx, job) })
	failures = append(failures, stopped)
	if !source.Stops(stopped) && err == nil && len(request.Only) == 0 {
		failures = append(failures, r.leaveOut(ctx))
	}
	r.Report()
	return errors.Join(failures...)
}

// remark says which lines take no job.
func (r *run) remark(jobs []*item) {
	var idle []string
	for _, rule := range r.rules {
		if !rule.leaves && !slices.ContainsFunc(jobs, func(job *item) bool {
			_, matches := rule.jobs.match(job.Full)
			return matches
		}) {
			idle = append(idle, strconv.Quote(rule.line))
		}
	}
	if len(idle) > 0 {
		r.Progress.Remark = fmt.Sprintf("No job that the user sees is what jobs takes by %s.", source.Listed(idle))
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

package csv

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads one list. It keeps nothing between runs; what was told is in the cursor alone.
type Source struct {
	given source.Given
	url   string
	host  *wire.Host
	// unusable says why the configuration cannot work; every call returns it.
	unusable *source.Error
}

var _ source.Source = (*Source)(nil)

// Option changes how a Source behaves; without any it behaves as a service in production should.
type Option func(*wire.Pace)

// WithPace changes how patiently the host is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{given: given, url: own.URL}
	token := given.Secrets[secretToken]
	refused := "the list's host does not accept the token: enter one that may read it"
	if token == "" {
		refused = "the list's host lets nobody in without a token: enter one that may read it"
	}
	s.host = &wire.Host{
		Name: "The list's host", ID: given.ID, Client: wire.WithinHost(given.Client), Addresses: []string{own.URL},
		Credentials:     wire.Token{Text: token, Refused: refused},
		Forbids:         func(*wire.Answer) string { return "the list may not be read: give the token access to it" },
		UnchangedIsFree: true,
		Pace:            wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	if to, err := url.Parse(own.URL); err != nil || to.Host == "" || to.Scheme != "http" && to.Scheme != "https" {
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "the list's address is not set up", errors.New("url: the address of the list is needed"))
	}
	return s
}

// positionVersion changes when a position's form does. Reading again is harmless, so another form is none.
const positionVersion = 1

// position is what was told of the list, and which of its versions that was, by the host's word; empty: it is to be read again.
type position struct {
	cursor.Versioned
	URL      string         `json:"url,omitempty"`
	ETag     string         `json:"etag,omitempty"`
	Modified string         `json:"modified,omitempty"`
	Entries  census.Entries `json:"entries,omitempty"`
}

// part is what the list is called in progress and failures.
const part = "list"

// get asks for the list, unless it is as it was.
func (s *Source) get(ctx context.Context, session *wire.Session, known *position) (*wire.Answer, error) {
	call := wire.Call{Address: s.url, Accept: "text/csv, text/plain;q=0.9, */*;q=0.1"}
	handled := []int{http.StatusNotFound}
	if known.URL == s.url && known.ETag+known.Modified != "" {
		call.ETag, call.Since = known.ETag, known.Modified
		handled = append(handled, http.StatusNotModified)
	}
	answer, err := session.Fetch(ctx, part, call, handled...)
	switch {
	case err != nil:
		return nil, err
	case answer.Status == http.StatusNotFound:
		return nil, session.Failure(source.CauseNotFound, part, "there is no list at this address, or the token may not see it", session.Said(answer))
	case answer.Status == http.StatusOK && answer.IsPage():
		return nil, session.Failure(source.CauseConfiguration, part, "a page for people is at this address: enter that of the list itself", session.Said(answer))
	}
	return answer, nil
}

// Check reads the list.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	session := s.host.Begin(nil)
	answer, err := s.get(ctx, session, new(position))
	if err != nil {
		return err
	}
	_, err = s.read(session, answer)
	return err
}

// Collect implements source.Source.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	session := s.host.Begin(request.Report)
	session.Progress.Part, session.Progress.Parts = part, 1
	session.Report()
	defer session.Report()
	p, _ := cursor.Read[position](request.Cursor, positionVersion)
	p.Stamp(positionVersion)
	if p.Entries == nil {
		p.Entries = census.Entries{}
	}
	answer, err := s.get(ctx, session, p)
	if err != nil || answer.Status == http.StatusNotModified {
		return err
	}
	listed, broken := s.read(session, answer)
	if len(listed) == 0 && broken != nil {
		return broken
	}
	events := p.Entries.News(s.given.ID, session.Now().UTC(), listed, func(string) bool { return broken == nil })
	if p.URL, p.ETag, p.Modified = s.url, "", ""; broken == nil { // what is wrong is told at each reading
		p.ETag, p.Modified = answer.Header.Get("ETag"), answer.Header.Get("Last-Modified")
	}
	session.Progress.Done = len(listed)
	if err := request.HandNews(ctx, events, p); err != nil {
		return err
	}
	return broken
}

// read gives the lines of a list by what they are about, and what is wrong with it.
func (s *Source) read(session *wire.Session, answer *wire.Answer) (map[string]*dora.Entity, error) {
	entities, err := owners.EntitiesIn(string(answer.Body))
	listed := map[string]*dora.Entity{}
	for i := range entities {
		e := &entities[i]
		about := "service:" + e.Name
		if e.Name == "" {
			about = "repository:" + e.Repositories[0]
		}
		listed[strings.ToLower(about)] = e
	}
	if err == nil {
		return listed, nil
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	return listed, session.Failure(source.CauseAnswer, part, fmt.Sprintf("the list cannot be read wholly, and nothing is taken away: %s", dora.Shorten(text, dora.NameLimit)), nil)
}

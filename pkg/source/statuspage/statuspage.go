package statuspage

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/pages"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Source reads some pages. It keeps nothing between runs.
type Source struct {
	config config
	root   string // of the API
	host   *wire.Host
	// unusable says why the configuration cannot work; every call returns it.
	unusable *source.Error
}

type config struct {
	source.Given
	Settings
}

var (
	_ source.Source = (*Source)(nil)
	_ source.Recent = (*Source)(nil)
)

// Option changes how a Source behaves; without any it behaves as a service in production should.
type Option func(*wire.Pace)

// WithPace changes how patiently Statuspage is asked.
func WithPace(change func(*wire.Pace)) Option { return change }

// slowDown is the status by which Statuspage tells of a limit, beside 429.
const slowDown = 420

// between is how long there is between two requests: sixty are answered in a minute.
const between = time.Second

// New makes the source. A configuration that cannot work is reported by Check and Collect.
func New(given source.Given, own Settings, options ...Option) *Source {
	s := &Source{config: config{given, own}}
	token := given.Secrets[secretToken]
	s.host = &wire.Host{
		Name: "Statuspage", ID: given.ID, Client: wire.WithinHost(given.Client),
		Credentials: wire.Token{Text: token, Refused: "Statuspage does not accept the API key: it is wrong or revoked; take one from API info and enter it"},
		Sign:        func(h http.Header, token string) { h.Set("Authorization", "OAuth "+token) },
		Limits:      wire.Limits{Also: []int{slowDown}},
		Pace:        wire.DefaultPace(),
	}
	for _, option := range options {
		option(&s.host.Pace)
	}
	root := own.URL
	if root == "" {
		root = publicAPI
	}
	address, err := url.Parse(root)
	switch {
	case err != nil || address.Host == "" || address.Scheme != "http" && address.Scheme != "https":
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "Statuspage's address is not set up", errors.New("url: an address, or nothing"))
	case len(own.Pages) == 0:
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "the pages to read are not set up", errors.New("pages: at least one page's id or address is needed"))
	case own.mixed():
		s.unusable = s.host.Failure(source.CauseConfiguration, "", "the pages to read are not set up", errors.New("pages: "+mixture))
	case token == "" && !own.public():
		s.unusable = s.host.Failure(source.CauseCredentials, "", "no API key is set: enter one of a member of the page's team", nil)
	}
	s.root = strings.TrimRight(root, "/") + "/v1"
	s.host.Addresses = []string{s.root}
	if own.public() {
		s.host.Addresses = own.Pages
		s.host.Credentials, s.host.Sign = wire.Token{Refused: private}, func(http.Header, string) {}
	}
	return s
}

// run is one call of Collect or Check.
type run struct {
	*Source
	*wire.Session
	request source.Request
	cursor  *cursor
	asked   bool
	failed  []error // of incidents that could not be read, which cost themselves alone
}

func (s *Source) begin(request source.Request) *run {
	return &run{Source: s, Session: s.host.Begin(request.Report), request: request, cursor: cursorOf(request.Cursor)}
}

// Check asks for the first page.
func (s *Source) Check(ctx context.Context) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(source.Request{})
	if s.config.public() {
		_, err := r.feed(ctx, s.config.Pages[0])
		return err
	}
	page := s.config.Pages[0]
	answer, err := r.get(ctx, page, "")
	if err != nil {
		return err
	}
	told, err := wire.Decode[pageRecord](r.Session, page, answer)
	if err == nil && told.Lacks() != "" {
		err = r.Unexpected(page, fmt.Errorf("%s is missing", told.Lacks()))
	}
	return err
}

// Collect implements source.Source. Pages are read one after another.
func (s *Source) Collect(ctx context.Context, request source.Request) error {
	if s.unusable != nil {
		return s.unusable
	}
	r := s.begin(request)
	wanted, read := s.config.Pages, r.read
	if s.config.public() {
		read = r.readPublic
	}
	if only := slices.DeleteFunc(slices.Clone(request.Only), func(page string) bool { return !slices.Contains(wanted, page) }); len(only) > 0 {
		wanted = only
	}
	r.Progress.Parts = len(wanted)
	r.Report()
	defer r.Report()
	err := source.Each(wanted, func(page string) error { return read(ctx, page) })
	return errors.Join(append([]error{err}, r.failed...)...)
}

// get asks for what lies beneath a page.
func (r *run) get(ctx context.Context, page, path string) (*wire.Answer, error) {
	if err := r.pause(ctx); err != nil {
		return nil, err
	}
	answer, err := r.Fetch(ctx, page, wire.Call{Address: r.root + "/pages/" + url.PathEscape(page) + path}, http.StatusNotFound)
	if err == nil && answer.Status == http.StatusNotFound {
		err = r.Failure(source.CauseNotFound, page, fmt.Sprintf("there is no page %s, or the key's member is not of its team: check the id", page), r.Said(answer))
	}
	return answer, err
}

// pause keeps to the pace that is allowed.
func (r *run) pause(ctx context.Context) error {
	before := r.asked
	r.asked = true
	if !before {
		return nil
	}
	return r.Pace.Sleep(ctx, between)
}

const (
	// atOnce is how many incidents a page of a list has.
	atOnce = 100
	// roundly is what a server's own bounds of a page are multiples of: with another number of entries a page is the last.
	roundly = 50
)

// list reads all incidents of a page. Nothing says how many there are.
func (r *run) list(ctx context.Context, page string) ([]*json.RawMessage, error) {
	all, err := pages.All(keyOf, func(number int) ([]*json.RawMessage, int, error) {
		answer, err := r.get(ctx, page, "/incidents?"+url.Values{"limit": {strconv.Itoa(atOnce)}, "page": {strconv.Itoa(number)}}.Encode())
		if err != nil {
			return nil, 0, err
		}
		rows, err := wire.Decode[*[]*json.RawMessage](r.Session, page, answer)
		if err != nil {
			return nil, 0, err
		}
		if rows == nil {
			return nil, 0, r.Unexpected(page, errNoList)
		}
		if len(*rows)%roundly != 0 || len(*rows) == 0 {
			return *rows, 0, nil
		}
		return *rows, number + 1, nil
	})
	return all, r.Listed(page, err)
}

var errNoList = errors.New("the list is missing")

// keyOf tells entries of a list apart.
func keyOf(row *json.RawMessage) string {
	var named struct{ ID string }
	if row == nil || json.Unmarshal(*row, &named) != nil {
		return ""
	}
	return named.ID
}

// failedLimit bounds how many incidents that could not be read are told of.
const failedLimit = 10

// read reads a page, and hands over what is not as it was.
func (r *run) read(ctx context.Context, page string) error {
	r.Progress.Part = page
	r.Report()
	stored := r.stored(page)
	rows, err := r.list(ctx, page)
	if err != nil {
		return err
	}
	delete(r.cursor.Pages, page) // all that it has is known
	return r.take(ctx, page, rows, stored, func(string) bool { return true })
}

// stored are the incidents of a page that the store has, by id.
func (r *run) stored(page string) map[string]dora.Event {
	stored := map[string]dora.Event{}
	if r.request.Known != nil {
		for _, e := range r.request.Known(dora.KindIncident, page) {
			stored[e.Head().ID] = e
		}
	}
	return stored
}

// take hands over what is not as it was. Of what is not listed, deleted says whether that means that it is there no longer.
func (r *run) take(ctx context.Context, page string, rows []*json.RawMessage, stored map[string]dora.Event, deleted func(key string) bool) error {
	there, broken := map[string]bool{}, map[string]bool{}
	var events []dora.Event
	for _, row := range rows {
		i := new(incidentRecord)
		if err := i.decode(row); err != nil {
			id := keyOf(row)
			broken[idPrefix+id] = true
			if len(r.failed) < failedLimit {
				r.failed = append(r.failed, r.Unexpected(strings.Trim(page+" "+id, " "), err))
			}
			continue
		}
		if !i.counts() || there[idPrefix+i.ID] {
			continue
		}
		there[idPrefix+i.ID] = true
		e, before := r.incident(page, i), stored[idPrefix+i.ID]
		if i.Updated.Before(r.request.Since) || before != nil && same(before, e) {
			continue
		}
		events = append(events, census.Above(e, before))
	}
	slices.SortFunc(events, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
	var gone []dora.Event
	for id, e := range stored {
		if !there[id] && !broken[id] && !census.IsWithdrawn(e) && deleted(strings.TrimPrefix(id, idPrefix)) && !e.Head().Updated.Before(r.request.Since) {
			gone = append(gone, census.Withdraw(e))
		}
	}
	slices.SortFunc(gone, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
	events = append(events, gone...)
	after := r.cursor.encode()
	if len(events) == 0 && bytes.Equal(r.request.Cursor, after) {
		return nil
	}
	r.Progress.Done += len(events)
	r.Report()
	err := r.request.Hand(ctx, events, r.request.Cursor, after)
	r.request.Cursor = after
	return err
}

// same says whether what is stored is what was read. The text is not compared, since the store keeps none; it changes with the
// version.
func same(stored dora.Event, read *dora.Incident) bool {
	before, is := stored.(*dora.Incident)
	if !is || !before.Updated.Equal(read.Updated) {
		return false
	}
	a, b := *before, *read
	a.Header, b.Header, a.Body, b.Body = dora.Header{}, dora.Header{}, "", ""
	dora.Bound(&b)
	return reflect.DeepEqual(a, b)
}

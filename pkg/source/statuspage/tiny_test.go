package statuspage_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
	"github.com/livedora/dora-datasource/pkg/source/statuspage"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

type row map[string]any

// tiny is a Statuspage of two pages in which a test may change and delete what a replay of a history cannot.
type tiny struct {
	mu     sync.Mutex
	pages  map[string][]row // the newest first
	asked  int
	before func(number int)
	step   int
}

// when is a time of November 2026, such as "02 08:00".
func when(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-"+text)
	if err != nil {
		panic(err)
	}
	return at
}

func (s *tiny) tell(page, id, at string) row {
	i := row{
		"id": id, "name": "It is down", "status": "investigating", "impact": "major", "created_at": when(at), "started_at": when(at), "updated_at": when(at), "resolved_at": nil, "scheduled_for": nil,
		"shortlink": "https://stspg.example/" + id, "components": []row{{"name": "API"}}, "metadata": row{},
		"incident_updates": []row{{"status": "identified", "body": "we know", "created_at": when(at)}, {"status": "investigating", "body": "we look", "created_at": when(at)}},
	}
	s.pages[page] = append([]row{i}, s.pages[page]...)
	return i
}

func (i row) resolve(at string) row {
	i["status"], i["resolved_at"], i["updated_at"] = "resolved", when(at), when(at)
	return i
}

func (s *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if s.before != nil {
		s.before(s.asked)
	}
	w.Header().Set("Content-Type", "application/json")
	if page, is := strings.CutSuffix(r.URL.Path, "/api/v2/incidents.json"); is {
		s.show(w, strings.TrimPrefix(page, "/public/"))
		return
	}
	page, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/v1/pages/"), "/")
	rows, there := s.pages[page]
	switch {
	case !there:
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"message":"The requested resource could not be found."}`))
	case rest == "":
		_, _ = fmt.Fprintf(w, `{"id":%q}`, page)
	default:
		number, _ := strconv.Atoi(r.URL.Query().Get("page"))
		limit, _ := strconv.Atoi(r.URL.Query().Get("limit"))
		from := min(len(rows), (number-1)*limit)
		text, _ := json.Marshal(rows[from:min(len(rows), from+limit)])
		_, _ = w.Write(text)
	}
}

// show is what everybody sees of a page: the newest of its incidents, by the clock of the page, without metadata.
func (s *tiny) show(w http.ResponseWriter, page string) {
	rows, there := s.pages[page]
	if !there {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`<!DOCTYPE html><title>Page not found</title>`))
		return
	}
	shown := []row{}
	for _, each := range rows[:min(len(rows), 50)] {
		public := maps.Clone(each)
		delete(public, "metadata")
		for key, value := range public {
			if at, is := value.(time.Time); is {
				public[key] = at.In(time.FixedZone("", 5*3600+1800)).Format("2006-01-02T15:04:05.000Z07:00")
			}
		}
		shown = append(shown, public)
	}
	text, _ := json.Marshal(row{"page": row{"id": page, "name": "Status", "time_zone": "Asia/Kolkata"}, "incidents": shown})
	_, _ = w.Write(text)
}

func (s *tiny) reads(t *testing.T, l *sourcetest.Ledger) error {
	t.Helper()
	server := httptest.NewServer(s)
	defer server.Close()
	return l.Collect(t.Context(), open(server.URL, replayToken, []string{"shop", "till"}, statuspage.WithPace(standintest.AtTime(when("30 12:00")))), time.Time{})
}

// incidents are those that count, by key.
func incidents(l *sourcetest.Ledger) map[string]*dora.Incident {
	found := map[string]*dora.Incident{}
	for _, e := range l.Events {
		if i := e.(*dora.Incident); !i.Withdrawn {
			found[i.Key] = i
		}
	}
	return found
}

func newTiny() *tiny { return &tiny{pages: map[string][]row{"shop": {}, "till": {}}} }

func TestWhatHadNoImpactAndWhatWasPlannedIsNoIncident(t *testing.T) {
	s := newTiny()
	s.tell("shop", "aaaa", "02 08:00")
	s.tell("shop", "bbbb", "02 08:00")["impact"] = "none"
	s.tell("shop", "cccc", "02 08:00")["impact"] = "maintenance"
	s.tell("shop", "dddd", "02 08:00")["scheduled_for"] = when("05 08:00")
	l := sourcetest.NewLedger()
	require.NoError(t, s.reads(t, l))
	require.Len(t, incidents(l), 1)
	i := incidents(l)["aaaa"]
	assert.Equal(t, "shop", i.Repository)
	assert.Equal(t, "API", i.Service)
	assert.Equal(t, "major", i.Severity)
	assert.Equal(t, "we look", i.Body, "what was said first")
	s.pages["shop"][3]["impact"] = "none" // which no time tells of
	require.NoError(t, s.reads(t, l))
	assert.Empty(t, incidents(l))
}

func TestAnIncidentLastsAsThePeopleOnItSay(t *testing.T) {
	s := newTiny()
	late := s.tell("shop", "aaaa", "02 10:00").resolve("02 12:00")
	late["started_at"] = when("02 08:00")
	after := s.tell("shop", "bbbb", "02 08:00").resolve("02 12:00")
	after["status"], after["updated_at"] = "postmortem", when("05 12:00")
	again := s.tell("shop", "cccc", "02 08:00").resolve("02 12:00")
	again["status"], again["resolved_at"] = "investigating", when("02 12:00")
	bare := s.tell("till", "dddd", "02 08:00")
	bare["started_at"], bare["status"] = nil, "resolved"
	bare["incident_updates"] = []row{{"status": "resolved", "created_at": when("02 11:00")}}
	backfilled := s.tell("till", "eeee", "02 08:00")
	backfilled["status"] = "resolved"
	backfilled["incident_updates"] = []row{{"status": "resolved", "created_at": when("09 11:00"), "display_at": when("02 10:00")}}
	l := sourcetest.NewLedger()
	require.NoError(t, s.reads(t, l))
	found := incidents(l)
	assert.Equal(t, when("02 10:00"), found["eeee"].Resolved, "told a week later, dated back")
	assert.Equal(t, when("02 08:00"), found["aaaa"].Opened, "not when it was published")
	assert.Equal(t, when("02 12:00"), found["bbbb"].Resolved, "a postmortem comes later")
	assert.Zero(t, found["cccc"].Resolved, "it is open again")
	assert.Equal(t, when("02 08:00"), found["dddd"].Opened)
	assert.Equal(t, when("02 11:00"), found["dddd"].Resolved)

	late["started_at"] = when("02 07:00")
	late["metadata"] = row{"tracker": row{"issue": "OPS-12"}}
	late["components"] = []row{{"name": "API"}, {"name": "Website"}}
	require.NoError(t, s.reads(t, l))
	assert.Equal(t, when("02 07:00"), incidents(l)["aaaa"].Opened, "set afterwards, which no time tells of")
	assert.Equal(t, []string{"OPS-12"}, incidents(l)["aaaa"].Same)
	assert.Equal(t, []string{"service:API", "service:Website"}, incidents(l)["aaaa"].Labels)
}

func TestADeletedIncidentIsWithdrawnByACompleteReadingOnly(t *testing.T) {
	s := newTiny()
	for n := range 250 {
		s.tell("shop", "id"+strconv.Itoa(1000+n), "02 08:00")
	}
	l := sourcetest.NewLedger()
	require.NoError(t, s.reads(t, l))
	assert.Len(t, incidents(l), 250)
	s.pages["shop"] = slices.Delete(s.pages["shop"], 7, 8)
	s.asked, s.before = 0, func(number int) {
		if number == 3 {
			panic(http.ErrAbortHandler)
		}
	}
	s.mu = sync.Mutex{}
	_ = s.reads(t, l)
	s.before = nil
	require.NoError(t, s.reads(t, l))
	assert.Len(t, incidents(l), 249)
	batches := l.Batches
	require.NoError(t, s.reads(t, l))
	assert.Equal(t, batches, l.Batches, "nothing is new")
}

func TestABrokenIncidentCostsItselfAlone(t *testing.T) {
	s := newTiny()
	s.tell("shop", "aaaa", "02 08:00")
	broken := s.tell("shop", "bbbb", "02 08:00")
	l := sourcetest.NewLedger()
	require.NoError(t, s.reads(t, l))
	at := broken["created_at"]
	broken["created_at"] = "long ago"
	s.tell("till", "cccc", "02 08:00")
	failures := source.Failures("", s.reads(t, l))
	require.Len(t, failures, 1)
	assert.Equal(t, "shop bbbb", failures[0].Part)
	assert.Len(t, incidents(l), 3, "and takes nothing back")
	broken["created_at"] = at
	require.NoError(t, s.reads(t, l))
}

func TestAWebhookWakesTheReadingAndIsNotBelieved(t *testing.T) {
	s := open("https://statuspage.example", replayToken, []string{"shop"})
	for body, want := range map[string]source.Received{
		`{"page":{"id":"shop"},"incident":{"id":"aaaa","status":"resolved"}}`: {Kind: "incident", Refresh: []string{"shop"}},
		`{"page":{"id":"till"},"incident":{"id":"aaaa"}}`:                     {Kind: "incident", Ignored: "this source does not read that page"},
		`{"page":{"id":"shop"},"component":{"id":"aaaa"}}`:                    {Kind: "component", Ignored: "what a component is told to be is no incident"},
	} {
		received, err := s.Receive(http.Header{}, []byte(body))
		require.NoError(t, err)
		assert.Equal(t, want, received)
	}
	_, err := s.Receive(http.Header{"X-Live-Dora-Secret": {"wrong"}}, []byte(`{}`))
	require.ErrorIs(t, err, source.ErrForged)
	for _, body := range []string{`{`, `[]`, `{}`, `{"page":7}`} {
		var mistake *source.Mistake
		_, err := s.Receive(http.Header{}, []byte(body))
		require.ErrorAs(t, err, &mistake, body)
	}
}

// A request a second, however many there are: 20,000 where the long form is asked for.
func TestStatuspageIsAskedOnceASecond(t *testing.T) {
	t.Parallel()
	s, count := newTiny(), 550
	if standintest.Long() {
		count = 20_000
	}
	for n := range count {
		s.tell("shop", "id"+strconv.Itoa(10_000+n), "02 08:00")
	}
	server := httptest.NewServer(s)
	defer server.Close()
	var waited time.Duration
	pace := statuspage.WithPace(func(p *wire.Pace) {
		standintest.AtTime(when("30 12:00"))(p)
		p.Sleep = func(ctx context.Context, d time.Duration) error { waited += d; return ctx.Err() }
	})
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(server.URL, replayToken, []string{"shop", "till"}, pace), time.Time{}))
	assert.Len(t, incidents(l), count)
	t.Logf("%d requests", s.asked)
	assert.Equal(t, time.Duration(s.asked-1)*time.Second, waited)
	assert.LessOrEqual(t, s.asked, count/100+3)
}

package statuspage_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
	"github.com/livedora/dora-datasource/pkg/source/statuspage"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// room is where a page is shown to everybody, and a source that reads it so.
type room struct {
	*tiny
	address string
	ledger  *sourcetest.Ledger
}

func newRoom(t *testing.T) *room {
	t.Helper()
	s := newTiny()
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return &room{s, server.URL, sourcetest.NewLedger()}
}

// many tells of incidents of a page, one an hour, from a day of November on.
func (r *room) many(page, name string, n, day int) {
	for i := range n {
		r.tell(page, name+strconv.Itoa(1000+i), when(strconv.Itoa(100 + day)[1:]+" 00:00").Add(time.Duration(i)*time.Hour).Format("02 15:04"))
	}
}

func (r *room) shown(pages ...string) *statuspage.Source {
	for i := range pages {
		pages[i] = r.address + "/public/" + pages[i]
	}
	return open(r.address, "", pages, statuspage.WithPace(standintest.AtTime(when("30 12:00"))))
}

func (r *room) withKey(pages ...string) *statuspage.Source {
	return open(r.address, replayToken, pages, statuspage.WithPace(standintest.AtTime(when("30 12:00"))))
}

// reads gives since when incidents are known after a reading; zero: all are.
func (r *room) reads(t *testing.T, s *statuspage.Source) time.Time {
	t.Helper()
	require.NoError(t, r.ledger.Collect(t.Context(), s, time.Time{}))
	return s.Begins(r.ledger.Cursor)
}

func TestAPublicPagesIncidentsBeginWithTheOldestThatItShows(t *testing.T) {
	r := newRoom(t)
	r.many("shop", "id", 80, 2)
	r.pages["shop"][0]["impact"] = "none"
	r.pages["shop"][1]["impact"] = "maintenance"
	assert.Equal(t, when("03 06:00"), r.reads(t, r.shown("shop")), "the fiftieth")
	found := incidents(r.ledger)
	assert.Len(t, found, 48, "neither maintenance nor what had no impact")
	assert.Equal(t, when("03 06:00"), found["id1030"].Opened, "by the page's own clock")
	assert.Equal(t, "shop", found["id1030"].Repository)
	batches := r.ledger.Batches
	r.reads(t, r.shown("shop"))
	assert.Equal(t, batches, r.ledger.Batches, "nothing is new")

	r.many("shop", "new", 20, 10)
	assert.Equal(t, when("03 06:00"), r.reads(t, r.shown("shop")), "what was read stays")
	assert.Len(t, incidents(r.ledger), 68)

	r.many("shop", "later", 60, 15)
	assert.Equal(t, when("15 10:00"), r.reads(t, r.shown("shop")), "ten came and went between two readings")
	assert.Len(t, incidents(r.ledger), 118)
}

func TestAPageWithFewIncidentsShowsAll(t *testing.T) {
	r := newRoom(t)
	r.many("shop", "id", 49, 2)
	assert.Zero(t, r.reads(t, r.shown("shop")))
	r.many("shop", "new", 20, 10)
	assert.Zero(t, r.reads(t, r.shown("shop")), "the list goes on from what was shown")
}

func TestWhatHasLeftTheListOfAPublicPageIsNotDeleted(t *testing.T) {
	r := newRoom(t)
	r.many("shop", "id", 60, 2)
	r.reads(t, r.shown("shop"))
	r.pages["shop"] = slices.Delete(r.pages["shop"], 7, 8)
	r.many("shop", "new", 3, 10)
	r.pages["shop"][20]["impact"] = "none"
	r.reads(t, r.shown("shop"))
	found := incidents(r.ledger)
	assert.NotContains(t, found, "id1052", "it stood in the midst, and is gone")
	assert.NotContains(t, found, r.pages["shop"][20]["id"], "it has no impact any more")
	assert.Contains(t, found, "id1010", "it was the last, and is behind the end now")
	assert.Contains(t, found, "id1011")
	assert.Len(t, found, 51)
	r.pages["shop"] = r.pages["shop"][:1]
	r.reads(t, r.shown("shop"))
	assert.Len(t, incidents(r.ledger), 1, "a list that is not full has all that there is")
}

func TestAKeyThatIsEnteredLaterBringsTheRest(t *testing.T) {
	r := newRoom(t)
	r.many("shop", "id", 80, 2)
	public, key := r.shown("shop"), r.withKey("shop")
	assert.Equal(t, when("03 06:00"), r.reads(t, public))
	assert.Equal(t, when("03 06:00"), key.Begins(r.ledger.Cursor), "a key alone brings nothing")
	assert.Zero(t, r.reads(t, key))
	assert.Len(t, incidents(r.ledger), 80)
	assert.Zero(t, public.Begins(r.ledger.Cursor))
	r.many("shop", "new", 5, 10)
	assert.Zero(t, r.reads(t, public), "and the list goes on from that")
	assert.Len(t, incidents(r.ledger), 85)
}

func TestOfSeveralPagesTheOneThatBeginsLastCounts(t *testing.T) {
	r := newRoom(t)
	r.many("shop", "id", 80, 2)
	r.many("till", "till", 80, 8)
	assert.Equal(t, when("09 06:00"), r.reads(t, r.shown("shop", "till")))
	assert.Equal(t, when("03 06:00"), r.shown("shop").Begins(r.ledger.Cursor), "a page that is left out says nothing")
	assert.Zero(t, r.shown("shop").Begins([]byte(`{"v":1}`)))
	assert.Zero(t, r.shown("shop").Begins([]byte(`{`)))
}

func TestAPublicPageThatCannotBeReadSaysWhy(t *testing.T) {
	r := newRoom(t)
	r.tell("shop", "aaaa", "02 08:00")
	require.NoError(t, r.shown("shop").Check(t.Context()))
	for name, each := range map[string]struct {
		answer http.HandlerFunc
		cause  source.Cause
		says   string
	}{
		"not there":  {r.ServeHTTP, source.CauseNotFound, "there is no page of Statuspage at this address"},
		"log-in":     {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, source.CauseCredentials, "the page is not public"},
		"of no page": {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"incidents":[]}`)) }, source.CauseAnswer, "page.id is missing"},
		"no list":    {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"page":{"id":"shop"}}`)) }, source.CauseAnswer, "incidents is missing"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(each.answer)
			defer server.Close()
			s := open("", "", []string{server.URL + "/public/nowhere"}, statuspage.WithPace(standintest.AtTime(when("30 12:00"))))
			for _, err := range []error{s.Check(t.Context()), r.ledger.Collect(t.Context(), s, time.Time{})} {
				failures := source.Failures("", err)
				require.Len(t, failures, 1)
				assert.Equal(t, each.cause, failures[0].Cause)
				assert.ErrorContains(t, failures[0], each.says)
			}
		})
	}
	assert.ErrorContains(t, open("", replayToken, []string{"shop", "https://status.example.com"}).Check(t.Context()), "has ids and addresses")
}

func TestNoKeyIsSentToAPublicPage(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Authorization"))
		_, _ = w.Write([]byte(`{"page":{"id":"shop"},"incidents":[]}`))
	}))
	defer server.Close()
	require.NoError(t, open("", replayToken, []string{server.URL}).Check(t.Context()))
}

func TestABrokenIncidentOfAPublicPageCostsItselfAlone(t *testing.T) {
	r := newRoom(t)
	r.many("shop", "id", 80, 2)
	r.pages["shop"][49]["created_at"] = "long ago" // the fiftieth
	s := r.shown("shop")
	failures := source.Failures("", r.ledger.Collect(t.Context(), s, time.Time{}))
	require.Len(t, failures, 1)
	assert.Equal(t, "shop id1030", failures[0].Part)
	assert.Len(t, incidents(r.ledger), 49)
	assert.Equal(t, when("03 07:00"), s.Begins(r.ledger.Cursor), "the last that can be read")
}

func TestAWebhookHasPublicPagesLookedAt(t *testing.T) {
	received, err := open("", "", []string{"https://status.example.com"}).Receive(http.Header{}, []byte(`{"page":{"id":"shop"},"incident":{"id":"aaaa"}}`))
	require.NoError(t, err)
	assert.Equal(t, source.Received{Kind: "incident", Everything: true}, received)
}

func TestAPublicPageKeepsThePromisesOfASource(t *testing.T) {
	t.Parallel()
	sourcetest.Run(t, sourcetest.Subject{
		Start: func(*testing.T) *sourcetest.System {
			s := newTiny()
			for n := range 45 {
				s.tell("shop", "id"+strconv.Itoa(1000+n), "02 08:00")
			}
			s.tell("till", "aaaa", "02 08:00")
			s.pages["desk"] = []row{}
			s.tell("desk", "bbbb", "02 08:00")
			system := s.system()
			system.Parts = nil
			return system
		},
		Open: func(address string, client *http.Client, pace wire.Pace) source.Source {
			given := source.Given{ID: "statuspage", Client: client}
			return statuspage.New(given, statuspage.Settings{Pages: []string{address + "/public/shop", address + "/public/till", address + "/public/desk"}}, statuspage.WithPace(func(p *wire.Pace) { *p = pace }))
		},
		Keyless: true, Idle: 3,
	})
}

// A page of the replay, once by key and once as everybody sees it: what the list shows is told alike.
func TestAPublicPageTellsWhatAKeyTellsOfTheSameIncidents(t *testing.T) {
	t.Parallel()
	s := subject()
	h := s.History(t, standintest.Synthetic(t))
	at := s.Start(t, h, standintest.AfterAll)
	now := standintest.At(standintest.AfterAll)
	byKey, public := sourcetest.NewLedger(), sourcetest.NewLedger()
	page := pageOf(at.URL)
	require.NoError(t, byKey.Collect(t.Context(), open(at.URL, replayToken, page, statuspage.WithPace(now)), time.Time{}))
	everybody := open(at.URL, "", []string{at.URL + "/public/" + page[0]}, statuspage.WithPace(now))
	require.NoError(t, everybody.Check(t.Context()))
	require.NoError(t, public.Collect(t.Context(), everybody, time.Time{}))

	all, shown := incidents(byKey), incidents(public)
	begins := everybody.Begins(public.Cursor)
	require.NotEmpty(t, shown)
	t.Logf("%d by key, %d public, since %s", len(all), len(shown), begins)
	require.Greater(t, len(all), len(shown))
	assert.False(t, begins.IsZero())
	for key, i := range all {
		there, is := shown[key]
		if !i.Opened.Before(begins) {
			require.True(t, is, "%s opened at %s", key, i.Opened)
		}
		if is {
			assert.Equal(t, []any{i.Opened, i.Resolved, i.Severity, i.Service, i.Repository, i.Labels, i.ID}, []any{there.Opened, there.Resolved, there.Severity, there.Service, there.Repository, there.Labels, there.ID})
		}
	}
}

package pagerduty_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/pagerduty"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// reads collects an account into a ledger.
func (a *tiny) reads(t *testing.T, l *sourcetest.Ledger, own pagerduty.Settings) error {
	t.Helper()
	return a.readsSince(t, l, own, time.Time{})
}

func (a *tiny) readsSince(t *testing.T, l *sourcetest.Ledger, own pagerduty.Settings, since time.Time) error {
	t.Helper()
	if a.server == nil {
		a.server = httptest.NewServer(a)
		t.Cleanup(a.server.Close)
	}
	own.URL = a.server.URL
	return l.Collect(t.Context(), open(own), since)
}

// open makes a source that is patient for no longer than a test.
func open(own pagerduty.Settings) *pagerduty.Source {
	given := source.Given{ID: "pagerduty", Client: &http.Client{Timeout: time.Minute}, Secrets: map[string]string{"token": replayToken, "webhookSecret": hookSecret}}
	return pagerduty.New(given, own, pagerduty.WithPace(func(p *wire.Pace) {
		p.Retries, p.FirstBreak, p.LongestBreak = 1, time.Millisecond, time.Millisecond
		p.Sleep = func(ctx context.Context, _ time.Duration) error { return ctx.Err() }
	}))
}

// found are the incidents that count, by PagerDuty's own ids.
func found(l *sourcetest.Ledger) map[string]*dora.Incident {
	all := map[string]*dora.Incident{}
	for id, i := range sourcetest.Of[*dora.Incident](l) {
		all[strings.TrimPrefix(id, "incident:")] = i
	}
	return all
}

func TestAnIncidentIsWhatItsRecordAndTheLogSay(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	i := a.open("Q1", "PTILL", when("02 08:00"))
	a.acknowledge(i, when("02 08:04"))
	a.acknowledge(i, when("02 08:30"))
	a.change(i, "priority", row{"id": "PP", "summary": "P2", "type": "priority_reference"}, when("02 08:40"))
	a.resolve(i, when("02 09:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, &dora.Incident{
		Header:  dora.Header{Source: "pagerduty", ID: "incident:Q1", Updated: when("02 09:00"), Rank: 2},
		Service: "PTILL", Number: 1, Title: "Outage Q1", Body: "deployment: 1234567\nmessage: It is down", URL: "https://acme.pagerduty.com/incidents/Q1",
		Labels: []string{"service:PTILL service", "team:On call", "urgency:high"}, Severity: "P2",
		Opened: when("02 08:00"), Acknowledged: when("02 08:04"), Resolved: when("02 09:00"),
	}, found(l)["Q1"], "the first acknowledgement is in the log alone; of its 40 alerts none is an incident")
	assert.Len(t, l.Events, 1)
}

func TestThePriorityIsWhatTheRecordSaysNowAndMovesNothingElse(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	i := a.open("Q1", "PTILL", when("01 10:00"))
	a.resolve(i, when("01 12:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Empty(t, found(l)["Q1"].Severity, "nobody set one: urgency is none")
	a.change(i, "priority", row{"id": "PP", "type": "priority", "name": "P1", "summary": "P1"}, when("03 09:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, "P1", found(l)["Q1"].Severity)
	assert.Equal(t, when("01 10:00"), found(l)["Q1"].Opened)
	assert.Equal(t, when("01 12:00"), found(l)["Q1"].Resolved, "the record was changed two days later, and ended when it ended")
	a.change(i, "priority", nil, when("04 09:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Empty(t, found(l)["Q1"].Severity)
	require.NoError(t, a.reads(t, l, pagerduty.Settings{Incidents: pagerduty.Incidents{Severity: pagerduty.ByUrgency}}))
	assert.Equal(t, "high", found(l)["Q1"].Severity, "settings that change are followed")
}

func TestAReopenedIncidentIsOpenUntilItsLastClose(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	i := a.open("Q1", "PTILL", when("01 10:00"))
	a.acknowledge(i, when("01 10:03"))
	a.resolve(i, when("01 12:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, when("01 12:00"), found(l)["Q1"].Resolved)
	a.reopen(i, when("02 09:00"))
	a.acknowledge(i, when("02 09:05"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.True(t, found(l)["Q1"].Resolved.IsZero())
	a.resolve(i, when("02 15:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, when("02 15:00"), found(l)["Q1"].Resolved)
	assert.Equal(t, when("01 10:03"), found(l)["Q1"].Acknowledged, "the first is kept")
}

func TestAnIncidentThatNobodyAcknowledgedEndsAllTheSame(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	a.resolve(a.open("Q1", "PTILL", when("01 10:00")), when("01 12:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, when("01 12:00"), found(l)["Q1"].Resolved)
	assert.True(t, found(l)["Q1"].Acknowledged.IsZero(), "it is not known, and not at once")
}

func TestWhatWasMergedIsPartOfWhereItWent(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	target, merged := a.open("Q1", "PTILL", when("01 10:00")), a.open("Q2", "PSTOCK", when("01 10:05"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Empty(t, found(l)["Q2"].PartOf)
	merged["resolve_reason"] = row{"type": "merge_resolve_reason", "incident": row{"id": "Q1", "type": "incident_reference"}}
	a.resolve(merged, when("01 10:20"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, found(l)["Q1"].ID, found(l)["Q2"].PartOf)
	assert.True(t, found(l)["Q1"].Resolved.IsZero(), "the target goes on")
	a.resolve(target, when("01 13:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, when("01 13:00"), found(l)["Q1"].Resolved)
}

func TestChangesOfOldIncidentsArriveThoughNoFilterKnowsOfThem(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	old, quiet := a.open("Q1", "PTILL", when("01 10:00").AddDate(0, -2, 0)), a.open("Q2", "PTILL", when("01 11:00").AddDate(0, -2, 0))
	quiet["urgency"] = "low"
	for n := range 30 {
		a.open(fmt.Sprintf("Q1%02d", n), "PTILL", when("01 10:00").AddDate(0, 0, n-40))
	}
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.NotContains(t, l.Events, "incident incident:Q2", "what never counted is not told")
	a.resolve(old, when("02 10:00"))
	a.mu.Lock()
	quiet["urgency"], quiet["updated_at"] = "high", when("02 11:00")
	a.say(quiet, "urgency_change_log_entry", when("02 11:00"))
	a.mu.Unlock()
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Equal(t, when("02 10:00"), found(l)["Q1"].Resolved)
	require.Contains(t, found(l), "Q2", "no webhook tells of another urgency; the log does")
	assert.Equal(t, when("01 11:00").AddDate(0, -2, 0), found(l)["Q2"].Opened, "late, and opened when it was")
	a.change(quiet, "urgency", "low", when("03 11:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.NotContains(t, found(l), "Q2", "a false alarm is taken back")
	require.NoError(t, a.reads(t, l, pagerduty.Settings{Incidents: pagerduty.Incidents{Urgency: pagerduty.AnyUrgency}}))
	assert.Contains(t, found(l), "Q2")
}

func TestMoreIncidentsThanAListMayHaveAreAllRead(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	const all = 10_500
	start := when("01 00:00").AddDate(0, 0, -100)
	for n := range all {
		i := a.open(fmt.Sprintf("Q%05d", n), "PTILL", start.Add(time.Duration(n)*13*time.Minute))
		a.resolve(i, start.Add(time.Duration(n)*13*time.Minute+time.Hour))
	}
	a.log = nil // it has a test of its own
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Len(t, found(l), all)
	assert.LessOrEqual(t, len(a.asked), all/100+10)
	a.counts, a.asked = 10_000, nil
	for n := range 2 { // that there are no more of them than can be counted does not have all listed again
		a.open(fmt.Sprintf("QNEW%d", n), "PTILL", when("02 00:00").Add(time.Duration(n)*time.Hour))
		require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	}
	assert.Len(t, found(l), all+2)
	assert.LessOrEqual(t, len(a.asked), all/100+20, "but for once, when the count stopped")
}

func TestMoreIncidentsOfOneSecondThanCanBeReadAreAnErrorAndNoSilentCut(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	a.open("QOLD", "PTILL", when("01 00:00"))
	for n := range 10_100 {
		a.open(fmt.Sprintf("Q%05d", n), "PTILL", when("02 00:00"))
	}
	a.log = nil
	err := a.reads(t, l, pagerduty.Settings{})
	require.ErrorContains(t, err, "more than 10000 incidents of one second")
	a.incidents = append(a.incidents[:1:1], a.incidents[1:700]...)
	l = sourcetest.NewLedger()
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Len(t, found(l), 700, "some hundreds of one second are read")
}

func TestTheHistoryLimitIsWhenIncidentsWereCreated(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	old := a.open("Q1", "PTILL", when("01 10:00").AddDate(-1, 0, 0))
	a.open("Q2", "PTILL", when("01 10:00"))
	since := when("01 00:00").AddDate(0, -6, 0)
	require.NoError(t, a.readsSince(t, l, pagerduty.Settings{}, since))
	a.resolve(old, when("02 10:00"))
	require.NoError(t, a.readsSince(t, l, pagerduty.Settings{}, since))
	assert.NotContains(t, found(l), "Q1", "as a first reading has it")
	require.NoError(t, a.readsSince(t, l, pagerduty.Settings{}, since.AddDate(-1, 0, 0)))
	assert.Equal(t, when("02 10:00"), found(l)["Q1"].Resolved, "more history is wanted than was")
}

func TestOneBrokenRecordCostsItselfAlone(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(row){
		"a time that is none":  func(i row) { i["created_at"] = "yesterday" },
		"no service":           func(i row) { i["service"] = nil },
		"another type":         func(i row) { i["status"] = 7 },
		"teams that are names": func(i row) { i["teams"] = "On call" },
	} {
		t.Run(name, func(t *testing.T) {
			a, l := &tiny{}, sourcetest.NewLedger()
			a.open("Q1", "PTILL", when("01 10:00"))
			broken := a.open("Q2", "PTILL", when("01 11:00"))
			whole := broken
			a.open("Q3", "PTILL", when("01 12:00"))
			spoiled := row{}
			for key, value := range whole {
				spoiled[key] = value
			}
			spoil(spoiled)
			a.before = func(w http.ResponseWriter, r *http.Request) bool {
				if r.URL.Path == "/incidents/Q2" {
					answer(w, row{"incident": spoiled})
					return true
				}
				if r.URL.Path != "/incidents" {
					return false
				}
				rows := []row{a.incidents[2], spoiled, a.incidents[0]}
				answer(w, row{"incidents": rows, "limit": 100, "offset": 0, "more": false, "total": 3})
				return true
			}
			for range 2 {
				err := a.reads(t, l, pagerduty.Settings{})
				failures := source.Failures("pagerduty", err)
				require.Len(t, failures, 1)
				assert.Equal(t, source.CauseAnswer, failures[0].Cause)
				assert.Equal(t, "incidents Q2", failures[0].Part)
				assert.Len(t, found(l), 2)
			}
			a.before = nil
			require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
			assert.Contains(t, found(l), "Q2", "it is asked for again until it is whole")
		})
	}
}

func TestDetailsAreTextOrWhatTheSenderMadeOfThem(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	for n, details := range []any{"It is down", row{"sha": "abc", "tags": []string{"x", "y"}, "big": 12345678901234567, "none": nil, "of": row{"deployment": 3, "live": true}}, nil, []any{"a", 1.5}, ""} {
		a.open(fmt.Sprintf("Q%d", n), "PTILL", when("01 10:00"))["body"] = row{"details": details}
	}
	a.open("Q9", "PTILL", when("01 10:00"))["body"] = nil
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	for id, said := range map[string]string{
		"Q0": "It is down", "Q1": "big: 12345678901234567\nof: deployment: 3\nof: live: true\nsha: abc\ntags: x\ntags: y", "Q2": "", "Q3": "a\n1.5", "Q4": "", "Q9": "",
	} {
		assert.Equal(t, said, found(l)[id].Body, id)
	}
}

func TestCustomFieldsNameDeploymentsAndOtherSystemsRecords(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	i := a.open("Q1", "PTILL", when("01 10:00"))
	i["custom_fields"] = []row{
		{"name": "deployment", "display_name": "Deployment", "value": "v1.2.3, 4711"}, {"name": "snow", "display_name": "ServiceNow record", "value": "INC0010001"},
		{"name": "pages", "value": []string{"https://status.example/incidents/1"}}, {"name": "impact", "value": true}, {"name": "empty", "value": nil},
	}
	own := pagerduty.Settings{Incidents: pagerduty.Incidents{Deployments: []string{"deployment"}, Same: []string{"servicenow record", "pages", "empty"}}}
	require.NoError(t, a.reads(t, l, own))
	assert.Equal(t, []string{"v1.2.3", "4711"}, found(l)["Q1"].Names)
	assert.Equal(t, []string{"INC0010001", "https://status.example/incidents/1"}, found(l)["Q1"].Same)
	i["custom_fields"] = []row{}
	a.say(i, "custom_field_value_change_log_entry", when("02 10:00"))
	i["updated_at"] = when("02 10:00")
	require.NoError(t, a.reads(t, l, own))
	assert.Empty(t, found(l)["Q1"].Names)
}

func TestOnlySomeServicesAreRead(t *testing.T) {
	t.Parallel()
	a, l := &tiny{}, sourcetest.NewLedger()
	moved := a.open("Q1", "PTILL", when("01 10:00"))
	other := a.open("Q2", "PSTOCK", when("01 11:00"))
	own := pagerduty.Settings{Services: []string{"PTILL"}}
	require.NoError(t, a.reads(t, l, own))
	assert.Len(t, found(l), 1)
	a.resolve(other, when("01 12:00"))
	a.asked = nil
	require.NoError(t, a.reads(t, l, own))
	assert.Len(t, a.asked, 2, "what happens to others is nothing here: %v", a.asked)
	moved["service"] = row{"id": "PSTOCK", "summary": "Stock"}
	a.say(moved, "assign_log_entry", when("01 13:00"))
	require.NoError(t, a.reads(t, l, own))
	assert.Empty(t, found(l), "it belongs to a service that is not read")
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Len(t, found(l), 2)
}

func TestWhereItIsNotToldHowManyThereAreTheRestIsReadAllTheSame(t *testing.T) {
	t.Parallel()
	a, l := &tiny{untold: true}, sourcetest.NewLedger()
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}), "an account without an incident")
	assert.Empty(t, l.Events)
	a.open("Q1", "PTILL", when("01 10:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	a.open("Q2", "PTILL", when("01 11:00"))
	require.NoError(t, a.reads(t, l, pagerduty.Settings{}))
	assert.Len(t, found(l), 2)
}

func TestARefusalSaysWhatToDo(t *testing.T) {
	t.Parallel()
	refuse := func(status int, genuine bool, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			if genuine {
				w.Header().Set("ratelimit-limit", "960")
			}
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	for name, c := range map[string]struct {
		serve http.HandlerFunc
		cause source.Cause
		says  string
	}{
		"a key that nobody knows": {refuse(401, true, `{"error":{"message":"Authentication failed","code":2006}}`), source.CauseCredentials, "another region"},
		"a scope that is missing": {refuse(403, true, `{"error":{"message":"Access Denied","code":2010,"errors":["Token is missing scopes: incidents.read"]}}`), source.CausePermission, "incidents.read"},
		"a plan without it":       {refuse(402, true, `{"error":{"message":"Missing Account Ability","code":2014}}`), source.CausePermission, "plan"},
		"another server":          {refuse(404, false, `<html>`), source.CauseConfiguration, "https://api.eu.pagerduty.com"},
		"a bad request":           {refuse(400, true, `{"error":{"message":"Invalid Input Provided","code":2001,"errors":["since is invalid"]}}`), source.CauseAnswer, "since is invalid"},
	} {
		server := httptest.NewServer(c.serve)
		for _, err := range []error{open(pagerduty.Settings{URL: server.URL}).Check(t.Context()), sourcetest.NewLedger().Collect(t.Context(), open(pagerduty.Settings{URL: server.URL}), time.Time{})} {
			failures := source.Failures("pagerduty", err)
			require.Len(t, failures, 1, name)
			assert.Equal(t, c.cause, failures[0].Cause, name)
			assert.Contains(t, failures[0].Error(), c.says, name)
		}
		server.Close()
	}
	unset := pagerduty.New(source.Given{ID: "pagerduty"}, pagerduty.Settings{})
	assert.ErrorContains(t, unset.Check(t.Context()), "API Access Keys")
}

// A year of an organisation, with a clock that waits as long as PagerDuty asks.
func TestAYearOfTwentyThousandIncidentsIsReadWithinTheLimit(t *testing.T) {
	t.Parallel()
	count := 20_000
	if !standintest.Long() {
		count /= 10 // it takes half a minute
	}
	a, l := &tiny{}, sourcetest.NewLedger()
	start := when("01 00:00").AddDate(-1, 0, 0)
	for n := range count {
		at := start.Add(time.Duration(n) * (365 * 24 * time.Hour / time.Duration(count))).Truncate(time.Second)
		i := a.open(fmt.Sprintf("Q%05d", n), "PTILL", at)
		a.acknowledge(i, at.Add(4*time.Minute))
		a.resolve(i, at.Add(20*time.Minute))
	}
	now := when("01 00:00")
	begin := now
	spent, renewed := 0, now
	a.before = func(w http.ResponseWriter, _ *http.Request) bool {
		if now = now.Add(250 * time.Millisecond); !now.Before(renewed) { // what an answer takes
			spent, renewed = 0, now.Add(time.Minute)
		}
		spent++
		w.Header().Set("ratelimit-remaining", fmt.Sprint(max(0, 960-spent)))
		w.Header().Set("ratelimit-reset", fmt.Sprint(int(renewed.Sub(now).Seconds())))
		if spent > 960 {
			w.WriteHeader(http.StatusTooManyRequests)
		}
		return spent > 960
	}
	server := httptest.NewServer(a)
	defer server.Close()
	given := source.Given{ID: "pagerduty", Client: server.Client(), Secrets: map[string]string{"token": replayToken}}
	s := pagerduty.New(given, pagerduty.Settings{URL: server.URL}, pagerduty.WithPace(func(p *wire.Pace) {
		p.Now, p.Sleep = func() time.Time { return now }, func(_ context.Context, d time.Duration) error { now = now.Add(d); return nil }
	}))
	require.NoError(t, l.Collect(t.Context(), s, start))
	assert.Len(t, found(l), count)
	for _, i := range found(l) {
		require.Equal(t, 4*time.Minute, i.Acknowledged.Sub(i.Opened))
		require.Equal(t, 20*time.Minute, i.Resolved.Sub(i.Opened))
	}
	t.Logf("%d requests, %s at four a second", len(a.asked), now.Sub(begin).Round(time.Second))
	assert.LessOrEqual(t, len(a.asked), 5+count*45/1000)
}

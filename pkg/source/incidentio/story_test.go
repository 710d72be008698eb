package incidentio_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/incidentio"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

func TestAnIncidentIsWhatItsCategoryAndTimestampsSay(t *testing.T) {
	t.Parallel()
	o, l := &tiny{}, sourcetest.NewLedger()
	i := o.open("Q1", "till", when("02 08:00"))
	i["severity"] = row{"id": "S3", "name": "Critical", "rank": 3}
	i["external_issue_reference"] = row{"provider": "jira", "issue_name": "OPS-12", "issue_permalink": "https://acme.atlassian.net/browse/OPS-12"}
	o.stamp(i, "Accepted at", when("02 08:07"))
	o.resolve(i, when("02 09:00"))
	o.stamp(i, "Closed at", when("04 09:00"))
	o.become(i, "Closed", "closed", when("04 09:00"))
	must(t, o.reads(t, l, incidentio.Settings{Incidents: incidentio.Incidents{Acknowledged: []string{"Accepted at"}}}))
	assert.Equal(t, &dora.Incident{
		Header:  dora.Header{Source: "incidentio", ID: "incident:Q1", Updated: when("04 09:00").Add(654321 * time.Microsecond)},
		Service: "till", Number: 1, Key: "INC-1", Title: "Outage Q1", Body: "It is down", URL: "https://app.incident.io/acme/Q1", Severity: "Critical",
		Labels: []string{"type:Default", "Affected service:till", "Affected service:acme/till"},
		Opened: when("02 08:00"), Acknowledged: when("02 08:07"), Resolved: when("02 09:00"), Same: []string{"https://acme.atlassian.net/browse/OPS-12", "OPS-12"},
	}, found(l)["Q1"], "it was closed days after it was resolved")
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.True(t, found(l)["Q1"].Acknowledged.IsZero(), "settings that change are followed, and a missing time is not measured")
}

func TestWhenItBeganIsWhatPeopleSayOfTheImpact(t *testing.T) {
	t.Parallel()
	o, l := &tiny{}, sourcetest.NewLedger()
	i := o.open("Q1", "till", when("02 08:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Equal(t, when("02 08:00"), found(l)["Q1"].Opened, "and not when the record was made, a fraction of a second later")
	o.stamp(i, "Impact started", when("02 07:30"))
	i["updated_at"] = when("03 08:00")
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Equal(t, when("02 07:30"), found(l)["Q1"].Opened)
	must(t, o.reads(t, l, incidentio.Settings{Incidents: incidentio.Incidents{Opened: []string{"reported at"}, Resolved: []string{"TS Fixed at"}}}))
	assert.Equal(t, when("02 08:00"), found(l)["Q1"].Opened, "timestamps are called as the organisation likes")
	o.stamp(i, "Fixed at", when("02 08:40"))
	o.resolve(i, when("04 09:00"))
	must(t, o.reads(t, l, incidentio.Settings{Incidents: incidentio.Incidents{Opened: []string{"reported at"}, Resolved: []string{"TS Fixed at"}}}))
	assert.Equal(t, when("02 08:40"), found(l)["Q1"].Resolved, "and may be named by their ids")
}

func TestATimestampOfBeforeItWentOnAgainIsNoEnd(t *testing.T) {
	t.Parallel()
	o, l := &tiny{}, sourcetest.NewLedger()
	i := o.open("Q1", "till", when("01 10:00"))
	o.resolve(i, when("01 12:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Equal(t, when("01 12:00"), found(l)["Q1"].Resolved)
	o.become(i, "Investigating", "live", when("02 09:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.True(t, found(l)["Q1"].Resolved.IsZero())
	o.become(i, "On hold", "paused", when("02 10:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.True(t, found(l)["Q1"].Resolved.IsZero(), "it counts, and is not over")
	o.resolve(i, when("02 15:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Equal(t, when("02 15:00"), found(l)["Q1"].Resolved)
}

func TestWithoutATimestampTheLastCloseIsTheEnd(t *testing.T) {
	t.Parallel()
	o, l := &tiny{}, sourcetest.NewLedger()
	i := o.open("Q1", "till", when("01 10:00"))
	o.become(i, "Documenting", "learning", when("01 11:00"))
	o.become(i, "Investigating", "live", when("01 11:30"))
	o.become(i, "Documenting", "learning", when("01 12:00"))
	o.become(i, "Closed", "closed", when("05 12:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Equal(t, when("01 12:00"), found(l)["Q1"].Resolved, "when it was written up does not matter, nor when it was updated")
}

func TestWhatWasNeverAcceptedIsNoneAndWhatWasMergedIsPartOfAnother(t *testing.T) {
	t.Parallel()
	o, l := &tiny{}, sourcetest.NewLedger()
	triaged, declined, merged, lost := o.open("Q1", "till", when("01 10:00")), o.open("Q2", "till", when("01 10:00")), o.open("Q3", "till", when("01 10:00")), o.open("Q4", "till", when("01 10:00"))
	o.open("Q5", "till", when("01 10:00"))["mode"] = "tutorial"
	o.become(triaged, "Triage", "triage", when("01 10:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Len(t, found(l), 3)
	assert.NotContains(t, l.Events, "incident incident:Q1", "what never counted is not told")
	o.become(triaged, "Investigating", "live", when("01 11:00"))
	o.become(declined, "Declined", "declined", when("01 11:00"))
	o.become(merged, "Merged", "merged", when("01 11:00"))
	o.updates[len(o.updates)-1]["merged_into_incident_id"] = "Q1"
	o.become(lost, "Merged", "merged", when("01 11:00"))
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Len(t, found(l), 2)
	assert.Equal(t, when("01 10:00"), found(l)["Q1"].Opened, "accepted late, it was opened when it was")
	assert.Equal(t, "incident:Q1", found(l)["Q3"].PartOf)
	assert.Equal(t, when("01 11:00"), found(l)["Q3"].Resolved)
}

func TestServicesDeploymentsAndOtherRecordsAreCustomFields(t *testing.T) {
	t.Parallel()
	o, l := &tiny{}, sourcetest.NewLedger()
	i := o.open("Q1", "till", when("01 10:00"))
	i["custom_field_entries"] = []row{
		{"custom_field": row{"id": "F7", "name": "Team"}, "values": []row{{"value_option": row{"id": "O1", "value": "Payments"}}, {"value_option": row{"id": "O2", "value": "Stock"}}}},
		{"custom_field": row{"id": "F8", "name": "Release"}, "values": []row{{"value_text": "v1.2.3 4711"}}},
		{"custom_field": row{"id": "F9", "name": "Record"}, "values": []row{{"value_link": "https://acme.service-now.com/INC0010001"}}},
		{"custom_field": row{"id": "FA", "name": "Users"}, "values": []row{{"value_numeric": "42"}}},
	}
	i["incident_type"] = row{"id": "T2", "name": "Security"}
	own := incidentio.Settings{Incidents: incidentio.Incidents{Service: "team", Deployments: []string{"Release"}, Same: []string{"F9"}, Types: []string{"security"}}}
	must(t, o.reads(t, l, own))
	assert.Equal(t, "Payments", found(l)["Q1"].Service)
	assert.Equal(t, []string{"type:Security", "Team:Payments", "Team:Stock", "Release:v1.2.3 4711", "Record:https://acme.service-now.com/INC0010001", "Users:42"}, found(l)["Q1"].Labels, "a service's entry may choose by the others")
	assert.Equal(t, []string{"v1.2.3", "4711"}, found(l)["Q1"].Names)
	assert.Equal(t, []string{"https://acme.service-now.com/INC0010001"}, found(l)["Q1"].Same)
	i["incident_type"], i["updated_at"] = row{"id": "T1", "name": "Default"}, when("02 10:00")
	must(t, o.reads(t, l, own))
	assert.Empty(t, found(l), "its type does not count")
}

func TestOneBrokenRecordCostsItselfAlone(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(row){
		"a time that is none": func(i row) { i["updated_at"] = "yesterday" },
		"no status":           func(i row) { i["incident_status"] = nil },
		"another type":        func(i row) { i["custom_field_entries"] = "none" },
	} {
		t.Run(name, func(t *testing.T) {
			whole, broken, l := &tiny{}, &tiny{}, sourcetest.NewLedger()
			for _, o := range []*tiny{whole, broken} {
				for n := range 3 {
					o.open(fmt.Sprintf("Q%d", n), "till", when("01 10:00").Add(time.Duration(n)*time.Hour))
				}
			}
			spoil(broken.incidents[1])
			o := broken
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Has("updated_at[gte]") || r.URL.Query().Has("created_at[gte]") {
					r.URL.RawQuery = "page_size=250" // the tiny one compares times
				}
				o.ServeHTTP(w, r)
			}))
			defer server.Close()
			for range 2 {
				failures := source.Failures("", l.Collect(t.Context(), open(incidentio.Settings{URL: server.URL}), time.Time{}))
				require.Len(t, failures, 1)
				assert.Equal(t, source.CauseAnswer, failures[0].Cause)
				assert.Equal(t, "incidents Q1", failures[0].Part)
				assert.Len(t, found(l), 2)
			}
			o = whole
			must(t, l.Collect(t.Context(), open(incidentio.Settings{URL: server.URL}), time.Time{}))
			assert.Len(t, found(l), 3, "it is asked for again until it is whole")
		})
	}
}

func TestAYearOfTwentyThousandIncidents(t *testing.T) {
	t.Parallel()
	o, l := &tiny{}, sourcetest.NewLedger()
	all := 20_000
	if !standintest.Long() {
		all /= 10
	}
	for n := range all {
		o.resolve(o.open(fmt.Sprintf("Q%05d", n), "till", when("01 00:00").Add(time.Duration(n-all)*26*time.Minute)), when("01 00:00").Add(time.Duration(n-all)*26*time.Minute+time.Hour))
	}
	must(t, o.reads(t, l, incidentio.Settings{}))
	assert.Len(t, found(l), all)
	t.Logf("%d requests", len(o.asked))
	assert.LessOrEqual(t, len(o.asked), all/250+2, "of 1,200 that incident.io answers in a minute")
}

func TestARefusalSaysWhatToDo(t *testing.T) {
	t.Parallel()
	for status, c := range map[int]struct {
		cause source.Cause
		says  string
	}{
		401: {source.CauseCredentials, "create one in Settings"}, 403: {source.CausePermission, "View data"}, 404: {source.CauseConfiguration, "https://api.incident.io"}, 422: {source.CauseAnswer, "refused"},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		failures := source.Failures("", open(incidentio.Settings{URL: server.URL}).Check(t.Context()))
		require.Len(t, failures, 1)
		assert.Equal(t, c.cause, failures[0].Cause)
		assert.Contains(t, failures[0].Error(), c.says)
		server.Close()
	}
	unset := incidentio.New(source.Given{ID: "incidentio"}, incidentio.Settings{})
	assert.ErrorContains(t, unset.Check(t.Context()), "no API key is set")
}

func signed(secret, id string, at time.Time, body string) string {
	key, _ := base64.StdEncoding.DecodeString(secret[len("whsec_"):])
	mac := hmac.New(sha256.New, key)
	_, _ = fmt.Fprintf(mac, "%s.%d.%s", id, at.Unix(), body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func TestAWebhookIsSignedAndFresh(t *testing.T) {
	t.Parallel()
	s := open(incidentio.Settings{})
	const body = `{"event_type":"public_incident.incident_updated_v2","public_incident.incident_updated_v2":{"id":"Q1"}}`
	now := time.Now()
	for name, c := range map[string]struct {
		signature string
		at        time.Time
		fails     error
	}{
		"ours":                      {signed(hookSecret, "msg_1", now, body), now, nil},
		"an older one, then ours":   {signed("whsec_b2xkZXI=", "msg_1", now, body) + " " + signed(hookSecret, "msg_1", now, body), now, nil},
		"another's":                 {signed("whsec_b2xkZXI=", "msg_1", now, body), now, source.ErrForged},
		"of another message":        {signed(hookSecret, "msg_2", now, body), now, source.ErrForged},
		"of another body":           {signed(hookSecret, "msg_1", now, body+" "), now, source.ErrForged},
		"of an hour ago":            {signed(hookSecret, "msg_1", now.Add(-time.Hour), body), now.Add(-time.Hour), source.ErrStale},
		"of an hour ago, dated now": {signed(hookSecret, "msg_1", now.Add(-time.Hour), body), now, source.ErrForged},
		"none":                      {"", now, source.ErrForged},
	} {
		header := http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {strconv.FormatInt(c.at.Unix(), 10)}, "Webhook-Signature": {c.signature}}
		received, err := s.Receive(header, []byte(body))
		assert.ErrorIs(t, err, c.fails, name)
		assert.Equal(t, c.fails == nil, received.Everything, name)
	}
	for said, ignored := range map[string]bool{
		`{"event_type":"private_incident.incident_created_v2","private_incident.incident_created_v2":{"id":"Q1"}}`: false,
		`{"event_type":"public_incident.follow_up_created_v1"}`:                                                    true,
	} {
		header := http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {signed(hookSecret, "msg_1", now, said)}}
		received, err := s.Receive(header, []byte(said))
		must(t, err)
		assert.Equal(t, ignored, received.Ignored != "", said)
	}
	for _, bad := range []string{`{`, `{}`, `{"event_type":7}`} {
		header := http.Header{"Webhook-Id": {"msg_1"}, "Webhook-Timestamp": {strconv.FormatInt(now.Unix(), 10)}, "Webhook-Signature": {signed(hookSecret, "msg_1", now, bad)}}
		_, err := s.Receive(header, []byte(bad))
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, bad)
	}
}

package grafanairm_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/grafanairm"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

func TestAnIncidentIsWhatPeopleSayOfIt(t *testing.T) {
	t.Parallel()
	s, l := &tiny{refs: map[string][]row{"1": {{"key": "com.github.issue", "ref": "acme/till#7", "url": "https://github.com/acme/till/issues/7"}}}}, sourcetest.NewLedger()
	i := s.open("till", when("02 08:00"))
	s.change(i, when("02 08:10"), row{"severityLabel": "Major"})
	s.resolve(i, when("02 09:00"))
	require.NoError(t, s.reads(t, l, grafanairm.Settings{Incidents: grafanairm.Incidents{References: true}}))
	assert.Equal(t, &dora.Incident{
		Header:  dora.Header{Source: "irm", ID: "incident:1", Updated: when("02 09:00").Add(654321 * time.Microsecond)},
		Service: "till", Number: 1, Title: "Outage", Body: "It is down", URL: s.server.URL + "/a/grafana-irm-app/incidents/1/outage", Labels: []string{"service:till"}, Severity: "Major",
		Opened: when("02 08:00"), Resolved: when("02 09:00"), Same: []string{"acme/till#7", "https://github.com/acme/till/issues/7"},
	}, found(l)[1], "nobody acknowledges it, and that is not measured")
	s.change(i, when("05 10:00"), row{"incidentStart": when("02 07:30"), "incidentEnd": when("02 08:45")})
	require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
	assert.Equal(t, when("02 07:30"), found(l)[1].Opened, "what people set afterwards corrects")
	assert.Equal(t, when("02 08:45"), found(l)[1].Resolved)
	s.change(i, when("06 10:00"), row{"status": "active", "severityLabel": "Pending"})
	require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
	assert.True(t, found(l)[1].Resolved.IsZero(), "it goes on, whatever its end says of the time before")
	assert.Empty(t, found(l)[1].Severity, "pending is what nobody chose")
	s.change(i, when("07 10:00"), row{"status": "resolved", "incidentEnd": "", "closedTime": when("07 10:00")})
	require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
	assert.Equal(t, when("07 10:00"), found(l)[1].Resolved, "where nobody says when it ended, when it was closed")
}

func TestADrillIsNoIncident(t *testing.T) {
	t.Parallel()
	s, l := &tiny{}, sourcetest.NewLedger()
	i, j := s.open("till", when("01 10:00")), s.open("till", when("01 11:00"))
	s.change(i, when("01 10:00"), row{"isDrill": true})
	require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
	assert.Len(t, l.Events, 1, "what never counted is not told")
	s.change(i, when("02 10:00"), row{"isDrill": false})
	s.change(j, when("02 10:00"), row{"isDrill": true})
	require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
	assert.Len(t, found(l), 1)
	assert.Equal(t, when("01 10:00"), found(l)[1].Opened, "late, and opened when it was")
}

func TestAYearOfTwentyThousandIncidents(t *testing.T) {
	t.Parallel()
	s, l, all := &tiny{}, sourcetest.NewLedger(), 20_000
	if !standintest.Long() {
		all /= 10
	}
	for n := range all {
		at := when("01 00:00").Add(time.Duration(n-all) * (365 * 24 * time.Hour / time.Duration(all))).Truncate(time.Second)
		s.resolve(s.open("till", at), at.Add(time.Hour))
	}
	require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
	assert.Len(t, found(l), all)
	t.Logf("%d requests", len(s.asked))
	assert.LessOrEqual(t, len(s.asked), all/100+2)
	s.asked = nil
	require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
	assert.LessOrEqual(t, len(s.asked), 2, "where nothing changed")
}

func TestAServiceMayBeACustomField(t *testing.T) {
	t.Parallel()
	s, l := &tiny{}, sourcetest.NewLedger()
	s.open("till", when("01 10:00"))["fieldValues"] = []row{{"fieldUUID": "F2", "value": `"north"`}, {"fieldUUID": "F1", "value": `"Till"`}}
	s.open("till", when("01 11:00"))["fieldValues"] = []row{{"fieldUUID": "F1", "value": `["Till","Stock"]`}}
	s.open("till", when("01 12:00"))["fieldValues"] = []row{{"fieldUUID": "F1", "value": `plain`}}
	require.NoError(t, s.reads(t, l, grafanairm.Settings{Incidents: grafanairm.Incidents{Service: "Application"}}))
	assert.Equal(t, "Till", found(l)[1].Service)
	assert.Equal(t, "Till, Stock", found(l)[2].Service)
	assert.Equal(t, "plain", found(l)[3].Service)
	assert.Equal(t, []string{"IncidentsService.QueryIncidentPreviews", "FieldsService.GetFields"}, s.asked)
}

func TestOneBrokenRecordCostsItselfAlone(t *testing.T) {
	t.Parallel()
	for name, fields := range map[string]row{"a time that is none": {"incidentStart": "yesterday"}, "no status": {"status": nil}, "another type": {"labels": "none"}} {
		t.Run(name, func(t *testing.T) {
			s, l := &tiny{}, sourcetest.NewLedger()
			for n := range 3 {
				s.open("till", when("01 10:00").Add(time.Duration(n)*time.Hour))
			}
			whole := row{}
			for key := range fields {
				whole[key] = s.incidents[1][key]
				s.incidents[1][key] = fields[key]
			}
			for range 2 {
				failures := source.Failures("", s.reads(t, l, grafanairm.Settings{}))
				require.Len(t, failures, 1)
				assert.Equal(t, source.CauseAnswer, failures[0].Cause)
				assert.Equal(t, "incidents 2", failures[0].Part)
				assert.Len(t, found(l), 2)
			}
			for key := range whole {
				s.incidents[1][key] = whole[key]
			}
			require.NoError(t, s.reads(t, l, grafanairm.Settings{}))
			assert.Len(t, found(l), 3, "it is asked for again until it is whole")
		})
	}
}

func TestAWebhookIsSignedAndFresh(t *testing.T) {
	t.Parallel()
	s := open(grafanairm.Settings{URL: "https://acme.grafana.net"})
	const body = `{"version":"v1.0.0","event":"grafana.incident.created","incident":{"incidentID":"1"}}`
	sign := func(secret, body string, at time.Time) string {
		hash := sha256.Sum256([]byte(body))
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = fmt.Fprintf(mac, "%s:%d:v1", base64.StdEncoding.EncodeToString(hash[:]), at.Unix())
		return "v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	now := time.Now()
	stamp := func(at time.Time) string { return fmt.Sprintf("t=%d,", at.Unix()) }
	for name, c := range map[string]struct {
		header string
		fails  error
	}{
		"ours":                      {stamp(now) + sign(hookSecret, body, now), nil},
		"an older one, then ours":   {stamp(now) + sign("older", body, now) + "," + sign(hookSecret, body, now), nil},
		"another's":                 {stamp(now) + sign("older", body, now), source.ErrForged},
		"of another body":           {stamp(now) + sign(hookSecret, body+" ", now), source.ErrForged},
		"of an hour ago":            {stamp(now.Add(-time.Hour)) + sign(hookSecret, body, now.Add(-time.Hour)), source.ErrStale},
		"of an hour ago, dated now": {stamp(now) + sign(hookSecret, body, now.Add(-time.Hour)), source.ErrForged},
		"without a time":            {sign(hookSecret, body, now), source.ErrForged},
		"none":                      {"", source.ErrForged},
	} {
		header := http.Header{}
		header.Set("GI-Signature", c.header)
		received, err := s.Receive(header, []byte(body))
		assert.ErrorIs(t, err, c.fails, name)
		assert.Equal(t, c.fails == nil, received.Everything, name)
	}
	for _, bad := range []string{`{`, `{}`, `{"event":7}`} {
		header := http.Header{}
		header.Set("GI-Signature", stamp(now)+sign(hookSecret, bad, now))
		_, err := s.Receive(header, []byte(bad))
		var mistake *source.Mistake
		require.ErrorAs(t, err, &mistake, bad)
	}
}

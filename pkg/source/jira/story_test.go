package jira_test

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jira"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// both tries a story in both editions.
func both(t *testing.T, story func(t *testing.T, j *tiny)) {
	t.Helper()
	for _, edition := range []string{cloud, dataCenter} {
		t.Run(edition, func(t *testing.T) { story(t, newTiny(edition == cloud)) })
	}
}

// like holds that what was read on is what a first reading gives.
func (j *tiny) like(t *testing.T, l *sourcetest.Ledger, change ...func(*jira.Settings)) {
	t.Helper()
	fresh := sourcetest.NewLedger()
	require.NoError(t, j.reads(t, fresh, change...))
	sourcetest.Same(t, fresh, l)
}

func TestAnIncidentEndsWhenItIsFirstDoneForGood(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		j.open(1, "OPS-1", "02 08:00").to(working, "02 09:00").to(solved, "02 12:00").edit("labels", []string{"late"}, "03 10:00")
		j.open(2, "OPS-2", "02 08:00").to(solved, "02 12:00").to(closed, "07 12:00")
		j.open(3, "OPS-3", "02 08:00").to(solved, "02 12:00").to(opened, "03 09:00").to(solved, "03 15:00").to(closed, "08 15:00")
		j.open(4, "OPS-4", "02 08:00").to(solved, "02 12:00").to(opened, "03 09:00")
		j.open(5, "OPS-5", "02 08:00").to(watched, "02 11:00").to(solved, "04 12:00")
		j.issues[0].fields["resolutiondate"] = nil
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		for key, end := range map[string]string{"OPS-1": "02 12:00", "OPS-2": "02 12:00", "OPS-3": "03 15:00", "OPS-5": "04 12:00"} {
			assert.Equal(t, when(end), incidents(l)[key].Resolved, key)
		}
		assert.Zero(t, incidents(l)["OPS-4"].Resolved, "it is open again")
	})
}

// A status in which the team has service back ends an incident that nobody has closed yet.
func TestATeamHasItsOwnWordForRestored(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00").to(working, "02 09:00").to(watched, "02 11:00")
		i.history[1]["items"].([]row)[0]["toString"] = "Monitoring"
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		assert.Zero(t, incidents(l)["OPS-1"].Resolved)
		watching := func(s *jira.Settings) { s.Incidents.Restored = []string{"monitoring"} }
		require.NoError(t, j.reads(t, l, watching))
		assert.Equal(t, when("02 11:00"), incidents(l)["OPS-1"].Resolved, "other settings have everything read again")
		i.to(solved, "05 12:00")
		i.history[2]["items"].([]row)[0]["fromString"] = "Monitoring"
		require.NoError(t, j.reads(t, l, watching))
		assert.Equal(t, when("02 11:00"), incidents(l)["OPS-1"].Resolved)
		j.like(t, l, watching)
	})
}

// A busy issue has more changes than an answer shows beside it.
func TestTheEndOfABusyIssueIsFoundHoweverMuchChangedSince(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00").to(solved, "02 12:00")
		for n := range 300 {
			i.edit("labels", []string{strconv.Itoa(n)}, "03 10:00")
			if n%20 == 0 {
				i.to(closed, "03 10:00").to(solved, "03 10:00")
			}
		}
		j.cap = 20
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, when("02 12:00"), incidents(l)["OPS-1"].Resolved)
	})
}

func TestAnIssueWithoutAHistoryEndedWhenItsFieldsSay(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		for n, fields := range []row{{"resolutiondate": "2026-11-02T12:00:00.000+0100"}, {"statuscategorychangedate": "2026-11-02T13:00:00.000+0000"}, {}} {
			i := j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:00")
			i.status = closed
			for field, value := range fields {
				i.set(field, value)
			}
		}
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, when("02 11:00"), incidents(l)["OPS-1"].Resolved)
		assert.Equal(t, when("02 13:00"), incidents(l)["OPS-2"].Resolved)
		assert.Equal(t, when("02 08:00"), incidents(l)["OPS-3"].Resolved, "it was over from its beginning")
	})
}

// Jira forgets what category a status had that was deleted. Its own date of resolution knows better than a guess.
func TestAStatusThatWasDeletedIsNoGuess(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		j.open(1, "OPS-1", "02 08:00").to("99", "02 12:00").to(closed, "07 12:00").set("resolutiondate", "2026-11-02T12:00:00.000+0000")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, when("02 12:00"), incidents(l)["OPS-1"].Resolved)
	})
}

func TestAMovedIssueIsOneIncidentOfItsPresentProject(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00")
		j.open(2, "OPS-2", "02 09:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		i.project, i.key = "PAY", "PAY-7"
		i.changed("03 08:00", row{"field": "project"})
		require.NoError(t, j.reads(t, l))
		require.Len(t, incidents(l), 2)
		moved := incidents(l)["PAY-7"]
		assert.Equal(t, "PAY", moved.Repository)
		assert.Equal(t, "issue:1", moved.ID)
		assert.Equal(t, when("02 08:00"), moved.Opened)
		j.like(t, l)

		operations := func(s *jira.Settings) { s.Projects = []string{"OPS"} }
		l = sourcetest.NewLedger()
		i.project, i.key = "OPS", "OPS-1"
		i.changed("04 08:00", row{"field": "project"})
		require.NoError(t, j.reads(t, l, operations))
		i.project, i.key = "PAY", "PAY-7"
		i.changed("05 08:00", row{"field": "project"})
		require.NoError(t, j.reads(t, l, operations))
		assert.Len(t, incidents(l), 1, "it went to where nobody reads")
		j.like(t, l, operations)
	})
}

func TestAProjectThatHasAnotherKeyHasOneHistory(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00")
		every := func(s *jira.Settings) { s.Projects = []string{"*"} }
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l, every))
		j.projects[0]["key"] = "SRE"
		i.project, i.key = "SRE", "SRE-1" // which changes nothing of when it was changed last
		require.NoError(t, j.reads(t, l, every))
		j.like(t, l, every)
		assert.Equal(t, "SRE", incidents(l)["SRE-1"].Repository)
	})
}

// Jira tells nobody of an issue that was deleted.
func TestADeletedIncidentIsWithdrawnByACompleteReadingOnly(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		for n := range 5 {
			j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:0"+strconv.Itoa(n))
		}
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		j.issues = slices.Delete(j.issues, 2, 3)
		searches := 0
		j.before = func(w http.ResponseWriter, r *http.Request, _ string) bool {
			if strings.Contains(r.URL.Path, "/search") {
				searches++
			}
			if searches == 2 {
				refuse(w, http.StatusForbidden, "not today")
			}
			return searches == 2
		}
		require.Error(t, j.reads(t, l))
		assert.Len(t, incidents(l), 5, "a reading that breaks off takes nothing back")
		j.before = nil
		require.NoError(t, j.reads(t, l))
		assert.Len(t, incidents(l), 4)
		assert.NotContains(t, incidents(l), "OPS-3")
		j.like(t, l)
	})
}

// While an index is being built, searches find nearly nothing, and say so nowhere.
func TestAnIndexThatIsBeingBuiltTakesNothingBack(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		for n := range 70 {
			j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:"+strconv.Itoa(n%50+10))
		}
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		j.index = func(i *tinyIssue) bool { return i.id == "3" }
		require.NoError(t, j.reads(t, l))
		assert.Len(t, incidents(l), 70)
		j.index = nil
		require.NoError(t, j.reads(t, l))
		j.like(t, l)
	})
}

// The index has what changed a little later. An incident is looked up where it says that there is none.
func TestAnIndexThatLagsIsNotBelievedOverTheIssue(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00")
		j.open(2, "OPS-2", "02 08:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		i.changed("05 08:00", row{"field": "labels"})
		lagging := true
		j.index = func(i *tinyIssue) bool { return !lagging || i.id != "1" }
		require.NoError(t, j.reads(t, l))
		assert.Len(t, incidents(l), 2)
		lagging = false
		require.NoError(t, j.reads(t, l))
		j.like(t, l)
	})
}

func TestABugThatTurnsOutToBeAnIncidentIsFoundHoweverOldItIs(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		bug := j.open(1, "OPS-1", "01 08:00")
		bug.kind = "101"
		j.open(2, "OPS-2", "20 08:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		assert.Len(t, incidents(l), 1)
		bug.kind = "102" // the incident of a project that a team manages is another type of the same name
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, when("01 08:00"), incidents(l)["OPS-1"].Opened)
		bug.kind = "101"
		require.NoError(t, j.reads(t, l))
		assert.Len(t, incidents(l), 1, "and it was none after all")
		bug.kind = "100"
		require.NoError(t, j.reads(t, l))
		j.like(t, l)
	})
}

// Production bugs are marked by a label in many teams; the others are in no figure.
func TestAConditionOfOnesOwnSaysWhatAnIncidentIs(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		for n := range 10 {
			i := j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:00")
			i.kind = "101"
			if n < 4 {
				i.set("labels", []string{"production"})
			}
		}
		marked := func(s *jira.Settings) { s.Incidents.JQL = "labels = production" }
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l, marked))
		assert.Len(t, incidents(l), 4)
		j.issues[7].edit("labels", []string{"production"}, "04 08:00")
		j.issues[1].edit("labels", []string{}, "04 08:00")
		require.NoError(t, j.reads(t, l, marked))
		assert.Equal(t, when("02 08:00"), incidents(l)["OPS-8"].Opened)
		assert.NotContains(t, incidents(l), "OPS-2")
		j.like(t, l, marked)

		require.NoError(t, j.reads(t, l, marked, func(s *jira.Settings) { s.Incidents.Types = []string{"Incident"} }))
		assert.Empty(t, incidents(l), "with a type, incidents are both")
	})
}

func TestAConditionThatJiraCannotReadIsToldByItsField(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		j.open(1, "OPS-1", "02 08:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		wrong := func(s *jira.Settings) { s.Incidents.JQL = "nonsense = 1" }
		for _, err := range []error{j.source(t, wrong).Check(t.Context()), j.reads(t, l, wrong)} {
			failures := source.Failures("", err)
			require.Len(t, failures, 1)
			assert.Equal(t, source.CauseConfiguration, failures[0].Cause)
			assert.Contains(t, err.Error(), "incidents.jql")
			assert.Contains(t, err.Error(), "Field 'nonsense' does not exist")
		}
		assert.Len(t, incidents(l), 1)
	})
	for jql, says := range map[string]string{
		`labels = a) OR (project = HR`:     "closes a bracket that is not open",
		`(labels = a`:                      "does not close its bracket",
		`summary ~ "a`:                     "does not close its quotation mark",
		`labels = a ORDER  BY created`:     "has an order",
		`summary ~ "order by (" AND a = b`: "",
		`summary ~ "a \" ) b"`:             "",
		`reorder = by`:                     "",
	} {
		own, said := jira.Settings{Incidents: jira.Incidents{JQL: jql}}, ""
		own.Judge("sources[0]", func(field, format string, args ...any) {
			assert.Equal(t, "sources[0].incidents.jql", field)
			said = fmt.Sprintf(format, args...)
		})
		assert.Equal(t, says == "", said == "", jql)
		assert.Contains(t, said, says, jql)
	}
}

func TestAResolutionCanMeanThatItWasNoIncident(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00")
		j.open(2, "OPS-2", "02 08:00").set("resolution", row{"name": "Done"})
		dismissed := func(s *jira.Settings) { s.Incidents.Dismissed = []string{"False alarm"} }
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l, dismissed))
		assert.Len(t, incidents(l), 2)
		i.set("resolution", row{"name": "False alarm"}).to(closed, "03 08:00")
		require.NoError(t, j.reads(t, l, dismissed))
		assert.Len(t, incidents(l), 1)
		j.like(t, l, dismissed)
	})
}

func TestSeverityAndServiceAreWhatFieldsSayNow(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00").set("customfield_4", row{"value": "Sev 2"}).set("customfield_2", []row{{"value": "Checkout"}, {"name": "Till"}}).set("labels", []string{"night"})
		j.open(2, "OPS-2", "02 08:00").set("priority", row{"name": "Medium"}).set("components", []row{{"id": "5", "name": "api"}})
		j.open(3, "OPS-3", "02 08:00").set("customfield_1", row{"value": "Critical"}).set("customfield_2", []row{{"id": "ari:cloud:graph::service/7"}})
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		found := incidents(l)
		assert.Equal(t, "2", found["OPS-1"].Severity, "of two fields of one name, the one that is filled")
		assert.Equal(t, "Checkout", found["OPS-1"].Service)
		assert.Equal(t, []string{"night", "service:Checkout", "service:Till"}, found["OPS-1"].Labels)
		assert.Empty(t, found["OPS-2"].Severity, "a priority that Jira sets by itself is none")
		assert.Equal(t, "api", found["OPS-2"].Service)
		assert.Equal(t, "Critical", found["OPS-3"].Severity)
		assert.Equal(t, "ari:cloud:graph::service/7", found["OPS-3"].Service)
		assert.Equal(t, "https://jira.example/browse/OPS-1", found["OPS-1"].URL)
		assert.Equal(t, int64(1), found["OPS-1"].Number)

		i.edit("customfield_4", row{"value": "Sev 1"}, "04 08:00")
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, "1", incidents(l)["OPS-1"].Severity)
		assert.Equal(t, when("02 08:00"), incidents(l)["OPS-1"].Opened)

		by := func(s *jira.Settings) {
			s.Incidents.SeverityField, s.Incidents.Severity, s.Incidents.ServiceFields = "priority", dora.MustPattern(`^(M)`), []string{"components"}
		}
		require.NoError(t, j.reads(t, l, by))
		assert.Equal(t, "M", incidents(l)["OPS-2"].Severity)
		assert.Empty(t, incidents(l)["OPS-1"].Service)
		j.like(t, l, by)

		for key, change := range map[string]func(*jira.Settings){
			"severityField":  func(s *jira.Settings) { s.Incidents.SeverityField = "Gravity" },
			"serviceFields":  func(s *jira.Settings) { s.Incidents.ServiceFields = []string{"Gravity"} },
			"openedFields":   func(s *jira.Settings) { s.Incidents.OpenedFields = []string{"Gravity"} },
			"resolvedFields": func(s *jira.Settings) { s.Incidents.ResolvedFields = []string{"Gravity"} },
			"sameFields":     func(s *jira.Settings) { s.Incidents.SameFields = []string{"Gravity"} },
		} {
			err := j.source(t, change).Check(t.Context())
			require.ErrorContains(t, err, "incidents."+key+": no field that the account can see is called Gravity")
		}
	})
}

func TestWhenServiceBrokeAndWasRestoredIsWhatPeopleSay(t *testing.T) {
	said := func(s *jira.Settings) {
		s.Incidents.OpenedFields, s.Incidents.ResolvedFields = []string{"began"}, []string{"customfield_6"}
	}
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00").set("customfield_5", "2026-11-02T07:10:00.000+0100").set("customfield_6", "2026-11-02T10:30:00.000+0000")
		i.to(solved, "02 12:00")
		j.open(2, "OPS-2", "02 08:00").set("customfield_5", "2026-11-01").set("customfield_6", 7).to(solved, "02 12:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l, said))
		found := incidents(l)
		assert.Equal(t, when("02 06:10"), found["OPS-1"].Opened)
		assert.Equal(t, when("02 10:30"), found["OPS-1"].Resolved, "not when somebody got round to closing it")
		assert.Equal(t, when("02 08:00"), found["OPS-2"].Opened, "a day does not say when")
		assert.Equal(t, when("02 12:00"), found["OPS-2"].Resolved)

		i.to(opened, "03 08:00")
		require.NoError(t, j.reads(t, l, said))
		assert.Zero(t, incidents(l)["OPS-1"].Resolved, "it is open again, whatever the field still says")
		i.edit("customfield_5", "2026-11-02T05:00:00.000+0000", "04 08:00")
		require.NoError(t, j.reads(t, l, said))
		assert.Equal(t, when("02 05:00"), incidents(l)["OPS-1"].Opened, "a correction after the fact counts")
		j.like(t, l, said)
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, when("02 08:00"), incidents(l)["OPS-1"].Opened)
		j.like(t, l)
	})
}

func TestADuplicateIsPartOfTheIncidentThatItLeadsTo(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		whole, double := j.open(1, "OPS-1", "02 08:00"), j.open(2, "PAY-2", "02 08:30")
		problem := j.open(3, "OPS-3", "02 09:00")
		problem.kind = "101"
		ofProblem := j.open(4, "OPS-4", "02 09:00")
		double.duplicates(whole, "02 10:00")
		ofProblem.duplicates(problem, "02 10:00")
		mutual := j.open(5, "OPS-5", "02 09:00")
		mutual.duplicates(whole, "02 10:00")
		whole.duplicates(mutual, "02 10:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, "issue:1", incidents(l)["PAY-2"].PartOf)
		assert.Empty(t, incidents(l)["OPS-1"].PartOf, "of two that are each the other's, the older is the whole")
		assert.Equal(t, "issue:1", incidents(l)["OPS-5"].PartOf)
		assert.Empty(t, incidents(l)["OPS-4"].PartOf, "what it leads to is no incident")

		problem.kind = "100"
		whole.kind = "101"
		require.NoError(t, j.reads(t, l))
		assert.Empty(t, incidents(l)["PAY-2"].PartOf)
		assert.Equal(t, "issue:3", incidents(l)["OPS-4"].PartOf, "now it is one, though nobody touched its duplicate")
		j.like(t, l)
	})
}

func TestASubTaskOfAnIncidentIsPartOfIt(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		j.types = append(j.types, row{"id": "103", "name": "Call"})
		j.open(1, "OPS-1", "02 08:00")
		call := j.open(2, "OPS-2", "02 08:30").set("parent", row{"id": "1", "key": "OPS-1"})
		call.kind = "103"
		theme := j.open(3, "OPS-3", "02 08:30").set("parent", row{"id": "1", "key": "OPS-1"}) // as an epic has children
		theme.kind = "100"
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l, func(s *jira.Settings) { s.Incidents.Types = []string{"Incident", "Call"} }))
		assert.Equal(t, "issue:1", incidents(l)["OPS-2"].PartOf)
		assert.Empty(t, incidents(l)["OPS-3"].PartOf)
	})
}

func TestVersionsAndLinksNameWhatTheIncidentIsAbout(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		i := j.open(1, "OPS-1", "02 08:00").set("versions", []row{{"id": "1", "name": "v1.4.0"}}).set("fixVersions", []row{{"id": "2", "name": "v1.4.1"}}).
			set("customfield_3", "https://example.pagerduty.com/incidents/Q1").set("description", "Since [the deployment|https://ci.example/deployments/77] of {{0123456789012345678901234567890123456789}}")
		i.remote = []string{"https://status.example/incidents/9", "javascript:alert(1)"}
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l, func(s *jira.Settings) {
			s.Incidents.SameFields, s.Incidents.RemoteLinks = []string{"PagerDuty incident"}, true
		}))
		found := incidents(l)["OPS-1"]
		assert.Equal(t, []string{"v1.4.0", "v1.4.1"}, found.Names)
		assert.Equal(t, []string{"https://example.pagerduty.com/incidents/Q1", "https://status.example/incidents/9"}, found.Same)
		assert.Contains(t, strings.Fields(found.Body), "https://ci.example/deployments/77")
		assert.Contains(t, strings.Fields(found.Body), "0123456789012345678901234567890123456789")
	})
}

// One record that cannot be read costs itself: the others are read, it is told of, and it is there once it can be.
func TestABrokenIssueCostsItselfAlone(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		for n := range 50 {
			j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:"+strconv.Itoa(n+10))
		}
		j.cap = 7
		j.issues[20].broken = true
		j.issues[49].updated = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
		l := sourcetest.NewLedger()
		for range 2 {
			failures := source.Failures("", j.reads(t, l))
			require.Len(t, failures, 1)
			assert.Equal(t, "OPS-21", failures[0].Part)
			assert.Equal(t, source.CauseAnswer, failures[0].Cause)
			assert.Len(t, incidents(l), 49)
		}
		j.issues[20].broken = false
		j.issues[30].to(solved, "09 08:00")
		require.NoError(t, j.reads(t, l))
		assert.Equal(t, when("09 08:00"), incidents(l)["OPS-31"].Resolved, "a clock that is wrong stops no reading")
		j.like(t, l)
	})
}

func TestAProjectThatIsMissingCostsItsOwnIncidents(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		j.open(1, "OPS-1", "02 08:00")
		j.open(2, "PAY-1", "02 08:00")
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		all := j.projects
		j.projects = all[:1]
		j.open(3, "OPS-2", "03 08:00")
		failures := source.Failures("", j.reads(t, l))
		require.Len(t, failures, 1)
		assert.Equal(t, "PAY", failures[0].Part)
		assert.Len(t, incidents(l), 3, "what nobody may see is not therefore gone")
		j.open(4, "PAY-2", "02 12:00")
		j.projects = all
		require.NoError(t, j.reads(t, l))
		assert.Contains(t, incidents(l), "PAY-2", "though it is older than what was read of others")
		j.like(t, l)
	})
}

func TestAProjectThatAPatternPickedTakesItsIncidentsAlong(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		j.open(1, "OPS-1", "02 08:00")
		j.open(2, "PAY-1", "02 08:00")
		every := func(s *jira.Settings) { s.Projects = []string{"*"} }
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l, every))
		j.projects, j.issues = j.projects[:1], j.issues[:1]
		require.NoError(t, j.reads(t, l, every))
		assert.Len(t, incidents(l), 1)
		j.like(t, l, every)
		j.projects = nil
		require.Error(t, j.reads(t, l, every), "an account that sees nothing is no site with nothing in it")
		assert.Len(t, incidents(l), 1)
	})
}

// Whatever happens between two pages, nothing is passed over.
func TestWhatGoesWhileItIsListedHidesNothing(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		j.cap = 5
		for n := range 40 {
			j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:"+strconv.Itoa(n+10))
		}
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		asked := 0
		j.before = func(_ http.ResponseWriter, r *http.Request, _ string) bool {
			if strings.Contains(r.URL.Path, "/search") {
				if asked++; asked == 3 {
					j.issues = j.issues[3:]
				}
			}
			return false
		}
		require.NoError(t, j.reads(t, l))
		for _, i := range j.issues {
			assert.Contains(t, incidents(l), i.key, "it is there still")
		}
		require.NoError(t, j.reads(t, l))
		j.like(t, l)
	})
}

func TestAThousandIssuesThatChangedInOneInstantAreAllRead(t *testing.T) {
	both(t, func(t *testing.T, j *tiny) {
		for n := range 250 {
			j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:00")
		}
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		assert.Len(t, incidents(l), 250)
	})
}

// A year of a large organisation, by the vendor's pages: a hundred issues with their fields, five thousand ids.
func TestAYearOfTwentyThousandIncidentsIsReadWithinTheLimit(t *testing.T) {
	count := 20_000
	if !standintest.Long() {
		count /= 10
	}
	both(t, func(t *testing.T, j *tiny) {
		start := time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC)
		for n := range count {
			i := j.open(n+1, "OPS-"+strconv.Itoa(n+1), "02 08:00")
			i.created = start.Add(time.Duration(n) * (365 * 24 * time.Hour / time.Duration(count))).Truncate(time.Second)
			i.to(solved, "02 12:00")
			i.updated = i.created.Add(time.Hour)
			i.history[0]["created"] = i.updated
		}
		j.cap = 5000
		l := sourcetest.NewLedger()
		require.NoError(t, j.reads(t, l))
		first := len(j.asked)
		assert.Len(t, incidents(l), count)
		require.NoError(t, j.reads(t, l))
		t.Logf("%d requests at first, %d where nothing changed; cursor %d bytes", first, len(j.asked)-first, len(l.Cursor))
		assert.Less(t, first, 15+count*22/1000)
		assert.Less(t, len(j.asked)-first, 15)
	})
}

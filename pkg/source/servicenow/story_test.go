package servicenow_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source/servicenow"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// theIncident is what was read of the incident of a number, withdrawn or not.
func theIncident(t *testing.T, l *sourcetest.Ledger, number int) *dora.Incident {
	t.Helper()
	e, is := l.Events["incident incident:"+id(fmt.Sprint("i", number))].(*dora.Incident)
	require.True(t, is, "%d", number)
	return e
}

func theChange(t *testing.T, l *sourcetest.Ledger, number int) *dora.Deployment {
	t.Helper()
	e, is := l.Events["deployment change_request:"+id(fmt.Sprint("c", number))].(*dora.Deployment)
	require.True(t, is, "%d", number)
	return e
}

// of derives the facts of the one service that deploys the till.
func of(t *testing.T, l *sourcetest.Ledger) *facts.Service {
	t.Helper()
	h := facts.NewDeriver(dora.Mapping{Services: []dora.Service{{
		Name: "till", Deployments: []dora.DeploymentRule{{Source: "servicenow", Environment: dora.MustPattern("^prod$")}}, Incidents: []dora.IncidentRule{{Source: "servicenow", Service: "Sales"}},
	}}})
	h.Apply(l.All()...)
	return h.Derive(dora.DefaultDefinition()).Services[0]
}

func TestAnIncidentAndItsChangeAreReadWithWhatPeopleCallThem(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	g.change(1, "02 08:00", "02 09:00", "successful")
	g.incident(1, "02 10:00").set("02 10:20", record{
		"caused_by": id("c1"), "description": "Nobody can pay", "correlation_id": "PD-77", "state": "6", "resolved_at": stamp("02 11:30"),
	})
	g.reads(t, l, withChanges())
	i, d := theIncident(t, l, 1), theChange(t, l, 1)
	assert.Equal(t, "INC0000001", i.Key)
	assert.Equal(t, int64(1), i.Number)
	assert.Equal(t, "Sales", i.Service)
	assert.Equal(t, "shop/till", i.Repository, "the configuration item is called so where the code is")
	assert.Equal(t, "2", i.Severity)
	assert.Equal(t, when("02 10:00"), i.Opened)
	assert.Equal(t, when("02 11:30"), i.Resolved)
	assert.Equal(t, []string{"category:software", "cmdb_ci:till"}, i.Labels)
	assert.Equal(t, []string{"PD-77"}, i.Same)
	assert.Equal(t, []string{"servicenow:change_request:" + id("c1"), strings.Repeat("1", 40), "v1.1"}, i.Names)
	assert.Contains(t, i.URL, "/incident.do?sys_id="+id("i1"))

	assert.Equal(t, "CHG0000001", d.Key)
	assert.Equal(t, "shop/till", d.Repository)
	assert.Equal(t, "prod", d.Environment)
	assert.Equal(t, "Sales", d.Task)
	assert.Equal(t, strings.Repeat("1", 40), d.SHA)
	assert.Equal(t, "v1.1", d.Ref)
	assert.Equal(t, dora.RefTag, d.RefKind)
	assert.Equal(t, when("02 08:00"), d.Started())
	assert.Equal(t, when("02 09:00"), d.Finished())
}

func TestWhatAChangeCameToIsKnownByItsCode(t *testing.T) {
	t.Parallel()
	own := withChanges()
	own.Deployments.Success = []string{"successful", "successful_issues", "successful_more_time"}
	own.Deployments.FailedInProduction = []string{"unsuccessful_backed_out"}
	g, l := newTiny(), sourcetest.NewLedger()
	for n, code := range []string{
		"", "successful", "Successful_Issues", "successful_more_time", "unsuccessful", "rejected", "partially_successful", "", "unsuccessful_backed_out", "successful", "unsuccessful", "successful", "unsuccessful_backed_out",
	} {
		if n > 0 {
			g.change(n, fmt.Sprintf("%02d 08:00", n), fmt.Sprintf("%02d 09:00", n), code)
		}
	}
	changes := g.tables["change_request"]
	changes[8].set("10 00:00", record{"state": "0", "active": "true"})                                                                   // 9: in review
	changes[9].set("10 00:00", record{"state": "4", "close_code": "", "work_start": "", "work_end": "", "closed_at": stamp("10 10:00")}) // 10: canceled
	changes[10].set("11 10:00", record{"work_end": ""})                                                                                  // 11: nobody wrote down when it ended
	changes[11].set("12 10:00", record{"work_start": ""})                                                                                // 12: nor when it began
	g.reads(t, l, own)
	finished, failed, recovered := map[int64]string{}, map[int64]string{}, map[int64]string{}
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		for told, at := range map[*map[int64]string]time.Time{&finished: d.Finished(), &failed: d.Failed(), &recovered: d.Recovered} {
			if !at.IsZero() {
				(*told)[d.Number] = at.Format("02 15:04")
			}
		}
	}
	assert.Equal(t, map[int64]string{1: "01 09:00", 2: "02 09:00", 3: "03 09:00", 8: "08 08:00"}, finished, "what failed in production entered it when the work began")
	assert.Equal(t, map[int64]string{4: "04 09:00", 5: "05 09:00", 10: "10 10:00"}, failed, "what was canceled or rejected entered nothing")
	assert.Equal(t, map[int64]string{8: "08 09:00"}, recovered)

	g.now = when("29 00:00")
	g.reads(t, l, own)
	f := of(t, l)
	assert.Len(t, f.Deployments, 4)
	assert.Len(t, f.FailedRuns, 3)
	backedOut := f.Deployments[3]
	require.Equal(t, int64(8), backedOut.Event.Number)
	assert.NotEmpty(t, backedOut.Evidence, "its own record says that it failed")
	assert.Equal(t, when("08 09:00"), backedOut.Recovered.At)
	assert.Len(t, f.Unreported(g.now), 5, "codes that are empty or unknown, a review that never ends, times that nobody wrote down")
}

func TestACodeThatNobodyMayReadIsNoSuccess(t *testing.T) {
	t.Parallel()
	s := subject(withChanges())
	h := s.History(t, standintest.Synthetic(t))
	at := s.Start(t, h, afterAll)
	at.Control(row{"acl": row{"change_request": row{"fields": []string{"close_code"}}}})
	l := s.Fresh(t, at, h, when("30 12:00"))
	deployments := sourcetest.Of[*dora.Deployment](l)
	require.NotEmpty(t, deployments)
	for _, d := range deployments {
		assert.True(t, d.Finished().IsZero() && d.Failed().IsZero(), d.Key)
		assert.Equal(t, dora.StateWaiting, d.Statuses[len(d.Statuses)-1].State, "since the actual end it waits for what is said of it")
	}
}

func TestWhatLeavesTheFilterIsWithdrawnAndComesBack(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	one, two := g.incident(1, "02 10:00"), g.incident(2, "02 11:00")
	g.reads(t, l, servicenow.Settings{})
	one.set("02 12:00", record{"category": "inquiry"})
	two.set("02 12:00", record{"state": "8", "active": "false", "closed_at": stamp("02 12:00")})
	g.reads(t, l, servicenow.Settings{})
	assert.True(t, theIncident(t, l, 1).Withdrawn, "it is a plain question now")
	assert.True(t, theIncident(t, l, 2).Withdrawn, "it was a false alarm")
	one.set("02 13:00", record{"category": "network"})
	two.set("02 13:00", record{"state": "2", "active": "true", "closed_at": ""})
	g.reads(t, l, servicenow.Settings{})
	assert.Len(t, sourcetest.Of[*dora.Incident](l), 2)
	g.remove("incident", one["sys_id"])
	g.reads(t, l, servicenow.Settings{})
	assert.True(t, theIncident(t, l, 1).Withdrawn, "it was deleted")
}

func TestAReopenedIncidentIsOpenWhateverItsColumnsStillSay(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	i := g.incident(1, "01 10:00")
	i.set("01 12:00", record{"state": "6", "resolved_at": stamp("01 12:00")})
	g.reads(t, l, servicenow.Settings{})
	assert.Equal(t, when("01 12:00"), theIncident(t, l, 1).Resolved)
	i.set("02 09:00", record{"state": "2", "priority": "1"})
	g.reads(t, l, servicenow.Settings{})
	assert.Zero(t, theIncident(t, l, 1).Resolved)
	assert.Equal(t, "1", theIncident(t, l, 1).Severity)
	i.set("02 15:00", record{"state": "6", "resolved_at": stamp("02 15:00")})
	g.reads(t, l, servicenow.Settings{})
	i.set("03 16:00", record{"state": "7", "closed_at": stamp("03 16:00"), "active": "false"})
	g.reads(t, l, servicenow.Settings{})
	assert.Equal(t, when("02 15:00"), theIncident(t, l, 1).Resolved, "it is closed a day later by a job")
	assert.Equal(t, when("01 10:00"), theIncident(t, l, 1).Opened)
}

func TestSeverityIsWhatSomebodyChose(t *testing.T) {
	t.Parallel()
	for column, want := range map[string][]string{"": {"1", "3", ""}, "severity": {"1", "", "2"}, "u_level": {"major", "", "minor"}} {
		g, l := newTiny(), sourcetest.NewLedger()
		g.incident(1, "01 10:00").set("01 10:00", record{"priority": "1", "severity": "1", "u_level": "major"})
		g.incident(2, "01 11:00").set("01 11:00", record{"priority": "3", "severity": "3", "u_level": ""})
		g.incident(3, "01 12:00").set("01 12:00", record{"priority": "5", "severity": "2", "u_level": "minor"})
		g.reads(t, l, servicenow.Settings{Incidents: servicenow.Incidents{Severity: column}})
		for n, severity := range want {
			assert.Equal(t, severity, theIncident(t, l, n+1).Severity, "%s of %d", column, n+1)
		}
	}
}

func TestAChildOrADuplicateTellsOfItsParentsInterruption(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	g.incident(1, "02 10:00")
	g.incident(2, "02 10:05").set("02 10:06", record{"parent_incident": id("i1")})
	g.incident(3, "02 10:07").set("02 10:08", record{"u_duplicate_of": id("i1"), "parent_incident": id("i3")})
	own := servicenow.Settings{Incidents: servicenow.Incidents{PartOf: []string{"parent_incident", "u_duplicate_of"}}}
	g.reads(t, l, own)
	assert.Empty(t, theIncident(t, l, 1).PartOf)
	assert.Equal(t, "incident:"+id("i1"), theIncident(t, l, 2).PartOf)
	assert.Equal(t, "incident:"+id("i1"), theIncident(t, l, 3).PartOf, "nothing is a part of itself")
}

func TestATeamsOwnStatesColumnsAndCodesMeanWhatItSays(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	own := servicenow.Settings{
		Service: []string{"u_product"}, Repository: []string{"u_code"},
		Incidents: servicenow.Incidents{
			Restored: []string{"15"}, Resolved: []string{"u_restored", "resolved_at"}, Opened: []string{"u_began", "opened_at"}, Acknowledged: []string{"u_taken_up"},
			NoIncident: []string{"no_fault_found"}, Labels: []string{"u_team"},
		},
	}
	g.incident(1, "02 10:00").set("02 12:00", record{
		"state": "15", "u_restored": stamp("02 11:00"), "u_began": stamp("02 09:40"), "u_taken_up": stamp("02 10:10"),
		"u_product": "Checkout", "u_code": "https://github.example/shop/checkout.git", "u_team": "payments",
	})
	g.incident(2, "02 13:00").set("02 14:00", record{"state": "7", "closed_at": stamp("02 14:00"), "close_code": "No_fault_found"})
	g.incident(3, "02 15:00").set("02 16:00", record{"state": "7", "closed_at": stamp("02 16:00")})
	g.reads(t, l, own)
	i := theIncident(t, l, 1)
	assert.Equal(t, []time.Time{when("02 09:40"), when("02 10:10"), when("02 11:00")}, []time.Time{i.Opened, i.Acknowledged, i.Resolved})
	assert.Equal(t, []string{"Checkout", "shop/checkout", "u_team:payments"}, []string{i.Service, i.Repository, i.Labels[0]})
	assert.NotContains(t, l.Events, "incident incident:"+id("i2"))
	assert.Equal(t, when("02 16:00"), theIncident(t, l, 3).Resolved, "it was closed without having been resolved")
}

// However many records share a second, and whatever access rules hide of a page, each that may be seen is read once.
func TestNoRecordIsReadPastWhereManyShareASecondAndSomeAreHidden(t *testing.T) {
	t.Parallel()
	for name, filter := range map[string]string{"one condition": "categoryINsoftware,network", "alternatives": "category=software^ORcategory=network", "two queries": "category=software^priority<=3^NQcategory=network"} {
		for _, counted := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", hidden ones counted: ", !counted), func(t *testing.T) {
				t.Parallel()
				g, l := newTiny(), sourcetest.NewLedger()
				g.counted = counted
				seen := 0
				for n := range 230 {
					i := g.incident(n, "02 10:00")
					if n%4 == 0 {
						i["category"] = "network"
					}
					if n%7 == 0 {
						i["category"] = "inquiry"
					}
					if hidden := n%3 == 0 || n > 60 && n < 110 && !counted; hidden {
						g.hidden[i["sys_id"]] = true
					} else if i["category"] != "inquiry" {
						seen++
					}
				}
				g.narrow(20)
				own := servicenow.Settings{Incidents: servicenow.Incidents{Filter: filter}}
				g.reads(t, l, own)
				assert.Equal(t, seen, len(sourcetest.Of[*dora.Incident](l)))
				if !counted {
					assert.Contains(t, l.Last().Remark, "Access rules hide ")
					assert.Contains(t, l.Last().Remark, " of 197 records of incident from its login")
				}
				for _, each := range g.tables["incident"] {
					each.set("03 00:00", record{"category": each["category"]}) // one job touches all
				}
				g.tables["incident"][1].set("03 00:00", record{"category": "inquiry"})
				g.reads(t, l, own)
				assert.Equal(t, seen-1, len(sourcetest.Of[*dora.Incident](l)))
			})
		}
	}
}

// Wherever a reading of many pages is ended, the next one goes on, and nothing is missing.
func TestAReadingOfManyPagesIsGoneOnWithWhereverItWasEnded(t *testing.T) {
	t.Parallel()
	g := newTiny()
	for n := range 500 {
		at := fmt.Sprintf("%02d %02d:00", 1+n/40, n%24)
		if g.incident(n, at); n%5 == 0 {
			g.change(n, at, at, "successful")
			g.hidden[id(fmt.Sprint("i", n+1))] = true
		}
	}
	g.narrow(20)
	s := g.source(g.address(t), withChanges())
	whole := sourcetest.NewLedger()
	require.NoError(t, whole.Collect(t.Context(), s, time.Time{}))
	require.Greater(t, whole.Batches, 25)
	for stop := 0; stop < whole.Batches-1; stop += 9 {
		l := sourcetest.NewLedger()
		l.StopAfter = 1 + stop
		require.ErrorIs(t, l.Collect(t.Context(), s, time.Time{}), sourcetest.ErrStopped)
		l.StopAfter = 0
		require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
		sourcetest.Same(t, whole, l, "ended after batch", 1+stop, "of", whole.Batches)
	}
}

func TestWhatCannotBeCountedIsListed(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	g.uncounted = true
	for n := range 50 {
		g.incident(n, "02 10:00")
	}
	g.narrow(20)
	g.reads(t, l, servicenow.Settings{})
	g.remove("incident", id("i7"))
	g.reads(t, l, servicenow.Settings{})
	assert.Len(t, sourcetest.Of[*dora.Incident](l), 49)
}

func TestAFilterThatFiltersNothingIsAMistakeAndNotADeluge(t *testing.T) {
	t.Parallel()
	for filter, says := range map[string]string{
		"catgory=software":                "no column catgory is there",
		"cmdb_ci.nmae=till":               "no column cmdb_ci.nmae is there",
		"category=software^ORDERBYnumber": "an order or a group has no place in it",
		"category=software^stateIN1,2":    "gives records that incidents.filter leaves out",
		"category IS software":            "is no condition",
	} {
		g, l := newTiny(), sourcetest.NewLedger()
		g.incident(1, "02 10:00")
		g.incident(2, "02 10:00")["category"] = "inquiry"
		g.passedOver = "category"
		s := g.source(g.address(t), servicenow.Settings{Incidents: servicenow.Incidents{Filter: filter}})
		for _, err := range []error{l.Collect(t.Context(), s, time.Time{}), s.Check(t.Context())} {
			require.Error(t, err, filter)
			assert.Contains(t, err.Error(), says, filter)
			assert.Contains(t, err.Error(), "incidents.filter", filter)
		}
		assert.Empty(t, l.Events, filter)
	}
}

func TestATimeThatTheTableLacksIsToldByItsSetting(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	g.incident(1, "02 10:00")
	s := g.source(g.address(t), servicenow.Settings{Incidents: servicenow.Incidents{Resolved: []string{"u_over"}}})
	err := l.Collect(t.Context(), s, time.Time{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "no column u_over is there")
	assert.Contains(t, err.Error(), "incidents.resolved")
}

func TestOfARecordThatIsBrokenNothingElseSuffers(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	for n := range 5 {
		g.incident(n, "02 10:00")
	}
	g.tables["incident"][1]["opened_at"], g.tables["incident"][1]["sys_created_on"] = "yesterday", ""
	g.tables["incident"][2]["sys_updated_on"] = ""
	s := g.source(g.address(t), servicenow.Settings{})
	err := l.Collect(t.Context(), s, time.Time{})
	require.Error(t, err)
	assert.Contains(t, err.Error(), "the others were read")
	assert.Len(t, sourcetest.Of[*dora.Incident](l), 3)
}

func TestADeploymentWhoseItemIsCorrectedIsOneDeploymentOfAnotherRepository(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	c := g.change(1, "02 08:00", "02 09:00", "successful")
	g.reads(t, l, withChanges())
	h := facts.NewDeriver(dora.Mapping{Production: dora.MustPattern("^prod$")})
	h.Apply(l.All()...)
	c.set("02 12:00", record{"cmdb_ci": id("stock")})
	var told []dora.Event
	before := l.Events
	l.Events = map[string]dora.Event{}
	for key, e := range before {
		l.Events[key] = e
	}
	g.reads(t, l, withChanges())
	told = append(told, l.All()...)
	assert.Equal(t, "stock", theChange(t, l, 1).Repository)
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1)
	assert.NotEmpty(t, told)
}

// What a record refers to may change without it.
func TestAServiceThatIsRenamedIsNoticedWithinADay(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	g.incident(1, "02 10:00")
	g.reads(t, l, servicenow.Settings{})
	g.tables["cmdb_ci_service"][0]["name"] = "Till sales"
	g.now = g.now.Add(25 * time.Hour)
	g.reads(t, l, servicenow.Settings{})
	assert.Equal(t, "Till sales", theIncident(t, l, 1).Service)
}

// Servers refuse what is longer than some eight thousand characters.
func TestAddressesAreOfALengthThatServersTake(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	for n := range 300 {
		g.incident(n, "02 10:00")
		g.change(n, "02 08:00", "02 09:00", "successful")
		g.hidden[id(fmt.Sprint("i", n))] = true
	}
	g.reads(t, l, withChanges())
	clear(g.hidden) // access rules changed: what is there now is asked for by its ids
	g.reads(t, l, withChanges())
	assert.Len(t, sourcetest.Of[*dora.Incident](l), 300)
	assert.Less(t, g.longest, 7000)
}

func TestOtherSettingsAreReadByFromTheBeginning(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	g.incident(1, "02 10:00")
	g.incident(2, "02 11:00").set("02 11:00", record{"category": "network"})
	g.reads(t, l, servicenow.Settings{})
	g.reads(t, l, servicenow.Settings{Service: []string{"cmdb_ci"}, Incidents: servicenow.Incidents{Filter: "category=network", Severity: "severity"}})
	assert.True(t, theIncident(t, l, 1).Withdrawn)
	assert.Equal(t, []string{"till", ""}, []string{theIncident(t, l, 2).Service, theIncident(t, l, 2).Severity})
}

func TestWhatTheSettingsReadNoLongerIsWithdrawnAndComesBack(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	g.incident(1, "02 10:00")
	g.change(1, "02 08:00", "02 09:00", "successful")
	for range 2 {
		g.reads(t, l, withChanges())
		assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1)
		g.reads(t, l, servicenow.Settings{})
		assert.Empty(t, sourcetest.Of[*dora.Deployment](l))
		assert.Len(t, sourcetest.Of[*dora.Incident](l), 1)
	}
}

func TestTheHistoryBeginsWhereTheBackFillDoes(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	for n, at := range []string{"02 10:00", "03 10:00", "04 10:00", "12 10:00"} {
		g.incident(n, at).set(at, record{"state": "7", "active": "false", "resolved_at": stamp(at)})
	}
	g.tables["incident"][0].set("15 10:00", record{"resolved_at": stamp("11 10:00")})                  // it lasted into the history
	g.tables["incident"][1].set("03 12:00", record{"state": "2", "active": "true", "resolved_at": ""}) // it lasts yet
	s := g.source(g.address(t), servicenow.Settings{})
	require.NoError(t, l.Collect(t.Context(), s, when("10 00:00")))
	keys := []string{}
	for _, i := range sourcetest.Of[*dora.Incident](l) {
		keys = append(keys, i.Key)
	}
	slices.Sort(keys)
	assert.Equal(t, []string{"INC0000000", "INC0000001", "INC0000003"}, keys)
}

// A deployment fails once, however many incidents it has; and one that opens a second after the window is nobody's.
func TestThreeIncidentsOfOneChangeAreOneFailure(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	for n := range 3 {
		day := fmt.Sprintf("0%d ", 1+2*n)
		g.change(1+n, day+"08:00", day+"09:00", "successful")
	}
	for n, hour := range []string{"11:00", "12:00", "15:00"} {
		g.incident(1+n, "01 10:0"+fmt.Sprint(n)).set("01 "+hour, record{"state": "6", "resolved_at": stamp("01 " + hour)})
	}
	g.incident(4, "04 09:00").set("04 10:00", record{"state": "6", "resolved_at": stamp("04 10:00")})
	late := g.incident(5, "06 09:00")
	late["opened_at"] = "2026-11-06 09:00:01"
	g.reads(t, l, withChanges())
	f := of(t, l)
	require.Len(t, f.Deployments, 3)
	failed := []string{}
	for _, d := range f.Deployments {
		if len(d.Evidence) > 0 {
			failed = append(failed, d.Event.Key)
		}
	}
	assert.Equal(t, []string{"CHG0000001", "CHG0000002"}, failed)
	assert.Equal(t, when("01 15:00"), f.Deployments[0].Recovered.At)
}

func TestALaterChangeIsARemedyAndAnEarlierOneTheCause(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	for n := range 3 {
		g.change(1+n, fmt.Sprintf("0%d 08:00", 2+n), fmt.Sprintf("0%d 09:00", 2+n), "successful")
	}
	g.incident(1, "04 10:00").set("04 10:10", record{"caused_by": id("c1")})       // not the last before it
	g.incident(2, "03 10:00").set("04 10:10", record{"rfc": id("c3")})             // which came later
	g.incident(3, "03 10:05").set("03 10:06", record{"parent_incident": id("i2")}) // of a caller
	g.reads(t, l, withChanges())
	f := of(t, l)
	got := map[string][]dora.EvidenceKind{}
	for _, d := range f.Deployments {
		for _, e := range d.Evidence {
			got[d.Event.Key] = append(got[d.Event.Key], e.Kind)
		}
	}
	assert.Equal(t, map[string][]dora.EvidenceKind{"CHG0000001": {dora.EvidenceExplicit}, "CHG0000002": {dora.EvidenceIncident}}, got)
	assert.Len(t, f.Incidents, 2, "a child is no incident of its own")
}

// A year of 20,000 incidents is a few dozen requests, and a refresh is two.
func TestAYearOfTwentyThousandIncidentsIsReadWithinAnyLimit(t *testing.T) {
	t.Parallel()
	count := 20_000
	if !standintest.Long() {
		count /= 10
	}
	g, l := newTiny(), sourcetest.NewLedger()
	g.tables["incident"] = []record{}
	base := time.Date(2025, 11, 20, 0, 0, 0, 0, time.UTC)
	for n := range count {
		i := g.incident(n, "02 10:00")
		at := base.Add(time.Duration(n) * (365 * 24 * time.Hour / time.Duration(count))).Format("2006-01-02 15:04:05")
		i["opened_at"], i["sys_created_on"], i["sys_updated_on"] = at, at, at
	}
	s := g.source(g.address(t), servicenow.Settings{})
	require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
	assert.Len(t, l.Events, count)
	first := l.Last().Requests
	require.NoError(t, l.Collect(t.Context(), s, time.Time{}))
	t.Logf("%d requests at first, %d where nothing changed", first, l.Last().Requests)
	assert.LessOrEqual(t, first, 5+count/1000)
	assert.LessOrEqual(t, l.Last().Requests, 2)
}

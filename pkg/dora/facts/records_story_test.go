package facts_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// outage is a repository with two deployments, at ten and at twenty hours, and the record of an outage after the first.
func outage(t *testing.T) (repo *doratest.Repo, whole *dora.Incident) {
	repo = doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	whole = repo.Record("desk", "INC0000001", doratest.Hour(11), "Down.")
	whole.Resolved = doratest.Hour(13)
	return repo, whole
}

func TestAChildOfAMajorIncidentBlamesNobody(t *testing.T) {
	repo, whole := outage(t)
	child := repo.Record("desk", "INC0000002", doratest.Hour(21), "A caller says that it is down.")
	child.PartOf, child.Resolved = whole.ID, doratest.Hour(30)
	f := repo.Facts()
	assert.Equal(t, []string{"INC0000001 with INC0000002"}, doratest.Counted(f))
	assert.Equal(t, []string{"1 by incident"}, doratest.Failed(f), "the second deployment finished just before the child opened")
	assert.Equal(t, doratest.Hour(13), f.Deployments[0].Recovered.At, "the whole's end is the end")
	assert.Equal(t, 1, f.Unmeasured[facts.ReasonPartOfAnother])
	assert.Equal(t, []facts.Part{{Event: f.Parts[0].Event, Of: whole.FullID()}}, f.Parts)
	repo.Def.Recovery = dora.RecoveryOfIncident
	assert.InDelta(t, 2*3600, doratest.Total(t, repo.Snapshot(), dora.RecoveryTime, dora.Mean), 0)
	assert.InDelta(t, 1, doratest.Total(t, repo.Snapshot(), dora.RecoveryTime, dora.N), 0)
}

func TestAPartIsNoIncidentWhateverBecameOfTheWhole(t *testing.T) {
	for name, becomes := range map[string]func(repo *doratest.Repo, whole *dora.Incident){
		"it was withdrawn":                        func(_ *doratest.Repo, whole *dora.Incident) { whole.Withdrawn = true },
		"it is another service's":                 func(_ *doratest.Repo, whole *dora.Incident) { whole.Service = "web" },
		"a person ignores it":                     func(repo *doratest.Repo, whole *dora.Incident) { repo.Says("c1", dora.VerdictIgnored, whole) },
		"it is not known":                         func(_ *doratest.Repo, whole *dora.Incident) { whole.ID = "incident:of another name" },
		"it belongs to another that is not known": func(_ *doratest.Repo, whole *dora.Incident) { whole.PartOf = "incident:gone" },
	} {
		t.Run(name, func(t *testing.T) {
			repo, whole := outage(t)
			child := repo.Record("desk", "INC0000002", doratest.Hour(21), "deployment 9002")
			child.PartOf = whole.ID
			becomes(repo, whole)
			f := repo.Facts()
			assert.NotContains(t, fmt.Sprint(doratest.Counted(f)), "INC0000002")
			assert.NotContains(t, fmt.Sprint(doratest.Failed(f)), "2 by", "what it names passes to nobody")
			assert.Positive(t, f.Unmeasured[facts.ReasonPartOfAnother])
		})
	}
}

func TestWhatAPartNamesTheWholeNames(t *testing.T) {
	repo, whole := outage(t)
	child := repo.Record("desk", "INC0000002", doratest.Hour(21), "")
	child.PartOf, child.Names = whole.ID, []string{"9001", "9002"}
	f := repo.Facts()
	require.Equal(t, []string{"1 by explicit"}, doratest.Failed(f))
	assert.Equal(t, whole.FullID(), f.Deployments[0].Evidence[0].By)
	assert.Equal(t, "9002", fmt.Sprint(f.Incidents[0].Remedy.Event.Number), "it finished after the whole opened")
	assert.Equal(t, []string{"2: remedy"}, doratest.Reworked(f))
}

func TestAPersonsWordOnAPartIsAWordOnTheWhole(t *testing.T) {
	repo, whole := outage(t)
	child := repo.Record("desk", "INC0000002", doratest.Hour(12), "")
	child.PartOf = whole.ID
	repo.Says("c1", dora.VerdictUnlinked, child)
	assert.Empty(t, doratest.Failed(repo.Facts()))
	word := repo.Says("c2", dora.VerdictLinked, whole)
	word.Deployment = repo.Deployment(1).FullID()
	assert.Equal(t, []string{"1 by manual"}, doratest.Failed(repo.Facts()), "the last word counts")

	t.Run("where the whole is another service's it stands by itself", func(t *testing.T) {
		whole.Service, word.Undone = "web", true
		repo.Says("c3", dora.VerdictLinked, child).Deployment = repo.Deployment(1).FullID()
		f := repo.Facts()
		assert.Equal(t, []string{"INC0000002"}, doratest.Counted(f))
		assert.Equal(t, []string{"1 by manual"}, doratest.Failed(f))
	})
}

func TestPartsOfPartsLeadToTheWhole(t *testing.T) {
	repo, whole := outage(t)
	second := repo.Record("desk", "INC0000002", doratest.Hour(12), "")
	third := repo.Record("desk", "INC0000003", doratest.Hour(21), "deployment 9001")
	second.PartOf, third.PartOf = whole.ID, second.ID
	f := repo.Facts()
	assert.Equal(t, []string{"INC0000001 with INC0000002, INC0000003"}, doratest.Counted(f))
	assert.Equal(t, []string{"1 by explicit"}, doratest.Failed(f))
}

func TestRecordsThatBelongToEachOtherAreTheEarliest(t *testing.T) {
	repo, first := outage(t)
	second := repo.Record("desk", "INC0000002", doratest.Hour(12), "")
	third := repo.Record("desk", "INC0000003", doratest.Hour(21), "")
	outside := repo.Record("desk", "INC0000004", doratest.Hour(9), "")
	first.PartOf, second.PartOf, third.PartOf, outside.PartOf = third.ID, first.ID, second.ID, third.ID
	f := repo.Facts()
	assert.Equal(t, []string{"INC0000001 with INC0000004, INC0000002, INC0000003"}, doratest.Counted(f), "what leads into the circle is none of it")
	assert.Equal(t, []string{"1 by incident"}, doratest.Failed(f))
	first.Withdrawn = true
	assert.Equal(t, []string{"INC0000002 with INC0000004, INC0000003"}, doratest.Counted(repo.Facts()))
	first.Withdrawn, first.PartOf = false, first.ID
	assert.Equal(t, []string{"INC0000001 with INC0000004, INC0000002, INC0000003"}, doratest.Counted(repo.Facts()), "its own part is the whole")
}

func TestARecordThatNamesAnotherSystemsTellsOfTheSame(t *testing.T) {
	for _, text := range []string{
		"INC0000001", "See inc0000001.", "(INC0000001)", "https://desk.example/incidents/INC0000001", "<https://desk.example/incidents/INC0000001?tab=2>", "*INC0000001*:",
	} {
		repo, whole := outage(t)
		page := repo.Record("pager", "PD-7", doratest.Hour(21), text+"\ndeployment 9001")
		page.Resolved = doratest.Hour(40)
		f := repo.Facts()
		assert.Equal(t, []string{"INC0000001 with PD-7"}, doratest.Counted(f), text)
		require.Equal(t, []string{"1 by explicit"}, doratest.Failed(f), "what the page names counts: %s", text)
		assert.Equal(t, whole.Resolved, f.Deployments[0].Recovered.At, "the named record's times count")
		assert.Equal(t, 1, f.Unmeasured[facts.ReasonPartOfAnother])
	}
	for _, text := range []string{"xINC0000001", "INC00000012", "INC0000001-2", "INC/INC0000001", "1", "https://desk.example/incidents/INC0000001/children"} {
		repo, _ := outage(t)
		repo.Record("pager", "PD-7", doratest.Hour(21), text)
		assert.Equal(t, []string{"INC0000001", "PD-7"}, doratest.Counted(repo.Facts()), text)
	}
}

func TestAFieldMayNameTheSameRecord(t *testing.T) {
	for _, same := range []string{"INC0000001", " inc0000001 ", "https://desk.example/incidents/INC0000001/"} {
		repo, _ := outage(t)
		page := repo.Record("pager", "PD-7", doratest.Hour(12), "")
		page.Same = []string{"", "7", strings.Repeat("x", 1<<20), same}
		assert.Equal(t, []string{"INC0000001 with PD-7"}, doratest.Counted(repo.Facts()), same)
	}
}

func TestAnIssueIsNamedByItsRepositoryAndNumber(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1")
	issue := repo.Incident(doratest.Hour(11), "Down")
	page := repo.Record("pager", "PD-7", doratest.Hour(12), "Tracked in Example-Health/api#1, please.")
	assert.Equal(t, []string{"#1 with PD-7"}, doratest.Counted(repo.Facts()))
	for _, other := range []string{"api#1", "example-health/api #1", "example-health/api#12", "x/example-health/api#1", "https://example.org/example-health/api#1"} {
		page.Body = other
		assert.Len(t, repo.Facts().Incidents, 2, other)
	}
	issue.Number = 0
	page.Body = "example-health/api#0"
	assert.Len(t, repo.Facts().Incidents, 2)
}

func TestWithinOneSystemTextJoinsNothing(t *testing.T) {
	repo, _ := outage(t)
	second := repo.Record("desk", "INC0000002", doratest.Hour(12), "INC0000001 https://desk.example/incidents/INC0000001")
	second.Same = []string{"INC0000001"}
	assert.Equal(t, []string{"INC0000001", "INC0000002"}, doratest.Counted(repo.Facts()))
}

func TestWhatIsNotTheServicesIsNotTheSame(t *testing.T) {
	for name, becomes := range map[string]func(repo *doratest.Repo, whole *dora.Incident){
		"it was withdrawn":        func(_ *doratest.Repo, whole *dora.Incident) { whole.Withdrawn = true },
		"it is another service's": func(_ *doratest.Repo, whole *dora.Incident) { whole.Service = "web" },
		"a person ignores it":     func(repo *doratest.Repo, whole *dora.Incident) { repo.Says("c1", dora.VerdictIgnored, whole) },
	} {
		repo, whole := outage(t)
		repo.Record("pager", "PD-7", doratest.Hour(12), "INC0000001")
		becomes(repo, whole)
		assert.Equal(t, []string{"PD-7"}, doratest.Counted(repo.Facts()), name)
	}
}

func TestOfRecordsThatNameEachOtherTheFirstCounts(t *testing.T) {
	repo, whole := outage(t)
	whole.Same = []string{"PD-7"}
	page := repo.Record("pager", "PD-7", doratest.Hour(10.5), "INC0000001")
	assert.Equal(t, []string{"PD-7 with INC0000001"}, doratest.Counted(repo.Facts()), "each names the other")
	page.Opened = whole.Opened
	assert.Equal(t, []string{"INC0000001 with PD-7"}, doratest.Counted(repo.Facts()), "of one time the first by id")
	page.Body = ""
	page.Opened = doratest.Hour(12)
	assert.Equal(t, []string{"PD-7 with INC0000001"}, doratest.Counted(repo.Facts()), "the named one counts")

	whole.Same = []string{"PD-7", "OPS-12"}
	repo.Record("tracker", "OPS-12", doratest.Hour(11.5), "")
	assert.Equal(t, []string{"OPS-12 with INC0000001, PD-7"}, doratest.Counted(repo.Facts()), "of several that are named the first")
	whole.Same = []string{"PD-7", "PD-8"}
	repo.Record("pager", "PD-8", doratest.Hour(11.2), "")
	assert.Equal(t, []string{"PD-8 with INC0000001", "OPS-12", "PD-7"}, doratest.Counted(repo.Facts()), "two of one system are two")
}

func TestWhatHasNoLettersAndDigitsIsNoKey(t *testing.T) {
	for _, key := range []string{"12", "123456789", "A-1", "v12", "urgent", "P1"} {
		repo, whole := outage(t)
		whole.Key, whole.URL = key, ""
		repo.Record("pager", "PD-7", doratest.Hour(12), "See "+key+", version "+key).Same = []string{key}
		assert.Len(t, repo.Facts().Incidents, 2, key)
	}
}

// TestRecordsJoinInAnyOrder also lets each arrive after others were derived.
func TestRecordsJoinInAnyOrder(t *testing.T) {
	repo, whole := outage(t)
	child := repo.Record("desk", "INC0000002", doratest.Hour(12), "")
	grandchild := repo.Record("desk", "INC0000003", doratest.Hour(13), "deployment 9001")
	child.PartOf, grandchild.PartOf = whole.ID, child.ID
	page := repo.Record("pager", "PD-7", doratest.Hour(12), "INC0000003")
	page.Names = []string{repo.Deployment(1).FullID()}
	child.Service = "web" // it is not the service's, and yet leads to what is
	want := tell(repo.Snapshot())
	records := []dora.Event{whole, child, grandchild, page, repo.Deployment(1)}
	others := slices.DeleteFunc(slices.Clone(repo.Events), func(e dora.Event) bool { return slices.Contains(records, e) })
	orders(records, func(order []dora.Event) {
		h := facts.NewDeriver(repo.Mapping)
		h.Apply(others...)
		h.Apply(&dora.Repository{Header: repo.Header("repository"), Name: repo.Repository, DefaultBranch: "main", HeadSHA: doratest.SHA(repo.Head)})
		h.Derive(repo.Def)
		for _, e := range order {
			h.Apply(e)
			h.Derive(repo.Def)
		}
		assert.Equal(t, want, tell(h.Derive(repo.Def)))
		for _, e := range order { // and each is withdrawn and comes back
			if i, ok := e.(*dora.Incident); ok {
				gone, back := *i, *i
				gone.Rank, gone.Withdrawn, back.Rank = i.Rank+1, true, i.Rank+2
				h.Apply(&gone)
				h.Derive(repo.Def)
				h = restarted(t, h, repo.Mapping, repo.Def, true)
				h.Apply(&back)
				assert.Equal(t, want, tell(h.Derive(repo.Def)))
			}
		}
	})
}

// orders yields every order of some events.
func orders(events []dora.Event, yield func([]dora.Event)) {
	if len(events) <= 1 {
		yield(events)
		return
	}
	for i, first := range events {
		rest := slices.Delete(slices.Clone(events), i, i+1)
		orders(rest, func(order []dora.Event) { yield(append([]dora.Event{first}, order...)) })
	}
}

func TestRecordsThatNameEachOtherByTheThousandTakeNoLonger(t *testing.T) {
	repo := doratest.Versions(t)
	repo.DeployAll("V1", "V2")
	const many = 20_000 // each with each they would take hours
	for n := range many {
		i := repo.Record([]string{"desk", "pager"}[n%2], fmt.Sprintf("INC%07d", n), doratest.Hour(11).Add(time.Duration(n)*time.Second), "")
		i.Body = fmt.Sprintf("INC%07d INC%07d INC%07d deployment 9001", n+1, n-1, n+3)
		i.Names = []string{"9001", repo.Deployment(2).FullID(), doratest.SHA("V1")}
		i.URL = "https://one.example/for/all" // that all of them name
		i.Same = []string{i.URL}
	}
	chained := doratest.Hour(12)
	for n := range many {
		i := repo.Record("tracker", fmt.Sprintf("OPS-%d", n), chained, "")
		i.PartOf = fmt.Sprintf("incident:OPS-%d", (n+1)%many) // one circle of all
	}
	h := facts.NewDeriver(repo.Mapping)
	h.Apply(repo.Events...)
	require.Len(t, h.Derive(repo.Def).Services[0].Incidents, 2, "one of each of what is one")
	for _, e := range repo.Events { // and again, each in a newer version
		if i, ok := e.(*dora.Incident); ok {
			newer := *i
			newer.Rank++
			h.Apply(&newer)
		}
	}
	require.Len(t, h.Derive(repo.Def).Services[0].Incidents, 2)
	var saved bytes.Buffer
	_, err := h.Saving(repo.Def).WriteTo(&saved)
	require.NoError(t, err)
}

package census_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

const till = "shop/till"

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func deployed(name string, at time.Time) *dora.Deployment {
	return &dora.Deployment{Header: dora.Header{Source: "forge", ID: till + ":" + name, Updated: at, Rank: 3}, Repository: till, Created: at}
}

func spareNone(dora.Event, string) bool { return false }

// read has a list of deployments read whole.
func read(before *census.Count, numbers ...int64) *census.List {
	l := census.NewList(before)
	for _, number := range numbers {
		l.Number(number)
	}
	l.Page(len(numbers), true, false)
	return l
}

func TestACountShowsThatSomethingWent(t *testing.T) {
	first := read(nil, 1, 2, 3)
	assert.False(t, first.Misses(), "nothing is known of before")
	before := first.Count()
	assert.Equal(t, census.Count{Total: 3, Newest: 3}, before)
	assert.False(t, read(&before, 1, 2, 3, 4).Misses(), "one came")
	assert.True(t, read(&before, 1, 3).Misses(), "one went")
	assert.True(t, read(&before, 1, 3, 4).Misses(), "one went and one came")

	again := read(&before, 1, 3, 4)
	again.Restart()
	assert.True(t, again.Whole)
	for _, number := range []int64{1, 3, 4} {
		again.Number(number)
	}
	assert.Equal(t, census.Count{Total: 3, Newest: 4}, again.Count())
}

func TestWhatAListHasNoLongerIsWithdrawnAndComesBack(t *testing.T) {
	there, gone, young, posted := deployed("1", noon), deployed("2", noon), deployed("3", noon.Add(time.Hour)), deployed("posted", noon)
	l := census.NewList(nil)
	l.Meet("1", noon, nil)
	events := l.Compare(till, []dora.Event{there, gone, young, posted}, noon.Add(time.Minute), func(_ dora.Event, name string) bool { return name == "posted" })
	require.Len(t, events, 1)
	withdrawn, ok := events[0].(*dora.Deployment)
	require.True(t, ok)
	assert.Equal(t, gone.ID, withdrawn.ID)
	assert.True(t, withdrawn.Withdrawn && withdrawn.NewerThan(gone.Header))
	assert.False(t, gone.Withdrawn, "the version that the store has stays as it is")
	assert.True(t, l.Young, "what came a moment ago may not be listed yet")

	back := census.NewList(nil)
	back.Meet("2", noon, nil)
	events = back.Compare(till, []dora.Event{withdrawn}, noon, spareNone)
	require.Len(t, events, 1)
	assert.False(t, census.IsWithdrawn(events[0]))
	assert.True(t, events[0].Head().NewerThan(withdrawn.Header))
	assert.Empty(t, back.Compare(till, []dora.Event{events[0]}, noon, spareNone), "and then there is nothing to tell")
}

// An issue that lost its label and got it back has another version by then, which may be no newer than the one that took the
// incident back.
func TestWhatComesBackOutweighsTheWordThatItWent(t *testing.T) {
	was := &dora.Incident{Header: dora.Header{ID: till + ":issue:7", Updated: noon, Rank: 1}, Opened: noon}
	withdrawn := census.Withdraw(was)
	l := census.NewList(nil)
	l.Meet("issue:7", noon, was)
	events := l.Compare(till, []dora.Event{withdrawn}, noon, spareNone)
	require.Len(t, events, 1)
	assert.True(t, events[0].Head().NewerThan(withdrawn.Head()))

	newer := *was
	newer.Updated = noon.Add(time.Minute)
	l.Meet("issue:7", noon, &newer)
	assert.Empty(t, l.Compare(till, []dora.Event{withdrawn}, noon, spareNone), "it was handed over already")
	assert.Equal(t, dora.Event(&newer), census.Above(&newer, withdrawn))
	assert.Equal(t, dora.Event(was), census.Above(was, nil))
}

func TestAPartIsGoneOnlyWhereAllOfItsOwnerWasListed(t *testing.T) {
	var l census.Listing
	assert.False(t, l.Lacks("shop", till), "nothing was heard")
	l.Note("Shop/Stock", 8)
	l.Note("shop/checkout", 7)
	assert.False(t, l.Lacks("shop", till))
	l.Whole("Shop", true)
	assert.True(t, l.Lacks("shop", till))
	assert.False(t, l.Lacks("shop", "shop/stock"))
	assert.False(t, l.Lacks("other", "other/till"))
	assert.Equal(t, "shop/checkout", l.Called(7), "by the number that it keeps")
}

func TestWhatWasPostedMovesWithItsRepository(t *testing.T) {
	posted, read := deployed("deployment:1", noon), deployed("deployment:2", noon)
	posted.Rank, posted.Updated = dora.Told, posted.Created.Add(-dora.PostedBehind)
	require.True(t, posted.Posted())
	moved := census.Posted([]dora.Event{posted, read}, "shop/checkout")
	require.Len(t, moved, 1)
	assert.Equal(t, "shop/checkout:deployment:1", moved[0].Head().ID)

	gone := census.Gone("forge", till, "shop/checkout", noon, noon.Add(time.Hour))
	assert.True(t, gone.Withdrawn)
	assert.Equal(t, noon.Add(time.Hour+time.Second), gone.Updated, "above the version that was handed over")
}

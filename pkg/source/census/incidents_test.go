package census_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

func TestIncidentsOfNoRepositoryAreComparedWithTheStore(t *testing.T) {
	at := func(day int) time.Time { return time.Date(2026, 11, day, 10, 0, 0, 0, time.UTC) }
	incident := func(id string, day, updated int, withdrawn bool) *dora.Incident {
		return &dora.Incident{Header: dora.Header{ID: id, Updated: at(updated)}, Opened: at(day), Withdrawn: withdrawn}
	}
	asked := 0
	stored := census.NewIncidents(func(kind dora.Kind, part string) []dora.Event {
		asked++
		assert.Equal(t, dora.KindIncident, kind)
		assert.Empty(t, part)
		return []dora.Event{incident("c", 3, 3, false), incident("a", 1, 1, false), incident("b", 2, 2, true)}
	})
	assert.Zero(t, asked, "a run that needs nothing of the store asks for nothing")
	assert.Empty(t, stored.News(incident("a", 1, 1, false)), "it is known")
	assert.Len(t, stored.News(incident("a", 1, 2, false)), 1)
	assert.Empty(t, stored.News(incident("d", 4, 4, true)), "what never counted is not told")
	back := stored.News(incident("b", 2, 2, false))
	assert.Len(t, back, 1)
	assert.True(t, back[0].Head().NewerThan(stored.Of("b").Head()), "what is there again comes back")
	assert.Empty(t, stored.Taken("b"))
	assert.True(t, census.IsWithdrawn(stored.Taken("a")[0]))
	there := func(id string) bool { return id == "a" }
	assert.Empty(t, stored.Gone(at(1), at(3), there), "a list of some days has no word on others")
	gone := stored.Gone(at(1), at(4), there)
	assert.Len(t, gone, 1)
	assert.Equal(t, "c", gone[0].Head().ID)
	assert.Equal(t, 1, asked)

	nothing := census.NewIncidents(nil)
	assert.Len(t, nothing.News(incident("d", 4, 4, true)), 1, "where nothing is known of the store it may have it")
}

package cursor_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/pages"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

type position struct {
	Head string             `json:"head,omitempty"`
	Open cursor.Open[build] `json:"open,omitempty"`
}

type build struct {
	ID   string    `json:"id"`
	Made time.Time `json:"made"`
}

func (b build) Key() string      { return b.ID }
func (b build) Began() time.Time { return b.Made }

func TestPositionsAreFoundAgain(t *testing.T) {
	var p cursor.Parts[position]
	p.At("shop/till").Head = "a1"
	p.At("shop/stock").Head = "b1"
	first, err := json.Marshal(&p)
	require.NoError(t, err)
	assert.JSONEq(t, `{"shop/stock":{"head":"b1"},"shop/till":{"head":"a1"}}`, string(first))

	p.Rest()
	p.At("shop/till").Head = "a2"
	second, err := json.Marshal(&p)
	require.NoError(t, err)
	assert.JSONEq(t, `{"shop/stock":{"head":"b1"},"shop/till":{"head":"a2"}}`, string(second))

	var again cursor.Parts[position]
	require.NoError(t, json.Unmarshal(second, &again))
	assert.Equal(t, "a2", again.Known("shop/till").Head)
	assert.Nil(t, again.Known("shop/other"))
	require.NoError(t, json.Unmarshal([]byte(`{"shop/till":null}`), &again))
	assert.Nil(t, again.Known("shop/till"))
}

// at lists times as a system does, the newest first.
func newestFirst(minutes ...int) (list []time.Time) {
	for _, m := range minutes {
		list = append(list, noon.Add(time.Duration(m)*time.Minute))
	}
	return list
}

func itself(at time.Time) time.Time { return at }

// read makes a pass over pages of two, up to a number of them; 0: to its end.
func read(s *cursor.Stream, list []time.Time, atMost int) (met []time.Time) {
	pass := cursor.NewPass(s, time.Time{})
	for turns := 0; !pass.Done && (atMost == 0 || turns < atMost); turns++ {
		from := 0
		_, _ = fmt.Sscan(pass.Stream.Page, &from)
		to := min(len(list), from+2)
		count := cursor.Fresh(list[from:to], itself, pass.Until)
		met = append(met, list[from:from+count]...)
		var newest time.Time
		if count > 0 {
			newest = list[from]
		}
		pass.Advance(newest, count, to-from, pages.Info{HasNextPage: to < len(list), EndCursor: fmt.Sprint(to)})
	}
	return met
}

func TestAReadingThatIsBrokenOffGoesOnAndMovesTheMarkInTheEnd(t *testing.T) {
	list := newestFirst(90, 80, 70, 60, 50)
	var s cursor.Stream
	assert.Equal(t, list[:2], read(&s, list, 1))
	assert.True(t, s.Mark.IsZero(), "what is older is not in yet")
	assert.Equal(t, list[2:], read(&s, list, 0), "nothing is read twice")
	assert.Equal(t, list[0], s.Mark)

	list = append(newestFirst(100), list...)
	assert.Equal(t, list[:3], read(&s, list, 0), "what is new, and the overlap behind the mark")
	assert.Equal(t, list[0], s.Mark)
	assert.Equal(t, list[:2], read(&s, list, 0), "nothing happened")
	assert.Equal(t, list[0], s.Mark)
}

func TestWhatHasNotEndedIsKeptUntilItIsTooOld(t *testing.T) {
	const giveUp = 24 * time.Hour
	var p position
	p.Open.Watch(build{"1", noon}, noon, giveUp)
	p.Open.Watch(build{"2", noon.Add(-25 * time.Hour)}, noon, giveUp)
	p.Open.Watch(build{"3", noon.Add(time.Hour)}, noon, giveUp)
	assert.Equal(t, cursor.Open[build]{{"1", noon}, {"3", noon.Add(time.Hour)}}, p.Open)
	p.Open.GiveUp(noon.Add(giveUp), giveUp)
	assert.Equal(t, cursor.Open[build]{{"3", noon.Add(time.Hour)}}, p.Open)
	p.Open.Drop("3")
	assert.Empty(t, p.Open)
}

func TestTheLastFewAreRemembered(t *testing.T) {
	list := []string{"c", "b", "a"}
	assert.Equal(t, []string{"d", "c", "b"}, cursor.Remember(list, "d", 3))
	assert.Equal(t, []string{"a", "c", "b"}, cursor.Remember(list, "a", 3))
}

func TestWhereARunGoesOnIsReadAsItWasWritten(t *testing.T) {
	type positions struct {
		Parts cursor.Parts[position] `json:"parts"`
		Names map[string]int         `json:"names"`
	}
	var p positions
	p.Parts.At("shop/till").Head = "a1"
	text, err := cursor.Write(2, cursor.Field{Name: "parts", Value: &p.Parts}, cursor.Field{Name: "names", Value: map[string]int{"till": 1}})
	require.NoError(t, err)
	assert.JSONEq(t, `{"v":2,"parts":{"shop/till":{"head":"a1"}},"names":{"till":1}}`, string(text))
	again, known := cursor.Read[positions](text, 2)
	assert.True(t, known)
	assert.Equal(t, "a1", again.Parts.Known("shop/till").Head)
	for _, other := range []string{"", "{", `{"v":1}`, `{"v":2,"names":7}`, `null`} {
		nothing, known := cursor.Read[positions]([]byte(other), 2)
		assert.False(t, known, other)
		assert.Nil(t, nothing.Names, other)
	}
}

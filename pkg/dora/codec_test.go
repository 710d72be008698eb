package dora_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/large"
)

// filled is an event of each kind with every field set, so that a field that is added to one is tried here too.
func filled(random func() int) []dora.Event {
	events := []dora.Event{new(dora.Repository), new(dora.Commit), new(dora.Change), new(dora.Deployment), new(dora.Incident), new(dora.Correction)}
	for _, e := range events {
		fill(reflect.ValueOf(e).Elem(), random)
	}
	return events
}

func fill(v reflect.Value, random func() int) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		v.Set(reflect.ValueOf(time.Unix(int64(random()), int64(random())).UTC()))
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if fill(v.Field(i), random); v.Type().Field(i).Name == "URL" { // no other text is an address
				v.Field(i).SetString("https://github.example/" + v.Field(i).String())
			}
		}
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), random)
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+random()%3, 3))
		for i := range v.Len() {
			fill(v.Index(i), random)
		}
	case v.Kind() == reflect.String:
		v.SetString([]string{"ward ☂", strings.Repeat("x", 300), doratest.SHA("a commit"), strings.ToUpper(doratest.SHA("A")), "deadbeef"}[random()%5])
	case v.Kind() == reflect.Bool:
		v.SetBool(true)
	default:
		v.SetInt(int64(1 + random()))
	}
}

func TestAnEventComesBackAsItWasStored(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, e := range filled(func() int { return rapid.IntRange(0, 1<<31-1).Draw(t, "value") }) {
			body, err := dora.Encode(e)
			require.NoError(t, err)
			back, err := dora.Decode(e.Kind(), body)
			require.NoError(t, err)
			require.Equal(t, e, back)
		}
	})
}

func TestEveryFieldOfAnEventHasItsNumberInTheCompactForm(t *testing.T) {
	for _, e := range filled(func() int { return 1 }) {
		body, err := dora.Encode(e)
		require.NoError(t, err)
		assert.NotEqual(t, byte('{'), body[0], "a %s has a field that fieldNumbers lacks: add it to the end of its list", e.Kind())
	}
}

func TestEmptyFieldsAndTimesFarAwayComeBackToo(t *testing.T) {
	for _, at := range []time.Time{{}, time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC), time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC)} {
		e := &dora.Commit{Header: dora.Header{Source: "github", ID: "x", Updated: at}, Parents: []string{}, Authored: at}
		body, err := dora.Encode(e)
		require.NoError(t, err)
		back, err := dora.Decode(dora.KindCommit, body)
		require.NoError(t, err)
		assert.Equal(t, e, back)
	}
}

func TestTheJSONOfEarlierVersionsIsRead(t *testing.T) {
	for _, e := range filled(func() int { return 7 }) {
		body, err := json.Marshal(e)
		require.NoError(t, err)
		back, err := dora.Decode(e.Kind(), body)
		require.NoError(t, err)
		assert.Equal(t, e, back)
	}
}

func TestADamagedBodyIsAnErrorAndNothingWorse(t *testing.T) {
	for _, e := range filled(func() int { return 4 }) {
		body, err := dora.Encode(e)
		require.NoError(t, err)
		for end := range len(body) {
			_, err := dora.Decode(e.Kind(), body[:end])
			require.Error(t, err, "cut at %d", end)
		}
		for at := range body {
			damaged := bytes.Clone(body)
			for _, mask := range []byte{0x01, 0x80, 0xff} {
				damaged[at] ^= mask
				_, _ = dora.Decode(e.Kind(), damaged) // it may read as something else: it must not panic
			}
		}
	}
	_, err := dora.Decode("ballad", []byte("{}"))
	require.ErrorContains(t, err, "newer version")
	_, err = dora.Decode(dora.KindChange, []byte{9})
	require.ErrorContains(t, err, "form")
}

func BenchmarkCodec(b *testing.B) {
	var bodies [][]byte
	var kinds []dora.Kind
	size := large.Size{Services: 1, Deployments: 50, Changes: 10, Months: 1, Every: 5}
	events := slices.Collect(size.Events())
	total := 0
	for _, e := range events {
		body, err := dora.Encode(e)
		require.NoError(b, err)
		bodies, kinds = append(bodies, body), append(kinds, e.Kind())
		total += len(body)
	}
	b.Run("decode", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			_, err := dora.Decode(kinds[i%len(bodies)], bodies[i%len(bodies)])
			if err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(total)/float64(len(bodies)), "B/event")
	})
	b.Run("encode", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			if _, err := dora.Encode(events[i%len(events)]); err != nil {
				b.Fatal(err)
			}
		}
	})
}

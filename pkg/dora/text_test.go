package dora_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestWhatWasStoredLeadsToTheWebOrNowhere(t *testing.T) {
	for address, kept := range map[string]bool{
		"https://github.example/run": true, "HTTP://grafana.example": true,
		"javascript:alert(1)": false, "JaVaScript://x/%0aalert(1)": false, "data:text/html,x": false, "//evil.example": false, "file:///etc/passwd": false, "\u0020https://x": false,
		"https://" + strings.Repeat("x", 3000): false,
	} {
		for _, e := range []dora.Event{&dora.Deployment{URL: address}, &dora.Change{URL: address}, &dora.Incident{URL: address}, &dora.Repository{URL: address}} {
			body, err := dora.Encode(e)
			require.NoError(t, err)
			read, err := dora.Decode(e.Kind(), body)
			require.NoError(t, err)
			again, err := dora.Encode(read)
			require.NoError(t, err)
			assert.Equal(t, kept, strings.Contains(string(again), address), address)
		}
	}
}

func TestTextsOfEventsHaveALimit(t *testing.T) {
	long := strings.Repeat("é", 1<<19)
	many := make([]string, 10_000)
	for i := range many {
		many[i] = long
	}
	header := dora.Header{Source: "github", ID: "1", Updated: time.Unix(1, 0)}
	for field, e := range map[string]dora.Event{
		"environment": &dora.Deployment{Header: header, Environment: long, Task: long, Ref: long, Creator: long, URL: "https://" + long},
		"author":      &dora.Change{Header: header, Author: long, Title: long, Body: long, Base: long, Branch: long, Labels: many, Reviews: make([]dora.Review, 10_000)},
		"title":       &dora.Incident{Header: header, Title: long, Body: long, Labels: many},
		"name":        &dora.Repository{Header: header, Name: long, DefaultBranch: long},
	} {
		told, problem := dora.TooLong(e)
		assert.Equal(t, field, told)
		assert.Contains(t, problem, "has 1048576 bytes; allowed: up to 1024")
		dora.Bound(e)
		told, _ = dora.TooLong(e)
		assert.Empty(t, told)
		body, err := dora.Encode(e)
		require.NoError(t, err)
		assert.Less(t, len(body), 1<<20)
		assert.True(t, strings.ToValidUTF8(string(body), "") != "")
	}
	_, problem := dora.TooLong(&dora.Incident{Labels: many})
	assert.Equal(t, "10000 are too many; allowed: 500", problem)
	assert.Len(t, long, 1<<20, "what was given is not changed")
	assert.Len(t, many[0], 1<<20)
}

func TestNamesOfOthersAreBoundedAndNeverCut(t *testing.T) {
	names := make([]string, 10_000)
	for i := range names {
		names[i] = "CHG0030001"
	}
	names[1] = strings.Repeat("x", 3000)
	i := &dora.Incident{Names: names, Same: names[:2]}
	field, problem := dora.TooLong(i)
	assert.Equal(t, "names", field)
	assert.Equal(t, "10000 are too many; allowed: 100", problem)
	dora.Bound(i)
	assert.Len(t, i.Names, 99, "a name that was cut would be another's")
	assert.Equal(t, []string{"CHG0030001"}, i.Same)
	field, _ = dora.TooLong(i)
	assert.Empty(t, field)
	assert.Len(t, names[1], 3000, "nobody else's list is altered")

	d := &dora.Deployment{Unseen: 1 << 40}
	dora.Bound(d)
	assert.Equal(t, dora.UnseenLimit, d.Unseen)
	d.Unseen = -1
	dora.Bound(d)
	assert.Zero(t, d.Unseen)
}

func TestWhatPeopleCallAnEvent(t *testing.T) {
	assert.Equal(t, "INC0012345", (&dora.Incident{Header: dora.Header{ID: "incident:af3c"}, Key: "INC0012345", Number: 7}).Called())
	assert.Equal(t, "#12", (&dora.Incident{Header: dora.Header{ID: "acme/api:issue:12"}, Number: 12}).Called())
	for called, d := range map[string]*dora.Deployment{
		"v1.2":       {Ref: "v1.2", RefKind: dora.RefTag, Key: "CHG0030001", SHA: strings.Repeat("ab", 20)},
		"CHG0030001": {Ref: "main", RefKind: dora.RefBranch, Key: "CHG0030001", SHA: strings.Repeat("ab", 20)},
		"ababababab": {Ref: "main", RefKind: dora.RefBranch, SHA: strings.Repeat("ab", 20)},
		"1.4.2":      {SHA: dora.VersionSHA("1.4.2")},
		"":           {},
	} {
		assert.Equal(t, called, d.Called())
	}
}

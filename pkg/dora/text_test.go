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

package statuspage

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// A page shows everybody its newest incidents, without a key. Those that leave the list are kept; what was there before the list
// is not known, so that a page's incidents begin with the oldest that it showed when it was first read, or when more came between
// two readings than it shows.

// feedLength is how many incidents a page shows. With fewer, it shows all that it has.
const feedLength = 50

// private is the advice where a page lets nobody in without a log-in.
const private = "the page is not public: it asks for a log-in; read it with an API key"

// feed asks for what a page shows.
func (r *run) feed(ctx context.Context, address string) (*feedRecord, error) {
	if err := r.pause(ctx); err != nil {
		return nil, err
	}
	answer, err := r.Fetch(ctx, address, wire.Call{Address: strings.TrimRight(address, "/") + "/api/v2/incidents.json"}, http.StatusNotFound)
	if err != nil {
		return nil, err
	}
	if answer.Status == http.StatusNotFound {
		return nil, r.Failure(source.CauseNotFound, address, "there is no page of Statuspage at this address: check it", r.Said(answer))
	}
	feed, err := wire.Decode[feedRecord](r.Session, address, answer)
	if err == nil && feed.Lacks() != "" {
		err = r.Unexpected(address, fmt.Errorf("%s is missing", feed.Lacks()))
	}
	return &feed, err
}

// readPublic reads what a page shows.
func (r *run) readPublic(ctx context.Context, address string) error {
	r.Progress.Part = address
	r.Report()
	feed, err := r.feed(ctx, address)
	if err != nil {
		return err
	}
	page, rows := feed.Page.ID, *feed.Incidents
	stored := r.stored(page)
	was := r.cursor.Pages[page]
	now := &shown{Address: address, Listed: keysOf(rows)}
	switch {
	case len(rows) < feedLength: // these are all
	case was != nil && overlap(was.Listed, now.Listed):
		now.Begins = was.Begins
	case was == nil && r.request.Cursor != nil && follows(stored, now.Listed): // it was read with a key
	default:
		now.Begins = r.oldest(rows)
	}
	if r.cursor.Pages == nil {
		r.cursor.Pages = map[string]*shown{}
	}
	r.cursor.Pages[page] = now
	return r.take(ctx, page, rows, stored, func(key string) bool {
		return len(rows) < feedLength || slices.Contains(now.Listed, key) || was.passed(key, now.Listed)
	})
}

// keysOf lists the ids of incidents.
func keysOf(rows []*json.RawMessage) []string {
	keys := make([]string, len(rows))
	for i, row := range rows {
		keys[i] = keyOf(row)
	}
	return keys
}

// passed says that an incident is gone, and has not merely left the end of the list: one that stood behind it is still there.
func (s *shown) passed(key string, listed []string) bool {
	if s == nil {
		return false
	}
	at := slices.Index(s.Listed, key)
	return at >= 0 && overlap(s.Listed[at+1:], listed)
}

func overlap(a, b []string) bool {
	return slices.ContainsFunc(a, func(key string) bool { return key != "" && slices.Contains(b, key) })
}

// follows says that the list goes on from what is stored: nothing is between them.
func follows(stored map[string]dora.Event, listed []string) bool {
	return slices.ContainsFunc(listed, func(key string) bool { return stored[idPrefix+key] != nil })
}

// oldest is since when all incidents are listed: those that began later were published later. Incidents that cannot be read say
// nothing.
func (r *run) oldest(rows []*json.RawMessage) time.Time {
	for _, row := range slices.Backward(rows) {
		if i := new(incidentRecord); i.decode(row) == nil {
			return i.Created.UTC()
		}
	}
	return r.Now().UTC()
}

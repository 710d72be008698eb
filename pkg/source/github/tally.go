package github

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// What GitHub's lists have no longer shows by their counts, which it tells in answers that are read anyway. A list that is
// read whole for another reason, or that one page holds, shows it by itself.

// tally is what a run meets of one of GitHub's lists.
type tally struct {
	*census.List
	list list
	kind dora.Kind
	pass *cursor.Pass
	// resumed says that a first reading goes on which was broken off; sent that the first page was sent, since something is
	// other than it was.
	resumed, sent bool
}

func (s *repositorySync) newTally(name list, kind dora.Kind, pass *cursor.Pass) *tally {
	c := &tally{List: census.NewList(s.counted(name)), list: name, kind: kind, pass: pass}
	switch state := pass.Stream; {
	case name == deploymentList && s.from() == FromMerges:
		c.Whole = s.branch.first() && s.state.History.First == nil
	case !state.Done && state.Page == "":
		c.Whole = true
	case !state.Done:
		c.resumed = true
	}
	if c.Whole {
		s.state.Unsure = s.state.Unsure || len(s.known(kind, s.state.Name)) > 0
	}
	return c
}

// counted is what is remembered of a list; nil where it was never counted.
func (s *repositorySync) counted(name list) *census.Count {
	count, known := s.state.Counts[name]
	if !known {
		return nil
	}
	return &count
}

// reconcile makes sure that what is gone from the lists does not count, once all of them are read.
func (s *repositorySync) reconcile(ctx context.Context) error {
	again := false
	for _, c := range s.lists {
		if err := s.recount(ctx, c); err != nil {
			return err
		}
		if s.doubts(c) {
			s.readAgain(c)
			again = true
		}
	}
	for again && s.more() {
		if err := s.page(ctx); err != nil {
			return err
		}
	}
	events, changed, err := s.callRoll(ctx)
	if err != nil {
		return err
	}
	landings, moved, err := s.relands(ctx)
	if err != nil {
		return err
	}
	events, changed = append(events, landings...), changed || moved || again
	for _, c := range s.lists {
		events = append(events, s.compare(c)...)
		changed = s.note(c) || changed
	}
	s.state.Unsure = false
	if young := slices.ContainsFunc(s.lists, func(c *tally) bool { return c.Young }); young != s.state.Young {
		s.state.Young, changed = young, true
	}
	if s.state.Young { // nothing may seem unchanged
		s.state.ETags = nil
	}
	s.Report()
	events = append(events, s.tellMoved()...)
	if len(events) == 0 && !changed {
		return nil
	}
	return s.emit(ctx, events)
}

// doubts says whether a list may have lost entries that the store has, or got some that are older than its newest.
func (s *repositorySync) doubts(c *tally) bool {
	switch {
	case c.Whole || !c.Told || c.Again:
		return false
	case c.Counted:
		return c.Misses()
	case c.resumed:
		return s.state.Unsure
	}
	return len(s.known(c.kind, s.state.Name)) > 0 // by an earlier version, which did not count
}

// readAgain begins a list anew.
func (s *repositorySync) readAgain(c *tally) {
	c.Restart()
	s.met.lists, s.met.ways = nil, nil
	*c.pass.Stream = cursor.Stream{}
	if c.list == issueList {
		s.issues = cursor.NewPass(&s.state.Issues, s.request.Since)
		c.pass = s.issues
		return
	}
	s.runs = s.newRuns()
	c.pass = s.runs
	for _, e := range s.known(dora.KindDeployment, s.state.Name) {
		if d, ok := e.(*dora.Deployment); ok && d.Settled() && !d.Withdrawn && d.Rank >= 0 {
			s.settled[d.Number] = true
		}
	}
}

// compare withdraws what the store has and a list that was read whole has not, and brings back what was withdrawn and is
// there again.
func (s *repositorySync) compare(c *tally) []dora.Event {
	if !c.Whole || s.short(c) {
		return nil
	}
	recent := s.Now().Add(-cursor.Overlap) // what came since the list was read is not in it
	return c.Compare(s.state.Name, s.known(c.kind, s.state.Name), recent, func(e dora.Event, name string) bool {
		switch e := e.(type) {
		case *dora.Deployment:
			return e.Posted() || e.Created.Before(s.request.Since) || s.aged(c, name, e.Created)
		case *dora.Incident:
			return e.Updated.Before(s.request.Since)
		}
		return false
	})
}

// aged says that a run may have been discarded for its age, as GitHub does with workflow runs.
func (s *repositorySync) aged(c *tally, name string, created time.Time) bool {
	return s.from() == FromWorkflowRuns && strings.HasPrefix(name, runName) && c.Older(created)
}

// runName begins the name of a deployment that is a workflow run.
const runName = "workflow_run:"

// short says that fewer entries were met than GitHub counts, though all of the list was read: it is no word on what is not
// there.
func (s *repositorySync) short(c *tally) bool {
	return c.Told && s.request.Since.IsZero() && c.list == deploymentList && c.Met() < c.Total
}

// note remembers how long the list was, and says whether that is news.
func (s *repositorySync) note(c *tally) bool {
	if !c.Told || !c.pass.Done || s.short(c) || c.Young {
		return false
	}
	now := c.Count()
	if s.state.Counts[c.list] == now {
		return false
	}
	if s.state.Counts == nil {
		s.state.Counts = map[list]census.Count{}
	}
	s.state.Counts[c.list] = now
	return true
}

// recount asks REST how long a list is that does not fit into a page. Where the first page is as it was, so is the list if
// its last page is: whatever is deleted moves that. Then nothing is sent, and it costs nothing of the rate limit.
func (s *repositorySync) recount(ctx context.Context, c *tally) error {
	api, only := s.reader.(rest)
	path := repositoryPath(s.part) + restLists[c.list]
	if !only || c.Told || s.request.Known == nil || (c.list == deploymentList && s.from() != FromDeployments) {
		return nil
	}
	switch fits := c.Counted && c.Before.Last == 0; {
	case c.Single:
		c.Total, c.Told = c.Met(), true
		return nil
	case !c.sent && fits: // all of it is as it was
		return nil
	}
	page := fmt.Sprintf("%sper_page=%d&page=", path, wire.Widest)
	if before := &c.Before; !c.sent && before.Last > 0 {
		_, f, err := fetch[[]json.RawMessage](ctx, s.run, s.part, page+strconv.Itoa(before.Last), before.ETag)
		if err != nil {
			return err
		}
		if f.unchanged {
			c.Total, c.Told = before.Total, true
			return nil
		}
	}
	total, err := api.length(ctx, s.part, path)
	if err != nil {
		return err
	}
	last := max(1, (total+wire.Widest-1)/wire.Widest)
	_, f, err := fetch[[]json.RawMessage](ctx, s.run, s.part, page+strconv.Itoa(last), "")
	if err != nil {
		return err
	}
	c.Total, c.Told, c.Before.Last, c.Before.ETag = total, true, last, f.etag
	return nil
}

// restLists are where REST lists what there is, with room for a page.
var restLists = map[list]string{
	deploymentList: "/deployments?", issueList: "/issues?state=all&sort=created&direction=desc&", closedList: "/pulls?state=closed&sort=created&direction=desc&",
}

// censusOf are the lists whose entries can go.
func (s *repositorySync) censusOf(name list) *tally {
	if name == pullList {
		return s.ended
	}
	i := slices.IndexFunc(s.lists, func(c *tally) bool { return c.list == name })
	if i < 0 {
		return nil
	}
	return s.lists[i]
}

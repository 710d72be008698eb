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
	"github.com/livedora/dora-datasource/pkg/source/cursor"
	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// Lists are read from their newest entry to what is known, and nothing tells of an entry that was deleted or moved
// elsewhere. But GitHub counts them in answers that are read anyway: where there are not as many as there were and have
// come since, the list is read from its beginning, and what is not in it any more is withdrawn. A list that is read whole
// for another reason, or that one page holds, shows it by itself.

// count is how many entries a list had when it was last known to hold what the store has, and the number of the newest.
type count struct {
	Total  int   `json:"n"`
	Newest int64 `json:"newest,omitempty"`
	// Last is which page was the last one over REST, and ETag what it was.
	Last int    `json:"last,omitempty"`
	ETag string `json:"etag,omitempty"`
}

// census is what a run meets of one list.
type census struct {
	list list
	kind dora.Kind
	pass *cursor.Pass
	// whole says that what is not met is not there, back to the history limit; resumed that a first reading goes on which
	// was broken off; again that the list is read for the second time in this run.
	whole, resumed, again bool
	met                   map[string]*dora.Incident // by name within the repository; deployments are nil
	all                   map[int64]bool            // numbers
	oldest                time.Time                 // of those that were met
	before                count
	counted               bool // before is known
	total                 int
	told                  bool // total is known
	newest                int64
	fresh                 map[int64]bool // those that are newer than before
	young                 bool           // something that is missing may have come since the list was read
	sent, single          bool           // the first page was sent, since something is other than it was; it holds all there is
}

func (s *repositorySync) newCensus(name list, kind dora.Kind, pass *cursor.Pass) *census {
	c := &census{list: name, kind: kind, pass: pass, met: map[string]*dora.Incident{}, all: map[int64]bool{}, fresh: map[int64]bool{}}
	c.before, c.counted = s.state.Counts[name]
	c.newest = c.before.Newest
	switch state := pass.Stream; {
	case name == deploymentList && s.from() == FromMerges:
		c.whole = s.branch.first() && s.state.History.First == nil
	case !state.Done && state.Page == "":
		c.whole = true
	case !state.Done:
		c.resumed = true
	}
	if c.whole {
		s.state.Unsure = s.state.Unsure || len(s.known(kind, s.state.Name)) > 0
	}
	return c
}

// meet takes note of an entry.
func (c *census) meet(name string, at time.Time, incident *dora.Incident) {
	c.met[name] = incident
	if c.oldest.IsZero() || at.Before(c.oldest) {
		c.oldest = at
	}
}

// counts takes note of an entry's number, whatever it means.
func (c *census) counts(number int64) {
	c.all[number] = true
	if number > c.before.Newest {
		c.fresh[number] = true
	}
	c.newest = max(c.newest, number)
}

// page takes note of how long the list is, and whether this page holds all of it.
func (c *census) page(total int, told, whole bool) {
	if told && !c.told {
		c.total, c.told = total, true
	}
	c.whole, c.single = c.whole || whole, c.single || whole
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
	if young := slices.ContainsFunc(s.lists, func(c *census) bool { return c.young }); young != s.state.Young {
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
func (s *repositorySync) doubts(c *census) bool {
	switch {
	case c.whole || !c.told || c.again:
		return false
	case c.counted:
		return c.misses()
	case c.resumed:
		return s.state.Unsure
	}
	return len(s.known(c.kind, s.state.Name)) > 0 // by an earlier version, which did not count
}

// misses says that there are not as many entries as there were and have come since.
func (c *census) misses() bool { return c.counted && c.told && c.total != c.before.Total+len(c.fresh) }

// readAgain begins a list anew.
func (s *repositorySync) readAgain(c *census) {
	c.again, c.whole = true, true
	c.before.Newest = c.newest // what is newer has come since it was counted
	clear(c.fresh)
	clear(c.met)
	clear(c.all)
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
func (s *repositorySync) compare(c *census) []dora.Event {
	if !c.whole || s.short(c) {
		return nil
	}
	var events []dora.Event
	recent := s.Now().Add(-cursor.Overlap) // what came since the list was read is not in it
	for _, e := range s.known(c.kind, s.state.Name) {
		name := strings.TrimPrefix(e.Head().ID[min(len(s.state.Name), len(e.Head().ID)):], ":")
		incident, met := c.met[name]
		switch e := e.(type) {
		case *dora.Deployment:
			switch {
			case met && e.Withdrawn:
				back := *e
				back.Withdrawn = false
				back.Rank++
				events = append(events, &back)
			case met || e.Withdrawn || e.Posted() || e.Created.Before(s.request.Since) || s.aged(c, name, e.Created):
			case !e.Landing && !e.Created.Before(recent):
				c.young = true
			default:
				gone := *e
				gone.Withdrawn = true
				gone.Rank++
				events = append(events, &gone)
			}
		case *dora.Incident:
			switch {
			case met && e.Withdrawn && !incident.NewerThan(e.Header):
				back := *incident
				back.Updated, back.Rank = e.Updated, e.Rank+1
				events = append(events, &back)
			case met || e.Withdrawn || e.Updated.Before(s.request.Since):
			case !e.Opened.Before(recent):
				c.young = true
			default:
				gone := *e
				gone.Withdrawn = true
				gone.Rank++
				events = append(events, &gone)
			}
		}
	}
	return events
}

// aged says that a run may have been discarded for its age, as GitHub does with workflow runs.
func (s *repositorySync) aged(c *census, name string, created time.Time) bool {
	return s.from() == FromWorkflowRuns && strings.HasPrefix(name, runName) && (c.oldest.IsZero() || created.Before(c.oldest))
}

// runName begins the name of a deployment that is a workflow run.
const runName = "workflow_run:"

// short says that fewer entries were met than GitHub counts, though all of the list was read: it is no word on what is not
// there.
func (s *repositorySync) short(c *census) bool {
	return c.told && s.request.Since.IsZero() && c.list == deploymentList && len(c.all) < c.total
}

// note remembers how long the list was, and says whether that is news.
func (s *repositorySync) note(c *census) bool {
	if !c.told || !c.pass.Done || s.short(c) || c.young {
		return false
	}
	now := count{Total: c.total, Newest: c.newest, Last: c.before.Last, ETag: c.before.ETag}
	if c.again {
		now.Total += len(c.fresh)
	}
	if s.state.Counts[c.list] == now {
		return false
	}
	if s.state.Counts == nil {
		s.state.Counts = map[list]count{}
	}
	s.state.Counts[c.list] = now
	return true
}

// recount asks REST how long a list is that does not fit into a page. Where the first page is as it was, so is the list if
// its last page is: whatever is deleted moves that. Then nothing is sent, and it costs nothing of the rate limit.
func (s *repositorySync) recount(ctx context.Context, c *census) error {
	api, only := s.reader.(rest)
	path := repositoryPath(s.part) + restLists[c.list]
	if !only || c.told || s.request.Known == nil || (c.list == deploymentList && s.from() != FromDeployments) {
		return nil
	}
	switch fits := c.counted && c.before.Last == 0; {
	case c.single:
		c.total, c.told = len(c.all), true
		return nil
	case !c.sent && fits: // all of it is as it was
		return nil
	}
	page := fmt.Sprintf("%sper_page=%d&page=", path, wire.Widest)
	if before := &c.before; !c.sent && before.Last > 0 {
		_, f, err := fetch[[]json.RawMessage](ctx, s.run, s.part, page+strconv.Itoa(before.Last), before.ETag)
		if err != nil {
			return err
		}
		if f.unchanged {
			c.total, c.told = before.Total, true
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
	c.total, c.told, c.before.Last, c.before.ETag = total, true, last, f.etag
	return nil
}

// restLists are where REST lists what there is, with room for a page.
var restLists = map[list]string{
	deploymentList: "/deployments?", issueList: "/issues?state=all&sort=created&direction=desc&", closedList: "/pulls?state=closed&sort=created&direction=desc&",
}

// censusOf are the lists whose entries can go.
func (s *repositorySync) censusOf(name list) *census {
	if name == pullList {
		return s.ended
	}
	i := slices.IndexFunc(s.lists, func(c *census) bool { return c.list == name })
	if i < 0 {
		return nil
	}
	return s.lists[i]
}

package jenkins

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

const (
	// olderAtOnce is how many builds beyond the newest hundred are asked for at once: for each such list Jenkins looks for all
	// of the job's.
	olderAtOnce = 400
	// again is how many of the builds that were read before are read once more, for what shows up late.
	again = 10
	// stepBack is how far a list that moved up is followed back.
	stepBack = 50
	// giveUp is how long a build that does not end is asked about.
	giveUp = 90 * 24 * time.Hour
)

// jobSync reads one job's builds.
type jobSync struct {
	*run
	job   *item
	rules []*rule
	state *position
	// known are numbers below the newest build that was read, of which the store has a deployment, or that it knows to be unseen.
	known  map[int64]*dora.Deployment
	stages map[int64][]stageRecord // that were told in advance, by number
}

// sync reads what is new of a job.
func (r *run) sync(ctx context.Context, job *item) error {
	r.cursor.Jobs.Rest()
	s := &jobSync{run: r, job: job, rules: ofJob(r.rules, job.Full), state: r.cursor.Jobs.At(job.Full)}
	s.reconsider()
	if s.idle() {
		return nil
	}
	r.Progress.Part, r.Progress.Done, r.Progress.Total = job.Full, 0, 0
	r.Report()
	if err := s.readNewest(ctx); err != nil {
		return err
	}
	for !s.state.Done {
		if err := s.readOlder(ctx); err != nil {
			return err
		}
	}
	events := s.tellUnseen()
	s.state.Next, s.state.Last = job.Next, last{}
	if job.Last != nil {
		s.state.Last = *job.Last
	}
	return r.emit(ctx, events)
}

// reconsider begins anew where the lines say something else now, where the job came back, or where it is another one that was
// made under the same name: numbers begin anew then, and so does what is known of them.
func (s *jobSync) reconsider() {
	p, origin := s.state, s.origin(s.rules)
	fresh := position{Origin: origin, Repositories: p.Repositories, Began: p.Began}
	switch {
	case p.Origin != origin || p.Left:
		*p = fresh
	case s.job.Next < p.Next, s.job.Last != nil && s.job.Last.Number == p.Last.Number && s.job.Last.Timestamp != p.Last.Timestamp:
		fresh.Began = p.High.Timestamp
		*p = fresh
	}
}

// idle says that nothing has happened since all was read.
func (s *jobSync) idle() bool {
	p := s.state
	p.Open.GiveUp(s.Now(), giveUp)
	now := last{}
	if s.job.Last != nil {
		now = *s.job.Last
	}
	return p.Done && p.Next == s.job.Next && p.Last == now && len(p.Open) == 0
}

// readNewest reads the builds that are newer than those that were read, and again those that had not ended.
func (s *jobSync) readNewest(ctx context.Context) error {
	p := s.state
	count := newestAtMost
	if p.High.Number > 0 {
		count = int(min(newestAtMost, max(0, s.job.Next-1-p.High.Number)+again))
	}
	var newest last
	var lowest int64
	first := p.High.Number == 0
	prior := int64(0) // the number above, of which was read
	met := map[int64]bool{}
	var gaps []gap
	for from := 0; ; {
		rows, listed, err := s.rows(ctx, s.job.Full, from, count)
		if err != nil {
			return err
		}
		if from == 0 && len(rows) > 0 {
			newest = last{rows[0].Number, rows[0].Timestamp}
		}
		if s.remade(rows) {
			*p = position{Origin: p.Origin, Repositories: p.Repositories, Began: p.High.Timestamp}
			return s.readNewest(ctx)
		}
		var taking []*build
		for _, row := range rows {
			lowest = row.Number
			if prior > 0 && row.Number >= prior {
				continue // it was met on the page before
			}
			if row.Number > p.High.Number || s.isOpen(row.Number) || s.wasUnseen(row) {
				taking = append(taking, row)
			}
			met[row.Number] = true
			if above := max(row.Number, p.High.Number) + 1; above < prior {
				gaps = append(gaps, gap{above, prior - 1, at0(rows, prior)})
			}
			prior = row.Number
		}
		ended := listed < count || lowest <= p.High.Number || first
		if ended && !first {
			if more, err := s.openElsewhere(ctx, met); err != nil {
				return err
			} else if len(more) > 0 {
				taking = append(taking, more...)
			}
		}
		events, err := s.take(ctx, taking)
		if err != nil {
			return err
		}
		if first {
			s.begin(rows, listed, gaps)
			return s.emit(ctx, events)
		}
		if ended {
			if p.High.Number+1 < prior { // what was read is not there any more
				gaps = append(gaps, gap{p.High.Number + 1, prior - 1, newest.Timestamp})
			}
			if newest.Number > p.High.Number {
				p.Count += int(newest.Number - p.High.Number)
				p.High = newest
			}
			p.Gaps = append(p.Gaps, gaps...)
			return s.emit(ctx, events)
		}
		if err := s.emit(ctx, events); err != nil {
			return err
		}
		from += max(1, listed-1)
		count = olderAtOnce
	}
}

// at0 is when the build of a number was created, or the one above what is missing.
func at0(rows []*build, number int64) int64 {
	for _, row := range rows {
		if row.Number == number {
			return row.Timestamp
		}
	}
	return rows[0].Timestamp
}

// begin takes note of the first page of a first reading.
func (s *jobSync) begin(rows []*build, listed int, gaps []gap) {
	p := s.state
	if p.Done = len(rows) == 0; p.Done {
		return
	}
	lowest := rows[len(rows)-1]
	p.High, p.Low, p.Count = last{rows[0].Number, rows[0].Timestamp}, last{lowest.Number, lowest.Timestamp}, listed
	p.Gaps = append(p.Gaps, gaps...)
	s.bottom(rows, listed < newestAtMost)
}

// bottom says whether older builds are to be read.
func (s *jobSync) bottom(rows []*build, ends bool) {
	p := s.state
	switch {
	case len(rows) > 0 && rows[len(rows)-1].began().Before(s.request.Since):
		p.Done = true
	case ends:
		p.Done = true
		if p.Low.Number > 1 {
			p.Gaps = append(p.Gaps, gap{1, p.Low.Number - 1, p.Low.Timestamp})
		}
	}
}

// readOlder goes on with a first reading below the oldest build that was read.
func (s *jobSync) readOlder(ctx context.Context) error {
	p := s.state
	var rows []*build
	var listed int
	for from := max(0, p.Count-1); ; from = max(0, from-stepBack) {
		var err error
		if rows, listed, err = s.rows(ctx, s.job.Full, from, olderAtOnce); err != nil {
			return err
		}
		// The oldest that was read has to be met, or one that is newer: else the list moved up, and something is missing between.
		if from == 0 || len(rows) > 0 && rows[0].Number >= p.Low.Number {
			break
		}
	}
	full := listed == olderAtOnce
	rows = slices.DeleteFunc(rows, func(row *build) bool { return row.Number >= p.Low.Number })
	events, err := s.take(ctx, rows)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.Number < p.Low.Number-1 {
			p.Gaps = append(p.Gaps, gap{row.Number + 1, p.Low.Number - 1, p.Low.Timestamp})
		}
		p.Low, p.Count = last{row.Number, row.Timestamp}, p.Count+1
	}
	if full && len(rows) == 0 { // newer ones came in meanwhile
		p.Count += olderAtOnce - 1
	}
	s.bottom(rows, !full)
	return s.emit(ctx, events)
}

// remade says that the builds are not those of the job that was read: one of the same number was created at another time.
func (s *jobSync) remade(rows []*build) bool {
	high := s.state.High
	return high.Number > 0 && slices.ContainsFunc(rows, func(row *build) bool { return row.Number == high.Number && row.Timestamp != high.Timestamp })
}

func (s *jobSync) isOpen(number int64) bool {
	return slices.ContainsFunc(s.state.Open, func(o openBuild) bool { return o.Number == number })
}

// openElsewhere reads builds that had not ended and are not among the newest. What is not there any more stays as it was seen.
func (s *jobSync) openElsewhere(ctx context.Context, met map[int64]bool) (found []*build, err error) {
	for _, o := range slices.Clone(s.state.Open) {
		if met[o.Number] {
			continue
		}
		b, there, err := one[build](ctx, s.run, s.job.Full, export(at(s.job.Full)+"/"+number(o.Number), buildTree), http.StatusNotFound)
		switch {
		case err != nil:
			return nil, err
		case !there:
			s.state.Open.Drop(o.Key())
		default:
			found = append(found, b)
		}
	}
	return found, nil
}

// take makes deployments of builds, and takes back what is none any more.
func (s *jobSync) take(ctx context.Context, builds []*build) (events []dora.Event, err error) {
	if err := s.ahead(ctx, builds); err != nil {
		return nil, err
	}
	for _, b := range builds {
		if !b.Building && b.ended().Before(s.request.Since) {
			continue
		}
		found, err := s.deploymentsOf(ctx, b)
		if err != nil {
			return nil, err
		}
		produced := map[string]bool{}
		for _, d := range found {
			produced[d.ID] = true
			events = append(events, s.adopt(d)...)
			if news := s.news(d); news != nil {
				events = append(events, news)
			}
		}
		for _, repository := range s.state.Repositories {
			shelf := s.shelf(repository)
			for _, id := range shelf.byBuild[b.key()] {
				if d := shelf.byID[id]; !produced[id] && !d.Withdrawn {
					events = append(events, census.Withdraw(d))
				}
			}
		}
		events = append(events, s.seen(b.Number)...)
		if b.Building {
			s.state.Open.Watch(openBuild{b.Number, b.began()}, s.Now(), giveUp)
		} else {
			s.state.Open.Drop(number(b.Number))
		}
	}
	return events, nil
}

// news is a deployment where the store has it not, or otherwise.
func (s *jobSync) news(d *dora.Deployment) dora.Event {
	stored := s.shelf(d.Repository).byID[d.ID]
	if stored == nil {
		return d
	}
	if d.RefKind == dora.RefLost && stored.RefKind != dora.RefLost { // what it was can be told no more
		d.SHA, d.Ref, d.RefKind = stored.SHA, stored.Ref, stored.RefKind
	}
	if d.NewerThan(stored.Header) || stored.Withdrawn || d.SHA != stored.SHA || d.Ref != stored.Ref || d.Task != stored.Task || d.Environment != stored.Environment {
		return census.Above(d, stored)
	}
	return nil
}

// adopt has all that the store has of a job that is called otherwise now told under its present name.
func (s *jobSync) adopt(d *dora.Deployment) (events []dora.Event) {
	shelf := s.shelf(d.Repository)
	stored := shelf.byID[d.ID]
	if stored == nil || stored.Task == d.Task || s.listed[stored.Task] != nil {
		return nil
	}
	former := stored.Task
	for _, other := range shelf.byID {
		if other.Task == former && !other.Withdrawn {
			moved := *other
			moved.Task = d.Task
			moved.Rank++
			events = append(events, &moved)
		}
	}
	for _, e := range events {
		if moved, is := e.(*dora.Deployment); is {
			shelf.put(moved)
		}
	}
	s.known = nil
	return events
}

// leaveOut takes back what jobs deployed that no line takes any more, while they are there; what is gone from Jenkins stays.
func (r *run) leaveOut(ctx context.Context) error {
	r.cursor.Jobs.Rest()
	var names []string
	for name, p := range r.cursor.Jobs.All() {
		if !p.Left && ofJob(r.rules, name) == nil {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		there := r.listed[name] != nil
		if !there {
			answer, err := r.get(ctx, name, export(at(name), "name"), http.StatusNotFound, http.StatusForbidden)
			if err != nil {
				return err
			}
			there = answer.Status == http.StatusOK
		}
		p := r.cursor.Jobs.At(name)
		var events []dora.Event
		for _, repository := range p.Repositories {
			if !there {
				break
			}
			for _, d := range r.shelf(repository).byID {
				if d.Task == name && !d.Withdrawn {
					events = append(events, census.Withdraw(d))
				}
			}
		}
		*p = position{Left: true, Repositories: p.Repositories, Began: p.Began}
		slices.SortFunc(events, func(a, b dora.Event) int { return strings.Compare(a.Head().ID, b.Head().ID) })
		if err := r.emit(ctx, events); err != nil {
			return err
		}
		r.cursor.Jobs.Rest()
	}
	return nil
}

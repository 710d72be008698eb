package argocd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// reading reads one application until it is up to date.
type reading struct {
	*run
	*application
	part    string // the application's key
	state   *position
	entries []*entry // of its history, in order
	before  []string // what it deployed, as the rules were when it was read last
	events  []dora.Event
}

// sync reads an application by itself where the list has news of it.
func (r *run) sync(ctx context.Context, a *application) error {
	key := a.key()
	r.Progress.Part, r.Progress.Done, r.Progress.Total = key, 0, 0
	r.Report()
	r.cursor.Applications.Rest()
	if known := r.cursor.Applications.Known(key); known != nil && len(r.request.Only) == 0 && !r.hasNews(known, a) {
		return nil
	}
	whole, err := r.whole(ctx, a)
	if err != nil {
		return err
	}
	s := &reading{run: r, application: whole, part: key, state: r.cursor.Applications.At(key)}
	broken := s.read()
	s.state.Broken = broken != nil // and it is read again by the next run
	return errors.Join(r.emit(ctx, s.events), broken)
}

// hasNews says whether an application did something since, or is to be told of otherwise.
func (r *run) hasNews(p *position, a *application) bool {
	if p.Broken || !p.Created.Equal(a.Metadata.Created.Time) || p.Rules != r.rules() || p.Environment != r.environment(a.Metadata.Name, a.Metadata.Labels, a.Spec.Destination) {
		return true
	}
	o := a.Status.Operation
	if o == nil {
		return false
	}
	if !o.Started.Equal(p.Started) || o.Phase != p.Phase || !o.ended().Equal(p.Ended) {
		return true
	}
	return r.byImage() && o.Phase == phaseSucceeded && len(p.news(r.ofImages(a.Status.Summary.Images), "")) > 0
}

func (s *Source) byImage() bool { return s.config.Version.From == FromImage }

// rules are what makes deployments of operations, to tell whether that has changed.
func (s *Source) rules() string {
	v := s.config.Version
	return strings.Join(append([]string{string(v.From), v.Image.String(), v.Tag.String()}, s.config.Repositories...), "\n")
}

// read makes events of what an application did. Its error is of what of the history cannot be read; the rest is.
func (s *reading) read() error {
	if !s.state.Created.IsZero() && !s.state.Created.Equal(s.Metadata.Created.Time) { // another has the name now
		*s.state = position{Repositories: s.state.Repositories, Rules: s.state.Rules, Environment: s.state.Environment}
	}
	s.state.Created = s.Metadata.Created.Time
	if s.before = s.state.Repositories; s.state.Rules != s.rules() {
		s.state.Repositories, s.state.Guessed = nil, ""
	}
	broken := s.readHistory()
	o := s.Status.Operation
	if o != nil {
		idle := s.idle(o)
		s.state.Started, s.state.Phase, s.state.Ended, s.state.Idle = o.Started.Time, o.Phase, o.ended(), idle
		if idle {
			s.takeBack(o)
			o = nil
		}
	}
	if s.byImage() {
		s.learn(o)
	}
	s.settle()
	for _, e := range s.entries {
		if at := e.Deployed.Time; !at.Before(s.request.Since) {
			s.tell(e.Started.Time, *e.ID, e.InitiatedBy, s.brought(&e.origin, e.Started.Time), at, true, dora.DeploymentStatus{State: dora.StateSuccess, At: at})
		}
	}
	if broken == nil {
		s.countGaps()
	}
	if o != nil {
		s.takeOperation(o)
	}
	return broken
}

// readHistory takes the entries that can be read.
func (s *reading) readHistory() error {
	var failures []error
	for _, text := range s.Status.History {
		e, err := decoded[entry](s.run, s.part, text)
		failures = append(failures, err)
		if err == nil {
			s.entries = append(s.entries, e)
		}
	}
	slices.SortFunc(s.entries, func(a, b *entry) int { return cmp.Compare(*a.ID, *b.ID) })
	return errors.Join(failures...)
}

// idle says that an operation brings nothing: it only tried, or put back by itself what somebody altered in the cluster, with
// the revision that runs.
func (s *reading) idle(o *operation) bool {
	if o.Started.Equal(s.state.Started) {
		return s.state.Idle
	}
	if o.Asked.Sync != nil && o.Asked.Sync.DryRun {
		return true
	}
	if !o.partial() || !o.Asked.InitiatedBy.Automated {
		return false
	}
	runs, since := s.state.Made, s.state.Started
	if last := s.last(); last != nil && (runs == "" || last.Started.After(since)) {
		runs = last.revisions()
	}
	return runs != "" && runs == o.made(s.application).revisions()
}

// last is the newest entry of the history; nil where there is none.
func (s *reading) last() *entry {
	if len(s.entries) == 0 {
		return nil
	}
	return s.entries[len(s.entries)-1]
}

// takeBack withdraws what a webhook told of an operation that brought nothing.
func (s *reading) takeBack(o *operation) {
	mark := (&deployed{began: o.Started.Time}).mark()
	for _, repository := range s.repositories() {
		for _, d := range s.known(repository, s.part) {
			if d.ID == idOf(repository, s.part, mark) && !d.Withdrawn {
				s.events = append(s.events, census.Withdraw(d))
			}
		}
	}
}

// takeOperation tells of the last operation, unless the history has it.
func (s *reading) takeOperation(o *operation) {
	told := slices.ContainsFunc(s.entries, func(e *entry) bool { return e.Started.Equal(o.Started.Time) })
	if last := s.last(); last != nil && last.Started.IsZero() && o.Phase == phaseSucceeded && !o.partial() {
		told = true // nothing tells which entry it is
	}
	if !told && !o.ended().Before(s.request.Since) {
		statuses := []dora.DeploymentStatus{}
		switch {
		case o.failed():
			statuses = append(statuses, dora.DeploymentStatus{State: dora.StateFailure, At: o.ended()})
		case o.Phase == phaseSucceeded:
			statuses = append(statuses, dora.DeploymentStatus{State: dora.StateSuccess, At: o.ended()})
		}
		s.tell(o.Started.Time, 0, o.Asked.InitiatedBy, s.brought(o.made(s.application), o.Started.Time), o.ended(), false, statuses...)
	}
	if o.Phase == phaseSucceeded {
		s.state.Made = o.made(s.application).revisions()
	}
}

// tell makes the deployments of one operation, one for each repository that it brought a version of.
func (s *reading) tell(began time.Time, number int64, by initiator, versions []brought, at time.Time, whole bool, statuses ...dora.DeploymentStatus) {
	d := deployed{name: s.Metadata.Name, key: s.part, environment: s.state.Environment, began: began, entry: number, by: by, statuses: statuses}
	if !began.IsZero() {
		d.statuses = append([]dora.DeploymentStatus{{State: dora.StateRunning, At: began}}, statuses...)
	}
	for _, b := range versions {
		made := s.of(d, b)
		if whole {
			made.Updated = at.Add(settled)
		}
		s.events = append(s.events, made)
		s.deploys(b.repository)
	}
}

// deploys takes note of a repository that the application deploys.
func (s *reading) deploys(repository string) {
	if !slices.Contains(s.state.Repositories, repository) {
		s.state.Repositories = append(s.state.Repositories, repository)
	}
}

// countGaps tells of the numbers that the history skips, and of those below its first.
func (s *reading) countGaps() {
	last := s.last()
	if last == nil {
		return
	}
	next, after := int64(0), s.state.Until
	if s.state.Read && *last.ID >= s.state.Newest {
		next = s.state.Newest + 1
	}
	for _, e := range s.entries {
		began := e.Started.Time
		if began.IsZero() {
			began = e.Deployed.Time
		}
		if missing := *e.ID - next; missing > 0 && !e.Deployed.Before(s.request.Since) {
			s.tellGap(e, int(missing), after, began)
		}
		if *e.ID >= next {
			next = *e.ID + 1
		}
		after = e.Deployed.Time
	}
	s.state.Read, s.state.Newest, s.state.Until = true, *last.ID, last.Deployed.Time
}

// tellGap tells how many operations ended after one time and before another that cannot be seen any more, and of which nobody
// told.
func (s *reading) tellGap(e *entry, missing int, after, before time.Time) {
	for _, b := range s.brought(&e.origin, e.Started.Time) {
		id := idOf(b.repository, s.part, gaps+fmt.Sprint(*e.ID))
		unseen := missing
		var told *dora.Deployment
		for _, d := range s.known(b.repository, s.part) {
			switch finished := d.Finished(); {
			case d.ID == id:
				told = d
			case d.Unseen == 0 && !d.Withdrawn && finished.After(after) && !finished.After(before):
				unseen--
			}
		}
		switch {
		case unseen > 0:
			s.events = append(s.events, &dora.Deployment{
				Header: dora.Header{Source: s.config.ID, ID: id, Updated: before}, Repository: b.repository, Number: *e.ID,
				Environment: s.state.Environment, Task: s.Metadata.Name, SHA: "sync:" + gaps + fmt.Sprint(*e.ID), Created: before, Unseen: unseen, Statuses: []dora.DeploymentStatus{},
			})
			s.deploys(b.repository)
		case told != nil && !told.Withdrawn:
			s.events = append(s.events, census.Withdraw(told))
		}
	}
}

package discover

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/source"
)

// State is how a search is.
type State string

// The states of a search.
const (
	None    State = "none"    // nobody has looked around yet
	Running State = "running" // somebody does
	Done    State = "done"    // what was found is there
	Failed  State = "failed"  // nothing could be looked at
)

// Problem is what could not be read.
type Problem struct {
	Source  string `json:"source"`
	Part    string `json:"part,omitempty"` // such as a repository; empty: all of it
	Message string `json:"message"`
}

// Report is a search as it is now.
type Report struct {
	State   State     `json:"state"`
	Sources []string  `json:"sources"`
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	// Part is what is being looked at; Done and Total count repositories, 0: not known yet.
	Part  string `json:"part,omitempty"`
	Done  int    `json:"done"`
	Total int    `json:"total"`
	// Requests and Points are what was spent: HTTP requests, and the vendors' own units.
	Requests int `json:"requests"`
	Points   int `json:"points"`
	// WaitingUntil is set while a vendor's limit holds it.
	WaitingUntil time.Time `json:"waitingUntil,omitzero"`
	Remarks      []string  `json:"remarks"`
	Problems     []Problem `json:"problems"`
	// Proposal is there when it is done.
	Proposal *Proposal `json:"proposal,omitempty"`
}

// Target is a source to look at.
type Target struct {
	Given
	Source source.Source
}

// explorers are those of some sources that can look around; an error names those that cannot.
func explorers(targets []Target) ([]source.Explorer, error) {
	var able []source.Explorer
	for _, t := range targets {
		e, ok := t.Source.(source.Explorer)
		if !ok {
			return nil, fmt.Errorf("%w: %s is of the type %s", ErrCannotLook, t.ID, t.Type)
		}
		able = append(able, e)
	}
	return able, nil
}

// Able says whether a source can look around.
func Able(t Target) bool {
	_, able := t.Source.(source.Explorer)
	return able
}

// ErrCannotLook says that a source is of a type that cannot look around.
var ErrCannotLook = errors.New("only sources of the type github can look around")

// Search looks around, once at a time, and keeps what it found last. It is safe for concurrent use.
type Search struct {
	mu     sync.Mutex
	report Report
	spent  []source.Progress // by source
	offers []source.Offer
	given  []Given
	until  time.Time
}

// Report is how it is now.
func (s *Search) Report() Report {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.report
	if r.State == "" {
		r.State = None
	}
	r.Requests, r.Points = 0, 0
	if r.State == Running {
		r.Done, r.Total = 0, 0
	}
	for _, spent := range s.spent {
		r.Requests += spent.Requests
		r.Points += spent.Points
		if r.State == Running {
			r.Done, r.Total = r.Done+spent.Done, r.Total+spent.Parts
			if spent.WaitingUntil.After(r.WaitingUntil) {
				r.WaitingUntil = spent.WaitingUntil
			}
		}
	}
	if r.Sources == nil {
		r.Sources = []string{}
	}
	if r.Remarks == nil {
		r.Remarks = []string{}
	}
	if r.Problems == nil {
		r.Problems = []Problem{}
	}
	return r
}

// Begin begins a search. It says false where one is running already, which goes on. What it gives carries the search out.
func (s *Search) Begin(targets []Target, now time.Time) (run func(context.Context), began bool, err error) {
	able, err := explorers(targets)
	if err != nil {
		return nil, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.report.State == Running {
		return nil, false, nil
	}
	s.report = Report{State: Running, Started: now.UTC()}
	s.spent, s.given = make([]source.Progress, len(targets)), nil
	for _, t := range targets {
		s.report.Sources = append(s.report.Sources, t.ID)
		s.given = append(s.given, t.Given)
	}
	return func(ctx context.Context) { s.look(ctx, targets, able, now) }, true, nil
}

// look asks one source after another. One that fails costs itself.
func (s *Search) look(ctx context.Context, targets []Target, able []source.Explorer, now time.Time) {
	var offers []source.Offer
	var problems []Problem
	seen := 0
	for i, t := range targets {
		found, err := able[i].Look(ctx, source.Look{Since: now.Add(-Window), Report: func(p source.Progress) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.spent[i], s.report.Part = p, p.Part
		}})
		offers = append(offers, found...)
		for _, failure := range source.Failures(t.ID, err) {
			problems = append(problems, Problem{Source: t.ID, Part: failure.Part, Message: failure.Error()})
		}
		if err == nil || len(found) > 0 {
			seen++
		}
	}
	proposal, err := Propose(offers, s.given, now.Add(-Window), now)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.offers, s.until = offers, now
	r := &s.report
	r.Ended, r.Problems, r.Part = time.Now().UTC(), problems, ""
	r.Done, r.Total = len(offers), len(offers)
	for _, spent := range s.spent {
		if spent.Remark != "" {
			r.Remarks = append(r.Remarks, spent.Remark)
		}
	}
	switch {
	case err != nil:
		r.State = Failed
		r.Problems = append(r.Problems, Problem{Message: err.Error()})
	case seen == 0:
		r.State = Failed
	default:
		r.State, r.Proposal = Done, proposal
	}
}

// Fail ends a search that broke.
func (s *Search) Fail(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.report.State, s.report.Ended = Failed, time.Now().UTC()
	s.report.Problems = append(s.report.Problems, Problem{Message: err.Error()})
}

// ErrNothingFound says that there is nothing yet that could be corrected.
var ErrNothingFound = errors.New("nothing was found yet: look around first")

// Correct makes the proposal anew by what people say of it. Nothing is kept of that.
func (s *Search) Correct(corrections []Correction) (*Proposal, error) {
	s.mu.Lock()
	offers, given, until, done := s.offers, s.given, s.until, s.report.State == Done
	s.mu.Unlock()
	if !done {
		return nil, ErrNothingFound
	}
	return Propose(offers, given, until.Add(-Window), until, corrections...)
}

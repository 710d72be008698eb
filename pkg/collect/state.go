package collect

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
)

// Status is how a source is doing, in a word.
type Status string

// The states of a source.
const (
	StatusIdle       Status = "idle"       // it has not run yet
	StatusCollecting Status = "collecting" // a run is on
	StatusWaiting    Status = "waiting"    // a rate limit holds the run, or another instance collects the source
	StatusOK         Status = "ok"         // the last run succeeded
	StatusFailing    Status = "failing"    // the last run failed, wholly or in part
)

// SourceState tells how a source is doing. Times are zero where there is none.
type SourceState struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	State Status `json:"state"`
	// Progress of the current or last run, 0 to 1; 0 where the source cannot tell. A source that is up to date has 1.
	Progress float64 `json:"progress"`
	// Part is what is being read, such as a repository.
	Part string `json:"part,omitempty"`
	// Message is a sentence for a person.
	Message string `json:"message"`
	// LastSuccess is when a run last ended with everything read, in this process or before it.
	LastSuccess time.Time `json:"lastSuccess,omitzero"`
	// Since is how far back the source has been read completely. It is zero until that is done once, and always where there
	// is nothing to read: what a system tells by itself says nothing of what it did not tell.
	Since time.Time `json:"-"`
	// Begins is since when its incidents are known, where the system shows the newest only; else zero.
	Begins time.Time `json:"-"`
	// LastAttempt is when the last run began.
	LastAttempt time.Time `json:"lastAttempt,omitzero"`
	// Next is when the next run begins, unless someone wishes it earlier. Zero while a run is on.
	Next time.Time `json:"next,omitzero"`
	// WaitingUntil is set while a rate limit holds the run.
	WaitingUntil time.Time `json:"waitingUntil,omitzero"`
	// Trouble says what went wrong on the way of the run that is on and is being tried again.
	Trouble string `json:"-"`
	// Requests, Points (the vendor's quota units) and Events (those that changed the store, by kind) add up all runs of
	// this collector.
	Requests int               `json:"requests"`
	Points   int               `json:"points"`
	Events   map[dora.Kind]int `json:"events"`
	// Errors are what failed in the last run that ended, by part.
	Errors []*source.Error `json:"-"`
	// InPart says that only parts failed in that run, and others were read.
	InPart bool `json:"inPart,omitempty"`
	// Failure says of Errors what a person should know of the figures; empty where the last run succeeded. It stays while
	// the source is tried again, and is another instance's matter where that collects.
	Failure string `json:"-"`
	// FailingSince is when the first of those runs ended that have failed since one succeeded; zero where the last
	// succeeded, and from a start until a run has failed.
	FailingSince time.Time `json:"-"`
	// Limit is the vendor's rate limit as it was last told.
	Limit source.Limit `json:"limit,omitzero"`
	// Runs count what came of the runs of this collector.
	Runs Runs `json:"runs"`
	// Causes count the parts that failed, by cause, over all runs of this collector.
	Causes map[source.Cause]int `json:"causes"`
	// LastRun is what the last run that ended took and spent.
	LastRun Run `json:"-"`
	// Remark is what the source wants a person to know of the last run though nothing failed.
	Remark string `json:"-"`
	// LeftOut is how many events the last run that read everything left out, because a time of them cannot have been.
	LeftOut int `json:"leftOut,omitempty"`
	// Spent is the time that all runs of this collector took.
	Spent time.Duration `json:"-"`
}

// Runs count what came of runs.
type Runs struct {
	Succeeded   int `json:"succeeded"`
	Failed      int `json:"failed"` // wholly or in part
	Interrupted int `json:"interrupted"`
	// FailedInRow is how many runs have failed since one last succeeded.
	FailedInRow int `json:"failedInRow"`
}

// Run is what one run took and spent.
type Run struct {
	Duration         time.Duration
	Requests, Points int
}

// status follows one source. Its methods may be called from any goroutine.
type status struct {
	mu          sync.Mutex
	shown       SourceState // State and Message are made when it is asked for
	running     bool
	heldByOther bool
	done, total int
	parts       int
	left        int // out of the current run

	requestsBefore, pointsBefore int // the current run
	eventsOfRun                  map[dora.Kind]int
}

func newStatus(s Source) *status {
	return &status{shown: SourceState{ID: s.ID, Type: s.Type, Events: make(map[dora.Kind]int), Causes: make(map[source.Cause]int)}}
}

func (s *status) scheduled(next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.Next = next
}

func (s *status) elsewhere(held bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heldByOther = held
	if held {
		s.shown.Next = time.Time{}
	}
}

func (s *status) recalled(finished, since, begins time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.LastSuccess, s.shown.Since, s.shown.Begins = finished, since, begins
}

// complete takes note that all has been read that there is since a time.
func (s *status) complete(since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.Since = since
}

// begins takes note of since when incidents are known.
func (s *status) begins(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shown.Begins = at
}

func (s *status) failed(failures []*source.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failing(time.Now(), failures)
}

// failing takes note of what failed; none: nothing did.
func (s *status) failing(at time.Time, failures []*source.Error) {
	s.shown.Errors = failures
	switch {
	case len(failures) == 0:
		s.shown.FailingSince = time.Time{}
	case s.shown.FailingSince.IsZero():
		s.shown.FailingSince = at
	}
}

func (s *status) began(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running, s.done, s.total, s.parts, s.left = true, 0, 0, 0, 0
	s.shown.Remark = ""
	s.shown.LastAttempt, s.shown.Next, s.shown.Progress, s.shown.Part = at, time.Time{}, 0, ""
	s.requestsBefore, s.pointsBefore = s.shown.Requests, s.shown.Points
	s.eventsOfRun = make(map[dora.Kind]int)
}

func (s *status) reported(p source.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.done, s.total, s.parts = p.Done, p.Total, p.Parts
	s.shown.Part, s.shown.WaitingUntil, s.shown.Trouble = p.Part, p.WaitingUntil, p.Trouble
	if p.Remark != "" {
		s.shown.Remark = p.Remark
	}
	if p.Limit != (source.Limit{}) {
		s.shown.Limit = p.Limit
	}
	s.shown.Requests, s.shown.Points = s.requestsBefore+p.Requests, s.pointsBefore+p.Points
	s.shown.Progress = 0
	if p.Total > 0 {
		s.shown.Progress = min(1, max(0, float64(p.Done)/float64(p.Total)))
	}
}

func (s *status) wrote(kinds map[dora.Kind]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, n := range kinds {
		s.shown.Events[kind] += n
		s.eventsOfRun[kind] += n
	}
}

func (s *status) leftOut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left++
}

// ended takes note of a run's end. A run that was interrupted has an error but no failures.
func (s *status) ended(at time.Time, err error, failures []*source.Error) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	s.shown.Part, s.shown.WaitingUntil, s.shown.Trouble = "", time.Time{}, ""
	switch {
	case err == nil:
		s.shown.LastSuccess, s.shown.Progress, s.shown.InPart = at, 1, false
		s.failing(at, nil)
		s.shown.Runs.Succeeded++
		s.shown.Runs.FailedInRow = 0
	case failures != nil:
		s.shown.InPart = inPart(failures, s.parts)
		s.failing(at, failures)
		s.shown.Runs.Failed++
		s.shown.Runs.FailedInRow++
		for _, failure := range failures {
			s.shown.Causes[failure.Cause]++
		}
	default:
		s.shown.Runs.Interrupted++
	}
	s.shown.LeftOut = s.left
	took := at.Sub(s.shown.LastAttempt)
	s.shown.Spent += took
	s.shown.LastRun = Run{Duration: took, Requests: s.shown.Requests - s.requestsBefore, Points: s.shown.Points - s.pointsBefore}
	return outcome{
		began: s.shown.LastAttempt, ended: at, events: s.eventsOfRun, err: err,
		requests: s.shown.LastRun.Requests, points: s.shown.LastRun.Points,
	}
}

// endedParts takes note of the end of a run that read some parts. What it tells is not how the source is doing.
func (s *status) endedParts(at time.Time, err error) outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = false
	s.shown.Part, s.shown.WaitingUntil, s.shown.Trouble = "", time.Time{}, ""
	return outcome{
		began: s.shown.LastAttempt, ended: at, events: s.eventsOfRun, err: err,
		requests: s.shown.Requests - s.requestsBefore, points: s.shown.Points - s.pointsBefore,
	}
}

func (s *status) snapshot() SourceState {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := s.shown
	shown.Events = maps.Clone(s.shown.Events)
	shown.Errors = slices.Clone(s.shown.Errors)
	shown.Causes = maps.Clone(s.shown.Causes)
	shown.State, shown.Message = s.words()
	if !s.heldByOther {
		shown.Failure = s.failure()
	}
	if shown.State == StatusOK { // also after a start, and after a run that read some parts
		shown.Progress = 1
	}
	return shown
}

// inPart says that of so many parts, of which none was given up for what meets them all, some did not fail.
func inPart(failures []*source.Error, parts int) bool {
	failed := map[string]bool{}
	for _, failure := range failures {
		if failure.Part == "" || failure.Cause.Whole() {
			return false
		}
		failed[failure.Part] = true
	}
	return len(failed) < parts
}

// failure says what failed in the last run that ended.
func (s *status) failure() string {
	switch failed := s.shown.Errors; len(failed) {
	case 0:
		return ""
	case 1:
		return failed[0].Error()
	default:
		return fmt.Sprintf("%s (and %d more)", failed[0], len(failed)-1)
	}
}

// words says the state in a word and in a sentence.
func (s *status) words() (Status, string) {
	switch {
	case s.heldByOther:
		return StatusWaiting, "Another instance collects this source; this one reads what it stores."
	case s.running && time.Now().Before(s.shown.WaitingUntil):
		return StatusWaiting, fmt.Sprintf("The rate limit is used up until %s.", s.shown.WaitingUntil.UTC().Format("15:04:05 UTC"))
	case s.running && s.shown.Trouble != "":
		return StatusCollecting, s.shown.Trouble + ", and is tried again."
	case s.running && s.shown.Part != "" && s.total > 0:
		return StatusCollecting, fmt.Sprintf("Reading %s (%d of %d).", s.shown.Part, s.done, s.total)
	case s.running && s.shown.Part != "":
		return StatusCollecting, fmt.Sprintf("Reading %s.", s.shown.Part)
	case s.running:
		return StatusCollecting, "Reading."
	case len(s.shown.Errors) > 0:
		return StatusFailing, s.failure()
	case s.shown.LeftOut > 0:
		return StatusOK, s.remarked(fmt.Sprintf("Up to date, but for %d events that are left out, because a time of them cannot have been: the log names them.", s.shown.LeftOut))
	case !s.shown.LastSuccess.IsZero():
		return StatusOK, s.remarked("Up to date.")
	}
	return StatusIdle, "Not read yet."
}

func (s *status) remarked(sentence string) string {
	for _, more := range []string{s.shown.Remark, s.shown.Beginning()} {
		if more != "" {
			sentence += " " + more
		}
	}
	return sentence
}

// Beginning is a sentence that tells since when its incidents are known; nothing, where that is not bounded.
func (s *SourceState) Beginning() string {
	if s.Begins.IsZero() {
		return ""
	}
	return fmt.Sprintf("Its incidents are known since %s, since no earlier ones are shown.", s.Begins.UTC().Format("2006-01-02 15:04 UTC"))
}

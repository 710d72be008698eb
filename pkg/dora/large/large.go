// Package large makes up large histories, event by event, for measurements and load tests. It knows the domain's events
// and nothing else. What it makes up depends on the size alone: two runs compare, and a service of the same number is the
// same in histories of different sizes. For histories that look like life there is package world.
package large

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Size is how much there is.
type Size struct {
	Services    int
	Deployments int // of each service
	Changes     int // that each deployment ships; a change is a pull request, squashed into one commit
	Months      int // over which the deployments are spread
	Every       int // so many deployments have one that is followed by an incident
}

// L is the size by which speed is measured: 200 services with 100,000 deployments, 1,000,000 changes with a commit each,
// and 20,000 incidents in 24 months.
var L = Size{Services: 200, Deployments: 500, Changes: 10, Months: 24, Every: 5}

// Source is the id of the source that tells of everything.
const Source = "github"

// Begin is when every history begins.
var Begin = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// End is when the history ends, the last deployment just before it.
func (s Size) End() time.Time { return Begin.AddDate(0, s.Months, 0) }

// Events are everything, service by service.
func (s Size) Events() iter.Seq[dora.Event] {
	return func(yield func(dora.Event) bool) {
		for number := range s.Services {
			for e := range s.Service(number).Events() {
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Service is one service's history under way: Events are its past, and Deploy goes on from there.
type Service struct {
	// Name is the repository's too.
	Name string

	size        Size
	number      int
	random      *rand.Rand
	head        string
	shas        uint64
	pulls       int
	deployments int
}

// Service begins the history of the service of a number, from 0.
func (s Size) Service(number int) *Service {
	return &Service{Name: Name(number), size: s, number: number, random: rand.New(rand.NewPCG(1, uint64(number)))} //nolint:gosec // made up
}

// Name is the name of the service of a number.
func Name(number int) string { return fmt.Sprintf("example/service-%04d", number) }

// Events are the service's past.
func (s *Service) Events() iter.Seq[dora.Event] {
	return func(yield func(dora.Event) bool) {
		step := s.size.End().Sub(Begin) / time.Duration(s.size.Deployments)
		for n := range s.size.Deployments {
			at := Begin.Add(time.Duration(n)*step + time.Duration(s.random.Int64N(int64(step)))).Truncate(time.Second)
			for _, e := range s.Deploy(at) {
				if _, isHead := e.(*dora.Repository); isHead && n+1 < s.size.Deployments {
					continue
				}
				if !yield(e) {
					return
				}
			}
		}
	}
}

// Deploy merges changes and deploys them at a time, and moves the repository's head.
func (s *Service) Deploy(at time.Time) []dora.Event {
	events := make([]dora.Event, 0, 2*s.size.Changes+3)
	for range s.size.Changes {
		events = append(events, s.change(at)...)
	}
	s.deployments++
	number := int64(s.number)<<24 + int64(s.deployments)
	address := "https://github.example/" + s.Name
	events = append(events, &dora.Deployment{
		Header: s.header(fmt.Sprintf("deployment:%d", number), at), Repository: s.Name, Number: number, Environment: "production",
		SHA: s.head, Ref: "main", RefKind: dora.RefBranch, Created: at.Add(-5 * time.Minute), URL: fmt.Sprintf("%s/deployments/%d", address, number), Creator: "release[bot]",
		Statuses: []dora.DeploymentStatus{{State: dora.StateRunning, At: at.Add(-4 * time.Minute)}, {State: dora.StateSuccess, At: at}},
	})
	if s.deployments%s.size.Every == 0 {
		s.pulls++
		opened := at.Add(s.hours(6) + time.Minute)
		events = append(events, &dora.Incident{
			Header: s.header(fmt.Sprintf("issue:%d", s.pulls), opened), Repository: s.Name, Number: int64(s.pulls), Title: "Requests fail: " + s.words(4), Body: s.words(20),
			URL: fmt.Sprintf("%s/issues/%d", address, s.pulls), Labels: []string{"incident", fmt.Sprintf("sev%d", 1+s.random.IntN(3))}, Severity: fmt.Sprint(1 + s.random.IntN(3)),
			Opened: opened, Resolved: opened.Add(s.hours(12) + time.Minute),
		})
	}
	return append(events, &dora.Repository{Header: s.header("repository", at), Name: s.Name, DefaultBranch: "main", HeadSHA: s.head, URL: address})
}

// change is a pull request of two commits and what it became on the main line.
func (s *Service) change(deployed time.Time) []dora.Event {
	s.pulls++
	merged := deployed.Add(-s.hours(48) - time.Minute)
	opened := merged.Add(-s.hours(72) - time.Minute)
	first := opened.Add(-s.hours(120))
	author, title := s.person(), s.words(6)
	pull := &dora.Change{
		Header: s.header(fmt.Sprintf("change:%d", s.pulls), merged), Repository: s.Name, Number: s.pulls, Title: title, Body: s.words(25),
		URL: fmt.Sprintf("https://github.example/%s/pull/%d", s.Name, s.pulls), Author: author, Base: "main", Branch: fmt.Sprintf("work-%d", s.pulls),
		Opened: opened, Merged: merged, Commits: []dora.ChangeCommit{{SHA: s.sha(), Authored: first}, {SHA: s.sha(), Authored: opened}},
		Reviews: []dora.Review{{Author: s.person(), State: dora.ReviewApproved, At: opened.Add(merged.Sub(opened) / 2).Truncate(time.Second)}},
	}
	landed := &dora.Commit{Repository: s.Name, SHA: s.sha(), Authored: first, Committed: merged, Author: author, Message: fmt.Sprintf("%s (#%d)", title, s.pulls)}
	landed.Header = s.header("commit:"+landed.SHA, merged)
	if s.head != "" {
		landed.Parents = []string{s.head}
	}
	pull.MergeCommit, s.head = landed.SHA, landed.SHA
	return []dora.Event{landed, pull}
}

func (s *Service) header(id string, at time.Time) dora.Header {
	return dora.Header{Source: Source, ID: s.Name + ":" + id, Updated: at}
}

// sha is a name that spreads over all values, as a hash does, and that no two commits share.
func (s *Service) sha() string {
	s.shas++
	return fmt.Sprintf("%016x%08x%016x", s.random.Uint64(), s.number, s.shas*0x9e3779b97f4a7c15)
}

func (s *Service) hours(most int) time.Duration {
	return time.Duration(s.random.IntN(most*3600)) * time.Second
}

func (s *Service) person() string { return fmt.Sprintf("dev-%02d", s.random.IntN(40)) }

var vocabulary = []string{"the", "round", "doses", "to", "what", "pharmacy", "has", "show", "allergies", "first", "retry", "export", "when", "ward", "closes", "a", "bed", "before", "list", "of", "letters"}

func (s *Service) words(count int) string {
	text := ""
	for i := range count {
		if i > 0 {
			text += " "
		}
		text += vocabulary[s.random.IntN(len(vocabulary))]
	}
	return text
}

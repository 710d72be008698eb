package jenkins

import (
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// Builds that Jenkins discarded before they were read leave numbers behind that no build has. They are told as runs that nobody
// can see, of the repository and into the environments that the job's other builds are of, as far as that can be told: where a
// parameter says where a build deploys to, only if it has said one thing so far.

// gapsAtMost bounds how many gaps of a job are told at once.
const gapsAtMost = 1000

// stored finds what the store has of the job by the numbers of builds.
func (s *jobSync) stored() map[int64]*dora.Deployment {
	if s.known != nil {
		return s.known
	}
	s.known = map[int64]*dora.Deployment{}
	for _, repository := range s.state.Repositories {
		for _, d := range s.shelf(repository).byID {
			if d.Task != s.job.Full || d.Withdrawn || s.state.Began > 0 && d.Created.UnixMilli() <= s.state.Began {
				continue
			}
			from, to := numbersOf(d)
			for n := max(1, from); from > 0 && n <= to; n++ {
				s.known[n] = d
			}
		}
	}
	return s.known
}

// wasUnseen says that a build shows up which was told as one that nobody can see.
func (s *jobSync) wasUnseen(b *build) bool {
	d := s.stored()[b.Number]
	return d != nil && d.Unseen > 0
}

// seen takes back that nobody can see a build, and tells of the others that were missing with it once more.
func (s *jobSync) seen(n int64) (events []dora.Event) {
	if len(s.state.Repositories) == 0 {
		return nil
	}
	d := s.stored()[n]
	if d == nil || d.Unseen == 0 {
		return nil
	}
	from, to := numbersOf(d)
	for _, repository := range s.state.Repositories {
		for _, other := range s.shelf(repository).byID {
			if f, t := numbersOf(other); other.Unseen > 0 && !other.Withdrawn && other.Task == d.Task && f == from && t == to {
				events = append(events, census.Withdraw(other))
			}
		}
	}
	for number := from; number <= to; number++ {
		delete(s.known, number)
	}
	for _, e := range events {
		if gone, is := e.(*dora.Deployment); is {
			s.shelf(gone.Repository).put(gone)
		}
	}
	for _, part := range []gap{{from, n - 1, d.Created.UnixMilli()}, {n + 1, to, d.Created.UnixMilli()}} {
		if part.From <= part.To {
			s.state.Gaps = append(s.state.Gaps, part)
		}
	}
	return events
}

// tellUnseen tells of the numbers that are missing, now that all of the job is read.
func (s *jobSync) tellUnseen() (events []dora.Event) {
	p := s.state
	gaps := p.Gaps
	p.Gaps = nil
	decided := slices.ContainsFunc(s.rules, func(r *rule) bool { return r.by == byParameter })
	if len(p.Repositories) == 0 || len(p.Environments) == 0 || decided && len(p.Environments) > 1 {
		return nil
	}
	for _, whole := range gaps[:min(len(gaps), gapsAtMost)] {
		if time.UnixMilli(whole.At).Before(s.request.Since) {
			continue
		}
		for _, missing := range s.without(whole) {
			numbers := number(missing.From) + "-" + number(missing.To)
			for _, environment := range p.Environments {
				repository, at := p.Repositories[0], time.UnixMilli(missing.At).UTC()
				d := &dora.Deployment{
					Header:     dora.Header{Source: s.config.ID, ID: repository + ":deployment:" + environment + ":unseen:" + s.job.Full + "#" + numbers, Updated: at},
					Repository: repository, Environment: environment, Task: s.job.Full, Run: runOf(s.job.Full, numbers), Created: at,
					Unseen: int(missing.To - missing.From + 1), URL: s.root + atPage(s.job.Full),
				}
				if stored := s.shelf(repository).byID[d.ID]; stored == nil || stored.Withdrawn {
					events = append(events, aboveOr(d, stored))
				}
			}
		}
	}
	return events
}

func aboveOr(d, stored *dora.Deployment) dora.Event {
	if stored == nil {
		return d
	}
	return census.Above(d, stored)
}

// without are the parts of a gap that the store knows nothing of.
func (s *jobSync) without(whole gap) (parts []gap) {
	known := s.stored()
	var numbers []int64
	for n := range known {
		if n >= whole.From && n <= whole.To {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	from := whole.From
	for _, n := range append(numbers, whole.To+1) {
		if from <= n-1 {
			parts = append(parts, gap{from, n - 1, whole.At})
		}
		from = n + 1
	}
	return parts
}

// atPage is where people look at a job.
func atPage(job string) string { return at(job) + "/" }

package world

import (
	"math"
	"math/rand/v2"
	"time"
)

// service is one application and the people who work on it.
type service struct {
	profile
	world *World
	repo  *repository
	team  []*person
	rng   *rand.Rand

	waiting   []change // landed and not yet in production, oldest first
	releasing bool     // a release, or the repair of one, is on its way: nothing else is released meanwhile
	epoch     int      // a plan made in an earlier epoch is void: Deploy begins a new one
	inFlight  *deployment
	running   map[string]*deployment // by environment: the latest success
	released  []*deployment          // production successes in order
	incidents []*incident
	crisis    *incident // the open incident of the story under way
	version   [3]int
	truth     ServiceTruth
}

// begin plans what the service's people do from the first day on.
func (s *service) begin() {
	if s.monorepo {
		s.repo.labels = append(s.repo.labels, "service:"+s.name)
	}
	s.version = [3]int{1 + s.rng.IntN(2), s.rng.IntN(4), 0}
	s.world.at(s.workGap(), s.work)
	if s.bots > 0 {
		s.world.at(nextWeekday(s.world.clock, time.Monday, 4*time.Hour), s.dependencies)
	}
	s.world.at(nextWeekday(s.world.clock, time.Sunday, 7*time.Hour), s.quietSunday)
	s.world.at(afterWork(s.world.clock, s.hours(30)), s.mistakenIncident)
	s.world.at(afterWork(s.world.clock, s.hours(20)), s.ordinaryIssue)
	s.world.at(afterWork(s.world.clock, s.hours(25)), s.abandonedWork)
	if s.name == "consent" {
		s.world.at(s.world.today.Add(-50*time.Hour), s.unresolvedIncident)
	}
}

// later plans something that is void once Deploy has interfered.
func (s *service) later(t time.Time, do func()) {
	epoch := s.epoch
	s.world.at(t, func() {
		if s.epoch == epoch {
			do()
		}
	})
}

func (s *service) now() time.Time { return s.world.clock }

// in is a moment some elapsed time from now, evenly between least and most.
func (s *service) in(least, most time.Duration) time.Time {
	return s.now().Add(least + time.Duration(s.rng.Int64N(int64(most-least))))
}

// age is how many months before Options.Now the clock stands; never below zero.
func (s *service) age() float64 {
	return max(0, s.world.today.Sub(s.now()).Hours()/(24*365.25/12))
}

func (s *service) factor(f func(age float64) float64) float64 {
	if f == nil {
		return 1
	}
	return f(s.age())
}

func (s *service) chance(p float64) bool { return s.rng.Float64() < p }

// around is a duration that is typically d, skewed to the long side as people's times are.
func (s *service) around(d time.Duration) time.Duration {
	return time.Duration(float64(d) * math.Exp(0.7*s.rng.NormFloat64()))
}

// hours is an exponentially distributed time with that mean, in hours.
func (s *service) hours(mean float64) time.Duration {
	return time.Duration(s.rng.ExpFloat64() * mean * float64(time.Hour))
}

const weeklyHours = 42.5

func (s *service) workGap() time.Time {
	return afterWork(s.now(), s.hours(weeklyHours/s.perWeek))
}

func nextWeekday(t time.Time, day time.Weekday, clock time.Duration) time.Time {
	for next := midnight(t).Add(clock); ; next = next.AddDate(0, 0, 1) {
		if next.After(t) && next.Weekday() == day {
			return next
		}
	}
}

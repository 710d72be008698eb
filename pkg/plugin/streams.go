package plugin

import (
	"fmt"
	"sync"
)

// How many streams this process runs: in all, of one organisation, and of one user in it. A dashboard has up to thirty live
// panels, so that a user may have ten such open, and an organisation leaves others room.
const (
	streamLimit       = 1500
	organisationLimit = 1000
	userLimit         = 300
)

// streams are those that run in this process, of all its data sources.
type streams struct {
	mu            sync.Mutex
	running       map[string]*running // by data source and path
	total         int
	organisations map[int64]int
	parties       map[party]int
}

// running are the streams of one path: two for a while, where Grafana opens the new before the old has ended.
type running struct {
	count  int
	joined chan struct{} // holds one: someone subscribed
}

// full says why one more stream is too many; nil if it is not. One that runs already has its place.
func (s *streams) full(key string, by party) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running[key] != nil {
		return nil
	}
	return s.room(by)
}

func (s *streams) room(by party) error {
	switch {
	case s.total >= streamLimit:
		return fmt.Errorf("%d streams are open, which is as many as Live DORA serves", streamLimit)
	case s.organisations[by.organisation] >= organisationLimit:
		return fmt.Errorf("%d streams of your organisation are open, which is its share", organisationLimit)
	case s.parties[by] >= userLimit:
		return fmt.Errorf("%d streams of yours are open, which is one user's share", userLimit)
	}
	return nil
}

// join tells the stream of a path that someone subscribed.
func (s *streams) join(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.running[key]; r != nil {
		select {
		case r.joined <- struct{}{}:
		default:
		}
	}
}

// enter takes a place until it is left, and tells of those who join. The error says that there is no place.
func (s *streams) enter(key string, by party) (joined <-chan struct{}, leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.room(by); err != nil {
		return nil, nil, err
	}
	if s.running == nil {
		s.running, s.organisations, s.parties = map[string]*running{}, map[int64]int{}, map[party]int{}
	}
	r := s.running[key]
	if r == nil {
		r = &running{joined: make(chan struct{}, 1)}
		s.running[key] = r
	}
	r.count++
	s.count(by, 1)
	return r.joined, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.count(by, -1)
		if r.count--; r.count == 0 {
			delete(s.running, key)
		}
	}, nil
}

func (s *streams) count(by party, n int) {
	s.total += n
	if s.organisations[by.organisation] += n; s.organisations[by.organisation] == 0 {
		delete(s.organisations, by.organisation)
	}
	if s.parties[by] += n; s.parties[by] == 0 {
		delete(s.parties, by)
	}
}

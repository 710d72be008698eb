package facts

import (
	"maps"
	"slices"
	"sync"

	"github.com/livedora/dora-datasource/pkg/dora"
)

// Recovery time may be read in several ways, on which nothing else depends: not which deployments failed, nor what
// they shipped. So facts are derived under one reading, and are seen under the others.

// readings are what facts are under other readings than the one that they were derived under. They live as long as the
// facts do, so that what is the same under one reading is the same pointer under each.
type readings struct {
	mu  sync.Mutex
	are map[dora.Recovery]*Service
}

// otherwise are a snapshot under other readings.
type otherwise struct {
	mu  sync.Mutex
	are map[dora.Recovery]*Snapshot
}

// Reading is the snapshot as it is where recovery time is read in some way, and all else as in this one, with which it
// shares what is alike.
func (s *Snapshot) Reading(recovery dora.Recovery) *Snapshot {
	if recovery == s.Definition.Recovery {
		return s
	}
	s.otherwise.mu.Lock()
	defer s.otherwise.mu.Unlock()
	if known := s.otherwise.are[recovery]; known != nil {
		return known
	}
	other := &Snapshot{
		Version: s.Version, Earliest: s.Earliest, Latest: s.Latest,
		owned: s.owned, owners: s.owners, reach: s.reach, begins: s.begins, spellings: s.spellings,
		Definition: s.Definition, Services: make([]*Service, len(s.Services)), otherwise: &otherwise{},
	}
	other.Definition.Recovery = recovery
	for i, f := range s.Services {
		other.Services[i] = f.reading(&other.Definition)
	}
	if s.otherwise.are == nil {
		s.otherwise.are = map[dora.Recovery]*Snapshot{}
	}
	s.otherwise.are[recovery] = other
	return other
}

// reading is the facts under a definition which is theirs but for how recovery time is read.
func (f *Service) reading(def *dora.Definition) *Service {
	f.readings.mu.Lock()
	defer f.readings.mu.Unlock()
	if known := f.readings.are[def.Recovery]; known != nil {
		return known
	}
	other := &Service{
		Service: f.Service, Deployments: f.Deployments, FailedRuns: f.FailedRuns, Undecided: f.Undecided, Incidents: f.Incidents,
		Parts: f.Parts, Changes: f.Changes, Unseen: f.Unseen, Waiting: f.Waiting,
		Unmeasured: maps.Clone(f.Unmeasured), left: maps.Clone(f.left), columns: maps.Clone(f.columns),
		first: f.first, last: f.last, hasRead: f.hasRead, lanes: f.lanes, legs: f.legs, stages: f.stages,
		shipments: f.shipments,
	}
	for key := range other.left {
		if key.reason.ofRecovery() {
			delete(other.left, key)
			delete(other.Unmeasured, key.reason)
		}
	}
	other.leaveRecoveries(def)
	for key, times := range other.left {
		if key.reason.ofRecovery() {
			slices.Sort(times)
		}
	}
	other.columns[dora.RecoveryTime] = other.column(dora.RecoveryTime.Row(), def, &taken{})
	if f.readings.are == nil {
		f.readings.are = map[dora.Recovery]*Service{}
	}
	f.readings.are[def.Recovery] = other
	return other
}

// ofRecovery says whether a reason is that of a recovery, which depends on how recovery time is read.
func (r Reason) ofRecovery() bool { return r == ReasonNegativeRecovery || r == ReasonNotAcknowledged }

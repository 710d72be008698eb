package facts

import (
	"cmp"
	"slices"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/owners"
	"github.com/livedora/dora-datasource/pkg/dora/samples"
)

// Snapshot is what a history means under one definition. It is immutable: any number of readers share it.
type Snapshot struct {
	Definition dora.Definition
	// Version rises whenever the history took in an event that may change facts. A service whose facts are the same
	// pointer in two snapshots of one definition was not touched between them.
	Version uint64
	// Services are the facts of each service, by name.
	Services []*Service
	// Earliest and Latest are when the first and last deployment, run, incident or recovery was; zero where
	// there is none.
	Earliest, Latest time.Time

	owned     dora.Owned               // the teams of services
	owners    []owners.Finding         // and where they were found
	reach     map[string]time.Time     // since when sources are known completely
	begins    map[string]time.Time     // since when their incidents are known, of those that show the newest only
	spellings map[string]dora.Spelling // of environments, by how they are folded
	otherwise *otherwise
}

// order puts the services in order, and finds what holds of all of them.
func (s *Snapshot) order() {
	slices.SortStableFunc(s.Services, func(a, b *Service) int { return cmp.Compare(a.Service.Name, b.Service.Name) })
	s.spell()
	for _, f := range s.Services {
		s.Earliest, s.Latest = dora.Sooner(s.Earliest, f.first), dora.Latest(s.Latest, f.last)
	}
}

// spell finds how each environment was written last, by whichever service.
func (s *Snapshot) spell() {
	s.spellings = map[string]dora.Spelling{}
	for _, f := range s.Services {
		for _, l := range f.lanes {
			name := dora.FoldEnvironment(l.environment.Text)
			last := s.spellings[name]
			last.Join(l.environment)
			s.spellings[name] = last
		}
	}
}

// Value is what series and lists show of a lane: an environment as anyone wrote it last.
func (s *Snapshot) Value(f *Service, field dora.Field, lane int) string {
	value := f.Value(field, lane)
	if field == dora.ByEnvironment && lane != samples.NoLane {
		if last, ok := s.spellings[dora.FoldEnvironment(value)]; ok {
			return last.Text
		}
	}
	return value
}

// Owners tell of each service who owns it and where that was found, in the order of the settings. Nobody may alter it.
func (s *Snapshot) Owners() []owners.Finding { return s.owners }

// Teams are those that own a service now, of which each has it in its group: dora.Unowned where nobody does.
func (s *Snapshot) Teams(f *Service) []string { return s.owned.Of(f.Service.Name) }

// Passing are the teams under which a lane of a service passes filters; none where it does not pass.
func (s *Snapshot) Passing(filters []dora.Filter, f *Service, lane int) []string {
	for i := range filters {
		if filters[i].Field != dora.ByTeam && !filters[i].Passes(f.Value(filters[i].Field, lane)) {
			return nil
		}
	}
	return dora.PassTeams(filters, s.Teams(f))
}

// Select yields the facts that filters on services and teams let pass; filters on other fields are for its lanes and
// incidents.
func (s *Snapshot) Select(filters []dora.Filter) []*Service {
	var found []*Service
	for _, f := range s.Services {
		if !slices.ContainsFunc(filters, func(filter dora.Filter) bool {
			return filter.Field == dora.ByService && !filter.Passes(f.Service.Name)
		}) && len(dora.PassTeams(filters, s.Teams(f))) > 0 {
			found = append(found, f)
		}
	}
	return found
}

// Since is from when on a service without a deployment is known to have had none; zero: that is never known. Where
// something was deployed, or told, it was looked at least since the first of all that is known.
func (s *Snapshot) Since(f *Service) time.Time {
	var since time.Time
	if f.hasRead {
		for i := range f.Service.Deployments {
			at, known := s.reach[f.Service.Deployments[i].Source]
			if !known {
				since = time.Time{}
				break
			}
			since = dora.Latest(since, at)
		}
	}
	if len(f.lanes) > 0 && (since.IsZero() || s.Earliest.Before(since)) {
		return s.Earliest
	}
	return since
}

// Begins is since when the incidents of a service are known, and the source that shows no earlier ones; zero: all are known that
// were looked for.
func (s *Snapshot) Begins(f *Service) (since time.Time, source string) {
	if len(s.begins) == 0 {
		return time.Time{}, ""
	}
	for i := range f.Service.Incidents {
		if at := s.begins[f.Service.Incidents[i].Source]; at.After(since) {
			since, source = at, f.Service.Incidents[i].Source
		}
	}
	return since, source
}

// Reached is since when any source is known completely; zero where none is.
func (s *Snapshot) Reached() (since time.Time) {
	for _, at := range s.reach {
		since = dora.Sooner(since, at)
	}
	return since
}

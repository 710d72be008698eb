package argocd

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/census"
)

// Images tell what runs now, and not since when. They may be none at all, those that ran before, or both, while what ran before
// is on its way out. So the version of an operation is what its images name when it has ended, if that is exactly one and not
// the one that ran before; later readings may fill it in until another operation begins. What ran before counts again only
// where the operation was made from the very same: then nothing can have changed.

// news are the versions that images name of the operation that was read last and that were not known, by repository.
func (p *position) news(named map[string]string, digest string) map[string]string {
	found := map[string]string{}
	for repository, version := range named {
		if version == "" || p.Runs[repository] != "" {
			continue
		}
		if p.Ran[repository] == version && p.ledTo(digest)[repository] != version {
			continue
		}
		found[repository] = version
	}
	return found
}

// ledTo are the versions that an origin led to before.
func (p *position) ledTo(digest string) map[string]string {
	for _, each := range p.Seen {
		if each.Origin == digest {
			return each.Versions
		}
	}
	return nil
}

// learn takes note of what the images say of the last operation. It is nil where that brought nothing.
func (s *reading) learn(o *operation) {
	named := s.ofImages(s.Status.Summary.Images)
	for _, repository := range slices.Sorted(maps.Keys(named)) {
		s.deploys(repository)
		if repository == s.state.Guessed {
			s.state.Guessed = ""
		}
	}
	if o == nil || o.Phase != phaseSucceeded {
		return
	}
	p, digest := s.state, o.made(s.application).digest()
	if !p.Since.Equal(o.Started.Time) {
		if p.Ran == nil {
			p.Ran = map[string]string{}
		}
		maps.Copy(p.Ran, p.Runs)
		p.Since, p.Runs = o.Started.Time, maps.Clone(p.ledTo(digest))
	}
	news := p.news(named, digest)
	if len(news) == 0 {
		return
	}
	if p.Runs == nil {
		p.Runs = map[string]string{}
	}
	maps.Copy(p.Runs, news)
	p.Seen = slices.DeleteFunc(p.Seen, func(l led) bool { return l.Origin == digest })
	p.Seen = append(p.Seen, led{digest, maps.Clone(p.Runs)})
	p.Seen = p.Seen[max(0, len(p.Seen)-seenLimit):]
}

// brought are the versions that an operation brought, which began at a time.
func (s *reading) brought(o *origin, began time.Time) (found []brought) {
	if !s.byImage() {
		return s.ofRevisions(o)
	}
	versions := s.state.ledTo(o.digest())
	if began.Equal(s.state.Since) {
		versions = s.state.Runs
	}
	for _, repository := range s.repositories() {
		b := brought{repository: repository}
		if version := versions[repository]; version != "" {
			b.sha, b.ref, b.kind = shaOf(version), version, dora.RefTag
		}
		found = append(found, b)
	}
	return found
}

// repositories are those that the application deploys.
func (s *reading) repositories() (found []string) {
	for _, each := range s.state.Repositories {
		if each != s.state.Guessed && s.takes(each) {
			found = append(found, each)
		}
	}
	if len(found) == 0 && s.byImage() {
		return []string{s.guess()}
	}
	return found
}

// guess is the repository that deployments are told of as long as no image names one: the only one that settings name, or else
// the one with the configuration.
func (s *reading) guess() string {
	if names := s.selection.ByName(); len(names) == 1 && len(s.selection.Repositories) == 1 {
		return names[0]
	}
	guessed := ""
	(&origin{Source: s.Spec.Source, Sources: s.Spec.Sources}).each(func(from *sourceRecord, _ string) {
		if guessed == "" || from.Chart == "" {
			guessed = dora.RepositoryAt(strings.TrimRight(from.RepoURL, "/"))
		}
	})
	if guessed == "" {
		return s.Metadata.Name
	}
	return guessed
}

// settle tells of everything that is known of the application as the settings have it now, where they or its labels have changed
// since, and under the repositories that it deploys where these were not known.
func (s *reading) settle() {
	p := s.state
	environment := s.environment(s.Metadata.Name, s.Metadata.Labels, s.Spec.Destination)
	first, rules := p.Rules == "", s.rules()
	var now []string // nil: all of them stay
	if s.byImage() {
		now = s.repositories()
		if len(now) == 1 && now[0] == s.guess() && !slices.Contains(p.Repositories, now[0]) {
			p.Guessed = now[0]
		}
	} else if p.Rules != rules {
		now = s.ofOrigins()
	}
	moved := p.Guessed != "" && now != nil && !slices.Contains(now, p.Guessed)
	if !first && (p.Environment != environment || p.Rules != rules || moved) {
		all := append(slices.Clone(s.before), now...) // of what was withdrawn under other rules, some comes back
		slices.Sort(all)
		for _, repository := range slices.Compact(all) {
			gone := now != nil && !slices.Contains(now, repository) && (p.Rules != rules || repository == p.Guessed)
			for _, d := range s.known(repository, s.part) {
				s.resettle(d, environment, gone, now)
			}
		}
	}
	if moved {
		p.Guessed = ""
	}
	p.Environment, p.Rules = environment, rules
}

// ofOrigins are the repositories that the application, and the operations that it shows, are made from.
func (s *reading) ofOrigins() []string {
	names := []string{}
	take := func(o *origin) {
		for _, b := range s.ofRevisions(o) {
			names = append(names, b.repository)
		}
	}
	take(&s.Spec.origin)
	for _, e := range s.entries {
		take(&e.origin)
	}
	return names
}

// resettle tells of one deployment that is known as it is to be now.
func (s *reading) resettle(d *dora.Deployment, environment string, gone bool, now []string) {
	if gone {
		if d.Withdrawn {
			return
		}
		s.events = append(s.events, census.Withdraw(d))
		if d.Repository != s.state.Guessed || d.Unseen > 0 {
			return
		}
		for _, repository := range now {
			moved := *d
			moved.Repository, moved.Environment = repository, environment
			_, rest, _ := strings.Cut(d.ID, operations)
			moved.ID = repository + operations + rest
			s.events = append(s.events, &moved)
		}
		return
	}
	if d.Environment == environment && (!d.Withdrawn || s.state.Rules == s.rules()) {
		return
	}
	next := *d
	next.Environment, next.Withdrawn = environment, false
	s.events = append(s.events, census.Above(&next, d))
}

package world

import (
	"fmt"
	"slices"
	"time"
)

// incident is an issue that carries, or carried, the incident label.
type incident struct {
	issue     *issue
	labelled  bool
	withdrawn bool
	unrelated bool
}

// naming is what an incident's text says about the deployment that caused it.
type naming int

const (
	namesNothing naming = iota
	namesID
	namesSHA
	namesVersion
)

// anyNaming is how somebody in a hurry refers to d.
func (s *service) anyNaming() naming {
	switch roll := s.rng.Float64(); {
	case roll < 0.15:
		return namesID
	case roll < 0.3:
		return namesSHA
	case roll < 0.45 && s.tagPrefix != "":
		return namesVersion
	}
	return namesNothing
}

const incidentWindow = 24 * time.Hour

// openIncident opens an incident on the service; d is the deployment that its text names, and may be nil for namesNothing.
func (s *service) openIncident(names naming, d *deployment) *incident {
	author := s.team[s.rng.IntN(len(s.team))]
	what := pick(s, symptoms)
	body := fmt.Sprintf("%s in %s, first reported by the service desk.\n\nImpact: some users.", what, s.name)
	kind := ByIncidentTime
	switch names {
	case namesID:
		kind = ByIncidentID
		switch {
		case s.repo.deployer == "bitbucket": // whose numbers are those of an environment
			body += "\n\nCaused by " + bitbucketResults(d)
		case s.repo.deployer == GitHub && s.chance(0.3):
			body += fmt.Sprintf("\n\nCaused by https://api.github.com/repos/%s/deployments/%d", s.repo.fullName(), d.id)
		default:
			body += fmt.Sprintf("\n\nCaused by deployment %d (%s).", d.id, d.environment)
		}
	case namesSHA:
		kind = ByIncidentSHA
		body += "\n\nStarted with commit " + d.commit.sha + " in production."
	case namesVersion:
		kind = ByIncidentVersion
		body += "\n\nVersion " + d.ref + " shows it, the one before does not."
	case namesNothing:
		d = nil
		if n := len(s.released); n > 0 && s.now().Sub(s.released[n-1].finished()) <= incidentWindow {
			d = s.released[n-1]
		}
	}
	i := s.issue(s.repo.tracker, what, body, author)
	inc := &incident{issue: i, unrelated: d == nil}
	s.incidents = append(s.incidents, inc)
	opened := s.now()
	label := func() {
		s.label(i, "incident", author)
		inc.labelled = true
		if d != nil {
			s.failed(d, kind, int64(i.number), opened)
		}
	}
	severity := "sev3"
	switch roll := s.rng.Float64(); {
	case roll < 0.1:
		severity = "sev1"
	case roll < 0.45:
		severity = "sev2"
	}
	s.label(i, severity, author)
	if s.monorepo {
		s.label(i, "service:"+s.name, author)
	}
	if s.chance(0.15) {
		s.world.at(s.in(2*time.Minute, 15*time.Minute), label) // somebody forgot the label at first
	} else {
		label()
	}
	return inc
}

// issue is what people wrote of something, in the system that keeps it.
func (s *service) issue(system, title, body string, author *person) *issue {
	i := &issue{
		id: s.world.id(s.rng), repo: s.repo, number: s.repo.number(), title: title, body: body, author: author,
		created: s.now(), updated: s.now(), elsewhere: system != s.repo.host,
	}
	if !i.elsewhere {
		s.repo.issues = append(s.repo.issues, i)
	}
	return i
}

func (s *service) label(i *issue, name string, by *person) {
	i.labels = append(i.labels, name)
	slices.Sort(i.labels)
	s.event(i, "LabeledEvent", name, by)
}

func (s *service) event(i *issue, kind, label string, by *person) {
	e := &issueEvent{id: s.world.id(s.rng), issue: i, kind: kind, at: s.now(), label: label, actor: by}
	i.events = append(i.events, e)
	i.updated = s.now()
	s.tellIssue(e)
}

// closeIncident closes it; a few turn out not to be over, and close a second time.
func (s *service) closeIncident(inc *incident) {
	s.close(inc.issue)
	if !s.chance(0.08) {
		return
	}
	s.world.at(s.in(20*time.Minute, 90*time.Minute), func() {
		inc.issue.closed, inc.issue.reopened = time.Time{}, true
		s.event(inc.issue, "ReopenedEvent", "", inc.issue.author)
		s.world.at(s.in(30*time.Minute, 150*time.Minute), func() { s.close(inc.issue) })
	})
}

func (s *service) close(i *issue) {
	i.closed = s.now()
	s.event(i, "ClosedEvent", "", i.author)
}

// quietSunday: now and then something breaks long after the latest deployment, and not because of one.
func (s *service) quietSunday() {
	s.world.at(nextWeekday(s.now(), time.Sunday, 7*time.Hour), s.quietSunday)
	if !s.chance(0.07) {
		return
	}
	s.world.at(s.in(0, 12*time.Hour), func() {
		if n := len(s.released); n == 0 || s.now().Sub(s.released[n-1].finished()) <= incidentWindow {
			return
		}
		inc := s.openIncident(namesNothing, nil)
		s.world.at(s.in(40*time.Minute, 5*time.Hour), func() { s.closeIncident(inc) })
	})
}

// mistakenIncident is one that was none: the label comes off again.
func (s *service) mistakenIncident() {
	s.world.at(afterWork(s.now(), s.hours(20*weeklyHours)), s.mistakenIncident)
	inc := s.openIncident(namesNothing, nil)
	s.world.at(s.in(time.Hour, 5*time.Hour), func() {
		i := inc.issue
		i.labels = slices.DeleteFunc(i.labels, func(l string) bool { return l == "incident" })
		s.event(i, "UnlabeledEvent", "incident", i.author)
		inc.withdrawn, i.notPlanned = true, true
		s.acquit(int64(i.number))
		s.close(i)
	})
}

// unresolvedIncident names the latest production deployment, and nobody has closed it yet.
func (s *service) unresolvedIncident() {
	if n := len(s.released); n > 0 {
		s.openIncident(namesID, s.released[n-1])
	}
}

// ordinaryIssue is no incident.
func (s *service) ordinaryIssue() {
	s.world.at(afterWork(s.now(), s.hours(3*weeklyHours)), s.ordinaryIssue)
	author := s.team[s.rng.IntN(len(s.team))]
	i := s.issue(s.repo.host, s.title(), "As discussed in planning.", author)
	s.label(i, []string{"bug", "enhancement", "documentation"}[s.rng.IntN(3)], author)
	if s.chance(0.8) {
		s.world.at(afterWork(s.now(), s.hours(2*weeklyHours)), func() { s.close(i) })
	}
}

// acquit takes back what an incident said against a deployment.
func (s *service) acquit(number int64) {
	for i := range s.truth.Failures {
		f := &s.truth.Failures[i]
		f.Evidence = slices.DeleteFunc(f.Evidence, func(e Evidence) bool { return e.Kind == ByIncidentTime && e.By == number })
	}
	s.truth.Failures = slices.DeleteFunc(s.truth.Failures, func(f Failure) bool { return len(f.Evidence) == 0 })
}

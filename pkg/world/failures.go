package world

import (
	"fmt"
	"strings"
	"time"
)

// story is how a bad deployment is noticed and repaired. While it is told nothing else is released; it ends with settle.
type story func(s *service, bad *deployment)

// goWrong picks the story of a bad deployment.
func (s *service) goWrong(bad *deployment) {
	total := 0.0
	for _, w := range s.stories {
		total += w.weight
	}
	roll := s.rng.Float64() * total
	for _, w := range s.stories {
		if roll -= w.weight; roll < 0 {
			w.tell(s, bad)
			return
		}
	}
	s.settle()
}

// noticed lets somebody notice, perhaps with an incident, and begins the repair.
func (s *service) noticed(bad *deployment, incidents float64, repair func()) {
	s.later(s.in(8*time.Minute, 80*time.Minute), func() {
		if s.chance(incidents) {
			s.crisis = s.openIncident(s.anyNaming(), bad)
		}
		s.later(s.in(4*time.Minute, 20*time.Minute), repair)
	})
}

// repaired closes the story's incident and says so in the truth.
func (s *service) repaired(bad, remedy *deployment, kind EvidenceKind) {
	s.failed(bad, kind, remedy.id, s.now())
	if c := s.crisis; c != nil {
		s.crisis = nil
		s.world.at(s.in(5*time.Minute, 40*time.Minute), func() { s.closeIncident(c) })
	}
}

// ship releases main straight to production as the remedy of bad.
func (s *service) ship(bad *deployment, kind EvidenceKind, then func()) {
	count := len(s.waiting)
	s.rollOut(rollout{environment: s.production, commit: s.repo.main, ref: s.releaseRef(), sure: true, succeeded: func(d *deployment) {
		d.shipped = s.waiting[:count:count]
		s.waiting = s.waiting[count:]
		s.repaired(bad, d, kind)
		then()
	}})
}

// unlessOvertaken wraps what follows a merge: once Deploy has interfered, the change waits for a release like any other.
func (s *service) unlessOvertaken(do func(*pull)) func(*pull) {
	epoch := s.epoch
	return func(p *pull) {
		if s.epoch != epoch {
			s.consider()
			return
		}
		do(p)
	}
}

// before is the latest production deployment before d with another sha, or nil.
func (s *service) before(d *deployment) *deployment {
	for i := len(s.released) - 1; i >= 0; i-- {
		if earlier := s.released[i]; earlier != d && earlier.commit != d.commit {
			return earlier
		}
	}
	return nil
}

// tellRollback: the version before is deployed again; a fix lands before the next release.
func tellRollback(s *service, bad *deployment) {
	good := s.before(bad)
	if good == nil {
		tellIncidentTime(s, bad)
		return
	}
	s.noticed(bad, 0.65, func() {
		s.rollOut(rollout{environment: s.production, commit: good.commit, ref: good.ref, purpose: rollbackTo, sure: true, succeeded: func(d *deployment) {
			s.repaired(bad, d, ByRollback)
			s.later(afterWork(s.now(), s.hours(2)), s.fix)
		}})
	})
}

// fix lands an ordinary fix, and lets releases go on.
func (s *service) fix() {
	author := s.team[s.rng.IntN(len(s.team))]
	title := "Fix " + pick(s, s.subjects())
	if s.trunk {
		s.direct(author, title, s.now().Add(-25*time.Minute))
		s.settle()
		return
	}
	s.promptly(s.branch(author, title, ""), 1, s.unlessOvertaken(func(*pull) { s.settle() }))
}

// tellRevert: the change that broke it is reverted and the revert deployed; some of them are landed again later.
func tellRevert(s *service, bad *deployment) {
	culprit, found := s.culprit(bad)
	if !found {
		tellHotfix(s, bad)
		return
	}
	s.noticed(bad, 0.5, func() {
		author := s.team[s.rng.IntN(len(s.team))]
		if culprit.pull == nil {
			subject, _, _ := strings.Cut(culprit.commit.message, "\n")
			s.direct(author, fmt.Sprintf("Revert %q\n\nThis reverts commit %s.", subject, culprit.commit.sha), s.now().Add(-3*time.Minute))
			s.ship(bad, ByRevert, s.settle)
			return
		}
		s.promptly(s.revert(author, culprit.pull), 1, s.unlessOvertaken(func(p *pull) {
			s.ship(bad, ByRevert, func() {
				if s.chance(0.35) {
					s.world.at(afterWork(s.now(), s.hours(20)), func() {
						s.promptly(s.revert(author, p), 1, func(*pull) { s.consider() })
					})
				}
				s.settle()
			})
		}))
	})
}

// culprit is the youngest ordinary change that bad shipped.
func (s *service) culprit(bad *deployment) (change, bool) {
	for i := len(bad.shipped) - 1; i >= 0; i-- {
		switch c := bad.shipped[i]; {
		case c.pull == nil && strings.HasPrefix(c.commit.message, "Revert "):
		case c.pull == nil:
			return c, true
		case c.pull.author.bot, strings.HasPrefix(c.pull.title, "Revert "), strings.HasPrefix(c.pull.branch, "hotfix/"), len(c.pull.labels) > 0:
		default:
			return c, true
		}
	}
	return change{}, false
}

// revert is GitHub's own revert of a pull request; some people write the description anew, so that only the title tells.
func (s *service) revert(author *person, p *pull) *branch {
	b := s.branch(author, fmt.Sprintf("Revert \"%s (#%d)\"", p.title, p.number), fmt.Sprintf("revert-%d-%s", p.number, strings.ReplaceAll(p.branch, "/", "-")))
	b.body = fmt.Sprintf("Reverts %s#%d", s.repo.fullName(), p.number)
	switch s.repo.host {
	case "gitlab": // whose titles have no number
		b.title = fmt.Sprintf("Revert \"%s\"", p.title)
		b.body = fmt.Sprintf("This reverts merge request !%d", p.number)
		return b
	case "bitbucket":
		b.title = fmt.Sprintf("Revert \"%s (pull request #%d)\"", p.title, p.number)
		b.body = fmt.Sprintf("This reverts pull request #%d.", p.number)
		return b
	}
	if s.chance(0.25) {
		b.body = "This broke the service for some users."
	}
	return b
}

// tellHotfix: the next release carries a pull request that is marked as a hotfix, by its label, its branch or both.
func tellHotfix(s *service, bad *deployment) {
	s.noticed(bad, 0.6, func() {
		b := s.hotfix()
		switch roll := s.rng.Float64(); {
		case roll < 0.2:
			b.labels = nil
		case roll < 0.4 && s.repo.host != "bitbucket": // which has no labels
			delete(s.repo.branches, b.name)
			b.name = "fix-" + strings.TrimPrefix(b.name, "hotfix/")
		}
		s.promptly(b, 1+s.rng.IntN(2), s.unlessOvertaken(func(*pull) { s.ship(bad, ByHotfix, s.settle) }))
	})
}

func (s *service) hotfix() *branch {
	title := "Repair " + pick(s, s.subjects())
	b := s.branch(s.team[s.rng.IntN(len(s.team))], title, "hotfix/"+slug(title))
	b.labels = []string{"hotfix"}
	return b
}

// tellHotfixBranch: a branch off the running version is deployed as it is, and merged hours later, when the branch goes.
func tellHotfixBranch(s *service, bad *deployment) {
	s.noticed(bad, 1, func() {
		b := s.hotfix()
		b.head = bad.commit
		b.write("")
		s.world.at(s.in(5*time.Minute, 25*time.Minute), func() {
			if s.chance(0.5) {
				b.write(steps[2])
			}
			p := b.request(false)
			s.world.at(afterWork(s.now(), time.Hour+s.hours(2)), func() { s.review(p, colleague(s.rng, s.team, b.author), "APPROVED", "") })
			merge := afterWork(s.now(), 2*time.Hour+s.hours(4))
			merged := s.unlessOvertaken(func(*pull) { s.settle() })
			land := func() {
				s.land(p, colleague(s.rng, s.team, b.author), s.now())
				merged(p)
			}
			if s.crisis == nil { // overtaken: what has been written still lands
				s.world.at(merge, land)
				return
			}
			s.rollOut(rollout{environment: s.production, commit: b.head, ref: b.name, sure: true, succeeded: func(d *deployment) {
				s.repaired(bad, d, ByHotfixBranch)
			}})
			s.world.at(merge, land)
		})
	})
}

// The following stories leave an incident and no remedy in the repository: somebody changed a setting.

func tellIncidentTime(s *service, bad *deployment) {
	s.later(s.in(10*time.Minute, 5*time.Hour), func() { s.reported(namesNothing, bad) })
}

func tellIncidentSHA(s *service, bad *deployment) {
	s.later(s.in(10*time.Minute, 3*time.Hour), func() { s.reported(namesSHA, bad) })
}

func tellIncidentVersion(s *service, bad *deployment) {
	s.later(s.in(10*time.Minute, 3*time.Hour), func() { s.reported(namesVersion, bad) })
}

// tellIncidentID: the cause is found late, when other versions may be running already.
func tellIncidentID(s *service, bad *deployment) {
	s.world.at(s.in(2*time.Hour, 40*time.Hour), func() {
		inc := s.openIncident(namesID, bad)
		s.world.at(s.in(time.Hour, 8*time.Hour), func() { s.closeIncident(inc) })
	})
	s.settle()
}

func (s *service) reported(names naming, bad *deployment) {
	inc := s.openIncident(names, bad)
	s.world.at(s.in(time.Hour, 8*time.Hour), func() { s.closeIncident(inc) })
	s.settle()
}

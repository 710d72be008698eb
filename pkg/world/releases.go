package world

import (
	"fmt"
	"strings"
	"time"
)

// consider plans a release where something waits and none is on its way.
func (s *service) consider() {
	if s.releasing || len(s.waiting) == 0 {
		return
	}
	s.releasing = true
	switch {
	case s.weekly:
		day := nextWeekday(s.now(), time.Tuesday, 9*time.Hour+30*time.Minute)
		s.later(afterWork(day, 0), s.cutRelease)
	case s.cut > 0:
		s.later(afterWork(s.now(), s.around(s.cut)), s.cutRelease)
	default:
		s.later(s.in(3*time.Minute, 12*time.Minute), s.cutRelease)
	}
}

// cutRelease takes main as it is to staging, and from there to production.
func (s *service) cutRelease() {
	head, ref, count := s.repo.main, s.releaseRef(), len(s.waiting)
	s.rollOut(rollout{environment: s.staging, commit: head, ref: ref, succeeded: func(*deployment) {
		s.later(afterWork(s.now(), s.around(s.promote)), func() {
			s.rollOut(rollout{environment: s.production, commit: head, ref: ref, succeeded: func(d *deployment) { s.inProduction(d, count) }})
		})
	}})
}

// releaseRef is main, or a new tag on it for those who release by tag.
func (s *service) releaseRef() string {
	if s.tagPrefix == "" {
		return mainBranch
	}
	return s.tag(s.repo.main).name
}

func (s *service) tag(c *commit) *tag {
	switch v := &s.version; {
	case s.chance(0.02):
		v[0], v[1], v[2] = v[0]+1, 0, 0
	case s.chance(0.45):
		v[1], v[2] = v[1]+1, 0
	default:
		v[2]++
	}
	t := &tag{repo: s.repo, name: fmt.Sprintf("%s%d.%d.%d", s.tagPrefix, s.version[0], s.version[1], s.version[2]), commit: c}
	s.repo.tags = append(s.repo.tags, t)
	s.repo.releases = append(s.repo.releases, &release{
		id: s.world.id(s.rng), repo: s.repo, tag: t, author: s.team[0], created: c.committed, published: s.now(),
	})
	return t
}

// rollout is a deployment about to be made.
type rollout struct {
	environment string
	commit      *commit
	ref         string
	purpose     purpose
	attempt     int
	sure        bool // cannot fail
	succeeded   func(*deployment)
}

// rollOut deploys; a run that fails is tried again within the hour.
func (s *service) rollOut(r rollout) {
	d := s.deploy(r)
	s.inFlight = d
	queued := s.in(time.Second, 4*time.Second)
	s.later(queued, func() { s.report(d, "QUEUED") })
	started := queued.Add(time.Duration(5+s.rng.IntN(40)) * time.Second)
	if s.gated && d.production {
		waiting := queued.Add(2 * time.Second)
		s.later(waiting, func() { s.report(d, "WAITING") })
		started = afterWork(waiting, s.hours(1)).Add(time.Minute)
	}
	s.later(started, func() { s.report(d, "IN_PROGRESS") })
	ended := started.Add(time.Duration(80+s.rng.IntN(420)) * time.Second)
	failing := !r.sure && r.attempt < 2 && s.chance(0.04)
	s.later(ended, func() {
		s.inFlight = nil
		if !failing {
			s.success(d, r.purpose)
			r.succeeded(d)
			return
		}
		state := "FAILURE"
		if s.chance(0.3) {
			state = "ERROR"
		}
		s.fail(d, state)
		r.attempt++
		s.later(afterWork(s.now(), 5*time.Minute+s.hours(0.5)), func() { s.rollOut(r) })
	})
}

func (s *service) deploy(r rollout) *deployment {
	creator := s.world.staff.actions
	if s.chance(0.2) || r.purpose == rollbackTo {
		creator = s.team[s.rng.IntN(len(s.team))]
	}
	d := &deployment{
		id: s.world.id(s.rng), repo: s.repo, service: s, commit: r.commit, ref: r.ref, environment: r.environment,
		production: r.environment == s.production, creator: creator, created: s.now(), updated: s.now(), purpose: r.purpose,
		description: "Deploy " + s.name + " to " + r.environment,
	}
	d.renumber()
	made := s.repo.made()
	*made = append(*made, d)
	s.tellDeployment(d)
	return d
}

// renumber numbers what a system tells apart by when it began, and not by a number of its own.
func (d *deployment) renumber() {
	if d.repo.deployer == "argocd" {
		d.id = d.created.Unix()
	}
}

func (s *service) report(d *deployment, state string) { s.reportAt(d, state, s.now()) }

func (s *service) reportAt(d *deployment, state string, at time.Time) {
	to := &status{id: s.world.id(s.rng), deployment: d, state: state, at: at, creator: d.creator}
	d.statuses = append(d.statuses, to)
	d.updated = s.now()
	s.tellStatus(d, to)
}

// fail ends a run that entered nothing.
func (s *service) fail(d *deployment, state string) {
	s.report(d, state)
	if d.production {
		s.truth.FailedRuns++
	}
}

// success ends a run well, and retires what was active in the environment before, as GitHub does.
func (s *service) success(d *deployment, why purpose) {
	s.report(d, "SUCCESS")
	made := *s.repo.made()
	for i := len(made) - 1; i >= 0; i-- {
		earlier := made[i]
		if earlier == d || earlier.environment != d.environment || earlier.finished().IsZero() {
			continue
		}
		if earlier.latest().state == "INACTIVE" {
			break
		}
		s.report(earlier, "INACTIVE")
	}
	s.running[d.environment] = d
	if !d.production {
		return
	}
	s.released = append(s.released, d)
	s.truth.Deployments++
	switch why {
	case redeployOf:
		s.truth.Redeploys++
	case rollbackTo:
		s.truth.Rollbacks++
	}
}

// inProduction is the moment after a release: count waiting changes have shipped, and some releases turn out bad.
func (s *service) inProduction(d *deployment, count int) {
	d.shipped = s.waiting[:count:count]
	s.waiting = s.waiting[count:]
	if s.chance(0.008) {
		s.world.at(s.in(time.Minute, 3*time.Minute), func() {
			if d.latest().state == "SUCCESS" {
				s.report(d, "FAILURE") // a smoke test after the fact: the version is in production all the same
			}
		})
	}
	if len(s.released) > 1 && s.chance(s.badRate*s.factor(s.breakage)) {
		s.goWrong(d)
		return
	}
	s.settle()
	if s.chance(0.06) {
		s.later(afterWork(s.now(), s.hours(5)), s.redeploy)
	}
}

// settle ends what was on its way.
func (s *service) settle() {
	s.releasing = false
	s.consider()
}

// redeploy deploys what is running already: a changed setting, a rotated secret.
func (s *service) redeploy() {
	if s.releasing {
		return
	}
	s.releasing = true
	now := s.running[s.production]
	s.rollOut(rollout{environment: s.production, commit: now.commit, ref: now.ref, purpose: redeployOf, succeeded: func(*deployment) { s.settle() }})
}

// deployNow merges a pull request and has it in production at the clock's moment.
func (s *service) deployNow() (*deployment, *pull) {
	now := s.now()
	s.epoch++
	if s.inFlight != nil {
		s.fail(s.inFlight, "ERROR")
		s.inFlight = nil
	}
	if c := s.crisis; c != nil {
		s.crisis = nil
		s.world.at(s.in(10*time.Minute, 30*time.Minute), func() { s.closeIncident(c) })
	}
	s.releasing = false

	p := s.readyPull()
	merged := latest(now.Add(-90*time.Second), s.repo.main.committed, p.created)
	s.land(p, colleague(s.rng, s.team, p.author), merged)
	for _, env := range []string{s.staging, s.production} {
		ref := mainBranch
		if s.tagPrefix != "" {
			if env == s.staging {
				s.tag(s.repo.main)
			}
			ref = s.repo.tags[len(s.repo.tags)-1].name
		}
		d := s.deploy(rollout{environment: env, commit: s.repo.main, ref: ref})
		made := *s.repo.made()
		d.created = latest(now.Add(-60*time.Second), merged, made[max(0, len(made)-2)].created)
		d.renumber()
		s.reportAt(d, "QUEUED", d.created)
		s.reportAt(d, "IN_PROGRESS", latest(now.Add(-40*time.Second), d.created))
		s.success(d, releaseOf)
	}
	d := s.running[s.production]
	d.shipped, s.waiting = s.waiting, nil
	return d, p
}

// readyPull is the service's longest reviewed open pull request, or one that somebody has just finished.
func (s *service) readyPull() *pull {
	for _, p := range s.repo.pulls {
		approved := len(p.reviews) > 0 && p.reviews[len(p.reviews)-1].state == "APPROVED"
		ours := !s.monorepo || strings.HasPrefix(p.branch, s.name+"/")
		if p.state() == "OPEN" && approved && ours && !p.author.bot && !strings.HasPrefix(p.branch, "revert-") && !strings.HasPrefix(p.branch, "hotfix/") {
			return p
		}
	}
	author := s.team[s.rng.IntN(len(s.team))]
	b := s.branch(author, s.title(), "")
	b.write("")
	written := s.now().Add(-time.Duration(150+s.rng.IntN(60)) * time.Minute)
	b.commits[0].authored, b.commits[0].committed = written, written
	p := b.request(false)
	if last := len(s.repo.pulls) - 2; last >= 0 {
		p.created = latest(s.now().Add(-100*time.Minute), s.repo.pulls[last].created)
	}
	p.reviews = append(p.reviews, &review{id: s.world.id(s.rng), state: "APPROVED", author: colleague(s.rng, s.team, author), at: latest(s.now().Add(-30*time.Minute), p.created)})
	return p
}

func latest(t time.Time, others ...time.Time) time.Time {
	for _, o := range others {
		if o.After(t) {
			t = o
		}
	}
	return t
}

package world

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// work begins a piece of work, and plans the next one.
func (s *service) work() {
	s.world.at(s.workGap(), s.work)
	if !s.chance(season(s.now()) * s.factor(s.activity)) {
		return
	}
	author := s.team[s.rng.IntN(len(s.team))]
	if s.trunk && !s.chance(0.12) {
		s.push(author, s.title(), 1+s.rng.IntN(2))
		return
	}
	b := s.branch(author, s.title(), "")
	n := 1 + s.rng.IntN(3) + s.rng.IntN(3)
	coding := time.Duration(float64(s.around(s.coding)) * s.factor(s.codingTime))
	for i := range n {
		s.world.at(afterWork(s.now(), coding*time.Duration(i)/time.Duration(n)), func() { b.write(pick(s, steps)) })
	}
	s.world.at(afterWork(s.now(), coding), b.open)
}

// push brings commits straight to main, authored in the hours before.
func (s *service) push(author *person, title string, n int) {
	for i := range n {
		message := title
		if i > 0 {
			message += ": " + pick(s, steps)
		}
		authored := s.now().Add(-time.Duration(n-i) * time.Duration(4+s.rng.IntN(80)) * time.Minute)
		s.direct(author, message, authored)
	}
	s.consider()
}

// direct is one commit on main that belongs to no pull request.
func (s *service) direct(author *person, message string, authored time.Time) {
	c := s.repo.commit(draft{
		message: message, author: author, authored: authored.Truncate(time.Second), committer: author, at: s.now(),
		files: 1 + s.rng.IntN(5), parents: []*commit{s.repo.main},
	})
	s.repo.main = c
	s.waiting = append(s.waiting, change{commit: c})
}

// branch is a line of work off main, with a pull request once it is opened.
type branch struct {
	s       *service
	author  *person
	name    string
	title   string
	body    string
	labels  []string
	commits []*commit
	head    *commit
	pull    *pull
}

func (s *service) branch(author *person, title, name string) *branch {
	if name == "" {
		name = slug(title)
		if s.monorepo {
			name = s.name + "/" + name
		}
	}
	for base, n := name, 2; s.repo.branches[name] != nil; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	s.repo.branches[name] = s.repo.main
	return &branch{s: s, author: author, title: title, name: name, head: s.repo.main, body: "What: " + title + "."}
}

// write adds a commit to the branch, and to its pull request where there is one.
func (b *branch) write(message string) {
	s := b.s
	if b.pull != nil && !b.pull.closed.IsZero() {
		return
	}
	if len(b.commits) == 0 {
		message = b.title
	}
	c := s.repo.commit(draft{
		message: message, author: b.author, authored: s.now(), committer: b.author, at: s.now(),
		files: 1 + s.rng.IntN(7), parents: []*commit{b.head},
	})
	b.head = c
	b.commits = append(b.commits, c)
	s.repo.branches[b.name] = c
	if b.pull != nil {
		b.pull.commits = append(b.pull.commits, c)
		b.pull.updated = s.now()
		c.pulls = append(c.pulls, b.pull)
	}
}

// request opens the pull request, and nothing more.
func (b *branch) request(draft bool) *pull {
	s := b.s
	p := &pull{
		id: s.world.id(s.rng), repo: s.repo, number: s.repo.number(), title: b.title, body: b.body, branch: b.name, author: b.author,
		draft: draft, created: s.now(), updated: s.now(), labels: b.labels, commits: slices.Clone(b.commits), files: s.touched(),
		additions: 5 + s.rng.IntN(300), deletions: s.rng.IntN(120),
	}
	for _, c := range b.commits {
		c.pulls = append(c.pulls, p)
	}
	s.repo.pulls = append(s.repo.pulls, p)
	b.pull = p
	return p
}

func (s *service) touched() []string {
	root := "src/"
	if s.monorepo {
		root = "services/" + s.name + "/"
	}
	var files []string
	subjects := s.subjects()
	for _, i := range s.rng.Perm(len(subjects))[:1+s.rng.IntN(3)] {
		files = append(files, root+slug(subjects[i])+".go")
	}
	slices.Sort(files)
	return files
}

// open asks for a review, and plans how it goes.
func (b *branch) open() {
	s := b.s
	p := b.request(s.chance(0.15))
	if s.chance(0.25) {
		s.world.at(s.in(2*time.Minute, 9*time.Minute), func() { s.review(p, s.world.staff.actions, "COMMENTED", "Coverage is unchanged.") })
	}
	if s.chance(0.15) {
		s.world.at(s.in(5*time.Minute, 50*time.Minute), func() { s.review(p, b.author, "COMMENTED", "A note for whoever reviews this.") })
	}
	reviewed := afterWork(s.now(), time.Duration(float64(s.around(s.pickup))*s.factor(s.pickupTime)))
	s.world.at(reviewed.Add(-time.Minute), func() { p.draft = false })
	merge := s.around(s.merging)
	switch {
	case s.chance(0.06):
		s.world.at(afterWork(s.now(), merge), b.merge)
		return
	case s.chance(0.04):
		s.world.at(reviewed, func() { s.review(p, colleague(s.rng, s.team, b.author), "COMMENTED", "Do we still need this?") })
		s.world.at(afterWork(reviewed, s.around(s.approval)), b.close)
		return
	}
	reviewer := colleague(s.rng, s.team, b.author)
	approved := reviewed
	if s.chance(0.4) {
		state, body := "CHANGES_REQUESTED", "Please have another look at the error path."
		if s.chance(0.5) {
			state, body = "COMMENTED", "Two questions inline."
		}
		s.world.at(reviewed, func() { s.review(p, reviewer, state, body) })
		again := s.around(s.approval)
		s.world.at(afterWork(reviewed, again/2), func() { b.write(steps[3]) })
		approved = afterWork(reviewed, again)
	}
	s.world.at(approved, func() { s.review(p, reviewer, "APPROVED", "") })
	s.world.at(afterWork(approved, merge), b.merge)
}

func (s *service) review(p *pull, by *person, state, body string) {
	if !p.closed.IsZero() {
		return
	}
	p.reviews = append(p.reviews, &review{id: s.world.id(s.rng), state: state, author: by, at: s.now(), body: body})
	p.updated = s.now()
}

func (b *branch) close() {
	if !b.pull.closed.IsZero() {
		return
	}
	b.pull.closed, b.pull.updated = b.s.now(), b.s.now()
	delete(b.s.repo.branches, b.name)
}

// merge lands the pull request, and lets the service consider a release.
func (b *branch) merge() {
	if !b.pull.closed.IsZero() {
		return
	}
	b.s.land(b.pull, colleague(b.s.rng, b.s.team, b.author), b.s.now())
	b.s.consider()
}

// land brings p to the main line in the repository's way.
func (s *service) land(p *pull, by *person, at time.Time) {
	r := s.repo
	subject := fmt.Sprintf("%s (#%d)", p.title, p.number)
	github := s.world.staff.webFlow
	switch s.landing {
	case byMergeCommit:
		message := fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", p.number, r.owner, p.branch, p.title)
		switch r.host {
		case "gitlab":
			message = fmt.Sprintf("Merge branch '%s' into '%s'\n\n%s\n\nSee merge request %s!%d", p.branch, mainBranch, p.title, r.fullName(), p.number)
		case "bitbucket":
			message = fmt.Sprintf("Merged in %s (pull request #%d)\n\n%s", p.branch, p.number, p.title)
		}
		head := p.commits[len(p.commits)-1]
		r.main = r.commit(draft{message: message, author: by, authored: at, committer: github, at: at, parents: []*commit{r.main, head}})
		r.main.pulls = append(r.main.pulls, p)
	case bySquash:
		message := subject
		if len(p.commits) > 1 {
			var lines []string
			for _, c := range p.commits {
				lines = append(lines, "* "+c.message)
			}
			message += "\n\n" + strings.Join(lines, "\n\n")
		} else if strings.HasPrefix(p.body, "Reverts ") {
			message += "\n\n" + p.body
		}
		r.main = r.commit(draft{message: message, author: p.author, authored: at, committer: github, at: at, files: len(p.files), parents: []*commit{r.main}})
		r.main.pulls = append(r.main.pulls, p)
	case byRebase:
		for _, c := range p.commits {
			r.main = r.commit(draft{message: c.message, author: c.author, authored: c.authored, committer: github, at: at, files: c.files, parents: []*commit{r.main}})
			r.main.pulls = append(r.main.pulls, p)
		}
	}
	p.draft = false
	p.landed, p.merged, p.closed, p.mergedBy, p.updated = r.main, at, at, by, s.now()
	delete(r.branches, p.branch)
	s.waiting = append(s.waiting, change{pull: p, commit: r.main})
	s.tellPull(p)
}

// dependencies is the bot's Monday.
func (s *service) dependencies() {
	s.world.at(nextWeekday(s.now(), time.Monday, 4*time.Hour), s.dependencies)
	if !s.chance(s.bots) {
		return
	}
	bot := s.world.staff.renovate
	title := fmt.Sprintf("Update dependency %s to v%d.%d.%d", pick(s, packages), 1+s.rng.IntN(9), s.rng.IntN(20), s.rng.IntN(10))
	b := s.branch(bot, title, "renovate/"+slug(title))
	b.labels = []string{"dependencies"}
	b.body = "This pull request updates a dependency."
	b.write("")
	s.world.at(s.in(time.Minute, 5*time.Minute), func() {
		p := b.request(false)
		if s.chance(0.5) {
			s.world.at(afterWork(s.now(), s.hours(4)), func() { s.review(p, s.team[s.rng.IntN(len(s.team))], "APPROVED", "") })
		}
		s.world.at(afterWork(s.now(), s.hours(9)+10*time.Minute), b.merge)
	})
}

// abandonedWork is a pull request that nobody finishes: it stays open, some as drafts.
func (s *service) abandonedWork() {
	s.world.at(afterWork(s.now(), s.hours(9*weeklyHours)), s.abandonedWork)
	b := s.branch(s.team[s.rng.IntN(len(s.team))], s.title(), "")
	b.write("")
	s.world.at(afterWork(s.now(), s.around(s.coding)), func() {
		b.request(s.chance(0.6))
		if s.chance(0.6) {
			s.world.at(afterWork(s.now(), s.hours(6*weeklyHours)), b.close)
		}
	})
}

// promptly writes, opens, reviews and merges a pull request within the hour, whatever the hour.
func (s *service) promptly(b *branch, commits int, merged func(*pull)) {
	coded := s.in(4*time.Minute, 30*time.Minute)
	for i := range commits {
		s.world.at(s.now().Add(coded.Sub(s.now())*time.Duration(i+1)/time.Duration(commits)), func() { b.write(pick(s, steps)) })
	}
	s.world.at(coded.Add(2*time.Minute), func() {
		p := b.request(false)
		by := colleague(s.rng, s.team, b.author)
		if s.chance(0.7) {
			s.world.at(s.in(2*time.Minute, 15*time.Minute), func() { s.review(p, by, "APPROVED", "") })
		}
		s.world.at(s.in(15*time.Minute, 30*time.Minute), func() {
			if !p.closed.IsZero() {
				return
			}
			s.land(p, by, s.now())
			merged(p)
		})
	})
}

package world

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Organization is the login that owns every repository.
const Organization = "example-health"

// Options say which world to grow. The same options give the same world.
type Options struct {
	Seed   uint64
	Now    time.Time // the end of its history, cut to the second; zero is the wall clock's now
	Months int       // the length of its history; zero is 18
	Others int       // how many small repositories there are besides the five of the stories
	// Estate is how many repositories there are in place of the five: an organisation as large as it is, of many teams, each
	// of which deploys as it is used to. What they did lies behind them, and nothing happens any more.
	Estate int
	// Elsewhere says that the teams which work with other systems than GitHub are there too.
	Elsewhere bool
}

// World is the organisation. All its methods may be called at the same time.
type World struct {
	mu    sync.RWMutex
	clock time.Time
	began time.Time
	today time.Time // Options.Now: ages in the services' stories are counted back from it

	queue   queue
	planned uint64
	lastID  int64
	staff   staff

	deliver    func(Webhook) // nil while nobody listens
	deliveries int
	repos      []*repository          // on GitHub
	elsewhere  []*repository          // those that other systems keep
	former     map[string]*repository // by the names, in lower case, that led to them last
	services   []*service
	estate     []Settled
}

// New grows a world up to Options.Now. It takes well under a second.
func New(o Options) *World {
	if o.Now.IsZero() {
		o.Now = time.Now()
	}
	if o.Months <= 0 {
		o.Months = 18
	}
	now := o.Now.UTC().Truncate(time.Second)
	w := &World{today: now, began: now.AddDate(0, -o.Months, 0), staff: hire(), lastID: 1_600_000_000}
	w.clock = w.began
	if o.Estate > 0 {
		w.settled(o.Seed, o.Estate)
		w.clock = now
		return w
	}
	all := profiles()
	if o.Elsewhere {
		all = append(all, elsewhere()...)
	}
	for i, p := range append(all, others(o.Others)...) {
		digest := fnv.New64a()
		_, _ = digest.Write([]byte(p.name))
		w.services = append(w.services, &service{
			profile: p,
			world:   w,
			repo:    w.found(p, i),
			team:    w.staff.team(p.people),
			rng:     rand.New(rand.NewPCG(o.Seed, digest.Sum64())), //nolint:gosec // repeatable on purpose
			running: map[string]*deployment{},
		})
	}
	for _, s := range w.services {
		s.begin()
	}
	w.advance(now)
	return w
}

// found returns the repository of that service, and founds it with a first commit where it is new.
func (w *World) found(p profile, n int) *repository {
	if r := w.repository(Organization, p.repo); r != nil {
		return r
	}
	folder, name := path.Split(p.repo)
	r := &repository{
		id: 512_300_000 + int64(n)*7919, owner: path.Join(Organization, folder), name: name, created: w.began, updated: w.began,
		host: p.host(), deployer: p.deployer(), tracker: p.tracker(),
		commits: map[string]*commit{}, branches: map[string]*commit{},
		labels: []string{"bug", "dependencies", "documentation", "enhancement", "hotfix", "incident", "sev1", "sev2", "sev3"},
		topics: []string{"team-" + p.teamName},
	}
	first := r.commit(draft{message: "Initial commit", author: w.staff.devs[0], authored: w.began, committer: w.staff.webFlow, at: w.began, files: 3})
	r.main = first
	if r.host == GitHub {
		w.repos = append(w.repos, r)
	} else {
		w.elsewhere = append(w.elsewhere, r)
	}
	return r
}

// repository is the one that a name leads to: one that has it, whatever its letters' case, or that had it last.
func (w *World) repository(owner, name string) *repository {
	if r := w.holder(owner + "/" + name); r != nil {
		return r
	}
	if r := w.former[strings.ToLower(owner+"/"+name)]; r != nil && slices.Contains(w.repos, r) {
		return r
	}
	return nil
}

// at plans something. A moment that has passed already is now.
func (w *World) at(t time.Time, do func()) {
	t = t.Truncate(time.Second)
	if t.Before(w.clock) {
		t = w.clock
	}
	w.planned++
	heap.Push(&w.queue, happening{at: t, order: w.planned, do: do})
}

// advance lets everything up to and including t happen.
func (w *World) advance(t time.Time) {
	for len(w.queue) > 0 && !w.queue[0].at.After(t) {
		h := heap.Pop(&w.queue).(happening)
		w.clock = h.at
		h.do()
	}
	if t.After(w.clock) {
		w.clock = t
	}
}

// id is the next database id: one growing sequence, with gaps as GitHub's has.
func (w *World) id(rng *rand.Rand) int64 {
	w.lastID += 1 + rng.Int64N(997)
	return w.lastID
}

// Now is the world's clock.
func (w *World) Now() time.Time {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.clock
}

const heartbeat = 50 * time.Millisecond

// Live lets the world go on in real time: pace simulated seconds pass in a real second. It returns ctx's error when ctx ends.
func (w *World) Live(ctx context.Context, pace float64) error {
	if pace <= 0 {
		return fmt.Errorf("pace %v: must be above 0, in simulated seconds per second", pace)
	}
	from, began := w.Now(), time.Now()
	ticker := time.NewTicker(heartbeat)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
			passed := time.Duration(float64(time.Since(began)) * pace)
			w.mu.Lock()
			w.advance(from.Add(passed))
			w.mu.Unlock()
		}
	}
}

// Pass lets simulated time pass at once.
func (w *World) Pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(w.clock.Add(d))
}

// ErrUnknownService is what Deploy returns for a service that the organisation does not have.
var ErrUnknownService = errors.New("unknown service")

// Deployment is a successful production deployment, as Deploy reports it.
type Deployment struct {
	ID          int64 // the number that GitHub's API shows as id and databaseId
	NodeID      string
	StatusID    int64 // of the success
	Service     string
	Repository  string // owner/name
	Environment string
	SHA         string
	Ref         string
	PullRequest int // the number that was merged for it
	Created     time.Time
	Finished    time.Time
}

// Deploy makes someone merge a pull request of the service and deploy it to production, now: the success carries the world's
// clock, the steps before it lie in the minute and a half before. A deployment that was under way is superseded, and fails.
func (w *World) Deploy(name string) (Deployment, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range w.services {
		if s.name == name {
			d, p := s.deployNow()
			return Deployment{
				ID: d.id, NodeID: nodeID("Deployment", d.id), StatusID: d.latest().id, Service: s.name, Repository: s.repo.fullName(),
				Environment: d.environment, SHA: d.commit.sha, Ref: d.ref, PullRequest: p.number, Created: d.created, Finished: d.finished(),
			}, nil
		}
	}
	return Deployment{}, fmt.Errorf("%w %q", ErrUnknownService, name)
}

// Repositories are the owner/name of all repositories on GitHub.
func (w *World) Repositories() []string {
	var names []string
	for _, r := range w.repos {
		names = append(names, r.fullName())
	}
	return names
}

// Service is what a settings file needs to know of a service.
type Service struct {
	Name           string
	Team           string
	Repository     string   // owner/name
	Production     string   // the environment's name
	Staging        string   // the environment's name
	IncidentLabels []string // an incident of this service carries all of them
	TagPrefix      string   // of its release tags; empty where it deploys branches
	Paths          []string // of its files, where it shares its repository

	// Host, Deployer and Tracker are the systems that keep its code, deploy it, and keep its incidents, as settings call them.
	Host, Deployer, Tracker string
	// Filed is the project that the tracker has its incidents in, and Afflicted what the tracker calls the service; both are
	// empty where they are the repository's.
	Filed, Afflicted string
}

// Services are the organisation's services, by team.
func (w *World) Services() []Service {
	var list []Service
	for _, s := range w.services {
		list = append(list, Service{
			Name: s.name, Team: s.teamName, Repository: s.repo.fullName(), Production: s.production, Staging: s.staging,
			IncidentLabels: s.incidentLabels(), TagPrefix: s.tagPrefix, Paths: s.paths(),
			Host: s.host(), Deployer: s.deployer(), Tracker: s.tracker(),
			Filed: s.filed(), Afflicted: s.afflicted(),
		})
	}
	return list
}

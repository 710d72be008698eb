package facts_test

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
)

// naive is a second reading of METRICS.md, written without the first: sets, loops and no index, as slow as it likes.
// It tells what it found as lines of text, so that a difference from the engine reads as a difference of stories.
type naive struct {
	mapping      dora.Mapping
	def          dora.Definition
	repositories []*dora.Repository
	commits      []*dora.Commit
	changes      []*dora.Change
	deployments  []*dora.Deployment
	incidents    []*dora.Incident
	corrections  []*dora.Correction
}

// set is a set of commits, by sha.
type set map[string]bool

// newNaive keeps the newest version of each event.
func newNaive(mapping dora.Mapping, def dora.Definition, events []dora.Event) *naive {
	newest := map[string]dora.Event{}
	for _, e := range events {
		key := string(e.Kind()) + " " + e.Head().FullID()
		if known, ok := newest[key]; !ok || e.Head().NewerThan(known.Head()) {
			newest[key] = e
		}
	}
	keys := make([]string, 0, len(newest))
	for key := range newest {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	n := &naive{mapping: mapping, def: def}
	for _, key := range keys {
		switch e := newest[key].(type) {
		case *dora.Repository:
			n.repositories = append(n.repositories, e)
		case *dora.Commit:
			n.commits = append(n.commits, e)
		case *dora.Change:
			if !e.Withdrawn {
				n.changes = append(n.changes, e)
			}
		case *dora.Deployment:
			n.deployments = append(n.deployments, e)
		case *dora.Incident:
			n.incidents = append(n.incidents, e)
		case *dora.Correction:
			n.corrections = append(n.corrections, e)
		}
	}
	return n
}

// naiveRepository is a repository as far as it is known, with its changes sorted out.
type naiveRepository struct {
	source, name string
	head         string
	read         time.Time // when the head was told
	commits      map[string]*dora.Commit
	pulls        []*dora.Change
	// units are all changes: pull requests, and main-line commits that belong to none. Promotions are none of them.
	units      []*naiveChange
	promotions []*naiveChange
}

// naiveChange is one change: a pull request, or a plain main-line commit.
type naiveChange struct {
	pull    *dora.Change
	commit  *dora.Commit
	landed  string   // the commit that it ships with
	shas    []string // its own commits: those that a revert may name
	first   time.Time
	onMain  bool
	author  string
	message string // title, empty line, body
}

func (c *naiveChange) number() int {
	if c.pull != nil {
		return c.pull.Number
	}
	return 0
}

func (n *naive) repository(source, name string) *naiveRepository {
	r := &naiveRepository{source: source, name: name, commits: map[string]*dora.Commit{}}
	for _, known := range n.repositories {
		if known.Source == source && known.Name == name {
			r.head, r.read = known.HeadSHA, known.Updated
		}
	}
	for _, c := range n.commits {
		if c.Source == source && c.Repository == name {
			r.commits[c.SHA] = c
		}
	}
	for _, c := range n.changes {
		if c.Source == source && c.Repository == name {
			r.pulls = append(r.pulls, c)
		}
	}
	sort.Slice(r.pulls, func(i, j int) bool { return r.pulls[i].Number < r.pulls[j].Number })
	r.sortOut()
	return r
}

// reach is everything reachable from a commit, itself included; shas that are not known are in it, their parents are not.
func (r *naiveRepository) reach(sha string) set {
	reached := set{}
	todo := []string{sha}
	for len(todo) > 0 {
		at := todo[0]
		todo = todo[1:]
		if at == "" || reached[at] {
			continue
		}
		reached[at] = true
		if c := r.commits[at]; c != nil {
			todo = append(todo, c.Parents...)
		}
	}
	return reached
}

// mainLine is the first-parent line from the head.
func (r *naiveRepository) mainLine() []*dora.Commit {
	var line []*dora.Commit
	for c := r.commits[r.head]; c != nil; c = r.commits[c.Parents[0]] {
		line = append(line, c)
		if len(c.Parents) == 0 {
			break
		}
	}
	return line
}

// landedBy are the commits on the main line that are a pull request's: its merge or squash commit, the landed commits
// of its rebase, and its own.
func (r *naiveRepository) landedBy(pull *dora.Change) set {
	landed := set{pull.MergeCommit: true}
	for _, c := range pull.Commits {
		landed[c.SHA] = true
	}
	// A rebase keeps authored times and the order, and leaves merges out. The merge commit is the last that landed.
	at := r.commits[pull.MergeCommit]
	last := len(pull.Commits)
	for at != nil && len(at.Parents) < 2 {
		if at.SHA != pull.MergeCommit && at.Committed.Before(pull.Opened) {
			break // it landed before the pull request was opened
		}
		same := last - 1
		for same >= 0 && !pull.Commits[same].Authored.Equal(at.Authored) {
			same--
		}
		if same < 0 {
			break
		}
		last = same
		landed[at.SHA] = true
		if len(at.Parents) == 0 {
			break
		}
		at = r.commits[at.Parents[0]]
	}
	return landed
}

// sortOut finds the changes.
func (r *naiveRepository) sortOut() {
	line := r.mainLine()
	onLine := set{}
	for _, c := range line {
		onLine[c.SHA] = true
	}
	owned := set{}
	for _, pull := range r.pulls {
		c := &naiveChange{pull: pull, landed: pull.MergeCommit, onMain: r.commits[r.head] != nil && r.commits[pull.MergeCommit] != nil && r.reach(r.head)[pull.MergeCommit], author: pull.Author, message: pull.Title + "\n\n" + pull.Body}
		if r.promotion(pull) {
			r.promotions = append(r.promotions, c)
			owned[pull.MergeCommit] = true // what it lists belongs to others
			continue
		}
		for sha := range r.landedBy(pull) {
			owned[sha] = true
			c.shas = append(c.shas, sha)
		}
		for _, own := range pull.Commits {
			c.first = earlier(c.first, own.Authored)
		}
		r.units = append(r.units, c)
	}
	for _, commit := range line {
		if owned[commit.SHA] {
			continue
		}
		c := &naiveChange{commit: commit, landed: commit.SHA, onMain: true, author: commit.Author, message: commit.Message}
		for sha := range r.brought(commit) {
			c.shas = append(c.shas, sha)
			if brought := r.commits[sha]; brought != nil {
				c.first = earlier(c.first, brought.Authored)
			}
		}
		r.units = append(r.units, c)
	}
}

// promotion says that all non-merge commits that a pull request's merge commit brings in belong to changes that were merged
// before it: to another pull request, or to the main line's commit that brought it in.
func (r *naiveRepository) promotion(pull *dora.Change) bool {
	merge := r.commits[pull.MergeCommit]
	if merge == nil || len(merge.Parents) < 2 || slices.ContainsFunc(pull.Commits, func(own dora.ChangeCommit) bool { return own.SHA == merge.SHA }) {
		return false
	}
	before := func(other *dora.Change) bool {
		if other.Merged.Equal(pull.Merged) {
			return other.Number < pull.Number
		}
		return other.Merged.Before(pull.Merged)
	}
	belongs := func(sha string) bool {
		for _, other := range r.pulls {
			if before(other) && r.landedBy(other)[sha] {
				return true
			}
		}
		return false
	}
	brought := r.brought(merge)
	for sha := range brought {
		c := r.commits[sha]
		if c == nil {
			return false // it cannot be told
		}
		if len(c.Parents) > 1 || belongs(sha) {
			continue
		}
		landed := false
		for _, on := range r.mainLine() {
			if !brought[on.SHA] || on.SHA == merge.SHA || !r.brought(on)[sha] {
				continue
			}
			isPull := slices.ContainsFunc(r.pulls, func(other *dora.Change) bool { return other.MergeCommit == on.SHA })
			landed = landed || !isPull || belongs(on.SHA)
		}
		if !landed {
			return false
		}
	}
	return true
}

// belongs says whether a commit is a pull request's, or on the main line's history, where something brought it in.
func (r *naiveRepository) belongs(sha string) bool {
	for _, c := range r.units {
		if c.landed == sha || c.pull != nil && slices.Contains(c.shas, sha) {
			return true
		}
	}
	return r.commits[r.head] != nil && r.reach(r.head)[sha]
}

// brought is what a main-line commit brought in: itself and what only its other parents reach.
func (r *naiveRepository) brought(c *dora.Commit) set {
	reached := r.reach(c.SHA)
	if len(c.Parents) > 0 {
		return minus(reached, r.reach(c.Parents[0]))
	}
	return reached
}

// naiveDeployment is a successful deployment in its place.
type naiveDeployment struct {
	event      *dora.Deployment
	legs       []*dora.Deployment // itself among them
	finish     time.Time
	height     int // of a landing: how long the line was by then
	lane       *naiveLane
	at         int // in its lane
	contents   set
	unknown    bool
	noBase     bool // its history shares no commit with any earlier one
	outside    int  // commits that belong to no change
	changes    []*naiveChange
	promotions []*naiveChange
	blamed     *naiveDeployment // by a rollback
	redeploy   bool
	rollback   bool

	evidence []string
	recovery []naiveEnd
	linked   []*dora.Incident
	reverts  []*naiveDeployment // what its reverts undo
	hotfixes []*naiveDeployment // what its hotfixes mend
	remedy   bool               // of an incident
	said     dora.Correction    // a person's word
}

type naiveEnd struct {
	at         time.Time
	deployment *naiveDeployment // nil for an incident
	by         string
}

// naiveLane is the deployments of one service into one environment, in order.
type naiveLane struct {
	repository  *naiveRepository
	legs        [][]*dora.Deployment // of one run and commit
	deployments []*naiveDeployment
	failed      []*dora.Deployment    // runs that never succeeded
	entries     []dora.DeploymentRule // that match any of these
	elsewhere   []*naiveChange        // that the pipeline shipped, whosever they are
}

func (n *naive) services() []dora.Service {
	if len(n.mapping.Services) > 0 {
		services := slices.Clone(n.mapping.Services)
		sort.Slice(services, func(i, j int) bool { return services[i].Name < services[j].Name })
		return services
	}
	found := map[string]dora.Service{}
	for _, r := range n.repositories {
		if !slices.ContainsFunc(n.deployments, func(d *dora.Deployment) bool { return !d.Withdrawn && strings.EqualFold(d.Repository, r.Name) }) &&
			!slices.ContainsFunc(n.incidents, func(i *dora.Incident) bool { return strings.EqualFold(i.Repository, r.Name) }) {
			continue // it is a service from its first deployment or incident on
		}
		found[r.Name] = dora.Service{
			Name:        r.Name,
			Deployments: []dora.DeploymentRule{{Source: r.Source, Repository: r.Name}},
			Incidents:   []dora.IncidentRule{{Source: r.Source, Repository: r.Name}},
		}
	}
	var services []dora.Service
	for _, name := range sortedKeys(found) {
		services = append(services, found[name])
	}
	return services
}

// tell derives everything and writes it down.
func (n *naive) tell() []string {
	var told []string
	for _, service := range n.services() {
		told = append(told, n.service(service)...)
	}
	return told
}

func (n *naive) service(s dora.Service) []string {
	unmeasured := map[facts.Reason]int{}
	var lanes []*naiveLane
	var failedRuns []string
	byName := map[string]*naiveLane{}
	repositories := map[string]*naiveRepository{}
	for _, d := range n.deployments {
		if d.Withdrawn || !slices.ContainsFunc(s.Deployments, func(r dora.DeploymentRule) bool { return r.Matches(d, n.mapping.Production) }) {
			continue
		}
		if d.Unseen > 0 {
			unmeasured[facts.ReasonUnseenRun] += d.Unseen
			continue
		}
		repository := d.Source + " " + d.Repository
		if repositories[repository] == nil {
			repositories[repository] = n.repository(d.Source, d.Repository)
		}
		key := strings.ToLower(d.Environment) + " " + repository
		if byName[key] == nil {
			byName[key] = &naiveLane{repository: repositories[repository]}
			lanes = append(lanes, byName[key])
		}
		l := byName[key]
		for _, r := range s.Deployments {
			if r.Matches(d, n.mapping.Production) {
				l.entries = append(l.entries, r)
			}
		}
		l.leg(d)
	}
	for _, l := range lanes {
		for _, legs := range l.legs {
			var said dora.Correction
			for _, leg := range legs {
				if c := n.said(leg.FullID(), s); c.Made.After(said.Made) || c.Made.Equal(said.Made) && c.ID > said.ID {
					said = c
				}
			}
			d := speaker(legs)
			switch {
			case said.Verdict == dora.VerdictIgnored:
				unmeasured[facts.ReasonIgnored]++
			case d.Finished().IsZero():
				l.failed = append(l.failed, d)
			default:
				finish, height := l.repository.landing(d)
				l.deployments = append(l.deployments, &naiveDeployment{event: d, legs: legs, finish: finish, height: height, said: said, lane: l})
			}
		}
	}
	var all []*naiveDeployment
	for _, l := range lanes {
		sort.Slice(l.deployments, func(i, j int) bool { return earlierDeployment(l.deployments[i], l.deployments[j]) })
		for i, d := range l.deployments {
			d.at = i
		}
		l.contents()
		l.own(n.def, unmeasured)
		l.compare(unmeasured)
		l.rollbacks(n.def, unmeasured)
		l.remedies(n.def, unmeasured)
		all = append(all, l.deployments...)
		for _, d := range l.failed {
			if d.Failed().IsZero() {
				last := d.Created
				for _, status := range d.Statuses {
					last = later(last, status.At)
				}
				failedRuns = append(failedRuns, "undecided run "+d.FullID()+" "+stamp(last))
				continue
			}
			failedRuns = append(failedRuns, "failed run "+d.FullID()+" "+stamp(d.Failed()))
			unmeasured[facts.ReasonFailedRun]++
		}
	}
	lanes = slices.DeleteFunc(lanes, func(l *naiveLane) bool { return len(l.deployments) == 0 && len(l.elsewhere) == 0 })
	sort.Slice(all, func(i, j int) bool { return earlierDeployment(all[i], all[j]) })
	for _, d := range all {
		if d.said.Verdict == dora.VerdictFailed {
			d.accuse(dora.EvidenceManual, d.said.FullID(), 0, d.said.Made)
		}
		var restored time.Time
		for _, leg := range d.legs {
			restored = earlier(restored, leg.Recovered)
		}
		if !restored.IsZero() && n.def.Uses(dora.EvidenceExplicit) {
			d.accuse(dora.EvidenceExplicit, d.event.FullID(), 0, restored)
			d.recovery = append(d.recovery, naiveEnd{restored, d, d.event.FullID()})
		}
	}
	incidents := n.link(s, all, unmeasured)
	n.blame(all)
	var told []string
	for _, d := range all {
		told = append(told, n.deployment(d, unmeasured)...)
	}
	sort.Strings(failedRuns)
	told = append(told, failedRuns...)
	told = append(told, incidents...)
	told = append(told, n.waiting(lanes, unmeasured)...)
	for _, reason := range sortedKeys(unmeasured) {
		if unmeasured[reason] > 0 {
			told = append(told, fmt.Sprintf("unmeasured %s %d", reason, unmeasured[reason]))
		}
	}
	for i := range told {
		told[i] = s.Name + ": " + told[i]
	}
	return told
}

// contents are the commits reachable from a deployment's sha and from no earlier one's.
func (l *naiveLane) contents() {
	before := set{}
	for _, d := range l.deployments {
		reached := l.repository.reach(d.event.SHA)
		d.contents = minus(reached, before)
		d.noBase = d.at > 0 && len(d.contents) == len(reached)
		for sha := range d.contents {
			before[sha] = true
			if l.repository.commits[sha] == nil {
				d.unknown = true
				delete(d.contents, sha)
			}
		}
		d.unknown = d.unknown || l.repository.commits[d.event.SHA] == nil
		d.noBase = d.noBase && !d.unknown
		for sha := range d.contents {
			if !l.repository.belongs(sha) && len(l.repository.commits[sha].Parents) < 2 {
				d.outside++
			}
		}
		for _, c := range l.repository.units {
			if d.contents[c.landed] {
				d.changes = append(d.changes, c)
			}
		}
		for _, c := range l.repository.promotions {
			if d.contents[c.landed] {
				d.promotions = append(d.promotions, c)
			}
		}
	}
}

// compare finds redeploys, and counts what is not known of what is left.
func (l *naiveLane) compare(unmeasured map[facts.Reason]int) {
	for i, d := range l.deployments {
		d.redeploy = i > 0 && l.deployments[i-1].event.SHA == d.event.SHA
		if d.unknown {
			unmeasured[facts.ReasonUnknownCommit]++
		}
	}
}

// deployment tells of one deployment, what it shipped and what became of it.
func (n *naive) deployment(d *naiveDeployment, unmeasured map[facts.Reason]int) []string {
	bots := 0
	for _, c := range d.changes {
		if n.def.Bots.Pattern.Match(c.author) {
			bots++
		}
	}
	told := []string{fmt.Sprintf("%s %s first=%t redeploy=%t rollback=%t botsOnly=%t commits=%d rework=%s", d.event.FullID(), stamp(d.finish),
		d.at == 0, d.redeploy, d.rollback, bots > 0 && bots == len(d.changes), len(d.contents), n.rework(d))}
	if n.def.Unit != dora.UnitCommit {
		unmeasured[facts.ReasonOutsideChanges] += d.outside
	}
	for _, c := range d.promotions {
		if d.lane.change(c) != no {
			unmeasured[facts.ReasonPromotion]++
		}
	}
	var units []string
	for _, u := range n.units(d) {
		units = append(units, u.tell(n.def, d, unmeasured))
	}
	sort.Strings(units)
	told = append(told, units...)
	if d.said.Verdict == dora.VerdictNotFailed {
		told = append(told, "  not failed, says "+d.said.FullID())
	}
	sort.Strings(d.evidence)
	told = append(told, d.evidence...)
	if end := n.recovered(d, unmeasured); end != "" {
		told = append(told, end)
	}
	return told
}

// waiting is what is merged and not shipped; and, counted, what never can be told to ship.
func (n *naive) waiting(lanes []*naiveLane, unmeasured map[facts.Reason]int) []string {
	var told []string
	seen := map[string]bool{}
	for _, l := range lanes {
		r := l.repository
		if seen[r.source+" "+r.name] {
			continue
		}
		seen[r.source+" "+r.name] = true
		for _, c := range slices.Concat(r.units, r.promotions) {
			shipped := false
			var whose []naiveTouch
			for _, other := range lanes {
				if other.repository == r {
					whose = append(whose, other.change(c))
					shipped = shipped || slices.Contains(other.elsewhere, c)
				}
				for _, d := range other.deployments {
					shipped = shipped || (other.repository == r && (slices.Contains(d.changes, c) || slices.Contains(d.promotions, c)))
				}
			}
			if slices.Contains(r.promotions, c) {
				if !shipped && anyOf(whose...) != no {
					unmeasured[facts.ReasonPromotion]++
				}
				continue
			}
			if shipped || (c.pull == nil && n.def.Unit == dora.UnitPullRequest) {
				continue
			}
			switch {
			case anyOf(whose...) == unknown:
				unmeasured[facts.ReasonUnknownFiles]++
			case anyOf(whose...) == no:
			case c.pull == nil:
				told = append(told, fmt.Sprintf("waiting #0 %s %s", short(c.landed), stamp(c.commit.Committed)))
			case c.landed == "":
				unmeasured[facts.ReasonNoMergeCommit]++
			case !c.onMain:
				unmeasured[facts.ReasonNotOnMainLine]++
			default:
				told = append(told, fmt.Sprintf("waiting #%d %s %s", c.pull.Number, short(c.landed), stamp(c.pull.Merged)))
			}
		}
	}
	sort.Strings(told)
	return told
}

func earlierDeployment(a, b *naiveDeployment) bool {
	if !a.finish.Equal(b.finish) {
		return a.finish.Before(b.finish)
	}
	if a.height != b.height {
		return a.height < b.height
	}
	if a.event.Number != b.event.Number {
		return a.event.Number < b.event.Number
	}
	return a.event.FullID() < b.event.FullID()
}

func minus(a, b set) set {
	left := set{}
	for sha := range a {
		if !b[sha] {
			left[sha] = true
		}
	}
	return left
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	keys := make([]K, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return at.UTC().Format("01-02T15:04:05")
}

// short leaves of a sha what tells the generated ones apart.
func short(sha string) string { return strings.TrimLeft(sha, "0") }

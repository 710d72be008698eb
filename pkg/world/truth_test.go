package world_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/world"
)

const everyIssue = `query($name: String!, $after: String) { repository(owner: "example-health", name: $name) {
  x: issues(first: 100, after: $after, orderBy: {field: CREATED_AT, direction: ASC}) { totalCount pageInfo { hasNextPage endCursor }
    nodes { number title body state createdAt closedAt updatedAt labels(first: 10) { nodes { name } }
      timelineItems(first: 50, itemTypes: [CLOSED_EVENT, REOPENED_EVENT, UNLABELED_EVENT]) { nodes { __typename
        ... on ClosedEvent { createdAt } ... on ReopenedEvent { createdAt } ... on UnlabeledEvent { createdAt label { name } } } } } } } }`

type issue struct {
	Number        int
	Body          string
	State         string
	CreatedAt     time.Time
	ClosedAt      *time.Time
	Labels        struct{ Nodes []struct{ Name string } }
	TimelineItems struct {
		Nodes []struct {
			Typename string `json:"__typename"`
		}
	}
}

func (i issue) has(label string) bool {
	return slices.ContainsFunc(i.Labels.Nodes, func(l struct{ Name string }) bool { return l.Name == label })
}

// reading is what a stranger makes of one service, from the API alone and in the plainest way.
type reading struct {
	deployments []deployment // successful, in production, in order of finish
	contents    []map[string]bool
	blamed      map[int]int // of rollbacks: index → index of what it undid
	evidence    map[string]bool
}

func (r *reading) note(deployment int, kind world.EvidenceKind, by int64) {
	r.evidence[fmt.Sprintf("%d failed by %s of %d", r.deployments[deployment].DatabaseID, kind, by)] = true
}

func planned(truth world.ServiceTruth) map[string]bool {
	set := map[string]bool{}
	for _, f := range truth.Failures {
		for _, e := range f.Evidence {
			kind := e.Kind
			if kind == world.ByHotfixBranch {
				kind = world.ByHotfix
			}
			set[fmt.Sprintf("%d failed by %s of %d", f.Deployment, kind, e.By)] = true
		}
	}
	return set
}

func read(t *testing.T, server *httptest.Server, s world.Service) *reading {
	t.Helper()
	name := s.Repository[len(world.Organization)+1:]
	graph := map[string]commit{}
	for _, c := range mainHistory(t, func(after any) connection[commit] {
		type answer struct {
			Repository struct {
				DefaultBranchRef struct {
					Target struct{ X connection[commit] }
				}
			}
		}
		return ask[answer](t, server, everyCommit, map[string]any{"name": name, "after": after}).Repository.DefaultBranchRef.Target.X
	}) {
		graph[c.Oid] = c
	}
	r := &reading{blamed: map[int]int{}, evidence: map[string]bool{}}
	for _, d := range everything[deployment](t, server, name, everyDeployment) {
		if _, ok := d.finished(); ok && d.Environment == s.Production {
			r.deployments = append(r.deployments, d)
		}
	}
	sort.Slice(r.deployments, func(i, j int) bool {
		a, _ := r.deployments[i].finished()
		b, _ := r.deployments[j].finished()
		return a.Before(b)
	})
	reach := func(sha string, known map[string]bool) map[string]bool {
		found := map[string]bool{}
		for stack := []string{sha}; len(stack) > 0; {
			top := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if found[top] || known[top] {
				continue
			}
			found[top] = true
			for _, p := range graph[top].Parents.Nodes {
				stack = append(stack, p.Oid)
			}
		}
		return found
	}
	inProduction := map[string]bool{}
	for i, d := range r.deployments {
		if i > 0 && d.CommitOid != r.deployments[i-1].CommitOid && reach(r.deployments[i-1].CommitOid, nil)[d.CommitOid] {
			restored := reach(d.CommitOid, nil)
			for j := i - 1; j >= 0; j-- {
				if restored[r.deployments[j].CommitOid] {
					r.blamed[i] = j + 1
					r.note(j+1, world.ByRollback, d.DatabaseID)
					break
				}
			}
		}
		fresh := reach(d.CommitOid, inProduction)
		r.contents = append(r.contents, fresh)
		for sha := range fresh {
			inProduction[sha] = true
		}
	}
	r.remedies(everything[pull](t, server, name, everyPull), graph)
	r.incidents(everything[issue](t, server, name, everyIssue), s)
	return r
}

// shippedBy is the first deployment that contains any of the commits, or -1.
func (r *reading) shippedBy(shas ...string) int {
	return slices.IndexFunc(r.contents, func(c map[string]bool) bool {
		return slices.ContainsFunc(shas, func(sha string) bool { return c[sha] })
	})
}

var (
	revertsPull   = regexp.MustCompile(`^Reverts \S+#(\d+)`)
	revertsCommit = regexp.MustCompile(`This reverts commit ([0-9a-f]{40})`)
	numbers       = regexp.MustCompile(`#(\d+)`)
)

func (r *reading) remedies(pulls []pull, graph map[string]commit) {
	byNumber := map[int]pull{}
	for _, p := range pulls {
		byNumber[p.Number] = p
	}
	for _, p := range pulls {
		if p.MergeCommit == nil {
			continue
		}
		by := r.shippedBy(p.MergeCommit.Oid, p.Commits.Nodes[len(p.Commits.Nodes)-1].Commit.Oid)
		if by < 0 {
			continue
		}
		hotfix := strings.HasPrefix(p.HeadRefName, "hotfix/") || slices.ContainsFunc(p.Labels.Nodes, func(l struct{ Name string }) bool { return l.Name == "hotfix" })
		switch {
		case hotfix:
			bad := by - 1
			for bad > 0 && r.deployments[bad].CommitOid == r.deployments[bad-1].CommitOid {
				bad--
			}
			if undone, ok := r.blamed[bad]; ok {
				bad = undone
			}
			r.note(bad, world.ByHotfix, r.deployments[by].DatabaseID)
		case strings.HasPrefix(p.Title, `Revert "Revert `):
		case strings.HasPrefix(p.Title, `Revert "`):
			var number string
			if m := revertsPull.FindStringSubmatch(p.Body); m != nil {
				number = m[1]
			} else if all := numbers.FindAllStringSubmatch(p.Title[:strings.LastIndex(p.Title, `"`)], -1); all != nil {
				number = all[len(all)-1][1]
			}
			n, _ := strconv.Atoi(number)
			if bad := r.shippedBy(byNumber[n].MergeCommit.Oid); bad >= 0 && bad != by {
				r.note(bad, world.ByRevert, r.deployments[by].DatabaseID)
			}
		}
	}
	for sha, c := range graph {
		if m := revertsCommit.FindStringSubmatch(c.Message); m != nil {
			if by, bad := r.shippedBy(sha), r.shippedBy(m[1]); by >= 0 && bad >= 0 && by != bad {
				r.note(bad, world.ByRevert, r.deployments[by].DatabaseID)
			}
		}
	}
}

func (r *reading) incidents(issues []issue, s world.Service) {
	for _, i := range issues {
		if slices.ContainsFunc(s.IncidentLabels, func(l string) bool { return !i.has(l) }) {
			continue
		}
		kind, bad := world.EvidenceKind(""), -1
		for n, d := range r.deployments {
			finished, _ := d.finished()
			if strings.Contains(i.Body, strconv.FormatInt(d.DatabaseID, 10)) {
				kind, bad = world.ByIncidentID, n
			}
			if finished.After(i.CreatedAt) {
				continue
			}
			switch {
			case strings.Contains(i.Body, d.CommitOid):
				kind, bad = world.ByIncidentSHA, n
			case d.Ref != nil && d.Ref.Prefix == "refs/tags/" && strings.Contains(i.Body+" ", " "+d.Ref.Name+" "):
				kind, bad = world.ByIncidentVersion, n
			case kind == "" || kind == world.ByIncidentTime:
				kind, bad = world.ByIncidentTime, n
			}
		}
		if bad < 0 {
			continue
		}
		if finished, _ := r.deployments[bad].finished(); kind == world.ByIncidentTime && i.CreatedAt.Sub(finished) > 24*time.Hour {
			continue
		}
		r.note(bad, kind, int64(i.Number))
	}
}

func TestTheTruthIsWhatAStrangerReadsFromTheAPI(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 7, 2026} {
		w := world.New(world.Options{Seed: seed, Now: thursday})
		if seed == 7 { // the same holds for a world that has lived on
			ctx, stop := context.WithCancel(t.Context())
			var living sync.WaitGroup
			living.Go(func() { _ = w.Live(ctx, 5_000_000) })
			require.Eventually(t, func() bool { return w.Now().After(thursday.AddDate(0, 0, 20)) }, time.Minute, 20*time.Millisecond)
			stop()
			living.Wait()
		}
		server := httptest.NewServer(w.Handler(token))
		t.Cleanup(server.Close)
		kinds := map[world.EvidenceKind]int{}
		for _, s := range w.Services() {
			truth := w.Truth().Services[s.Name]
			r := read(t, server, s)
			assert.Equal(t, planned(truth), r.evidence, "%s of seed %d", s.Name, seed)
			assert.Equal(t, truth.Rollbacks, len(r.blamed))
			redeploys := 0
			for i := range r.deployments {
				if i > 0 && r.deployments[i].CommitOid == r.deployments[i-1].CommitOid {
					redeploys++
				}
			}
			assert.Equal(t, truth.Redeploys, redeploys)
			for _, f := range truth.Failures {
				for _, e := range f.Evidence {
					kinds[e.Kind]++
				}
			}
		}
		for _, kind := range []world.EvidenceKind{
			world.ByRollback, world.ByRevert, world.ByHotfix, world.ByHotfixBranch,
			world.ByIncidentID, world.ByIncidentSHA, world.ByIncidentVersion, world.ByIncidentTime,
		} {
			assert.NotZero(t, kinds[kind], "%s of seed %d", kind, seed)
		}
	}
}

func TestIncidentsOfEveryKind(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	unresolved, unrelated, withdrawn, reopened := 0, 0, 0, 0
	for _, s := range w.Services() {
		truth := w.Truth().Services[s.Name]
		unresolved += len(truth.Unresolved)
		unrelated += len(truth.Unrelated)
		withdrawn += len(truth.Withdrawn)
		byNumber := map[int]issue{}
		for _, i := range everything[issue](t, server, s.Repository[len(world.Organization)+1:], everyIssue) {
			byNumber[i.Number] = i
			for _, e := range i.TimelineItems.Nodes {
				if e.Typename == "ReopenedEvent" {
					reopened++
				}
			}
		}
		for _, n := range truth.Withdrawn {
			assert.False(t, byNumber[n].has("incident"))
		}
		for _, n := range truth.Incidents {
			for _, l := range s.IncidentLabels {
				assert.True(t, byNumber[n].has(l), "#%d of %s", n, s.Name)
			}
		}
		for _, n := range truth.Unresolved {
			assert.Equal(t, "OPEN", byNumber[n].State)
		}
	}
	assert.NotZero(t, unresolved)
	assert.NotZero(t, unrelated)
	assert.NotZero(t, withdrawn)
	assert.NotZero(t, reopened)
}

// TestTheStoryOfBooking: reviews waited long until about five months ago.
func TestTheStoryOfBooking(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	turned := thursday.AddDate(0, -5, 0)
	var before, after []time.Duration
	for _, p := range everything[pull](t, server, "booking", everyPull) {
		for _, r := range p.Reviews.Nodes {
			if r.Author.Typename == "Bot" || r.Author.Login == p.Author.Login || p.Author.Typename == "Bot" {
				continue
			}
			if p.CreatedAt.Before(turned.AddDate(0, 0, -7)) {
				before = append(before, r.SubmittedAt.Sub(p.CreatedAt))
			} else if p.CreatedAt.After(turned.AddDate(0, 0, 7)) {
				after = append(after, r.SubmittedAt.Sub(p.CreatedAt))
			}
			break
		}
	}
	require.NotEmpty(t, before)
	require.NotEmpty(t, after)
	slices.Sort(before)
	slices.Sort(after)
	assert.Greater(t, before[len(before)/2], 3*after[len(after)/2])
}

// TestTheStoryOfFormulary: whole weeks without a deployment.
func TestTheStoryOfFormulary(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	weeks := map[int]bool{}
	for _, d := range everything[deployment](t, server, "medicines-api", everyDeployment) {
		if finished, ok := d.finished(); ok && d.Environment == "formulary-prod" {
			weeks[int(thursday.Sub(finished).Hours()/24/7)] = true
		}
	}
	empty := 0
	for i := range 52 {
		if !weeks[i] {
			empty++
		}
	}
	assert.Greater(t, empty, 8)
}

// TestTheStoryOfConsent: the quarter that ended seven months ago was a bad one.
func TestTheStoryOfConsent(t *testing.T) {
	t.Parallel()
	w, server := grow(t)
	failed := map[int64]bool{}
	for _, f := range w.Truth().Services["consent"].Failures {
		failed[f.Deployment] = true
	}
	var bad, all [2]float64
	for _, d := range everything[deployment](t, server, "consent", everyDeployment) {
		finished, ok := d.finished()
		if !ok || d.Environment != "production" {
			continue
		}
		quarter := 0
		if finished.After(thursday.AddDate(0, -10, 0)) && finished.Before(thursday.AddDate(0, -7, 0)) {
			quarter = 1
		}
		all[quarter]++
		if failed[d.DatabaseID] {
			bad[quarter]++
		}
	}
	assert.Greater(t, bad[1]/all[1], 2*bad[0]/all[0])
}

// TestTheStoryOfPatientRecords: pull requests take longer and longer of late.
func TestTheStoryOfPatientRecords(t *testing.T) {
	t.Parallel()
	_, server := grow(t)
	var usual, lately []time.Duration
	for _, p := range everything[pull](t, server, "patient-records", everyPull) {
		if p.MergedAt == nil || p.Author.Typename == "Bot" {
			continue
		}
		took := p.MergedAt.Sub(p.Commits.Nodes[0].Commit.AuthoredDate)
		switch {
		case p.MergedAt.Before(thursday.AddDate(0, -5, 0)):
			usual = append(usual, took)
		case p.MergedAt.After(thursday.AddDate(0, -2, 0)):
			lately = append(lately, took)
		}
	}
	require.NotEmpty(t, usual)
	require.NotEmpty(t, lately)
	slices.Sort(usual)
	slices.Sort(lately)
	assert.Greater(t, float64(lately[len(lately)/2]), 1.4*float64(usual[len(usual)/2]))
}

package argocd_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/doratest"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/argocd"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
)

func TestASyncIsADeploymentOfItsRevision(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	read(t, l, a, nil)
	require.Len(t, told(l), 1)
	d := told(l)[0]
	assert.Equal(t, api, d.Repository, "whatever its address is written like")
	assert.Equal(t, sha("a"), d.SHA)
	assert.Equal(t, "prod", d.Environment)
	assert.Equal(t, "api", d.Task)
	assert.Equal(t, "dev-9", d.Creator)
	assert.Equal(t, when("02 09:58"), d.Started())
	assert.Equal(t, when("02 10:00"), d.Finished())
	assert.Equal(t, d.Created.Unix(), d.Number, "a history's number is too small to be named by a text")
	assert.Zero(t, unseen(l))
}

// Self-heal brings a new image by a sync of some resources, which the history never has and whose number it does not skip.
func TestASyncOfAPartIsADeploymentThoughTheHistoryHasItNot(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	read(t, l, a, nil)
	a.heal("02 11:00", sha("b"))
	read(t, l, a, nil)
	a.sync("02 12:00", sha("c"))
	read(t, l, a, nil)
	read(t, l, a, nil)
	require.Len(t, told(l), 3)
	assert.Equal(t, sha("b"), told(l)[1].SHA)
	assert.Equal(t, when("02 11:00"), told(l)[1].Finished(), "once, at that operation's end")
	assert.Zero(t, unseen(l))
}

func TestWhatPutsTheSameBackOrOnlyTriesIsNoDeployment(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	a.heal("02 11:00", sha("a"))
	read(t, l, a, nil)
	read(t, l, a, func(own *argocd.Settings) { own.Environment.From = argocd.FromApplication }) // read again
	assert.Len(t, told(l), 1)
	a.heal("02 12:00", sha("b"))
	read(t, l, a, nil)
	a.heal("02 13:00", sha("b"))
	read(t, l, a, nil)
	require.Len(t, told(l), 2, "b came by the first of both")
	a.operate("Succeeded", "02 14:00", sha("c"))["operation"] = row{"sync": row{"dryRun": true}}
	read(t, l, a, nil)
	assert.Len(t, told(l), 2)
}

// Argo CD keeps ten entries, of which the numbers go on.
func TestWhatTheHistoryHasNoLongerIsKeptOrCounted(t *testing.T) {
	t.Parallel()
	a, often := newApplication("api"), sourcetest.NewLedger()
	for i := range 25 {
		a.sync("02 10:"+strconv.Itoa(10+i), sha(strconv.Itoa(i)))
		if i%8 == 7 {
			read(t, often, a, nil)
		}
	}
	read(t, often, a, nil)
	assert.Len(t, told(often), 25)
	assert.Zero(t, unseen(often))

	once := sourcetest.NewLedger()
	read(t, once, a, nil)
	assert.Len(t, told(once), 10)
	assert.Equal(t, 15, unseen(once), "the numbers below the first")
	for i := range 14 {
		a.sync("03 10:"+strconv.Itoa(10+i), sha("x"+strconv.Itoa(i)))
	}
	read(t, once, a, nil)
	assert.Len(t, told(once), 20)
	assert.Equal(t, 19, unseen(once), "and four that came and went between two readings")

	once.Cursor = nil
	read(t, once, a, nil)
	assert.Equal(t, 19, unseen(once), "reading from the beginning counts none twice")
}

func TestAnEntryThatIsMissingWithinTheHistoryIsCounted(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	a.next++
	a.sync("02 12:00", sha("c"))
	read(t, l, a, nil)
	assert.Equal(t, 1, unseen(l))
	for _, e := range l.Events {
		if d := e.(*dora.Deployment); d.Unseen > 0 {
			assert.Equal(t, when("02 11:58"), d.Created, "before the next one began")
			assert.Equal(t, "prod", d.Environment)
		}
	}
}

func TestAnotherApplicationOfTheSameNameBeginsItsNumbersAnew(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	for i := range 4 {
		a.sync("02 10:1"+strconv.Itoa(i), sha(strconv.Itoa(i)))
	}
	read(t, l, a, nil)
	again := newApplication("api")
	again.created = when("03 00:00")
	again.sync("03 10:00", sha("b"))
	read(t, l, again, nil)
	assert.Len(t, told(l), 5)
	assert.Zero(t, unseen(l))
}

// What failed is shown until the next operation begins.
func TestAFailureThatWasSeenStays(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	read(t, l, a, nil)
	a.operate("Running", "02 11:00", sha("b"))
	read(t, l, a, nil)
	require.Len(t, told(l), 2)
	assert.True(t, told(l)[1].Failed().IsZero(), "it is under way")
	a.operate("Failed", "02 11:00", sha("b"))
	read(t, l, a, nil)
	a.operate("Error", "02 12:00", sha("b"))
	read(t, l, a, nil)
	a.sync("02 13:00", sha("c"))
	read(t, l, a, nil)
	require.Len(t, told(l), 4)
	assert.Equal(t, when("02 11:00"), told(l)[1].Failed())
	assert.Equal(t, when("02 12:00"), told(l)[2].Failed())
	assert.Equal(t, sha("b"), told(l)[2].SHA)
	assert.Equal(t, when("02 13:00"), told(l)[3].Finished())
}

func TestOfSeveralSourcesThoseCountThatAreCode(t *testing.T) {
	t.Parallel()
	chart := row{"repoURL": "https://charts.example/stable", "chart": "service", "targetRevision": "1.4.2"}
	values := row{"repoURL": config, "ref": "values", "targetRevision": "main"}
	code := row{"repoURL": "https://git.example/" + api, "path": "deploy", "targetRevision": "v1.2.3"}
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sources = []row{chart, values, code}
	a.sync("02 10:00", "1.4.2", sha("config"), sha("a"))
	read(t, l, a, func(own *argocd.Settings) { own.Repositories = []string{"example-health/*", "!example-health/config"} })
	require.Len(t, told(l), 1)
	assert.Equal(t, api, told(l)[0].Repository)
	assert.Equal(t, sha("a"), told(l)[0].SHA)
	assert.Equal(t, "v1.2.3", told(l)[0].Ref)
	assert.Equal(t, dora.RefTag, told(l)[0].RefKind)

	l = sourcetest.NewLedger()
	read(t, l, a, nil)
	require.Len(t, told(l), 2, "without a selection a version of each repository is brought")

	l = sourcetest.NewLedger()
	a.sources, a.history = []row{chart}, nil
	a.sync("02 11:00", "1.4.2")
	read(t, l, a, nil)
	require.Len(t, told(l), 1)
	assert.Equal(t, "stable/service", told(l)[0].Repository)
	assert.Equal(t, dora.VersionSHA("1.4.2"), told(l)[0].SHA, "a chart alone tells its version")
}

// One application for each cluster is one environment, or several.
func TestClustersAreOneEnvironmentOrSeveralByTheMapping(t *testing.T) {
	t.Parallel()
	repo := doratest.NewRepo(t)
	repo.Repository = api
	var clusters tiny
	for i, at := range []string{"05 10:00", "05 10:05", "05 10:20"} {
		a := newApplication("api-cluster-" + strconv.Itoa(i+1))
		a.destination["name"] = "prod-" + strconv.Itoa(i+1)
		a.sync("02 10:00", doratest.SHA("a"))
		a.sync(at, doratest.SHA("b"))
		clusters.apps = append(clusters.apps, a)
	}
	code := []dora.Event{
		&dora.Repository{Header: dora.Header{Source: "github", ID: api}, Name: api, DefaultBranch: "main", HeadSHA: doratest.SHA("b")},
		&dora.Commit{Header: dora.Header{Source: "github", ID: api + "@a"}, Repository: api, SHA: doratest.SHA("a"), Authored: when("02 08:00"), Committed: when("02 08:00")},
		&dora.Commit{Header: dora.Header{Source: "github", ID: api + "@b"}, Repository: api, SHA: doratest.SHA("b"), Parents: []string{doratest.SHA("a")}, Authored: when("05 09:00"), Committed: when("05 09:00")},
	}
	derive := func(l *sourcetest.Ledger) *facts.Service {
		deriver := facts.NewDeriver(dora.Mapping{Services: []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "argo", Repository: api, Environment: dora.MustPattern("^prod")}}}}})
		deriver.Apply(append(code, l.All()...)...)
		return deriver.Derive(dora.DefaultDefinition()).Services[0]
	}
	count := func(f *facts.Service) (deployments, redeploys, units int) {
		shipped := f.Shipments()
		for _, d := range f.Deployments {
			if d.Finished.Before(when("03 00:00")) {
				continue
			}
			deployments++
			if d.Redeploy {
				redeploys++
			}
			units += len(shipped.Of(d))
		}
		return deployments, redeploys, units
	}

	one, several := sourcetest.NewLedger(), sourcetest.NewLedger()
	require.NoError(t, clusters.reads(t, one, func(own *argocd.Settings) {
		own.Environment = argocd.Environment{From: argocd.FromCluster, Pattern: dora.MustPattern(`^(prod)-\d$`)}
	}))
	deployments, redeploys, units := count(derive(one))
	assert.Equal(t, []int{3, 2, 1}, []int{deployments, redeploys, units})
	require.NoError(t, clusters.reads(t, several, func(own *argocd.Settings) { own.Environment = argocd.Environment{From: argocd.FromCluster} }))
	deployments, redeploys, units = count(derive(several))
	assert.Equal(t, []int{3, 0, 3}, []int{deployments, redeploys, units})
}

func TestTheEnvironmentIsWhatTheRuleSays(t *testing.T) {
	t.Parallel()
	for want, rule := range map[string]argocd.Environment{
		"api-prod": {}, "eu-1": {From: argocd.FromCluster}, "prod": {From: argocd.FromNamespace, Pattern: dora.MustPattern(`-(\w+)$`)},
		"live": {From: argocd.FromLabel, Label: "stage"}, "booking": {From: argocd.FromLabel, Label: "nobody-has-it"}, "book": {From: argocd.FromApplication, Pattern: dora.MustPattern(`^(....)`)},
	} {
		a, l := newApplication("booking"), sourcetest.NewLedger()
		a.destination = row{"name": "eu-1", "server": "https://eu-1.example", "namespace": "api-prod"}
		a.labels["stage"] = "live"
		a.sync("02 10:00", sha("a"))
		read(t, l, a, func(own *argocd.Settings) { own.Environment = rule })
		assert.Equal(t, want, told(l)[0].Environment)
	}
}

func TestARuleThatChangesHoldsForAllThatIsKnown(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	for i := range 14 {
		a.sync("02 10:"+strconv.Itoa(10+i), sha(strconv.Itoa(i)))
		if i == 8 {
			read(t, l, a, nil)
		}
	}
	read(t, l, a, nil)
	toNamespace := func(own *argocd.Settings) { own.Environment = argocd.Environment{} }
	read(t, l, a, toNamespace)
	require.Len(t, told(l), 14)
	for _, d := range told(l) {
		assert.Equal(t, "api", d.Environment, "what the history has no longer as well: %s", d.ID)
	}
	a.labels["environment"] = "live"
	read(t, l, a, nil)
	for _, d := range told(l) {
		assert.Equal(t, "live", d.Environment)
	}
}

func TestNothingEverAsksForARefresh(t *testing.T) {
	t.Parallel()
	a := newApplication("api")
	a.sync("02 10:00", sha("a"))
	g := &tiny{apps: []*tinyApplication{a}}
	l := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, func(own *argocd.Settings) { own.Projects, own.Selector = []string{"health", "care"}, "tier=backend" }))
	require.NoError(t, g.reads(t, l, nil))
	require.Len(t, g.asked, 3, "the list, the application, and the list once more")
	assert.Contains(t, g.asked[0], "projects=health&projects=care&selector=tier%3Dbackend")
	assert.Equal(t, "/api/v1/applications/api?appNamespace=argocd&projects=health", g.asked[1])
	for _, asked := range g.asked {
		assert.NotContains(t, asked, "refresh")
	}
}

// One bad thing costs one thing.
func TestARecordThatCannotBeReadCostsItself(t *testing.T) {
	t.Parallel()
	good, bad := newApplication("good"), newApplication("bad")
	good.sync("02 10:00", sha("a"))
	bad.sync("02 10:00", sha("b"))
	bad.sync("02 11:00", sha("c"))
	bad.history[0]["deployedAt"] = "yesterday"
	g, l := &tiny{apps: []*tinyApplication{bad, good}}, sourcetest.NewLedger()
	failures := source.Failures("argo", g.reads(t, l, nil))
	require.Len(t, failures, 1)
	assert.Equal(t, "argocd/bad", failures[0].Part)
	assert.Equal(t, source.CauseAnswer, failures[0].Cause)
	assert.Len(t, told(l), 2, "an entry of one history")
	assert.Zero(t, unseen(l), "and it is not taken for one that is not there")
	bad.history[0]["deployedAt"] = when("02 10:00")
	require.NoError(t, g.reads(t, l, nil))
	assert.Len(t, told(l), 3, "it is read again until it can be")

	g.before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "/applications") {
			tell(w, row{"metadata": row{}, "items": []any{nil, row{"metadata": row{"name": 7}}, row{"metadata": row{"name": "x"}, "status": row{"operationState": row{"phase": "Failed"}}}, good.item()}})
			return true
		}
		return false
	}
	good.sync("03 10:00", sha("d"))
	require.Len(t, source.Failures("argo", g.reads(t, l, nil)), 3)
	assert.Len(t, told(l), 4)

	for name, answer := range map[string]any{"nothing": row{}, "another list": []any{}, "no list": row{"items": "none"}} {
		g.before = func(w http.ResponseWriter, _ *http.Request) bool { tell(w, answer); return true }
		failures := source.Failures("argo", g.reads(t, l, nil))
		require.Len(t, failures, 1, name)
		assert.Equal(t, source.CauseAnswer, failures[0].Cause, name)
	}
}

func TestAnOlderArgoCDThatDoesNotTellWhenASyncBeganCountsItOnce(t *testing.T) {
	t.Parallel()
	a, l := newApplication("api"), sourcetest.NewLedger()
	a.sync("02 10:00", sha("a"))
	delete(a.history[0], "deployStartedAt")
	read(t, l, a, nil)
	require.Len(t, told(l), 1)
	assert.Equal(t, when("02 10:00"), told(l)[0].Finished())
}

func TestFiveHundredApplicationsAreListedAtOnce(t *testing.T) {
	t.Parallel()
	g, l := &tiny{}, sourcetest.NewLedger()
	for i := range 500 {
		a := newApplication(fmt.Sprint("app-", i))
		a.sync("02 10:00", sha("a"))
		a.sync("03 10:00", sha("b"))
		g.apps = append(g.apps, a)
	}
	require.NoError(t, g.reads(t, l, nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1000)
	assert.Len(t, g.asked, 501, "each by itself, once")
	g.asked = nil
	require.NoError(t, g.reads(t, l, nil))
	assert.Len(t, g.asked, 1, "where nothing changed")
	g.apps[7].sync("04 00:01", sha("c"))
	g.asked = nil
	require.NoError(t, g.reads(t, l, nil))
	assert.Len(t, g.asked, 2)
}

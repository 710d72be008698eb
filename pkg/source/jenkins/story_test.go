package jenkins_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/source/jenkins"
	"github.com/livedora/dora-datasource/pkg/source/sourcetest"
	"github.com/livedora/dora-datasource/pkg/source/standintest"
)

// failed is the one failure of a reading.
func failed(t *testing.T, err error) *source.Error {
	t.Helper()
	all := source.Failures("jenkins", err)
	require.Len(t, all, 1, "%v", err)
	assert.NotContains(t, all[0].Error(), replayToken)
	return all[0]
}

// only is the one deployment there is.
func only(t *testing.T, l *sourcetest.Ledger) *dora.Deployment {
	t.Helper()
	all := sourcetest.Of[*dora.Deployment](l)
	require.Len(t, all, 1)
	for _, d := range all {
		return d
	}
	return nil
}

func TestTheCommitIsThatOfTheMappedRepositoryWhateverElseWasCheckedOut(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"https://github.com/health/api.git", "https://github.com/Health/API", "https://me:token@github.com/health/api.git/", "git@github.com:health/api.git", "github.com:health/api.git",
		"ssh://git@github.com:22/health/api.git", "git://github.com/health/api", "https://git-mirror.example/github/health/api.git", "https://bitbucket.example/scm/health/api.git",
		"https://dev.azure.com/organisation/health/_git/api", "git@ssh.dev.azure.com:v3/organisation/health/api",
	} {
		g, l := newTiny("deploy/api"), sourcetest.NewLedger()
		g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5, data("lib", "main", library), row{}, data("a", "refs/remotes/origin/main", "https://elsewhere.example/x.git", address), data("tools", "main", "https://github.com/health/api-tools.git"))
		require.NoError(t, g.reads(t, l, "03 00:00", nil))
		d := only(t, l)
		assert.Equal(t, sha("a"), d.SHA, address)
		assert.Equal(t, "health/api", d.Repository, address)
		assert.Equal(t, "main", d.Ref)
		assert.Equal(t, dora.RefBranch, d.RefKind)
	}
}

func TestABuildOfWhichNothingTellsTheCommitCountsAndIsNotMeasured(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5, data("lib", "main", library))
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	d := only(t, l)
	assert.True(t, strings.HasPrefix(d.SHA, "build:"), d.SHA)
	assert.Equal(t, dora.RefLost, d.RefKind)
	assert.Equal(t, when("02 10:05"), d.Finished())
}

func TestABuildThatChecksNothingOutDeploysWhatStartedItOrWhatItWasTold(t *testing.T) {
	t.Parallel()
	g, l := newTiny("build/api", "deploy/release", "deploy/api"), sourcetest.NewLedger()
	g.run("build/api", "a", "02 09:00", "SUCCESS", 5)
	upstream := func(job string, number int) row {
		return row{"causes": []row{{"upstreamProject": job, "upstreamBuild": number}}}
	}
	g.run("deploy/release", "", "02 10:00", "SUCCESS", 5, upstream("build/api", 1))
	g.run("deploy/api", "", "02 11:00", "SUCCESS", 5, upstream("deploy/release", 1))
	g.run("deploy/api", "", "02 12:00", "SUCCESS", 5, parameters("VERSION", "v1.4.0"))
	g.run("deploy/api", "", "02 13:00", "SUCCESS", 5, parameters("VERSION", sha("b")))
	g.run("deploy/api", "", "02 14:00", "SUCCESS", 5, upstream("gone/job", 7), parameters("VERSION", "1.4.1"))
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	shas := map[string]string{}
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		shas[d.Run] = d.SHA
	}
	assert.Equal(t, map[string]string{"deploy/release#1": sha("a"), "deploy/api#1": sha("a"), "deploy/api#2": dora.VersionSHA("v1.4.0"), "deploy/api#3": sha("b"), "deploy/api#4": dora.VersionSHA("1.4.1")}, shas)
}

func TestATagIsAVersion(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5, data("a", "refs/tags/v1.4.0", remote))
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	assert.Equal(t, "v1.4.0", only(t, l).Ref)
	assert.Equal(t, dora.RefTag, only(t, l).RefKind)
}

func TestOnlyASuccessDeploys(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	for i, result := range []string{"SUCCESS", "FAILURE", "UNSTABLE", "ABORTED", "NOT_BUILT"} {
		g.run("deploy/api", result, "02 1"+string(rune('0'+i))+":00", result, 5)
	}
	g.run("deploy/api", "instant", "02 16:00", "SUCCESS", 0)
	open := g.run("deploy/api", "open", "02 17:00", "", 0)
	open["result"] = "UNSTABLE" // a pipeline may say so before it ends
	require.NoError(t, g.reads(t, l, "02 18:00", nil))
	of := func(n string) string { return "production deploy/api#" + n }
	assert.Equal(t, map[string]string{of("1"): "02 10:05", of("2"): "", of("3"): "", of("4"): "", of("5"): "", of("6"): "02 16:00", of("7"): ""}, finished(t, l))
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		assert.Equal(t, d.Run != of("1")[len("production "):] && d.Run != "deploy/api#6" && d.Run != "deploy/api#7", !d.Failed().IsZero(), d.Run)
	}
	end(open, "SUCCESS", 90)
	require.NoError(t, g.reads(t, l, "02 20:00", nil))
	assert.Equal(t, "02 18:30", finished(t, l)[of("7")])
}

func TestAStageThatDeploysHasToHaveRunAndSucceeded(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	stage := func(name, status, at string, minutes int) row {
		return row{"name": name, "status": status, "startTimeMillis": when(at).UnixMilli(), "durationMillis": minutes * 60_000}
	}
	build := stage("Build", "SUCCESS", "02 10:00", 5)
	for n, stages := range map[int64][]row{
		1: {build, stage("Deploy to test", "SUCCESS", "02 10:05", 5), stage("Deploy to prod", "SUCCESS", "02 10:10", 7), stage("Smoke test", "UNSTABLE", "02 10:17", 20)},
		2: {build, stage("Deploy to test", "SUCCESS", "02 11:05", 5), stage("Deploy to prod", "NOT_EXECUTED", "02 11:10", 0)},
		3: {build, stage("Deploy to test", "FAILED", "02 12:05", 5)},
		4: {build, stage("Deploy to test", "FAILED", "02 13:05", 5), stage("Deploy to test", "SUCCESS", "02 13:15", 5), stage("Deploy to prod", "PAUSED_PENDING_INPUT", "02 13:20", 0)},
		5: {build},
	} {
		g.jobs["deploy/api"].stages[n] = stages
	}
	for i, result := range []string{"UNSTABLE", "SUCCESS", "FAILURE", "", "SUCCESS"} {
		g.run("deploy/api", result, "02 1"+string(rune('0'+i))+":00", result, 40)
	}
	byStage := func(own *jenkins.Settings) { own.Jobs = []string{"deploy/**, stage Deploy to * -> *"} }
	for range 2 {
		require.NoError(t, g.reads(t, l, "02 20:00", byStage))
		assert.Equal(t, map[string]string{
			"test deploy/api#1": "02 10:10", "prod deploy/api#1": "02 10:17", "test deploy/api#2": "02 11:10", "test deploy/api#3": "", "test deploy/api#4": "02 13:20", "prod deploy/api#4": "",
		}, finished(t, l))
	}
	require.NoError(t, g.reads(t, l, "02 21:00", nil))
	assert.Equal(t, map[string]string{"production deploy/api#1": "", "production deploy/api#2": "02 11:40", "production deploy/api#3": "", "production deploy/api#4": "", "production deploy/api#5": "02 14:40"}, finished(t, l), "other lines are followed at once")
}

func TestWithoutThePluginThatTellsOfStagesItIsSaid(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5)
	g.before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.Path, "wfapi") {
			w.WriteHeader(http.StatusNotFound)
			return true
		}
		return false
	}
	failure := failed(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = []string{"deploy/api, stage Deploy -> production"} }))
	assert.Equal(t, source.CauseConfiguration, failure.Cause)
	assert.Contains(t, failure.Error(), "pipeline-rest-api")
	assert.Empty(t, sourcetest.Of[*dora.Deployment](l))
}

func TestLinesSayWhereBuildsDeployTo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines, want []string
	}{
		{[]string{"** -> production"}, []string{"production deploy/eu/api", "production deploy/us/api"}},
		{[]string{"deploy/*/api -> *"}, []string{"eu deploy/eu/api", "us deploy/us/api"}},
		{[]string{"deploy/eu/API -> prod-eu", "deploy/us/* -> prod-us"}, []string{"prod-eu deploy/eu/api", "prod-us deploy/us/api"}},
		{[]string{"deploy/** -> production", "!deploy/us/**"}, []string{"production deploy/eu/api"}},
		{[]string{"**, parameter TARGET -> *"}, []string{"live deploy/eu/api", "live-2 deploy/us/api"}},
		{[]string{"**, parameter TARGET=live* -> production"}, []string{"production deploy/eu/api", "production deploy/us/api"}},
		{[]string{"**, parameter TARGET=live-* -> *"}, []string{"2 deploy/us/api"}},
		{[]string{"** -> production", "!**, parameter DRY=true"}, []string{"production deploy/eu/api"}},
		{[]string{"** -> production", "deploy/eu/** -> europe", "**->production"}, []string{"europe deploy/eu/api", "production deploy/eu/api", "production deploy/us/api"}},
	} {
		g, l := newTiny("deploy/eu/api", "deploy/us/api"), sourcetest.NewLedger()
		g.run("deploy/eu/api", "a", "02 10:00", "SUCCESS", 5, parameters("TARGET", "live", "DRY", "false"), data("a", "main", remote))
		us := parameters("TARGET", "live-2")
		us["parameters"] = append(us["parameters"].([]row), row{"name": "DRY", "value": true}, row{"name": "LIST", "value": []string{"x"}}, row{"name": "NONE"})
		g.run("deploy/us/api", "a", "02 10:00", "SUCCESS", 5, us, data("a", "main", remote))
		require.NoError(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = c.lines }))
		var got []string
		for key := range finished(t, l) {
			got = append(got, strings.TrimSuffix(key, "#1"))
		}
		slices.Sort(got)
		assert.Equal(t, c.want, got, c.lines)
	}
}

func TestPullRequestsJobsDeployNothing(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api/main", "deploy/api/PR-12", "deploy/api/MR-7-head", "deploy/api/PR-rocess", "deploy/PR-1"), sourcetest.NewLedger()
	g.branches["deploy/api"] = true
	for name := range g.jobs {
		g.run(name, "a", "02 10:00", "SUCCESS", 5)
	}
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	assert.Equal(t, map[string]string{"production deploy/api/main#1": "02 10:05", "production deploy/api/PR-rocess#1": "02 10:05", "production deploy/PR-1#1": "02 10:05"}, finished(t, l))
}

func TestBranchesWithASlashAreRead(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api/release%2F1.4"), sourcetest.NewLedger()
	g.run("deploy/api/release%2F1.4", "a", "02 10:00", "SUCCESS", 5)
	require.NoError(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = []string{"deploy/api/release%2F* -> production"} }))
	assert.Equal(t, "deploy/api/release%2F1.4", only(t, l).Task)
}

func TestWhatIsDiscardedStaysAndWhatNobodySawIsTold(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5)
	g.run("deploy/api", "b", "02 10:05", "", 0) // runs, and is gone before it is read again
	require.NoError(t, g.reads(t, l, "02 10:30", nil))
	g.run("deploy/api", "c", "02 12:00", "SUCCESS", 5)
	g.run("deploy/api", "d", "02 13:00", "SUCCESS", 5)
	g.run("deploy/api", "e", "02 14:00", "SUCCESS", 5)
	g.discard("deploy/api", 1)
	for range 2 {
		require.NoError(t, g.reads(t, l, "20 00:00", nil))
		assert.Equal(t, map[string]string{
			"production deploy/api#1": "02 10:05", "production deploy/api#2": "", "production deploy/api#3-4": "2 unseen", "production deploy/api#5": "02 14:05",
		}, finished(t, l))
	}
	assert.Len(t, g.asked, 1, "what is gone is not asked for again")
	late := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, late, "20 00:00", nil))
	assert.Equal(t, map[string]string{"production deploy/api#1-4": "4 unseen", "production deploy/api#5": "02 14:05"}, finished(t, late), "who begins late is told what is missing")
	for _, d := range sourcetest.Of[*dora.Deployment](late) {
		assert.Equal(t, when("02 14:00"), d.Created)
	}
	// A cursor that is lost has all read again, and nothing of what the store knows is called unseen.
	l.Cursor = nil
	before := finished(t, l)
	require.NoError(t, g.reads(t, l, "20 01:00", nil))
	assert.Equal(t, before, finished(t, l))
}

func TestABuildThatShowsUpLateIsNotUnseenAnyMore(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	for i := range 5 {
		g.run("deploy/api", "c"+string(rune('a'+i)), "02 1"+string(rune('0'+i))+":00", "SUCCESS", 5)
	}
	all := g.jobs["deploy/api"].builds
	g.jobs["deploy/api"].builds = []row{all[0], all[4]} // 5 and 1
	require.NoError(t, g.reads(t, l, "02 20:00", nil))
	assert.Equal(t, "3 unseen", finished(t, l)["production deploy/api#2-4"])
	g.jobs["deploy/api"].builds = []row{all[0], all[2], all[4]}
	g.run("deploy/api", "new", "02 21:00", "SUCCESS", 5)
	require.NoError(t, g.reads(t, l, "02 22:00", nil))
	assert.Equal(t, map[string]string{
		"production deploy/api#1": "02 10:05", "production deploy/api#2-2": "1 unseen", "production deploy/api#3": "02 12:05", "production deploy/api#4-4": "1 unseen", "production deploy/api#5": "02 14:05", "production deploy/api#6": "02 21:05",
	}, finished(t, l))
}

func TestWhereUnseenBuildsDeployedToIsNotGuessed(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	for _, environment := range []string{"test", "production", "test", "production"} {
		g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5, parameters("ENVIRONMENT", environment), data("a", "main", remote))
	}
	g.discard("deploy/api", 2)
	require.NoError(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = []string{"deploy/api, parameter ENVIRONMENT -> *"} }))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 2)
}

func TestAJobThatIsRenamedKeepsItsHistory(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	for i := range 4 {
		g.run("deploy/api", "c"+string(rune('a'+i)), "02 1"+string(rune('0'+i))+":00", "SUCCESS", 5)
	}
	require.NoError(t, g.reads(t, l, "02 20:00", nil))
	g.discard("deploy/api", 2)
	g.jobs["deploy/payments"] = g.jobs["deploy/api"]
	delete(g.jobs, "deploy/api")
	g.run("deploy/payments", "new", "02 21:00", "SUCCESS", 5)
	for _, lost := range []bool{false, true} {
		if lost {
			l.Cursor = nil
		}
		require.NoError(t, g.reads(t, l, "02 22:00", nil))
		all := sourcetest.Of[*dora.Deployment](l)
		assert.Len(t, all, 5, "none twice, none unseen")
		for _, d := range all {
			assert.Equal(t, "deploy/payments", d.Task)
		}
	}
}

func TestAJobThatIsMadeAnewUnderItsNameBeginsAnew(t *testing.T) {
	t.Parallel()
	for _, more := range []int{1, 4} { // fewer builds than the old one had, and more
		g, l := newTiny("deploy/api"), sourcetest.NewLedger()
		for i := range 3 {
			g.run("deploy/api", "c"+string(rune('a'+i)), "02 1"+string(rune('0'+i))+":00", "SUCCESS", 5)
		}
		require.NoError(t, g.reads(t, l, "02 20:00", nil))
		queue := g.queue
		*g.jobs["deploy/api"] = *newTiny("x").jobs["x"]
		g.queue = queue
		for i := range more {
			g.run("deploy/api", "n"+string(rune('a'+i)), "03 1"+string(rune('0'+i))+":00", "SUCCESS", 5)
		}
		for range 2 {
			require.NoError(t, g.reads(t, l, "03 20:00", nil))
			assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3+more)
		}
	}
}

func TestAJobThatNoLineTakesAnyMoreIsOutAndOneThatIsGoneStays(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api", "deploy/old", "deploy/web"), sourcetest.NewLedger()
	for name := range g.jobs {
		g.run(name, name, "02 10:00", "SUCCESS", 5)
	}
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3)
	delete(g.jobs, "deploy/old")
	one := func(own *jenkins.Settings) { own.Jobs = []string{"deploy/api -> production"} }
	for range 2 {
		require.NoError(t, g.reads(t, l, "03 01:00", one))
		assert.Equal(t, map[string]string{"production deploy/api#1": "02 10:05", "production deploy/old#1": "02 10:05"}, finished(t, l))
	}
	require.NoError(t, g.reads(t, l, "03 02:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 3, "it counts again")
}

func TestTheHistoryEndsAtItsLimit(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	for i := range 350 {
		at := when("01 00:00").Add(time.Duration(i) * time.Hour)
		b := g.run("deploy/api", "c"+at.String(), "01 00:00", "SUCCESS", 5)
		b["timestamp"] = at.UnixMilli()
	}
	g.since = when("15 00:00")
	require.NoError(t, g.reads(t, l, "20 00:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 14, "and no build below it is called unseen")
	assert.Len(t, g.asked, 2)
	g.since = time.Time{}
	all := sourcetest.NewLedger()
	require.NoError(t, g.reads(t, all, "20 00:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](all), 350)
	assert.Len(t, g.asked, 3)
}

func TestAFolderThatIsRefusedCostsItsOwnJobs(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api", "secret/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5)
	g.before = func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, "/job/secret") {
			w.Header().Set("X-You-Are-Authenticated-As", replayUser)
			w.Header().Set("X-Required-Permission", "hudson.model.Item.Read")
			w.WriteHeader(http.StatusForbidden)
			return true
		}
		return false
	}
	failure := failed(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = append(own.Jobs, "secret/** -> production") }))
	assert.Equal(t, source.CausePermission, failure.Cause)
	assert.Equal(t, "secret", failure.Part)
	assert.Contains(t, failure.Error(), "give it Job/Read")
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1)
}

func TestAUserWhoSeesNoJobIsToldWhichPermissionIsMissing(t *testing.T) {
	t.Parallel()
	g, l := newTiny(), sourcetest.NewLedger()
	failure := failed(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = []string{"** -> production"} }))
	assert.Equal(t, source.CausePermission, failure.Cause)
	assert.Contains(t, failure.Error(), "Job/Read")

	g.before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("X-You-Are-Authenticated-As", "anonymous")
		w.Header().Set("X-Required-Permission", "hudson.model.Hudson.Read")
		w.WriteHeader(http.StatusForbidden)
		return true
	}
	failure = failed(t, g.reads(t, l, "03 00:00", nil))
	assert.Equal(t, source.CauseCredentials, failure.Cause)
	assert.Contains(t, failure.Error(), "not told who asks")
}

func TestALineThatTakesNoJobIsRemarked(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5)
	require.NoError(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = append(own.Jobs, "deploy/shop -> production") }))
	assert.Contains(t, l.Last().Remark, `"deploy/shop -> production"`)
}

func TestASharedLibraryUnderAPatternIsRemarkedAndLeftOutByName(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5)
	every := func(own *jenkins.Settings) { own.Repositories = []string{"health/*"} }
	require.NoError(t, g.reads(t, l, "03 00:00", every))
	assert.Contains(t, l.Last().Remark, "health/pipeline-library and health/api")
	require.NoError(t, g.reads(t, l, "03 01:00", func(own *jenkins.Settings) { own.Repositories = []string{"health/*", "!health/pipeline-library"} }))
	assert.Equal(t, "health/api", only(t, l).Repository)
	fresh := sourcetest.NewLedger()
	g.served = []dora.Service{{Name: "api", Deployments: []dora.DeploymentRule{{Source: "jenkins", Repository: "health/api"}}}}
	require.NoError(t, g.reads(t, fresh, "03 01:00", every))
	assert.Equal(t, "health/api", only(t, fresh).Repository, "a service names it")
}

func TestABuildOfTwoRepositoriesIsADeploymentOfEach(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5, data("a", "main", remote), data("w", "main", "https://github.com/health/web.git"))
	require.NoError(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Repositories = []string{"health/api", "health/web"} }))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 2)
}

func TestABuildIsReachedAtTheAddressThatJenkinsGivesItself(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5, row{"causes": []row{{"userId": "mary"}}}, data("a", "main", remote))
	g.run("deploy/api", "b", "02 11:00", "SUCCESS", 5)["url"] = "javascript:alert(1)"
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		if d.Run == "deploy/api#1" {
			assert.Equal(t, "https://ci.example.org/deploy/api/1/", d.URL)
			assert.Equal(t, "mary", d.Creator)
		} else {
			assert.True(t, strings.HasPrefix(d.URL, "http://127.0.0.1") && strings.HasSuffix(d.URL, "/job/deploy/job/api/2/"), d.URL)
		}
	}
}

func TestAControllerBeneathAPathIsRead(t *testing.T) {
	t.Parallel()
	beneath := subject(byName, "--prefix", "/jenkins", "--root-url", "https://ci.example.org/jenkins/")
	h := beneath.History(t, standintest.Synthetic(t))
	at := beneath.Start(t, h, afterAll)
	own := jenkins.Settings{URL: at.URL + "/jenkins/", User: replayUser, Repositories: []string{h.Name}, Jobs: []string{h.Name + "/release-worker -> prod-worker"}}
	l := sourcetest.NewLedger()
	require.NoError(t, l.Collect(t.Context(), open(given(), own, jenkins.WithPace(standintest.At(afterAll))), time.Time{}))
	require.NotEmpty(t, sourcetest.Of[*dora.Deployment](l))
	for _, d := range sourcetest.Of[*dora.Deployment](l) {
		assert.True(t, strings.HasPrefix(d.URL, "https://ci.example.org/jenkins/job/NHSDigital/"), d.URL)
	}
}

func TestWhatAPluginExportsInAnotherFormCostsNothingElse(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	g.run("deploy/api", "a", "02 10:00", "SUCCESS", 5, row{"parameters": "none"}, row{"causes": row{"upstreamBuild": "x"}}, row{"remoteUrls": 7}, data("a", "main", remote))
	g.run("deploy/api", "b", "02 11:00", "SUCCESS", 5)
	g.run("deploy/api", "c", "02 12:00", "SUCCESS", 5)["duration"] = "long"
	g.run("deploy/api", "d", "02 13:00", "SUCCESS", 5)
	delete(g.run("deploy/api", "e", "02 14:00", "SUCCESS", 5), "timestamp")
	g.run("deploy/api", "f", "02 15:00", "SUCCESS", 5)
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	assert.Equal(t, map[string]string{
		"production deploy/api#1": "02 10:05", "production deploy/api#2": "02 11:05", "production deploy/api#3-3": "1 unseen", "production deploy/api#4": "02 13:05", "production deploy/api#5-5": "1 unseen", "production deploy/api#6": "02 15:05",
	}, finished(t, l), "a build that cannot be read costs itself alone, and is told")
	assert.Contains(t, l.Last().Remark, "another form")
}

func TestAListThatMovesUpBetweenTwoPagesLosesNothing(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	for i := range 300 {
		at := when("01 00:00").Add(time.Duration(i) * time.Minute)
		g.run("deploy/api", at.String(), "01 00:00", "SUCCESS", 0)["timestamp"] = at.UnixMilli()
	}
	moved := false
	g.before = func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.Contains(r.URL.RawQuery, "allBuilds") && !moved {
			moved = true
			j := g.jobs["deploy/api"] // somebody deletes thirty of the newest
			j.builds = append(slices.Clone(j.builds[:10]), j.builds[40:]...)
		}
		return false
	}
	require.NoError(t, g.reads(t, l, "20 00:00", nil))
	assert.True(t, moved)
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 300, "what was read before it was deleted stays")
}

func TestFiveHundredJobsAreListedAtOnce(t *testing.T) {
	t.Parallel()
	names := make([]string, 500)
	for i := range names {
		names[i] = fmt.Sprintf("deploy/team-%d/job-%d", i%25, i)
	}
	g, l := newTiny(names...), sourcetest.NewLedger()
	for _, name := range names {
		for hour := range 3 {
			g.run(name, name, fmt.Sprintf("02 1%d:00", hour), "SUCCESS", 5)
		}
	}
	require.NoError(t, g.reads(t, l, "03 00:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 1500)
	assert.Len(t, g.asked, 501)
	require.NoError(t, g.reads(t, l, "03 01:00", nil))
	assert.Len(t, g.asked, 1, "where nothing changed")
	g.run(names[7], "new", "03 01:30", "SUCCESS", 5)
	require.NoError(t, g.reads(t, l, "03 02:00", nil))
	assert.Len(t, g.asked, 2)
}

func TestAJobThatHadNoBuildAtFirstIsReadWhole(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	require.NoError(t, g.reads(t, l, "01 00:00", nil))
	for i := range 250 {
		at := when("01 00:00").Add(time.Duration(i) * time.Minute)
		g.run("deploy/api", at.String(), "01 00:00", "SUCCESS", 0)["timestamp"] = at.UnixMilli()
	}
	require.NoError(t, g.reads(t, l, "02 00:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 250)
	for i := range 250 { // more than Jenkins tells without looking for all
		at := when("03 00:00").Add(time.Duration(i) * time.Minute)
		g.run("deploy/api", at.String(), "01 00:00", "SUCCESS", 0)["timestamp"] = at.UnixMilli()
	}
	require.NoError(t, g.reads(t, l, "04 00:00", nil))
	assert.Len(t, sourcetest.Of[*dora.Deployment](l), 500)
}

func TestWhatAParameterSaysMayBeAnything(t *testing.T) {
	t.Parallel()
	g, l := newTiny("deploy/api"), sourcetest.NewLedger()
	for _, value := range []string{"", "  ", strings.Repeat("x", 100_000), "a:b#c/d\ne"} {
		g.run("deploy/api", value, "02 10:00", "SUCCESS", 5, parameters("TARGET", value), data("a", "main", remote))
	}
	require.NoError(t, g.reads(t, l, "03 00:00", func(own *jenkins.Settings) { own.Jobs = []string{"**, parameter TARGET -> *"} }))
	all := sourcetest.Of[*dora.Deployment](l)
	assert.Len(t, all, 2)
	for _, d := range all {
		assert.LessOrEqual(t, len(d.ID), 300)
	}
}

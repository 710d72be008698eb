package github_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
)

func TestAHotfixBranchIsReadWhenItIsDeployed(t *testing.T) {
	g := newTiny(t)
	g.commit("a")
	g.commit("b", "a")
	hotfix := g.commit("x", "b")
	again := g.commit("y", "x")
	g.head = g.commit("c", "b")
	g.deployments = []string{sha("b"), hotfix, sha("z")} // nobody knows z any more
	l := newLedger()
	g.collect(t, l)
	assert.True(t, holds(l, "abcx"))
	deployment := of[*dora.Deployment](l)[shop+":deployment:2"]
	assert.Equal(t, "deployer[bot]", deployment.Creator)
	assert.Equal(t, hotfix, deployment.SHA)

	g.collect(t, l)
	assert.Equal(t, []string{"Sync"}, g.operations, "what is placed or lost is not asked for again")

	g.deployments = append(g.deployments, again)
	g.collect(t, l)
	assert.True(t, holds(l, "abcxy"))
	assert.Equal(t, []string{"Sync", "Place"}, g.operations)

	// A roll-back to what was deployed long ago is on the graph already.
	g.deployments = append(g.deployments, sha("a"))
	g.collect(t, l)
	assert.True(t, holds(l, "abcxy"))
}

func TestAMergedSideBranchIsReadHoweverOldItsCommitsAre(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	g.commit("a")
	g.commit("s", "a") // on a side branch, merged weeks later
	g.commit("b", "a")
	g.commit("c", "b")
	g.head = g.commit("d", "c")
	l := newLedger()
	g.collect(t, l)
	assert.True(t, holds(l, "abcd"))
	g.head = g.commit("m", "d", "s")
	g.collect(t, l)
	assert.True(t, holds(l, "abcdms"))
	assert.Equal(t, sha("m"), of[*dora.Repository](l)[shop].HeadSHA)
}

func TestAForcedPushIsFollowed(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	g.commit("a")
	g.commit("b", "a")
	g.head = g.commit("c", "b")
	l := newLedger()
	g.collect(t, l)
	before := of[*dora.Repository](l)[shop].Updated
	g.commit("p", "a")
	g.head = g.commit("q", "p")
	g.collect(t, l)
	assert.True(t, holds(l, "abcpq"))
	repository := of[*dora.Repository](l)[shop]
	assert.Equal(t, sha("q"), repository.HeadSHA)
	assert.True(t, repository.Updated.After(before), "a moved head is a newer version")
}

func TestAHeadThatVanishesDuringTheFirstReadingIsReplaced(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	for i, letter := range strings.Split("abcdefg", "") {
		if i == 0 {
			g.commit(letter)
		} else {
			g.commit(letter, string(rune('a'+i-1)))
		}
	}
	g.head = sha("g")
	l := newLedger()
	l.stopAfter = 1
	require.ErrorIs(t, l.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}), errStopped)
	l.stopAfter = 0
	delete(g.commits, sha("g"))
	g.head = g.commit("h", "f")
	g.collect(t, l)
	for _, letter := range strings.Split("abcdefh", "") {
		assert.NotNil(t, of[*dora.Commit](l)[shop+"@"+sha(letter)], letter)
	}
	assert.Equal(t, sha("h"), of[*dora.Repository](l)[shop].HeadSHA)
}

func TestARenamedRepositoryIsReadAgainUnderItsNewName(t *testing.T) {
	g := newTiny(t)
	g.head = g.commit("a")
	g.deployments = []string{g.head}
	l := newLedger()
	g.collect(t, l)
	g.name = "example-shop/checkout"
	g.collect(t, l)
	assert.NotNil(t, of[*dora.Commit](l)["example-shop/checkout@"+sha("a")])
	assert.NotNil(t, of[*dora.Deployment](l)["example-shop/checkout:deployment:1"])
	assert.NotNil(t, of[*dora.Repository](l)["example-shop/checkout"])
}

func TestAPageThatIsRefusedIsReadFromTheBeginning(t *testing.T) {
	g := newTiny(t)
	g.page = 2
	g.commit("a")
	for i, letter := range strings.Split("bcdef", "") {
		g.head = g.commit(letter, string(rune('a'+i)))
	}
	l := newLedger()
	l.stopAfter = 1
	require.ErrorIs(t, l.collect(t.Context(), till(g.server.URL, g.server.Client()), time.Time{}), errStopped)
	l.stopAfter = 0
	g.refuses, g.page = true, 100
	g.collect(t, l)
	assert.True(t, holds(l, "abcdef"))
}

func TestADeploymentHasItsNumberHoweverManyThereAre(t *testing.T) {
	g := newTiny(t)
	g.bigNumbers = true
	g.head = g.commit("a")
	g.deployments = []string{g.head}
	l := newLedger()
	g.collect(t, l)
	d := of[*dora.Deployment](l)[shop+":deployment:3000000001"]
	require.NotNil(t, d)
	assert.EqualValues(t, 3000000001, d.Number)
}

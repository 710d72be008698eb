package lineage_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/source/lineage"
)

func TestAReadingEndsWhereEveryWayBackLeadsToWhatIsKnown(t *testing.T) {
	g := lineage.NewGraph([]string{"b"})
	assert.True(t, g.Add("d", []string{"c", "s"}))
	assert.False(t, g.Complete("d"))
	assert.True(t, g.Add("c", []string{"b"}))
	assert.False(t, g.Complete("d"), "the side branch may be older than what is known")
	assert.True(t, g.Add("s", []string{"a"}))
	assert.True(t, g.Add("a", nil))
	assert.True(t, g.Complete("d"))
	g.Settle([]string{"d"})
	assert.False(t, g.Add("s", []string{"a"}), "it is handed over")
	assert.Equal(t, map[string]bool{"d": true, "c": true}, g.Below([]string{"d"}, map[string]bool{"s": true}))
}

func TestAnchorsAreFewHoweverManyHeadsThereWere(t *testing.T) {
	var a lineage.Anchors
	for i := range 1000 {
		a.Reach(fmt.Sprint(i))
	}
	assert.Equal(t, "999", a.Heads[0])
	assert.LessOrEqual(t, len(a.Heads)+len(a.Base), 48)
	sampled := lineage.NewSampling()
	for i := range 1000 {
		sampled.Turn(fmt.Sprint(i))
	}
	assert.Equal(t, "0", sampled.Sample[0])
	assert.LessOrEqual(t, len(sampled.Sample), 24)
	assert.Equal(t, 1000, sampled.Pages)
}

func TestTheFirstDeploymentOfALaneIsTheOneThatFinishedFirst(t *testing.T) {
	var lanes lineage.Lanes
	at := func(number int64, minute int) *dora.Deployment {
		return &dora.Deployment{Number: number, SHA: fmt.Sprint(number), Environment: "Prod", Statuses: []dora.DeploymentStatus{{State: dora.StateSuccess, At: time.Unix(int64(minute)*60, 0)}}}
	}
	assert.Equal(t, []string{"shop\nprod"}, lanes.Enter(at(2, 5), []string{"shop"}))
	lanes.Enter(at(1, 3), []string{"shop"})
	lanes.Enter(at(3, 9), []string{"shop"})
	assert.Equal(t, "1", lanes["shop\nprod"].SHA)
	lanes["shop\nprod"].Done = true
	lanes.Enter(at(4, 1), []string{"shop"})
	assert.Equal(t, "1", lanes["shop\nprod"].SHA, "what it leaves was looked up")
	assert.Nil(t, lanes.Enter(&dora.Deployment{}, []string{"shop"}), "it has not succeeded")
	text, err := json.Marshal(lanes)
	require.NoError(t, err)
	assert.Contains(t, string(text), `"sha":"1"`)
}

func TestTheMainLineIsWalkedByFirstParents(t *testing.T) {
	commit := func(sha string, parents ...string) *dora.Commit { return &dora.Commit{SHA: sha, Parents: parents} }
	line := lineage.Line{Next: "d", Was: "b"}
	read := map[string]*dora.Commit{"d": commit("d", "c", "side"), "c": commit("c", "b"), "side": commit("side", "a")}
	assert.Equal(t, "c", line.Follow(read, map[string]bool{"d": true, "c": true, "side": true}))
	assert.True(t, line.Kept, "it leads to where it was")
	assert.Equal(t, "b", line.Next)
	assert.Len(t, line.Landed, 2, "what a merge brought in did not land by itself")

	rewritten := lineage.Line{Next: "x", Was: "b"}
	assert.Equal(t, "x", rewritten.Follow(map[string]*dora.Commit{"x": commit("x", "x")}, nil), "a commit before itself ends the walk")
	assert.False(t, rewritten.Kept)
}

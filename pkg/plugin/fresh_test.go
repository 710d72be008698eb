package plugin_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/livedora/dora-datasource/pkg/plugin"
)

const freshness = `{"queryType":"collection","format":"tile"}`

// fresh is what the tile says of the data: in two words, beneath them, and in which colour.
func (g *grafana) fresh(i *plugin.Instance) (figure, below, colour string) {
	g.Helper()
	frame := g.one(i, freshness)[0]
	require.Len(g, frame.Fields, 1)
	below, colour = words(g.T, frame.Fields[0])
	return frame.Fields[0].Config.DisplayNameFromDS, below, colour
}

func TestATileSaysWhetherTheFiguresAreOfNow(t *testing.T) {
	_, url, services := invented(t)
	g := start(t)
	i := g.save("dora", settings(url, services))
	g.waitFor(i, "ok")
	figure, below, colour := g.fresh(i)
	assert.Equal(t, "up to date", figure)
	assert.Regexp(t, `^github · read at \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC$`, below)
	assert.Empty(t, colour)
}

func TestATileSaysWhichSourceFailsAndSinceWhen(t *testing.T) {
	t.Parallel() // it waits for what is tried again
	g := start(t)
	i := g.save("dora", settings(dead))
	g.waitFor(i, "failing")
	figure, below, colour := g.fresh(i)
	assert.Equal(t, "failing", figure)
	assert.Regexp(t, `^github cannot be reached, since \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC$`, below)
	assert.Equal(t, "red", colour)
}

func TestATileSaysThatASourceIsReadForTheFirstTime(t *testing.T) {
	g := start(t)
	i := g.save("dora", settings(silent(t)))
	g.waitFor(i, "collecting")
	figure, below, _ := g.fresh(i)
	assert.Equal(t, "reading", figure)
	assert.Equal(t, "github is read for the first time", below)
}

func TestATileFollowsASourceThatIsTriedLater(t *testing.T) {
	tried := make(chan struct{})
	g := start(t)
	i := g.save("dora", settings(serve(t, func(w http.ResponseWriter, _ *http.Request) {
		<-tried
		http.Error(w, `{"message":"Bad credentials"}`, http.StatusUnauthorized)
	})))
	g.waitFor(i, "collecting")
	tile := g.listen(i, g.invited(i, `{"format":"tile",`+allTheYear+`}`))
	text, _ := words(t, tile.next(t).Fields[0])
	assert.Equal(t, "not read yet · github", text)
	time.Sleep(3 * time.Second) // until nothing is sent any more for the sake of who has just joined
	close(tried)
	text, _ = words(t, tile.next(t).Fields[0])
	assert.Regexp(t, `^cannot be read · github, since `, text)
}

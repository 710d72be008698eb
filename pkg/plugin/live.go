package plugin

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/query"
)

// Live is what a frame of a live query tells the frontend, in meta.custom.live.
type Live struct {
	// Channel is where the answer is sent anew when it becomes another one, and Query is what to subscribe with. Both are
	// in the answer to the query, not in what the channel carries. They are not in meta.channel, because Grafana would
	// subscribe to that by itself, and without the query.
	Channel string          `json:"channel,omitempty"`
	Query   json.RawMessage `json:"query,omitempty"`
	// Etag is the same for the same contents.
	Etag string `json:"etag"`
	// By is the process that worked the frame out, and At when that was by its clock, in milliseconds since 1970. Of one
	// process the later frame has no smaller number, even if the clock was set back; those of several do not compare.
	By string `json:"by"`
	At int64  `json:"at"`
}

// thisProcess is a name that no other process has, and when it began.
var thisProcess = struct {
	name  string
	began time.Time
}{rand.Text()[:12], time.Now()}

// question is a live query as a channel carries it.
type question struct {
	path  string
	uid   string // of the data source
	text  int    // how long it is
	query query.Query
}

// errOther says that someone subscribes to one question's channel with another question.
var errOther = errors.New("the query is not the one that this channel is for")

// read reads what a subscriber sends, and holds it to the channel's path: otherwise the first one to subscribe could have
// others shown something else than they asked for.
func read(path, uid string, text []byte, d *dataset.Dataset) (question, error) {
	q, err := query.Parse(text, d.Settings().Definition)
	if err != nil {
		return question{}, err
	}
	canonical, err := query.Canonical(text)
	if err != nil {
		return question{}, err
	}
	if !q.Follows() || pathOf(canonical) != path {
		return question{}, errOther
	}
	return question{path: path, uid: uid, text: len(text), query: q}, nil
}

// pathOf is the path of a question's channel. The question has its range as the dashboard does, relative to now, so that
// asking again later is asking the same. The data source's own definition is not part of it: the channel is the data
// source's, and its streams go on under new settings.
func pathOf(canonical []byte) string {
	sum := sha256.Sum256(canonical)
	return "query/" + base64.RawURLEncoding.EncodeToString(sum[:])
}

// clockTolerance is how far a browser's clock may be from this one's.
const clockTolerance = 10 * time.Minute

// invite tells the frontend where to follow an answer. An answer over another range than the one that its relative form
// gives here (because weeks begin on another day, or a clock is wrong) is not followed.
func (i *Instance) invite(ctx context.Context, frame *data.Frame, a *asked) error {
	here, err := a.query.Range.At(a.now)
	if err != nil || apart(here.From, a.within.From) || apart(here.To, a.within.To) {
		return nil //nolint:nilerr // the browser knows a form of range that is not known here: it gets its answer
	}
	canonical, err := query.Canonical(a.text)
	if err != nil {
		return err
	}
	path := pathOf(canonical)
	if full := i.streams.full(i.options.Owner+path, partyOf(backend.PluginConfigFromContext(ctx), false)); full != nil {
		notice := data.Notice{Severity: data.NoticeSeverityInfo, Text: "This panel is not live: " + full.Error() + ". It is refreshed with the dashboard."}
		frame.Meta.Notices = append(frame.Meta.Notices, notice)
		return nil //nolint:nilerr // it gets its answer, which says why
	}
	live, err := mark(frame, a.now)
	if err != nil {
		return err
	}
	live.Channel, live.Query = "ds/"+i.uid+"/"+path, canonical
	return nil
}

func apart(a, b time.Time) bool { return a.Sub(b).Abs() > clockTolerance }

// mark puts into a frame what tells its contents from others.
func mark(frame *data.Frame, now time.Time) (*Live, error) {
	at := thisProcess.began.Add(now.Sub(thisProcess.began)) // by the clock that only goes forwards
	live := &Live{By: thisProcess.name, At: at.UnixMilli()}
	custom, full := frame.Meta.Custom.(Custom)
	collected := custom.Collected
	if full { // that the sources were read again without news is no news
		custom.Collected = nil
		frame.Meta.Custom = custom
	}
	text, err := data.FrameToJSON(frame, data.IncludeAll)
	if err != nil {
		return nil, fmt.Errorf("the frame cannot be written: %w", err)
	}
	sum := sha256.Sum256(text)
	live.Etag = base64.RawURLEncoding.EncodeToString(sum[:12])
	if full {
		custom.Collected, custom.Live = collected, live
		frame.Meta.Custom = custom
	} else {
		frame.Meta.Custom = struct {
			Live *Live `json:"live"`
		}{live}
	}
	return live, nil
}

// answer works a question out for its channel.
func (q question) answer(ctx context.Context, d *dataset.Dataset, now time.Time) (*data.Frame, *Live, error) {
	r, err := q.query.Range.At(now)
	if err != nil {
		return nil, nil, err
	}
	if err := q.query.Fits(r); err != nil {
		return nil, nil, err
	}
	asked := q.query
	asked.Bound(r, q.text)
	asked.Meter = waitedFor(ctx)
	frames := framesOf(d, q.uid, asked, r, now)
	if err := ctx.Err(); err != nil { // what was worked out is not whole
		return nil, nil, err
	}
	live, err := mark(frames[0], now)
	return frames[0], live, err
}

// size is about how much memory the answer takes.
func (q question) size(d *dataset.Dataset, now time.Time) int64 {
	r, err := q.query.Range.At(now)
	if err != nil {
		return 0
	}
	asked := q.query
	asked.Bound(r, q.text)
	return sizeOf(&asked, d, r, q.text)
}

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora/effort"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// QueryData answers each query of a panel, alert or variable from memory. One that fails does not touch the others. The
// request is let in as a whole, by what its answers take.
func (i *Instance) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	alerts := request.Headers[backend.FromAlertHeaderName] != ""
	asked := make([]asked, len(request.Queries))
	var size int64
	for n, q := range request.Queries {
		asked[n] = i.read(ctx, q, alerts)
		if size+asked[n].size > query.AnswerLimit {
			asked[n].failure, asked[n].size = errTooMuch, 0
		}
		size += asked[n].size
	}
	var busy error
	if size > 0 { // there is something to answer
		leave, err := enter(ctx, i.gate, gate.Work{Party: partyOf(request.PluginContext, alerts).String(), Size: size})
		if busy = err; err == nil {
			defer leave()
		}
	}
	response := backend.NewQueryDataResponse()
	for n, q := range request.Queries {
		if asked[n].failure == nil {
			asked[n].failure = busy
		}
		response.Responses[q.RefID] = i.observed(ctx, &asked[n])
	}
	return response, nil
}

// errTooMuch is what a query is told that together with those before it would take more than one answer may.
var errTooMuch = &strict.Error{Field: "the query", Problem: "its answer, with those of the queries beside it, would be larger than one answer may be; " +
	"allowed: a longer bucket, a shorter range, fewer groups, or queries in several panels"}

// asked is a query on its way.
type asked struct {
	backend.DataQuery
	dataset *dataset.Dataset
	text    []byte
	query   query.Query
	within  query.Range
	now     time.Time
	size    int64 // that its answer takes, as it is estimated
	failure error // why it is not answered
}

// read reads a query, and estimates what its answer takes.
func (i *Instance) read(ctx context.Context, dq backend.DataQuery, alerts bool) asked {
	a := asked{DataQuery: dq, within: query.Range{From: dq.TimeRange.From, To: dq.TimeRange.To}, now: time.Now()}
	response := i.safely(ctx, dq.RefID, func() backend.DataResponse {
		a.failure = func() (err error) {
			if a.dataset, err = i.ready(ctx); err != nil {
				return err
			}
			if a.text, err = withType(dq); err != nil {
				return err
			}
			if a.query, err = query.Parse(a.text, a.dataset.Settings().Definition); err != nil {
				return err
			}
			if err := a.query.Fits(a.within); err != nil {
				return err
			}
			a.query.Live = a.query.Follows() && !alerts // alerting takes one answer at a time
			a.query.Bound(a.within, len(a.text))
			a.size = sizeOf(&a.query, a.dataset, a.within, len(a.text))
			return nil
		}()
		return backend.DataResponse{}
	})
	if response.Error != nil {
		a.failure = response.Error
	}
	return a
}

// sizeOf is about how much memory an answer takes, with the facts under a definition that is not at hand.
func sizeOf(q *query.Query, d *dataset.Dataset, r query.Range, text int) int64 {
	about, making := d.AtHand(q.Definition)
	return q.Size(about, r, text) + making
}

// safely turns a panic into an error of the one query that caused it.
func (i *Instance) safely(ctx context.Context, refID string, answer func() backend.DataResponse) (response backend.DataResponse) {
	defer func() {
		r := recover()
		if err := i.regained(r); err != nil {
			response = failed(err)
		} else if r != nil {
			backend.Logger.FromContext(ctx).Error("a query panicked", "refId", refID, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			response = backend.ErrDataResponseWithSource(backend.StatusInternal, backend.ErrorSourcePlugin, "this query hit a defect in Live DORA; Grafana's log has the details")
		}
	}()
	return answer()
}

// regained says that a panic was for a part of the history that is lost, and is being read again; nil: it was not.
func (i *Instance) regained(panicked any) error {
	i.mu.Lock()
	d := i.dataset // as it is: to open it may be what panicked
	i.mu.Unlock()
	if panicked == nil || d == nil {
		return nil
	}
	return d.Regain(panicked)
}

// ready gives the dataset of a data source that has something to read.
func (i *Instance) ready(ctx context.Context) (*dataset.Dataset, error) {
	d, err := i.open(ctx)
	if err != nil {
		return nil, fmt.Errorf("the data source's settings need attention: %w", err)
	}
	if len(d.Settings().Sources) == 0 {
		return nil, errNoSources
	}
	d.Begun(ctx)
	return d, nil
}

func (i *Instance) answer(ctx context.Context, a *asked) backend.DataResponse {
	if a.failure != nil {
		return failed(a.failure)
	}
	a.query.Meter = waitedFor(ctx)
	frames := framesOf(a.dataset, i.uid, a.query, a.within, a.now)
	if a.query.Live && ctx.Err() == nil {
		if err := i.invite(ctx, frames[0], a); err != nil {
			return failed(err)
		}
	}
	if err := ctx.Err(); err != nil { // what was worked out is not whole
		return failed(err)
	}
	for _, frame := range frames {
		frame.RefID = a.RefID
	}
	return backend.DataResponse{Frames: frames, Status: backend.StatusOK}
}

// waitedFor lets work go on as long as someone waits for it.
func waitedFor(ctx context.Context) effort.Meter {
	return func(int) bool { return ctx.Err() == nil }
}

// framesOf answers a query. A live one is answered in one frame, which is what one channel carries. Where nobody waits for
// the answer any more there may be none: figures that are not all worked out cannot be laid out.
func framesOf(d *dataset.Dataset, uid string, q query.Query, r query.Range, now time.Time) data.Frames {
	var frames data.Frames
	var notices []data.Notice
	switch q.Type {
	case query.TypeMetric, query.TypeStages, query.TypeSpread:
		figures := query.Answer(q, d.Under(q.Definition), r, now)
		if !q.Meter.Count(0) {
			return nil
		}
		frames, notices = figureFrames(figures, links{uid, d.Settings().Definition}), figuresNotices(figures, d)
		alarm(frames[0], q, d.Under(q.Definition))
		sayUnread(frames, q, unread(figures.Basis, d))
	case query.TypeSignals:
		changes := query.Watch(q, d.Under(q.Definition), r, now)
		if !q.Meter.Count(0) {
			return nil
		}
		frames, notices = signalFrames(changes), signalsNotices(changes, d)
		sayUnread(frames, q, unread(changes.Basis, d))
	case query.TypeEvents:
		frames = data.Frames{eventsFrame(q, d, q.Within(r), now)}
	case query.TypeAnnotations:
		frames = data.Frames{annotationsFrame(q, d.Under(q.Definition), r, now)}
	case query.TypeValues:
		frames = data.Frames{valuesFrame(figures.Values(d.Under(q.Definition), q.Field, q.DomainFilters()))}
	case query.TypeCollection:
		if q.Format == query.Tile {
			frames = data.Frames{freshTile(d)}
			break
		}
		frames = data.Frames{collectionFrame(d)}
	case query.TypeStanding:
		frames = standingFrames(d, q, now)
	}
	if notices == nil {
		notices = missingNotices(frames, q, d, r, now)
	}
	if q.Type == query.TypeEvents {
		sayUnreadRows(frames[0], q, d, r, now)
	}
	explain(frames, q, d)
	notify(frames[0], &q, d, notices...)
	return frames
}

// withType puts Grafana's own query type into the JSON of a query that does not have it.
func withType(dq backend.DataQuery) ([]byte, error) {
	object, err := strict.Object(dq.JSON)
	if err != nil {
		return nil, &strict.Error{Field: "the query", Problem: err.Error()}
	}
	if (object["queryType"] == nil || object["queryType"] == "") && dq.QueryType != "" {
		object["queryType"] = dq.QueryType
	}
	return json.Marshal(object)
}

// failed is a query's error, with whom it concerns: what a person wrote is a bad request, all else an internal error.
func failed(err error) backend.DataResponse {
	var mistake *strict.Error
	if errors.As(err, &mistake) || errors.Is(err, errNoSources) {
		return backend.ErrDataResponseWithSource(backend.StatusBadRequest, backend.ErrorSourceDownstream, err.Error())
	}
	var busy *gate.Busy
	switch {
	case errors.As(err, &busy) && busy.Own:
		return backend.ErrDataResponseWithSource(backend.StatusTooManyRequests, backend.ErrorSourceDownstream, err.Error())
	case errors.As(err, &busy):
		return backend.ErrDataResponseWithSource(http.StatusServiceUnavailable, backend.ErrorSourcePlugin, err.Error())
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return backend.ErrDataResponseWithSource(backend.StatusTimeout, backend.ErrorSourceDownstream, "nobody waits for the answer any more")
	}
	return backend.ErrDataResponseWithSource(backend.StatusInternal, backend.ErrorSourcePlugin, err.Error())
}

// notify says what a reader should know of the data behind a frame, and more.
func notify(frame *data.Frame, q *query.Query, d *dataset.Dataset, more ...data.Notice) {
	frame.Meta.Notices = slices.Concat(dataNotices(q, d), more)
}

// explain completes what every frame tells about itself: the definition, and how fresh the data is.
func explain(frames data.Frames, q query.Query, d *dataset.Dataset) {
	var collected time.Time
	for i, s := range d.State() {
		if i == 0 || s.LastSuccess.Before(collected) {
			collected = s.LastSuccess
		}
	}
	for _, frame := range frames {
		if frame.Meta == nil {
			frame.Meta = &data.FrameMeta{}
		}
		custom, ok := frame.Meta.Custom.(Custom)
		if !ok {
			custom = Custom{Definition: q.Definition}
		}
		if !collected.IsZero() {
			custom.Collected = &collected
		}
		frame.Meta.Custom = custom
	}
}

// noDeployments says what a person can do where nothing was ever deployed to production.
func noDeployments(d *dataset.Dataset) string {
	text := fmt.Sprintf("No deployment to production is known for these services. Production is what matches %q.", d.Settings().Production)
	if seen := d.Unmatched(); len(seen) > 0 {
		text += " Environments with deployments: " + joinSome(seen, 8) + "."
	} else {
		text += " No deployment to any environment has been collected."
	}
	return text
}

func joinSome(texts []string, most int) string {
	joined := ""
	for i, text := range texts {
		if i == most {
			return joined + fmt.Sprintf(" and %d more", len(texts)-most)
		}
		if i > 0 {
			joined += ", "
		}
		joined += text
	}
	return joined
}

func valuesFrame(values []string) *data.Frame {
	return data.NewFrame("values", data.NewField("value", nil, values))
}

package plugin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/query"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// QueryData answers each query of a panel, alert or variable from memory. One that fails does not touch the others.
func (i *Instance) QueryData(ctx context.Context, request *backend.QueryDataRequest) (*backend.QueryDataResponse, error) {
	response := backend.NewQueryDataResponse()
	for _, q := range request.Queries {
		response.Responses[q.RefID] = i.observed(ctx, q, request.Headers[backend.FromAlertHeaderName] != "")
	}
	return response, nil
}

// answerSafely turns a panic into an error of the one query that caused it.
func (i *Instance) answerSafely(ctx context.Context, q backend.DataQuery, alerting bool) (response backend.DataResponse) {
	defer func() {
		r := recover()
		if err := i.regained(r); err != nil {
			response = failed(err)
		} else if r != nil {
			backend.Logger.FromContext(ctx).Error("a query panicked", "refId", q.RefID, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			response = backend.ErrDataResponseWithSource(backend.StatusInternal, backend.ErrorSourcePlugin, "this query hit a defect in Live DORA; Grafana's log has the details")
		}
	}()
	return i.answer(ctx, q, alerting)
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

func (i *Instance) answer(ctx context.Context, dq backend.DataQuery, alerting bool) backend.DataResponse {
	d, err := i.ready(ctx)
	if err != nil {
		return failed(err)
	}
	text, err := withType(dq)
	if err != nil {
		return failed(err)
	}
	q, err := query.Parse(text, d.Settings().Definition)
	if err != nil {
		return failed(err)
	}
	r, now := query.Range{From: dq.TimeRange.From, To: dq.TimeRange.To}, time.Now()
	if err := q.Fits(r); err != nil {
		return failed(err)
	}
	q.Live = q.Follows() && !alerting // alerting takes one answer at a time
	frames := framesOf(d, i.uid, q, r, now)
	if q.Live {
		if err := i.invite(frames[0], text, q, r, now); err != nil {
			return failed(err)
		}
	}
	for _, frame := range frames {
		frame.RefID = dq.RefID
	}
	return backend.DataResponse{Frames: frames, Status: backend.StatusOK}
}

// framesOf answers a query. A live one is answered in one frame, which is what one channel carries.
func framesOf(d *dataset.Dataset, uid string, q query.Query, r query.Range, now time.Time) data.Frames {
	q.SeriesLimit = query.SeriesLimit
	var frames data.Frames
	var notices []data.Notice
	switch q.Type {
	case query.TypeMetric, query.TypeStages:
		figures := query.Answer(q, d.Under(q.Definition), r, now)
		frames, notices = figureFrames(figures, links{uid, d.Settings().Definition}), figuresNotices(figures, d)
	case query.TypeSignals:
		changes := query.Watch(q, d.Under(q.Definition), r, now)
		frames, notices = signalFrames(changes), signalsNotices(changes, d)
	case query.TypeEvents:
		frames = data.Frames{eventsFrame(q, d, q.Within(r), now)}
	case query.TypeAnnotations:
		frames = data.Frames{annotationsFrame(q, d.Under(q.Definition), r, now)}
	case query.TypeValues:
		frames = data.Frames{valuesFrame(d.Under(q.Definition).Values(q.Field, q.DomainFilters()))}
	case query.TypeCollection:
		frames = data.Frames{collectionFrame(d)}
	case query.TypeStanding:
		frames = standingFrames(d, q, now)
	}
	if notices == nil {
		notices = missingNotices(frames, q, d, r, now)
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

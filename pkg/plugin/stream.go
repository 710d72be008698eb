package plugin

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/data"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora/facts"
	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/monitor"
	"github.com/livedora/dora-datasource/pkg/query"
)

// SubscribeStream lets a person follow a question, and gives the answer of this moment. It keeps nothing: who follows
// is Grafana's to know.
func (i *Instance) SubscribeStream(ctx context.Context, request *backend.SubscribeStreamRequest) (response *backend.SubscribeStreamResponse, err error) {
	defer i.recovered(ctx, request.Path, &err)
	d, err := i.ready(ctx)
	if err != nil {
		return nil, err
	}
	q, err := read(request.Path, i.uid, request.Data, d)
	if err != nil {
		return refused(ctx, request.Path, err)
	}
	by := partyOf(request.PluginContext, false)
	if full := i.streams.full(i.options.Owner+q.path, by); full != nil {
		return refused(ctx, request.Path, full)
	}
	i.streams.join(i.options.Owner + q.path) // before the answer: what is sent from here on may pass them by
	leave, err := enter(ctx, i.gate, gate.Work{Party: by.String(), Size: q.size(d, time.Now())})
	if err != nil {
		return nil, err
	}
	defer leave()
	frame, _, err := q.answer(ctx, d, time.Now())
	if err != nil {
		return nil, err
	}
	first, err := backend.NewInitialFrame(frame, data.IncludeAll)
	if err != nil {
		return nil, fmt.Errorf("the frame cannot be written: %w", err)
	}
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusOK, InitialData: first}, nil
}

func refused(ctx context.Context, path string, reason error) (*backend.SubscribeStreamResponse, error) {
	backend.Logger.FromContext(ctx).Warn("a stream is refused", "path", path, "reason", reason)
	return &backend.SubscribeStreamResponse{Status: backend.SubscribeStreamStatusPermissionDenied}, nil
}

// PublishStream lets nobody write into a channel.
func (i *Instance) PublishStream(context.Context, *backend.PublishStreamRequest) (*backend.PublishStreamResponse, error) {
	return &backend.PublishStreamResponse{Status: backend.PublishStreamStatusPermissionDenied}, nil
}

// RunStream sends a question's answer whenever it becomes another one. It returns nil where Grafana has ended it or it
// can never be run, and an error where Grafana should open it again, with the data source's settings of that time.
func (i *Instance) RunStream(ctx context.Context, request *backend.RunStreamRequest, sender *backend.StreamSender) (err error) {
	defer i.recovered(ctx, request.Path, &err)
	d, err := i.ready(ctx)
	if err != nil {
		return err
	}
	q, err := read(request.Path, i.uid, request.Data, d)
	if err != nil {
		_, _ = refused(ctx, request.Path, err)
		return nil
	}
	by := partyOf(request.PluginContext, false)
	joined, leave, err := i.streams.enter(i.options.Owner+q.path, by)
	if err != nil {
		return err
	}
	defer leave()
	defer monitor.Stream()()
	f := follower{question: q, dataset: d, disposed: i.disposed, joined: joined, gate: i.gate, party: by.String()}
	if err := f.follow(ctx, sender); ctx.Err() == nil {
		return err
	}
	return nil
}

// recovered turns a panic into an error of the one stream that caused it.
func (i *Instance) recovered(ctx context.Context, path string, err *error) {
	r := recover()
	if lost := i.regained(r); lost != nil {
		*err = lost
	} else if r != nil {
		backend.Logger.FromContext(ctx).Error("a stream panicked", "path", path, "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
		*err = errors.New("this stream hit a defect in Live DORA; Grafana's log has the details")
	}
}

var errReplaced = errors.New("the data source's settings changed: open the stream again")

const (
	// calmTime is how often a question is worked out again though nothing happened: time passes, a day ends, and what was
	// within the range no longer is.
	calmTime = time.Minute
	// joinTime is how long after someone subscribed the answer is sent once more, if it was sent meanwhile. Grafana takes
	// them in only after they were given their first frame, and what is sent in between passes them by.
	joinTime = 2 * time.Second
)

// follower is one stream at work.
type follower struct {
	question
	dataset  *dataset.Dataset
	disposed <-chan struct{}
	joined   <-chan struct{} // someone subscribes
	gate     *gate.Gate
	party    string

	seen sight
	etag string
	sent bool // since someone last joined
}

// sight is what an answer rests on. While it stays the same, only time can change the answer.
type sight struct {
	facts    []*facts.Service
	earliest time.Time
	notices  []data.Notice
	version  uint64   // of the snapshot, where the answer rests on more than the facts of services
	unread   []string // of a tile, what it says of sources that were never read
}

func (f *follower) follow(ctx context.Context, sender *backend.StreamSender) error {
	spread := time.Duration(f.path[len(f.path)-1]) * calmTime / 1024 // so that not all are due at once
	calm := time.NewTicker(calmTime + spread)
	defer calm.Stop()
	joining := time.NewTimer(joinTime) // the first one joins with the stream
	defer joining.Stop()
	var joined <-chan struct{} // nil while someone joins
	for due, again := true, false; ; {
		moved := f.dataset.Moved()
		news, err := f.looked(ctx)
		if err != nil {
			return err
		}
		if news || due || again {
			if err := f.send(ctx, sender, again); err != nil {
				return err
			}
		}
		due, again = false, false
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-f.disposed:
			return errReplaced
		case <-f.dataset.Ended():
			return errReplaced
		case <-moved:
		case <-calm.C:
			due = true
		case <-joined:
			joined, f.sent = nil, false
			joining.Reset(joinTime)
		case <-joining.C:
			joined, again = f.joined, f.sent
		}
	}
}

// looked is look, let in as work where facts under another definition have to be made for it.
func (f *follower) looked(ctx context.Context) (bool, error) {
	if _, making := f.dataset.AtHand(f.query.Definition); making > 0 {
		leave, err := f.gate.Enter(ctx, gate.Work{Party: f.party, Size: making, Patient: true})
		if err != nil {
			return false, err
		}
		defer leave()
	}
	return f.look(), nil
}

// look says whether what the answer rests on is another than last time. A service that was not touched has the same
// facts in every snapshot, so that this is a comparison of a few addresses.
func (f *follower) look() bool {
	q := &f.query
	if q.Type == query.TypeCollection {
		return true
	}
	snapshot := f.dataset.Under(q.Definition)
	now := sight{facts: snapshot.Select(q.DomainFilters()), earliest: snapshot.Earliest, notices: dataNotices(q, f.dataset)}
	if restsOnMore(q, now.facts) {
		now.version = snapshot.Version
	}
	if q.Format == query.Tile {
		for _, s := range f.dataset.State() {
			if s.LastSuccess.IsZero() {
				instead, below := insteadOfAFigure(s)
				now.unread = append(now.unread, instead+below)
			}
		}
	}
	same := slices.Equal(f.seen.facts, now.facts) && f.seen.earliest.Equal(now.earliest) &&
		f.seen.version == now.version && slices.Equal(f.seen.unread, now.unread) && slices.EqualFunc(f.seen.notices, now.notices, func(a, b data.Notice) bool { return a.Text == b.Text })
	f.seen = now
	return !same
}

// restsOnMore says whether an answer rests on more than the facts of the services that it is about: a list of what belongs
// to no service does, and where nothing was deployed to production, a notice tells what was deployed elsewhere.
func restsOnMore(q *query.Query, derived []*facts.Service) bool {
	return q.Type == query.TypeEvents && (q.Events == query.EventsUnmatched || q.Events == query.EventsCorrections) ||
		!slices.ContainsFunc(derived, func(f *facts.Service) bool { return len(f.Deployments) > 0 })
}

// send works the question out and sends the answer; the one that was sent last, only if again. The whole frame is sent:
// figures in it have changed in place, and with them names, n and what is said of the data.
func (f *follower) send(ctx context.Context, sender *backend.StreamSender, again bool) error {
	leave, err := f.gate.Enter(ctx, gate.Work{Party: f.party, Size: f.size(f.dataset, time.Now()), Patient: true})
	if err != nil {
		return err
	}
	var once sync.Once
	defer once.Do(leave)
	frame, live, err := f.answer(ctx, f.dataset, time.Now())
	if err != nil || (live.Etag == f.etag && !again) {
		return err
	}
	late := time.AfterFunc(handOverTime, func() { once.Do(leave) })
	defer late.Stop()
	if err := sender.SendFrame(frame, data.IncludeAll); err != nil {
		return fmt.Errorf("the stream cannot be written to: %w", err)
	}
	f.etag, f.sent = live.Etag, true
	return nil
}

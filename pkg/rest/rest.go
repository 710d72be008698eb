// Package rest answers programs over HTTP: figures and events out, events and administration in, webhooks. It knows
// datasets, the query model and the domain; of Grafana it knows only that someone tells it who calls. Each subject has
// its file, and routes.go lists what there is.
package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/gate"
)

// Role is what a caller may do in the organisation.
type Role string

// The roles, each of which may do what the ones before it may.
const (
	Viewer Role = "Viewer" // reads
	Editor Role = "Editor" // tells of events, and corrects
	Admin  Role = "Admin"  // administers collection
)

var roles = []Role{Viewer, Editor, Admin}

// May says whether a role includes another. A role that is not known includes none.
func (r Role) May(needed Role) bool {
	has := slices.Index(roles, r)
	return has >= 0 && has >= slices.Index(roles, needed)
}

// Caller is who asks.
type Caller struct {
	Login string
	Role  Role
}

// Options are what the handler works with.
type Options struct {
	// Open gives the dataset. Its error is told to the caller.
	Open func(context.Context) (*dataset.Dataset, error)
	// Caller says who asks; false: nobody that is known.
	Caller func(context.Context) (Caller, bool)
	// Enter lets work in, for whoever the context says; leave is called when it is done. Its error may be a *gate.Busy. Nil
	// lets everything in.
	Enter func(ctx context.Context, w gate.Work) (leave func(), err error)
	// Logger may be nil.
	Logger *slog.Logger
	// Now is the clock; nil is the wall clock.
	Now func() time.Time
}

// call is one request on its way.
type call struct {
	*http.Request
	answer  http.ResponseWriter
	dataset *dataset.Dataset
	caller  Caller
	now     time.Time
	log     *slog.Logger
	enter   func(ctx context.Context, w gate.Work) (leave func(), err error)
	leave   func() // the work that is let in; nil if none is
	sent    []byte // the body, once it is read
}

// New is the handler of all routes. Their paths begin at its root: v1/services is /v1/services.
func New(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Enter == nil {
		o.Enter = func(context.Context, gate.Work) (func(), error) { return func() {}, nil }
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c := &call{Request: r, answer: w, now: o.Now(), log: o.Logger, enter: o.Enter}
		defer c.left()
		if err := c.serve(o); err != nil {
			c.fail(err)
		}
	})
}

// serve finds the route, asks who calls and whether they may, and answers. Nobody unknown learns anything.
func (c *call) serve(o Options) error {
	caller, known := o.Caller(c.Context())
	if !known {
		return refuse(http.StatusUnauthorized, "", "nobody is logged in: call with a service account's token or a user's session")
	}
	c.caller = caller
	path := strings.Trim(c.URL.Path, "/")
	var methods []string
	for i := range routes {
		r := &routes[i]
		if r.path != path {
			continue
		}
		if r.method != c.Method {
			methods = append(methods, r.method)
			continue
		}
		if !caller.Role.May(r.role) {
			return refuse(http.StatusForbidden, "", "%s %s needs the role %s in this organisation; yours is %s", r.method, r.path, r.role, orNone(caller.Role))
		}
		if err := c.knows(r); err != nil {
			return err
		}
		if r.standalone {
			return r.handle(c)
		}
		if err := c.read(r.body); err != nil {
			return err
		}
		if err := c.admit(anyCall + bodyFactor*int64(len(c.sent))); err != nil {
			return err
		}
		d, err := o.Open(c.Context())
		if err != nil {
			return refuse(http.StatusServiceUnavailable, "", "the data source's settings need attention: %s", err)
		}
		c.dataset = d
		return c.handle(r)
	}
	if len(methods) > 0 {
		c.answer.Header().Set("Allow", strings.Join(methods, ", "))
		return refuse(http.StatusMethodNotAllowed, "", "%s is not allowed for %s; allowed: %s", clip(c.Method), path, strings.Join(methods, ", "))
	}
	return refuse(http.StatusNotFound, "", "there is no %s; v1/openapi.json lists what there is", quote(path))
}

// What requests take in bytes: any of them, each byte of a body by the time that it is understood, an event that is looked
// at for a list, a row of it, and a change of a service whose changes are worked out.
const (
	anyCall    = 64 << 10
	bodyFactor = 40
	eventSize  = 160
	rowSize    = 2 << 10
	changeSize = 1 << 10
)

// admit waits until work of a size is let in, in place of what was let in before.
func (c *call) admit(size int64) error {
	c.left()
	leave, err := c.enter(c.Context(), gate.Work{Size: size, Held: int64(len(c.sent))})
	if err == nil {
		c.leave = leave
	}
	return err
}

// admitList is admit for a list of the events of some services.
func (c *call) admitList(filters []dora.Filter) error {
	w := figures.Weigh(c.dataset.Snapshot(), filters)
	return c.admit(anyCall + int64(w.Deployments+w.Incidents)*eventSize + int64(min(w.Deployments+w.Incidents, pageLimit))*rowSize + int64(w.Largest)*changeSize)
}

// left makes room for others.
func (c *call) left() {
	if c.leave != nil {
		c.leave()
		c.leave = nil
	}
}

// handle answers from the dataset. A panic is the one request's failure.
func (c *call) handle(r *route) (err error) {
	defer func() {
		panicked := recover()
		if lost := c.dataset.Regain(panicked); lost != nil {
			err = refuse(http.StatusServiceUnavailable, "", "%s", lost)
		} else if panicked != nil {
			c.log.ErrorContext(c.Context(), "a request panicked", "method", c.Method, "path", c.URL.Path, "panic", fmt.Sprint(panicked), "stack", string(debug.Stack()))
			err = refuse(http.StatusInternalServerError, "", "this request hit a defect in Live DORA; Grafana's log has the details")
		}
	}()
	return r.handle(c)
}

// knows refuses parameters that the route does not read: a misspelt filter must not answer with everything.
func (c *call) knows(r *route) error {
	query := c.URL.Query()
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(r.parameters, name) {
			allowed := strings.Join(r.parameters, ", ")
			if allowed == "" {
				allowed = "none"
			}
			return refuse(http.StatusBadRequest, clip(name), "there is no such parameter; allowed: %s", allowed)
		}
	}
	return nil
}

func orNone(r Role) string {
	if r == "" {
		return "none"
	}
	return string(r)
}

// write answers with JSON.
func (c *call) write(status int, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	c.answer.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.answer.WriteHeader(status)
	_, _ = c.answer.Write(text) // a caller who went away cannot be told
	return nil
}

// unchanged answers 304 where the caller has what there is. An answer depends on what is stored, and where ages matter
// on the hour.
func (c *call) unchanged(aging bool) bool {
	tag := c.dataset.Stamp()
	if aging {
		tag += "-" + c.now.UTC().Format("2006010215")
	}
	tag = `"` + tag + `"`
	c.answer.Header().Set("ETag", tag)
	c.answer.Header().Set("Cache-Control", "private, no-cache")
	for _, known := range strings.Split(c.Header.Get("If-None-Match"), ",") {
		if known = strings.TrimPrefix(strings.TrimSpace(known), "W/"); known == tag || known == "*" {
			c.answer.WriteHeader(http.StatusNotModified)
			return true
		}
	}
	return false
}

package rest

import (
	"errors"
	"mime"
	"net/http"
	"strings"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/intake"
	"github.com/livedora/dora-datasource/pkg/monitor"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// Posted is the answer to events that were posted.
type Posted struct {
	// Stored counts what was new, Unchanged what was known already.
	Stored    int `json:"stored"`
	Unchanged int `json:"unchanged"`
	// IDs are the full ids of the events, in their order; commits are not among them.
	IDs []string `json:"ids"`
	// Warning says what of it no service takes, and what will show it.
	Warning string `json:"warning,omitempty"`
}

func postDeployments(c *call) error { return c.take("deployments") }
func postChanges(c *call) error     { return c.take("changes") }
func postIncidents(c *call) error   { return c.take("incidents") }

// take stores posted events of a kind: all of them, or none.
func (c *call) take(kind string) error {
	source, err := c.needed("source", "the id of a source of type webhook in the settings")
	if err != nil {
		return err
	}
	identify, err := c.dataset.Posted(source, kind)
	if err != nil {
		return err
	}
	body, err := c.json()
	if err != nil {
		return err
	}
	events, err := intake.List(intake.Context{Source: source, Now: c.now, Identify: identify}, kind, body)
	if err != nil {
		count(err)
		return err
	}
	applied, err := c.dataset.Post(c.Context(), events...)
	if err != nil {
		err = refused(err)
		count(err)
		return err
	}
	monitor.Webhook(monitor.Accepted)
	answer := Posted{Stored: applied.Changed, Unchanged: len(events) - applied.Changed, IDs: []string{}, Warning: c.dataset.Untaken(events...)}
	for _, e := range events {
		switch e := e.(type) {
		case *dora.Deployment:
			answer.IDs = append(answer.IDs, e.FullID())
		case *dora.Change:
			answer.IDs = append(answer.IDs, e.FullID())
		case *dora.Incident:
			answer.IDs = append(answer.IDs, e.FullID())
		}
	}
	return c.write(http.StatusOK, answer)
}

// refused says why events were not stored.
func refused(err error) error {
	var contradiction *dora.Contradiction
	var unmapped *dataset.Unmapped
	switch {
	case errors.Is(err, dataset.ErrNotDurable):
		return refuse(http.StatusConflict, "", "%s", dataset.ErrNotDurable)
	case errors.Is(err, dataset.ErrReplica):
		return refuse(http.StatusConflict, "", "%s", dataset.ErrReplica)
	case errors.Is(err, dataset.ErrNewerStore):
		return refuse(http.StatusServiceUnavailable, "", "%s", dataset.ErrNewerStore)
	case errors.As(err, &contradiction):
		return refuse(http.StatusConflict, contradiction.Field, "%s: %s", contradiction.ID, contradiction.Problem)
	case errors.As(err, &unmapped):
		return mistaken(http.StatusUnprocessableEntity, unmapped.Mistakes)
	case errors.As(err, new(*strict.Error)):
		return mistaken(http.StatusUnprocessableEntity, err)
	}
	return err
}

// json reads a body that must be JSON in UTF-8.
func (c *call) json() ([]byte, error) {
	if err := c.media("application/json"); err != nil {
		return nil, err
	}
	return c.sent, nil
}

// media refuses bodies of other forms, and other encodings than UTF-8.
func (c *call) media(allowed ...string) error {
	header := c.Header.Get("Content-Type")
	if header == "" {
		return nil // its content is looked at anyway
	}
	kind, parameters, err := mime.ParseMediaType(header)
	if err == nil {
		for _, each := range allowed {
			if kind != each {
				continue
			}
			if set := parameters["charset"]; set != "" && !strings.EqualFold(set, "utf-8") {
				return refuse(http.StatusUnsupportedMediaType, "Content-Type", "charset %s is not allowed; allowed: utf-8", quote(set))
			}
			if c.Header.Get("Content-Encoding") != "" {
				return refuse(http.StatusUnsupportedMediaType, "Content-Encoding", "is not allowed; allowed: none")
			}
			return nil
		}
	}
	return refuse(http.StatusUnsupportedMediaType, "Content-Type", "%s is not allowed; allowed: %s", quote(header), strings.Join(allowed, ", "))
}

// Correction is a person's word with its id.
type Correction struct {
	ID string `json:"id"`
	dora.Correction
}

// Correctable says that a correction would be kept.
type Correctable struct {
	Possible bool `json:"possible"`
}

// said is a correction as it is posted.
type said struct {
	Verdict    dora.Verdict `json:"verdict"`
	Deployment string       `json:"deployment"`
	Incident   string       `json:"incident"`
	Service    string       `json:"service"`
	Reason     string       `json:"reason"`
}

func corrections(c *call) error {
	if c.unchanged(false) {
		return nil
	}
	p := Page[Correction]{Items: []Correction{}}
	for _, each := range c.dataset.Corrections() {
		p.Items = append(p.Items, Correction{each.FullID(), each})
	}
	return c.write(http.StatusOK, p)
}

// correcting are the keys of a correction, as parameters. An action of a dashboard's table pastes what a person typed into
// its body as it is, so a quotation mark would break it; parameters are encoded.
var correcting = []string{"verdict", "deployment", "incident", "service", "reason"}

// unasked is what Grafana sends where the form for a reason was left empty. To refuse it would help nobody: Grafana shows
// a person no answer to an action.
const unasked = "$reason"

// postCorrection takes the caller's word: its author is who calls. With the parameter undo it takes one back, because an
// action of a dashboard can post and no more; with try it only says whether a word would be kept.
func postCorrection(c *call) error {
	try, err := c.text("try")
	if err != nil {
		return err
	}
	undo, err := c.text("undo")
	switch {
	case err != nil:
		return err
	case try == "true":
		if err := c.dataset.Correctable(); err != nil {
			return refused(err)
		}
		return c.write(http.StatusOK, Correctable{true})
	case try != "":
		return refuse(http.StatusBadRequest, "try", "%s is not allowed; allowed: true", quote(try))
	case undo != "":
		return c.undo(undo)
	}
	body, err := c.json()
	if err != nil {
		return err
	}
	object, err := strict.Object(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "", "the body is %s", err)
	}
	for _, key := range correcting {
		text, err := c.text(key)
		if err != nil {
			return err
		}
		if text == "" {
			continue
		}
		if _, twice := object[key]; twice {
			return refuse(http.StatusBadRequest, key, "is a parameter and in the body; allowed: one of them")
		}
		object[key] = text
	}
	if object["reason"] == unasked {
		object["reason"] = "no reason given"
	}
	var s said
	if err := strict.Decode("", object, &s); err != nil {
		return err
	}
	made, err := c.dataset.Correct(c.Context(), dora.Correction{
		Verdict: s.Verdict, Deployment: s.Deployment, Incident: s.Incident, Service: s.Service, Reason: s.Reason, Author: c.caller.Login, Made: c.now.UTC(),
	})
	if err != nil {
		return refused(err)
	}
	return c.write(http.StatusOK, Correction{made.FullID(), made})
}

func undoCorrection(c *call) error {
	id, err := c.needed("id", "the id of the correction to take back")
	if err != nil {
		return err
	}
	return c.undo(id)
}

func (c *call) undo(id string) error {
	undone, err := c.dataset.Undo(c.Context(), id, c.caller.Login)
	if err != nil {
		return refused(err)
	}
	return c.write(http.StatusOK, Correction{undone.FullID(), undone})
}

package rest

import (
	"net/http"
	"sync/atomic"

	"github.com/livedora/dora-datasource/pkg/dora"
	"github.com/livedora/dora-datasource/pkg/dora/figures"
	"github.com/livedora/dora-datasource/pkg/gate"
	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// What the editor of settings asks while a person writes them. It reads, and saves nothing.

// Bounds of a preview: how many services, and how many matches are tried, which takes a fraction of a second.
const (
	mappingServices = 5000
	previewSteps    = 2_000_000
)

// proposed are the services that were sent, as they are not saved yet.
func (c *call) proposed() (dora.Mapping, error) {
	object, err := strict.Object(c.sent)
	if err != nil {
		return dora.Mapping{}, refuse(http.StatusBadRequest, "", "the body is %s", err)
	}
	mapping, err := settings.ParseMapping(object)
	if err == nil && len(mapping.Services) > mappingServices {
		err = refuse(http.StatusBadRequest, "services", "%d are too many; allowed: %d", len(mapping.Services), mappingServices)
	}
	return mapping, err
}

// preview tells what services that are not saved yet would match in what has been collected.
func preview(c *call) error {
	mapping, err := c.proposed()
	if err != nil {
		return err
	}
	if err := c.admit(gate.LightSize + bodyFactor*int64(len(c.sent)) + int64(figures.Weigh(c.dataset.Snapshot(), nil).Deployments)*eventSize); err != nil {
		return err
	}
	var tried atomic.Int64
	shown, whole := c.dataset.Preview(mapping, func(steps int) bool { return tried.Add(int64(steps)) <= previewSteps && c.waitedFor(steps) })
	if err := c.Context().Err(); err != nil {
		return err
	}
	if !whole {
		return refuse(http.StatusBadRequest, "services", "so many entries match too much to show; allowed: fewer at a time, or entries that name their repository")
	}
	return c.write(http.StatusOK, shown)
}

// Checked says whether a source answers.
type Checked struct {
	OK      bool   `json:"ok"`
	Message string `json:"message"`
}

// check asks one source whether its address and secrets, as they were saved, work.
func check(c *call) error {
	id, err := c.text("source")
	if err != nil {
		return err
	}
	c.left() // while it is waited for
	failure, known := c.dataset.CheckSource(c.Context(), id)
	switch {
	case !known:
		return refuse(http.StatusNotFound, "source", "there is no saved source %s", quote(id))
	case failure != nil:
		return c.write(http.StatusOK, Checked{Message: source.Failures(id, failure)[0].Error()})
	}
	return c.write(http.StatusOK, Checked{OK: true, Message: "It answers, and takes its credentials."})
}

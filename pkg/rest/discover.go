package rest

import (
	"errors"
	"net/http"

	"github.com/livedora/dora-datasource/pkg/dataset"
	"github.com/livedora/dora-datasource/pkg/discover"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// lookAround begins to look at what a source, or all, have to offer. It takes longer than a request may: GET tells how it is.
func lookAround(c *call) error {
	id, err := c.text("source")
	if err != nil {
		return err
	}
	switch _, err := c.dataset.LookAround(id); {
	case errors.Is(err, dataset.ErrUnknownSource):
		return refuse(http.StatusNotFound, "source", "there is no saved source %s", quote(id))
	case err != nil:
		return refuse(http.StatusUnprocessableEntity, "source", "%s; allowed: the id of such a source that is saved with a token", err)
	}
	return c.write(http.StatusAccepted, c.dataset.Looked())
}

// looked tells how it is, and what was found.
func looked(c *call) error { return c.write(http.StatusOK, c.dataset.Looked()) }

// reconsider makes the proposal anew, by what a person says of it. Nothing is stored.
func reconsider(c *call) error {
	text, err := c.json()
	if err != nil {
		return err
	}
	object, err := strict.Object(text)
	if err != nil {
		return refuse(http.StatusBadRequest, "", "the body is %s", err)
	}
	var said struct {
		Corrections []discover.Correction `json:"corrections"`
	}
	if err := strict.Decode("", object, &said); err != nil {
		return mistaken(http.StatusUnprocessableEntity, err)
	}
	proposal, err := c.dataset.Reconsidered(said.Corrections)
	switch {
	case errors.Is(err, discover.ErrNothingFound):
		return refuse(http.StatusConflict, "", "%s", err)
	case err != nil:
		return refuse(http.StatusUnprocessableEntity, "corrections", "%s", err)
	}
	return c.write(http.StatusOK, proposal)
}

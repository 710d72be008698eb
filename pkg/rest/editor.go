package rest

import (
	"net/http"

	"github.com/livedora/dora-datasource/pkg/settings"
	"github.com/livedora/dora-datasource/pkg/source"
	"github.com/livedora/dora-datasource/pkg/strict"
)

// What the editor of settings asks while a person writes them. It reads, and saves nothing.

// preview tells what services that are not saved yet would match in what has been collected.
func preview(c *call) error {
	body, err := c.body()
	if err != nil {
		return err
	}
	object, err := strict.Object(body)
	if err != nil {
		return refuse(http.StatusBadRequest, "", "the body is %s", err)
	}
	mapping, err := settings.ParseMapping(object)
	if err != nil {
		return err
	}
	return c.write(http.StatusOK, c.dataset.Preview(mapping))
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
	failure, known := c.dataset.CheckSource(c.Context(), id)
	switch {
	case !known:
		return refuse(http.StatusNotFound, "source", "there is no saved source %s", quote(id))
	case failure != nil:
		return c.write(http.StatusOK, Checked{Message: source.Failures(id, failure)[0].Error()})
	}
	return c.write(http.StatusOK, Checked{OK: true, Message: "It answers, and takes its credentials."})
}

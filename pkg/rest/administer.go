package rest

import (
	"net/http"
)

// Asked is the answer to administration.
type Asked struct {
	Source string `json:"source"`
	// Done says what happens now.
	Done string `json:"done"`
	// Forgotten counts the events that are gone.
	Forgotten *int `json:"forgotten,omitempty"`
}

// refreshNow reads a source now, or one repository of it.
func refreshNow(c *call) error {
	id, err := c.sourceNamed()
	if err != nil {
		return err
	}
	part, err := c.text("repository")
	if err != nil {
		return err
	}
	if part != "" {
		c.dataset.RefreshNow(id, part)
		return c.write(http.StatusAccepted, Asked{Source: id, Done: part + " is read within seconds, if the source reads it; v1/collection shows it"})
	}
	c.dataset.RefreshNow(id)
	return c.write(http.StatusAccepted, Asked{Source: id, Done: "it is read now; v1/collection shows how far it is"})
}

// again reads a source again from a date on.
func again(c *call) error {
	id, err := c.sourceNamed()
	if err != nil {
		return err
	}
	text, err := c.needed("from", "the date from which on the source is read again")
	if err != nil {
		return err
	}
	from, err := readTime("from", text)
	if err != nil {
		return err
	}
	if from.After(c.now) {
		return refuse(http.StatusBadRequest, "from", "%s is in the future", quote(text))
	}
	if err := c.dataset.Again(c.Context(), id, from); err != nil {
		return refused(err)
	}
	return c.write(http.StatusAccepted, Asked{Source: id, Done: "everything since then is read again; what is stored stays meanwhile"})
}

// forget removes all that a source told of, whether or not it is still configured.
func forget(c *call) error {
	id, err := c.needed("source", "the id of the source to forget")
	if err != nil {
		return err
	}
	n, err := c.dataset.Forget(c.Context(), id)
	if err != nil {
		return refused(err)
	}
	return c.write(http.StatusOK, Asked{Source: id, Forgotten: &n, Done: "its events are gone; if it is still configured, it is read anew"})
}

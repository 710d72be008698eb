package statuspage

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/livedora/dora-datasource/pkg/source/wire"
)

// The records are what the API answers, in Statuspage's words, with no field but those that are read.

type pageRecord struct {
	ID string `json:"id"`
}

func (p *pageRecord) Lacks() string { return wire.FirstMissing(wire.Need("id", p.ID == "")) }

// feedRecord is what a page shows without a key.
type feedRecord struct {
	Page      pageRecord          `json:"page"`
	Incidents *[]*json.RawMessage `json:"incidents"`
}

func (f *feedRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("page.id", f.Page.Lacks() != ""), wire.Need("incidents", f.Incidents == nil))
}

type incidentRecord struct {
	ID         string         `json:"id"`
	Name       string         `json:"name"`
	Status     string         `json:"status"`
	Impact     string         `json:"impact"`
	Created    time.Time      `json:"created_at"` // when it was published
	Started    *time.Time     `json:"started_at"`
	Updated    time.Time      `json:"updated_at"`
	Resolved   *time.Time     `json:"resolved_at"`
	Scheduled  *time.Time     `json:"scheduled_for"`
	Link       string         `json:"shortlink"`
	Metadata   map[string]any `json:"metadata"`
	Components []struct {
		Name string `json:"name"`
	} `json:"components"`
	Updates []struct { // the newest first
		Status  string     `json:"status"`
		Body    string     `json:"body"`
		Created time.Time  `json:"created_at"`
		Shown   *time.Time `json:"display_at"`
	} `json:"incident_updates"`
}

func (i *incidentRecord) decode(row *json.RawMessage) error {
	if row == nil {
		return errNoList
	}
	if err := json.Unmarshal(*row, i); err != nil {
		return err
	}
	if lacks := i.Lacks(); lacks != "" {
		return fmt.Errorf("%s is missing", lacks)
	}
	return nil
}

func (i *incidentRecord) Lacks() string {
	return wire.FirstMissing(wire.Need("id", i.ID == ""), wire.Need("status", i.Status == ""), wire.Need("created_at", i.Created.IsZero()), wire.Need("updated_at", i.Updated.IsZero()))
}
